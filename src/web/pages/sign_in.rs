//! Signing in, in one step or two, and out.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    domain::entry::FieldError,
    operations::people::{self, Device, FirstStep, PeopleError, SignedIn},
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
    /// Can there be passkeys here?
    pub passkeys: bool,
    pub form: Form,
}

/// The second step, which looks the same whether the first was right or wrong.
#[derive(Template)]
#[template(path = "sign_in_code.html")]
pub struct CodePage {
    pub layout: Layout,
    /// Can there be passkeys here?
    pub passkeys: bool,
    pub form: Form,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let next = visit.query.text("next").to_owned();
    if visit.has_session() {
        return Ok(Redirect::to(safe_next(&next)).into_response());
    }
    let visit = visit.with_form_token();
    let form = Form::new(Fields::default().with("next", next));
    visit.show(&SignInPage {
        layout: visit.layout(),
        passkeys: visit.app.forum.has_passkeys(),
        form,
    })
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let device = device(&submission);
    let email = submission.fields.text("email").to_lowercase();
    count_try(&submission, Some(email))?;
    let Submission { visit, fields, .. } = submission;
    let password = fields.raw("password").to_owned();
    let forum = &visit.app.forum;
    match people::sign_in(forum, &device, fields.text("email"), password).await? {
        FirstStep::SignedIn(signed_in) => enter(&visit, &signed_in, fields.text("next")).await,
        FirstStep::Asked => {
            let next = fields.text("next").to_owned();
            let form = Form::new(Fields::default().with("next", next));
            code_page(&visit, form)
        }
    }
}

pub async fn send_code(submission: Submission) -> Result<Response, PageError> {
    let device = device(&submission);
    // By the browser as well: what it is asked for, it was asked for once.
    count_try(&submission, Some(format!("code of {}", device.form)))?;
    let Submission { visit, fields, .. } = submission;
    let code = fields.text("code").to_owned();
    match people::enter_code(&visit.app.forum, &device, code).await {
        Ok(signed_in) => enter(&visit, &signed_in, fields.text("next")).await,
        // The same words for a wrong address, password or code.
        Err(PeopleError::WrongCode) => {
            let error = FieldError::new(
                "code",
                "You are not signed in: the e-mail address, the password or the code is not right, or the code was used before. Wait for the next code, or begin again.",
            );
            code_page(
                &visit,
                Form::refused(fields.without(&["code"]), vec![error]),
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// Nobody is signed in by it yet: the same status for everything that is asked
/// for a code, and for every code that is refused.
fn code_page(visit: &Visit, form: Form) -> Result<Response, PageError> {
    let page = CodePage {
        layout: visit.layout(),
        passkeys: visit.app.forum.has_passkeys(),
        form,
    };
    visit.show_as(StatusCode::UNAUTHORIZED, &page)
}

pub(super) fn device(submission: &Submission) -> Device {
    Device {
        form: submission.visit.form_secret().to_owned(),
        agent: submission.agent.clone(),
    }
}

/// Counts a try by where it comes from, and by a key where there is one
/// (SECURITY.md 4).
pub fn count_try(submission: &Submission, key: Option<String>) -> Result<(), PageError> {
    for key in key.iter().chain(&submission.client) {
        submission.visit.app.limits.sign_in.check(key)?;
    }
    Ok(())
}

/// Lets somebody in, with a new session; one that the browser had ends.
pub async fn enter(visit: &Visit, signed_in: &SignedIn, next: &str) -> Result<Response, PageError> {
    if let Some(old) = visit.session_token() {
        people::sign_out(&visit.app.forum, old).await?;
    }
    let mut response = go(safe_next(next), Notice::SignedIn);
    set_cookie(&mut response, &cookie(visit, signed_in));
    Ok(response)
}

/// The cookie of a session that has just begun.
pub(super) fn cookie(visit: &Visit, signed_in: &SignedIn) -> String {
    let session = &signed_in.session;
    let lasts = (session.expires_at - session.created_at).to_std();
    visit
        .cookies()
        .set_session(&signed_in.token.0, lasts.unwrap_or_default())
}

pub async fn leave(submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    if let Some(token) = visit.session_token() {
        people::sign_out(&visit.app.forum, token).await?;
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
            PeopleError::HasSecondFactor => Self::Conflict(
                "You have a second factor already. To change it, remove it first, or ask an administrator to reset it.".to_owned(),
            ),
            PeopleError::SecondFactorRequired => Self::Conflict(
                "Your account reads or decides much, so it must have a second factor.".to_owned(),
            ),
            PeopleError::Myself => Self::Conflict(
                "This is your own account. Another administrator can do it, or the command line of the server.".to_owned(),
            ),
            PeopleError::OtherRules => Self::Conflict(
                "The rules were changed while you read them.".to_owned(),
            ),
            PeopleError::NoPasskeys => Self::NotFound,
            PeopleError::PasskeyKnown | PeopleError::TooManyPasskeys => {
                Self::Conflict(sentence(&error.to_string()))
            }
            PeopleError::PasskeyRefused => Self::Unprocessable(
                "The passkey was not accepted. Begin again, or use another way.".to_owned(),
            ),
            PeopleError::Email(_)
            | PeopleError::Password(_)
            | PeopleError::EmailTaken
            | PeopleError::NoOrganisation
            | PeopleError::WrongPassword
            | PeopleError::WrongCode
            | PeopleError::Invalid(_) => Self::Unprocessable(sentence(&error.to_string())),
        }
    }
}
