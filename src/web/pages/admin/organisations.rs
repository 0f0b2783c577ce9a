//! The organisations at home on this node.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        entry::FieldError,
        organisation::{Category, Organisation, OrganisationState},
    },
    operations::organisations::{self as verbs, NewOrganisation, OrganisationError},
    storage::{self, organisations},
    web::{
        error::PageError,
        filters,
        form::Form,
        layout::{Layout, Notice},
        pages::compose::ConfirmPage,
        views::{Moment, Pages, choices::Choices, cut, organisation::OrganisationFace},
        visit::{Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/organisations";

/// One organisation with what may be done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub face: OrganisationFace,
    pub category: &'static str,
    pub state: &'static str,
    pub since: Moment,
    pub may_suspend: bool,
    pub may_restore: bool,
    pub may_delete: bool,
}

#[derive(Template)]
#[template(path = "admin_organisations.html")]
pub struct OrganisationsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub choices: Choices,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

impl From<&Organisation> for Row {
    fn from(organisation: &Organisation) -> Self {
        let state = organisation.state;
        Self {
            face: organisation.into(),
            category: organisation.category.map_or("none", Category::name),
            state: match state {
                OrganisationState::Active => "Active",
                OrganisationState::Suspended => "Suspended",
                OrganisationState::Deleted => "Deleted",
            },
            since: Moment::day_of(organisation.created_at),
            may_suspend: state == OrganisationState::Active,
            may_restore: state == OrganisationState::Suspended,
            may_delete: state != OrganisationState::Deleted,
        }
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let page = page(&visit, Form::default()).await?;
    visit.show(&page)
}

async fn page(visit: &Visit, form: Form) -> Result<OrganisationsPage, PageError> {
    let filter = organisations::Filter {
        local: Some(true),
        any_state: true,
        ..organisations::Filter::default()
    };
    let window = filters::window(&visit.query);
    let found = visit
        .app
        .forum
        .db
        .read(move |conn| organisations::list(conn, &filter, window))
        .await?;
    let (found, next) = cut(found, |one| one.id.0);
    Ok(OrganisationsPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        form,
        choices: Choices::new(visit.app.config.node.fictional),
        rows: found.iter().map(Row::from).collect(),
        pages: Pages::new(PATH, "", window.before.is_none(), next),
    })
}

pub async fn create(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = visit.administrator()?.who.user.id;
    let errors = match fields.text("category").parse::<Category>() {
        Ok(category) => {
            let new = NewOrganisation {
                handle: fields.text("handle").to_owned(),
                name: fields.text("name").to_owned(),
                category,
                country: fields.filled("country").map(str::to_owned),
                summary: fields.text("summary").to_owned(),
            };
            match verbs::create(&visit.app.forum, Some(me), new).await {
                Ok(_) => return Ok(go(PATH, Notice::Created)),
                Err(OrganisationError::Invalid(errors)) => errors,
                Err(error) => return Err(error.into()),
            }
        }
        Err(_) => vec![FieldError::new("category", "Choose a category.")],
    };
    let page = page(&visit, Form::refused(fields, errors)).await?;
    visit.refuse(&page)
}

pub async fn suspend(
    Path(handle): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    set_state(&visit, &handle, OrganisationState::Suspended).await?;
    Ok(go(PATH, Notice::Suspended))
}

pub async fn restore(
    Path(handle): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    set_state(&visit, &handle, OrganisationState::Active).await?;
    Ok(go(PATH, Notice::Restored))
}

pub async fn ask_delete(visit: Visit, Path(handle): Path<String>) -> Result<Response, PageError> {
    visit.administrator()?;
    let find = move |conn: &mut storage::Conn| organisations::find_local(conn, &handle);
    let found = visit.app.forum.db.read(find).await?;
    let found = found
        .filter(|one| one.state != OrganisationState::Deleted)
        .ok_or(PageError::NotFound)?;
    visit.show(&ConfirmPage {
        layout: visit.layout(),
        heading: "Delete this organisation?",
        subject: format!("{} (@{})", found.name, found.handle),
        consequence: "Its page, its entries and its people's access go, for ever, and its handle is never given again. Every server that knows it is told. To close it for a while, suspend it.",
        action: format!("{PATH}/{}/delete", found.handle),
        label: "Delete the organisation",
        back: PATH.to_owned(),
    })
}

pub async fn delete(
    Path(handle): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    set_state(&visit, &handle, OrganisationState::Deleted).await?;
    Ok(go(PATH, Notice::OrganisationDeleted))
}

async fn set_state(visit: &Visit, handle: &str, state: OrganisationState) -> Result<(), PageError> {
    let person = visit.administrator()?;
    // Whoever closes their own organisation could never open it again.
    if person.who.organisation.handle == handle && state != OrganisationState::Active {
        return Err(PageError::Conflict(
            "This is your own organisation: you would lock yourself out. Another administrator can do it.".to_owned(),
        ));
    }
    let me = Some(person.who.user.id);
    verbs::set_state(&visit.app.forum, me, handle, state).await?;
    Ok(())
}

impl From<OrganisationError> for PageError {
    fn from(error: OrganisationError) -> Self {
        match error {
            OrganisationError::NotAllowed => Self::Forbidden,
            OrganisationError::NotFound => Self::NotFound,
            OrganisationError::Deleted => {
                Self::Conflict("The organisation is deleted; that cannot be undone.".to_owned())
            }
            OrganisationError::Invalid(_) => Self::Unprocessable(error.to_string()),
            OrganisationError::Storage(error) => error.into(),
        }
    }
}
