//! Signing in and out.

use askama::Template;

use crate::web::{form::Form, layout::Layout};

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub layout: Layout,
    pub form: Form,
}
