//! The first page: every entry that the viewer may read, with filters.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{Pages, choices::Choices, entry::EntryCard},
};

#[derive(Template)]
#[template(path = "home.html")]
pub struct HomePage {
    pub layout: Layout,
    pub heading: &'static str,
    pub welcome: bool,
    pub form: Form,
    pub choices: Choices,
    pub filtered: bool,
    pub more_open: bool,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}
