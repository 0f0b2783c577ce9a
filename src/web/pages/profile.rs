//! The profile of one's own organisation, kept by its focal points.

use askama::Template;

use crate::web::{form::Form, layout::Layout, views::choices::Choices};

#[derive(Template)]
#[template(path = "profile.html")]
pub struct ProfilePage {
    pub layout: Layout,
    pub speaks_for: String,
    pub form: Form,
    pub choices: Choices,
}
