//! Finding an organisation on another node, by its handle or address.

use askama::Template;

use crate::web::{form::Form, layout::Layout};

#[derive(Template)]
#[template(path = "find.html")]
pub struct FindPage {
    pub layout: Layout,
    pub form: Form,
}
