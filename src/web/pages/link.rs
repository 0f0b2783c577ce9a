//! One-time links: choosing a password, and the first set-up of a node.

use askama::Template;

use crate::web::{form::Form, layout::Layout, views::choices::Choices};

#[derive(Template)]
#[template(path = "link_password.html")]
pub struct PasswordPage {
    pub layout: Layout,
    pub action: String,
    pub email: String,
    pub form: Form,
}

#[derive(Template)]
#[template(path = "link_setup.html")]
pub struct SetupPage {
    pub layout: Layout,
    pub action: String,
    pub form: Form,
    pub choices: Choices,
}
