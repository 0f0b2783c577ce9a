//! Signing in and out.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use crate::{
    domain::entry::FieldError,
    operations::people::{self, PeopleError, SignedIn},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        session::safe_next,
        views::sentence,
        visit::{Submission, Visit, go, set_cookie},
    },
};

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub layout: Layout,
    pub form: Form,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let next = visit.query.text("next").to_owned();
    if visit.person.is_some() {
        return Ok(Redirect::to(safe_next(&next)).into_response());
    }
    let visit = visit.with_form_token();
    let form = Form::new(Fields::default().with("next", next));
    visit.show(&SignInPage {
        layout: visit.layout(),
        form,
    })
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission {
        visit,
        fields,
        client,
    } = submission;
    let limit = &visit.app.limits.sign_in;
    for key in [Some(fields.text("email").to_lowercase()), client]
        .into_iter()
        .flatten()
    {
        limit.check(&key)?;
    }
    let password = fields.raw("password").to_owned();
    match people::sign_in(&visit.app.forum, fields.text("email"), password).await {
        Ok(signed_in) => {
            let mut response = go(safe_next(fields.text("next")), Notice::SignedIn);
            set_cookie(&mut response, &cookie(&visit, &signed_in));
            Ok(response)
        }
        // The same words whether the person exists or not (SECURITY.md 4).
        Err(PeopleError::WrongPassword) => {
            let error = FieldError::new(
                "email",
                "The e-mail address or the password is not right. Check both and try again.",
            );
            visit.refuse(&SignInPage {
                layout: visit.layout(),
                form: Form::refused(fields, vec![error]),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// The cookie of a session that has just begun.
pub fn cookie(visit: &Visit, signed_in: &SignedIn) -> String {
    let session = &signed_in.session;
    let lasts = (session.expires_at - session.created_at).to_std();
    visit
        .cookies()
        .set_session(&signed_in.token.0, lasts.unwrap_or_default())
}

pub async fn leave(submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    if let Some(person) = &visit.person {
        people::sign_out(&visit.app.forum, &person.token).await?;
    }
    let mut response = go("/", Notice::SignedOut);
    set_cookie(&mut response, &visit.cookies().end_session());
    Ok(response)
}

impl From<PeopleError> for PageError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::LinkUsed => Self::DeadLink,
            PeopleError::NotFound => Self::NotFound,
            PeopleError::Storage(error) => error.into(),
            PeopleError::LastAdministrator => Self::Conflict(
                "This is the last administrator of the node. Make another one first.".to_owned(),
            ),
            PeopleError::Email(_)
            | PeopleError::Password(_)
            | PeopleError::EmailTaken
            | PeopleError::NoOrganisation
            | PeopleError::WrongPassword
            | PeopleError::Invalid(_) => Self::Unprocessable(sentence(&error.to_string())),
        }
    }
}
