//! The people who may sign in.

use askama::Template;

use crate::web::{
    form::Form,
    layout::Layout,
    views::{Moment, Named},
};

use super::Tab;

/// One person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub email: String,
    pub organisation: String,
    pub role: &'static str,
    pub state: &'static str,
    pub disabled: bool,
    pub signed_in: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin_users.html")]
pub struct PeoplePage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub roles: Vec<Named>,
    pub organisations: Vec<Named>,
    pub rows: Vec<Row>,
}

/// The only time a one-time link is shown.
#[derive(Template)]
#[template(path = "link_shown.html")]
pub struct LinkPage {
    pub layout: Layout,
    pub email: String,
    pub link: String,
}
