//! An entry with its conversation.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{
        FactValue,
        entry::{EntryCard, EntryView, ReplyView},
    },
};

#[derive(Template)]
#[template(path = "entry.html")]
pub struct EntryPage {
    pub layout: Layout,
    pub entry: EntryView,
    /// The same entry for other servers: public ones of ours only.
    pub alternate: Option<String>,
    pub parent: Option<EntryCard>,
    pub replies: Vec<ReplyView>,
    pub may_edit: bool,
    pub may_reply: bool,
    pub speaks_for: String,
    pub reply_hint: &'static str,
    pub form: Form,
}
