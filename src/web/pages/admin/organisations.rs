//! The organisations at home on this node.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{Moment, Pages, choices::Choices, organisation::OrganisationFace},
};

use super::Tab;

/// One organisation with what may be done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub face: OrganisationFace,
    pub category: &'static str,
    pub state: &'static str,
    pub since: Moment,
    pub may_suspend: bool,
    pub may_restore: bool,
    pub may_delete: bool,
}

#[derive(Template)]
#[template(path = "admin_organisations.html")]
pub struct OrganisationsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub choices: Choices,
    pub rows: Vec<Row>,
    pub pages: Pages,
}
