//! Setting a second factor up, and what can be done with it later.

use askama::Template;
use axum::response::Response;

use crate::{
    domain::entry::FieldError,
    operations::people::{
        PeopleError, Person, Secret,
        second_factor::{self, Confirmed, Setup},
    },
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::square::Square,
        visit::{SignedIn, Submission, Visit, go, set_cookie},
    },
};

use super::{account, sign_in::count_try};

/// The first set-up.
#[derive(Template)]
#[template(path = "second_factor_setup.html")]
pub struct SetupPage {
    pub layout: Layout,
    /// Nothing else is for the person before this is done.
    pub is_due: bool,
    /// In groups of four, to be typed.
    pub secret: String,
    pub square: Option<Square>,
    pub form: Form,
}

/// What can be done with one that is set up.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactorPage {
    pub layout: Layout,
    pub state: second_factor::State,
    pub form: Form,
}

/// The only time that recovery codes are shown.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub struct CodesPage {
    pub layout: Layout,
    pub codes: Vec<String>,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let who = visit.somebody()?.who.clone();
    let state = second_factor::state(&visit.app.forum, &who).await?;
    if state.has_app {
        return visit.show(&SecondFactorPage {
            layout: visit.layout(),
            state,
            form: Form::default(),
        });
    }
    let page = setup_page(&visit, &who, Form::default()).await?;
    visit.show(&page)
}

async fn setup_page(visit: &Visit, who: &Person, form: Form) -> Result<SetupPage, PageError> {
    let forum = &visit.app.forum;
    let state = second_factor::state(forum, who).await?;
    let Setup { secret, address } = second_factor::begin(forum, who).await?;
    let groups: Vec<String> = secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    Ok(SetupPage {
        layout: visit.layout(),
        is_due: state.is_required && !state.is_set(),
        secret: groups.join(" "),
        square: Square::of(&address),
        form,
    })
}

/// A code in a form, each try counted by account and address.
fn code(submission: &Submission) -> Result<String, PageError> {
    let person = submission.visit.somebody()?;
    let account = format!("second factor of {}", person.who.user.id);
    count_try(submission, Some(account))?;
    Ok(submission.fields.text("code").to_owned())
}

fn wrong_code() -> Form {
    let error = FieldError::new(
        "code",
        "This code is not right, or was used before. Type the one that your app shows now.",
    );
    Form::refused(Fields::default(), vec![error])
}

pub async fn confirm(submission: Submission) -> Result<Response, PageError> {
    let code = code(&submission)?;
    let visit = submission.visit;
    let person = visit.somebody()?.clone();
    let forum = &visit.app.forum;
    match second_factor::confirm(forum, &person.who, &person.token, &code).await {
        Ok(Confirmed { codes, token }) => first_codes(visit, &person, token, codes).await,
        Err(PeopleError::WrongCode) => {
            let page = setup_page(&visit, &person.who, wrong_code()).await?;
            visit.refuse(&page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows recovery codes in a session that has just got a new token.
pub(super) async fn first_codes(
    visit: Visit,
    person: &SignedIn,
    token: Secret,
    codes: Vec<String>,
) -> Result<Response, PageError> {
    let lasts = person.lasts(visit.app.forum.now());
    let cookie = visit.cookies().set_session(&token.0, lasts);
    // Everything on the page must already belong to the new token.
    let visit = visit.with_session(token.0).await?;
    let mut response = visit.show(&CodesPage {
        layout: visit.layout(),
        codes,
    })?;
    set_cookie(&mut response, &cookie);
    Ok(response)
}

pub async fn renew_codes(submission: Submission) -> Result<Response, PageError> {
    let code = code(&submission)?;
    let visit = submission.visit;
    let who = visit.person()?.who.clone();
    match second_factor::renew_codes(&visit.app.forum, &who, &code).await {
        Ok(codes) => visit.show(&CodesPage {
            layout: visit.layout(),
            codes,
        }),
        Err(PeopleError::WrongCode) => refuse(&visit, &who).await,
        Err(error) => Err(error.into()),
    }
}

pub async fn remove(submission: Submission) -> Result<Response, PageError> {
    let code = code(&submission)?;
    let visit = submission.visit;
    let who = visit.person()?.who.clone();
    match second_factor::remove(&visit.app.forum, &who, &code).await {
        Ok(()) => Ok(go(account::PATH, Notice::SecondFactorRemoved)),
        Err(PeopleError::WrongCode) => refuse(&visit, &who).await,
        Err(error) => Err(error.into()),
    }
}

async fn refuse(visit: &Visit, who: &Person) -> Result<Response, PageError> {
    visit.refuse(&SecondFactorPage {
        layout: visit.layout(),
        state: second_factor::state(&visit.app.forum, who).await?,
        form: wrong_code(),
    })
}
