//! The directory of organisations, with filters.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{Pages, choices::Choices, organisation::OrganisationFace},
};

#[derive(Template)]
#[template(path = "directory.html")]
pub struct DirectoryPage {
    pub layout: Layout,
    pub form: Form,
    pub choices: Choices,
    pub filtered: bool,
    pub organisations: Vec<OrganisationFace>,
    pub pages: Pages,
}
