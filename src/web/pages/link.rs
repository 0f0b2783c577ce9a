//! One-time links: choosing a password, and the first set-up of a node.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        account::{LinkPurpose, check_password, normalise_email},
        entry::FieldError,
        id::UserId,
        organisation::{Category, Handle},
    },
    operations::{
        organisations::NewOrganisation,
        people::{self, FirstPassword, PeopleError},
    },
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        pages::sign_in::enter,
        views::{choices::Choices, sentence},
        visit::{Submission, Visit, go},
    },
};

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

/// What a link that still works is for.
enum Purpose {
    Setup,
    SetPassword { email: String },
}

async fn purpose(visit: &Visit, token: &str) -> Result<Purpose, PageError> {
    match people::open_link(&visit.app.forum, token).await? {
        (LinkPurpose::Setup, _) => Ok(Purpose::Setup),
        (LinkPurpose::SetPassword, Some(user)) => Ok(Purpose::SetPassword { email: user.email }),
        (LinkPurpose::SetPassword, None) => Err(PageError::DeadLink),
    }
}

/// Opening a link changes nothing: mail programs open links unasked.
pub async fn show(visit: Visit, Path(token): Path<String>) -> Result<Response, PageError> {
    let purpose = purpose(&visit, &token).await?;
    let visit = visit.with_form_token();
    let form = Form::default();
    match purpose {
        Purpose::Setup => visit.show(&setup_page(&visit, &token, form)),
        Purpose::SetPassword { email } => visit.show(&password_page(&visit, &token, email, form)),
    }
}

pub async fn send(
    Path(token): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission {
        visit,
        fields,
        agent,
        ..
    } = submission;
    match purpose(&visit, &token).await? {
        Purpose::Setup => set_up(&visit, &token, fields, &agent).await,
        Purpose::SetPassword { email } => set_password(&visit, &token, email, fields, &agent).await,
    }
}

fn setup_page(visit: &Visit, token: &str, form: Form) -> SetupPage {
    SetupPage {
        layout: visit.layout(),
        action: format!("/links/{token}"),
        form,
        choices: Choices::new(visit.app.config.node.fictional),
    }
}

fn password_page(visit: &Visit, token: &str, email: String, form: Form) -> PasswordPage {
    PasswordPage {
        layout: visit.layout(),
        action: format!("/links/{token}"),
        email,
        form,
    }
}

async fn set_password(
    visit: &Visit,
    token: &str,
    email: String,
    fields: Fields,
    agent: &str,
) -> Result<Response, PageError> {
    let errors = password_errors(&fields);
    if !errors.is_empty() {
        let form = Form::refused(fields, errors);
        return visit.refuse(&password_page(visit, token, email, form));
    }
    let password = fields.raw("password").to_owned();
    match people::set_password(&visit.app.forum, token, password).await? {
        FirstPassword::LetIn(user) => signed_in(visit, user, agent).await,
        FirstPassword::SecondStep => Ok(go("/sign-in", Notice::PasswordSaved)),
    }
}

async fn set_up(
    visit: &Visit,
    token: &str,
    fields: Fields,
    agent: &str,
) -> Result<Response, PageError> {
    let mut errors = setup_errors(&fields);
    errors.extend(password_errors(&fields));
    let category = fields.text("category").parse::<Category>();
    let Some(category) = category.ok().filter(|_| errors.is_empty()) else {
        let form = Form::refused(fields, errors);
        return visit.refuse(&setup_page(visit, token, form));
    };
    let new = NewOrganisation {
        handle: fields.text("handle").to_owned(),
        name: fields.text("name").to_owned(),
        category,
        country: fields.filled("country").map(str::to_owned),
        summary: String::new(),
    };
    let password = fields.raw("password").to_owned();
    match people::set_up(&visit.app.forum, token, new, fields.text("email"), password).await {
        Ok(person) => signed_in(visit, person.user.id, agent).await,
        Err(PeopleError::Invalid(errors)) => {
            let form = Form::refused(fields, errors);
            visit.refuse(&setup_page(visit, token, form))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whoever came through a link, and has no second factor, has proved enough to
/// be let in.
async fn signed_in(visit: &Visit, user: UserId, agent: &str) -> Result<Response, PageError> {
    let session = people::start_session(&visit.app.forum, user, agent).await?;
    enter(visit, &session, "/timeline").await
}

pub fn password_errors(fields: &Fields) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let password = fields.raw("password");
    if let Err(error) = check_password(password) {
        errors.push(FieldError::new(
            "password",
            format!("Choose a longer or shorter one: {error}."),
        ));
    } else if password != fields.raw("repeat") {
        errors.push(FieldError::new(
            "repeat",
            "The two passwords differ. Type the same one twice.",
        ));
    }
    errors
}

fn setup_errors(fields: &Fields) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if fields.text("name").is_empty() {
        errors.push(FieldError::new("name", "Give the organisation's name."));
    }
    if let Err(error) = fields.text("handle").parse::<Handle>() {
        errors.push(FieldError::new("handle", sentence(&error.to_string())));
    }
    if fields.text("category").parse::<Category>().is_err() {
        errors.push(FieldError::new("category", "Choose a category."));
    }
    if let Err(error) = normalise_email(fields.text("email")) {
        errors.push(FieldError::new("email", sentence(&error.to_string())));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(errors: &[FieldError]) -> Vec<&'static str> {
        errors.iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_password_is_long_enough_and_typed_twice_alike() {
        let typed = |password: &str, repeat: &str| {
            let fields = Fields::default()
                .with("password", password)
                .with("repeat", repeat);
            names(&password_errors(&fields))
        };
        assert_eq!(typed("short", "short"), ["password"]);
        assert_eq!(typed("twelve letters", "twelve letter"), ["repeat"]);
        assert_eq!(typed("twelve letters", "twelve letters"), [""; 0]);
    }

    #[test]
    fn an_empty_set_up_form_is_told_all_it_lacks() {
        assert_eq!(
            names(&setup_errors(&Fields::default())),
            ["name", "handle", "category", "email"]
        );
    }
}
