//! The people who may sign in.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        account::{Function, Role, User},
        entry::FieldError,
        id::{OrganisationId, UserId},
        organisation::{Organisation, OrganisationState},
    },
    operations::people::{self, PeopleError, Secret},
    storage::{self, functions, organisations, users},
    web::{
        error::PageError,
        form::Form,
        layout::{Layout, Notice},
        views::{Moment, Named, PAGE_SIZE, Pages, choices, sentence},
        visit::{Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/users";

/// One person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub email: String,
    pub organisation: String,
    pub role: &'static str,
    /// The word of an office, or empty.
    pub function: &'static str,
    pub state: &'static str,
    pub disabled: bool,
    pub signed_in: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin_users.html")]
pub struct PeoplePage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    /// Are links mailed, rather than shown?
    pub by_mail: bool,
    pub form: Form,
    pub roles: Vec<Named>,
    pub functions: Vec<Named>,
    pub organisations: Vec<Named>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

/// The only time a one-time link is shown.
#[derive(Template)]
#[template(path = "link_shown.html")]
pub struct LinkPage {
    pub layout: Layout,
    pub email: String,
    pub link: String,
}

impl Row {
    fn new(
        user: &User,
        organisations: &HashMap<OrganisationId, &Organisation>,
        function: Option<Function>,
    ) -> Self {
        let organisation = organisations.get(&user.organisation);
        Self {
            id: user.id.to_string(),
            email: user.email.clone(),
            organisation: organisation.map_or_else(String::new, |one| one.name.clone()),
            role: user.role.as_str(),
            function: function.map_or("", Function::as_str),
            state: match (user.disabled, user.has_password) {
                (true, _) => "Disabled",
                (false, true) => "Active",
                (false, false) => "Has not chosen a password yet",
            },
            disabled: user.disabled,
            signed_in: user.signed_in_at.map(Moment::minute_of),
        }
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let page = page(&visit, Form::default()).await?;
    visit.show(&page)
}

async fn page(visit: &Visit, form: Form) -> Result<PeoplePage, PageError> {
    let (people, all, held) = visit
        .app
        .forum
        .db
        .read(|conn| -> Result<_, storage::Error> {
            Ok((
                users::list(conn, None)?,
                organisations::all_local(conn)?,
                functions::all(conn)?,
            ))
        })
        .await?;
    let known = all.iter().map(|one| (one.id, one)).collect();
    let (shown, pages) = turn(people, visit.query.text("page").parse().unwrap_or(0));
    Ok(PeoplePage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        by_mail: visit.app.config.mail.is_set(),
        form,
        roles: choices::roles(),
        functions: choices::functions(),
        organisations: all
            .iter()
            .filter(|one| one.state == OrganisationState::Active)
            .map(|one| Named::new(&one.handle, format!("{} ({})", one.name, one.handle)))
            .collect(),
        rows: shown
            .iter()
            .map(|user| Row::new(user, &known, held.get(&user.id).copied()))
            .collect(),
        pages,
    })
}

/// One page of the list; the first is 0.
fn turn(people: Vec<User>, page: usize) -> (Vec<User>, Pages) {
    let size = usize::try_from(PAGE_SIZE).expect("a page is small");
    let start = page.saturating_mul(size);
    let more = people.len() > start.saturating_add(size);
    let pages = Pages {
        newer: (page > 0).then(|| PATH.to_owned()),
        older: more.then(|| format!("{PATH}?page={}", page + 1)),
    };
    (people.into_iter().skip(start).take(size).collect(), pages)
}

pub async fn create(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = visit.administrator()?.who.user.id;
    let Ok(role) = fields.text("role").parse::<Role>() else {
        let error = FieldError::new("role", "Choose a role.");
        let page = page(&visit, Form::refused(fields, vec![error])).await?;
        return visit.refuse(&page);
    };
    let (email, handle) = (fields.text("email"), fields.text("organisation"));
    match people::create(&visit.app.forum, Some(me), email, handle, role, None).await {
        Ok((user, Some(_))) if visit.app.config.mail.is_set() => {
            people::mails::invite(&visit.app.forum, Some(me), user.id).await?;
            Ok(go(PATH, Notice::LinkMailed))
        }
        Ok((user, Some(link))) => show_link(&visit, user.email, &link),
        Ok((_, None)) => Ok(go(PATH, Notice::Saved)),
        Err(error) => match field_of(&error) {
            Some(field) => {
                let error = FieldError::new(field, sentence(&error.to_string()));
                let page = page(&visit, Form::refused(fields, vec![error])).await?;
                visit.refuse(&page)
            }
            None => Err(error.into()),
        },
    }
}

/// The field of the form that an error is about.
fn field_of(error: &PeopleError) -> Option<&'static str> {
    match error {
        PeopleError::Email(_) | PeopleError::EmailTaken => Some("email"),
        PeopleError::NoOrganisation => Some("organisation"),
        PeopleError::Password(_)
        | PeopleError::NotFound
        | PeopleError::WrongPassword
        | PeopleError::WrongCode
        | PeopleError::PasskeyRefused
        | PeopleError::PasskeyKnown
        | PeopleError::TooManyPasskeys
        | PeopleError::NoPasskeys
        | PeopleError::HasSecondFactor
        | PeopleError::SecondFactorRequired
        | PeopleError::Myself
        | PeopleError::OtherRules
        | PeopleError::LinkUsed
        | PeopleError::LastAdministrator
        | PeopleError::Invalid(_)
        | PeopleError::Storage(_) => None,
    }
}

/// Shown in the reply itself and stored nowhere: the next page cannot show it
/// again.
fn show_link(visit: &Visit, email: String, link: &Secret) -> Result<Response, PageError> {
    visit.show(&LinkPage {
        layout: visit.layout(),
        email,
        link: visit.app.forum.urls.one_time_link(&link.0).to_string(),
    })
}

pub async fn issue_link(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let (me, id) = target(&visit, &id)?;
    if visit.app.config.mail.is_set() {
        people::mails::invite(&visit.app.forum, Some(me), id).await?;
        return Ok(go(PATH, Notice::LinkMailed));
    }
    let link = people::new_link(&visit.app.forum, Some(me), id).await?;
    let user = visit
        .app
        .forum
        .db
        .read(move |conn| users::find(conn, id))
        .await?;
    let user = user.ok_or(PageError::NotFound)?;
    show_link(&visit, user.email, &link)
}

pub async fn set_role(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let (me, id) = target(&visit, &id)?;
    let role = fields.text("role").parse::<Role>();
    let role = role.map_err(|error| PageError::Unprocessable(sentence(&error.to_string())))?;
    people::set_role(&visit.app.forum, Some(me), id, role).await?;
    Ok(go(PATH, Notice::RoleChanged))
}

/// Notes the office that a person holds; none when the field is blank.
pub async fn set_function(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let (by, id) = target(&visit, &id)?;
    let function = match fields.filled("function").map(str::parse::<Function>) {
        None => None,
        Some(Ok(function)) => Some(function),
        Some(Err(error)) => {
            return Err(PageError::Unprocessable(sentence(&error.to_string())));
        }
    };
    people::set_function(&visit.app.forum, Some(by), id, function).await?;
    Ok(go(PATH, Notice::Saved))
}

pub async fn sign_out(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let (me, id) = target(&visit, &id)?;
    people::end_everything(&visit.app.forum, Some(me), id).await?;
    Ok(go(PATH, Notice::PersonSignedOut))
}

pub async fn reset_second_factor(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let (me, id) = target(&visit, &id)?;
    people::second_factor::reset(&visit.app.forum, Some(me), id).await?;
    Ok(go(PATH, Notice::SecondFactorReset))
}

pub async fn disable(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let (me, id) = target(&visit, &id)?;
    people::set_disabled(&visit.app.forum, Some(me), id, true).await?;
    Ok(go(PATH, Notice::Disabled))
}

pub async fn enable(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let (me, id) = target(&visit, &id)?;
    people::set_disabled(&visit.app.forum, Some(me), id, false).await?;
    Ok(go(PATH, Notice::Enabled))
}

/// The administrator who sent a form, and the person that it is about.
fn target(visit: &Visit, id: &str) -> Result<(UserId, UserId), PageError> {
    let me = visit.administrator()?.who.user.id;
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    Ok((me, id))
}
