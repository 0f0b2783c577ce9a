//! Other servers: blocked ones, and those allowed by name.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{Moment, Named},
};

use super::Tab;

/// One server with the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub host: String,
    pub policy: &'static str,
    pub reason: String,
    pub since: Moment,
    /// The decision that a click changes it to.
    pub other: &'static str,
    pub other_label: &'static str,
}

#[derive(Template)]
#[template(path = "admin_hosts.html")]
pub struct HostsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub mode: &'static str,
    pub policies: Vec<Named>,
    pub rows: Vec<Row>,
}
