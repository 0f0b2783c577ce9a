//! Finding an organisation on another node, by its handle or address.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use crate::{
    domain::entry::FieldError,
    federation::lookup::{self, Found, LookupError},
    urls,
    web::{
        error::PageError,
        form::Form,
        layout::Layout,
        views::{organisation, sentence},
        visit::{Submission, Visit},
    },
};

#[derive(Template)]
#[template(path = "find.html")]
pub struct FindPage {
    pub layout: Layout,
    pub form: Form,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.person()?;
    let form = Form::new(visit.query.clone());
    visit.show(&FindPage {
        layout: visit.layout(),
        form,
    })
}

/// Asks the other node. A form and not a link: looking somebody up makes this
/// node connect to another one, and remember what it says.
pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.person()?;
    let account = person.who.user.id.to_string();
    visit.app.limits.lookup.check(&account)?;
    match look_up(&visit, fields.text("address")).await? {
        Ok(path) => Ok(Redirect::to(&path).into_response()),
        Err(message) => {
            let errors = vec![FieldError::new("address", message)];
            visit.refuse(&FindPage {
                layout: visit.layout(),
                form: Form::refused(fields, errors),
            })
        }
    }
}

/// The page of what was found, or what to tell the person.
async fn look_up(visit: &Visit, text: &str) -> Result<Result<String, String>, PageError> {
    // A bare handle is one of ours.
    let text = if text.contains(['@', ':']) {
        text.to_owned()
    } else {
        format!("@{text}")
    };
    match lookup::find(&visit.app.federation, &visit.viewer(), &text).await {
        Ok(Found::Organisation(found)) => Ok(Ok(organisation::path(&found))),
        Ok(Found::Entry(found)) => Ok(Ok(urls::entry_path(found.id))),
        Err(LookupError::Storage(error)) => Err(error.into()),
        Err(
            error @ (LookupError::NotUnderstood
            | LookupError::NotFound
            | LookupError::Unreachable(_)
            | LookupError::Unusable(_)),
        ) => Ok(Err(sentence(&error.to_string()))),
    }
}
