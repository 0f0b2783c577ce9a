//! Signing in with a passkey, instead of the password or instead of a code.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    domain::entry::FieldError,
    operations::people::{Device, PeopleError, passkeys},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::Layout,
        visit::{Submission, Visit},
    },
};

use super::sign_in::{count_try, device, enter};

/// The browser asks the person for a passkey.
#[derive(Template)]
#[template(path = "sign_in_passkey.html")]
pub struct PasskeyPage {
    pub layout: Layout,
    /// For the script.
    pub options: String,
    pub form: Form,
}

pub async fn ask(submission: Submission) -> Result<Response, PageError> {
    count_try(&submission, None)?;
    let device = device(&submission);
    let Submission { visit, fields, .. } = submission;
    let page = page(&visit, &device, Form::new(only_next(&fields))).await?;
    visit.show(&page)
}

pub async fn answer(submission: Submission) -> Result<Response, PageError> {
    let device = device(&submission);
    count_try(&submission, Some(format!("passkey at {}", device.form)))?;
    let Submission { visit, fields, .. } = submission;
    let answer = fields.text("answer").to_owned();
    match passkeys::sign_in(&visit.app.forum, &device, answer).await {
        Ok(signed_in) => enter(&visit, &signed_in, fields.text("next")).await,
        // The same words whatever was wrong with it.
        Err(PeopleError::PasskeyRefused) => {
            let error = FieldError::new(
                "",
                "You are not signed in: it took too long, or this passkey is not known here any more. Try again, or sign in with your password.",
            );
            let form = Form::refused(only_next(&fields), vec![error]);
            let page = page(&visit, &device, form).await?;
            visit.show_as(StatusCode::UNAUTHORIZED, &page)
        }
        Err(error) => Err(error.into()),
    }
}

fn only_next(fields: &Fields) -> Fields {
    Fields::default().with("next", fields.text("next"))
}

/// With a question that was not asked before.
async fn page(visit: &Visit, device: &Device, form: Form) -> Result<PasskeyPage, PageError> {
    Ok(PasskeyPage {
        layout: visit.layout(),
        options: passkeys::begin_signing_in(&visit.app.forum, device).await?,
        form,
    })
}
