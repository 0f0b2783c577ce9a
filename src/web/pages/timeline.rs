//! The timeline: entries of one's own organisation and of those it follows.

use askama::Template;

use crate::web::{
    layout::Layout,
    views::{Pages, entry::EntryCard},
};

#[derive(Template)]
#[template(path = "timeline.html")]
pub struct TimelinePage {
    pub layout: Layout,
    pub may_represent: bool,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}
