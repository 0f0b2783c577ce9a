//! Writing, previewing, editing and deleting an entry.

pub mod fields;

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{
        FactValue, TlpMark,
        choices::{AudienceChoice, Choices, KindChoice},
        entry::EntryView,
    },
};

#[derive(Template)]
#[template(path = "compose_kind.html")]
pub struct KindPage {
    pub layout: Layout,
    pub kinds: Vec<KindChoice>,
}

#[derive(Template)]
#[template(path = "compose.html")]
pub struct ComposePage {
    pub layout: Layout,
    pub heading: String,
    pub action: String,
    pub editing: bool,
    pub kind: KindChoice,
    pub kinds: Vec<KindChoice>,
    pub title_label: &'static str,
    pub title_hint: &'static str,
    pub publish_label: &'static str,
    pub form: Form,
    pub choices: Choices,
    pub audiences: Vec<AudienceChoice>,
    /// Why the audience cannot be chosen here: a reply keeps its root's, an
    /// edit keeps its own.
    pub fixed_audience: Option<String>,
    pub tlps: Vec<TlpMark>,
    pub preview: Option<EntryView>,
}

/// Asks once more before something that cannot be undone.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub layout: Layout,
    pub heading: &'static str,
    pub subject: String,
    pub consequence: &'static str,
    pub action: String,
    pub label: &'static str,
    pub back: String,
}
