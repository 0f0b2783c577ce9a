//! Applications for membership: the queue, and one application with its
//! warnings, what can be done, and what was.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        account::Function,
        application::{
            Application, ApplicationState, Event, Organiser, Which, approvals_needed,
            is_same_mailbox,
        },
        id::ApplicationId,
        taxonomy::{self, Scheme},
    },
    operations::applications::{self as verbs, ApplicationError, Decided, Seen},
    storage::{self, applications},
    web::{
        error::PageError,
        filters,
        form::{Fields, Form},
        layout::{Layout, Notice},
        pages::apply::Step,
        views::{Moment, Outside, Pages, cut, organisation::OrganisationFace},
        visit::{SignedIn, Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/applications";

/// One application in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub handle: String,
    pub category: &'static str,
    pub country: String,
    pub state: String,
    pub since: Moment,
    pub warnings: usize,
}

/// A choice above the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub path: String,
    pub name: &'static str,
    pub current: bool,
}

#[derive(Template)]
#[template(path = "admin_applications.html")]
pub struct QueuePage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub choices: Vec<Choice>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

#[derive(Template)]
#[template(path = "admin_application.html")]
pub struct OnePage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub row: Row,
    pub path: String,
    pub reason: String,
    pub referee: String,
    pub referee_face: Option<OrganisationFace>,
    pub website: Option<Outside>,
    pub email: String,
    /// The office that the focal point holds; may be empty.
    pub function: &'static str,
    pub cleared: Option<Moment>,
    pub warnings: Vec<String>,
    pub steps: Vec<Step>,
    pub organisation: Option<OrganisationFace>,
    /// Another person must approve too, before or after this one.
    pub needs_two: bool,
    /// Who approved first, while the second approval is missing.
    pub first_by: Option<String>,
    pub may: May,
    pub form: Form,
}

/// What the administrator who looks may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct May {
    pub decide: bool,
    pub approve: bool,
    pub ask: bool,
    /// It is an application of their own address.
    pub is_own: bool,
}

/// The only time that a new member's one-time link is shown; none where it is
/// mailed.
#[derive(Template)]
#[template(path = "admin_admitted.html")]
pub struct AdmittedPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub face: OrganisationFace,
    pub email: String,
    pub link: Option<String>,
}

impl Row {
    fn new(seen: &Seen) -> Self {
        let application = &seen.application;
        let wish = &application.wish;
        let country = wish.country.as_deref().map(|code| {
            let name = taxonomy::name(Scheme::Country, code).unwrap_or(code);
            format!("{name} ({code})")
        });
        Self {
            id: application.id.to_string(),
            name: wish.name.clone(),
            handle: wish.handle.to_string(),
            category: wish.category.name(),
            country: country.unwrap_or_default(),
            state: state(application),
            since: Moment::minute_of(application.created_at),
            warnings: seen.warnings.len(),
        }
    }
}

fn state(application: &Application) -> String {
    match application.first_approval {
        Some(_) => "Approved by one person: another must approve too".to_owned(),
        None => application.state.name().to_owned(),
    }
}

fn choices(current: Option<Which>) -> Vec<Choice> {
    [
        ("Open", Some(Which::Open)),
        ("Approved", Some(Which::In(ApplicationState::Approved))),
        ("Refused", Some(Which::In(ApplicationState::Refused))),
        ("Withdrawn", Some(Which::In(ApplicationState::Withdrawn))),
        ("All", None),
    ]
    .map(|(name, which)| Choice {
        path: format!("{PATH}?state={}", which.map_or("all", Which::as_str)),
        name,
        current: which == current,
    })
    .to_vec()
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let which = match visit.query.text("state") {
        "all" => None,
        word => Some(word.parse().unwrap_or(Which::Open)),
    };
    let window = filters::window(&visit.query);
    let read = visit.app.forum.db.read(move |conn| {
        let found = applications::list(conn, which, window)?;
        let (found, next) = cut(found, |one| one.id.0);
        Ok::<_, storage::Error>((verbs::see(conn, found)?, next))
    });
    let (seen, next) = read.await?;
    let query = format!("state={}", which.map_or("all", Which::as_str));
    visit.show(&QueuePage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        choices: choices(which),
        rows: seen.iter().map(Row::new).collect(),
        pages: Pages::new(PATH, &query, window.before.is_none(), next),
    })
}

pub async fn show_one(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let person = visit.administrator()?;
    let seen = verbs::look(&visit.app.forum, read_id(&id)?).await?;
    let handle = seen.application.wish.handle.to_string();
    let form = Form::new(Fields::default().with("handle", handle));
    visit.show(&one_page(&visit, person, &seen, form))
}

fn read_id(id: &str) -> Result<ApplicationId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

fn one_page(visit: &Visit, person: &SignedIn, seen: &Seen, form: Form) -> OnePage {
    let application = &seen.application;
    let wish = &application.wish;
    let first = application.first_approval;
    OnePage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        row: Row::new(seen),
        path: format!("{PATH}/{}", application.id),
        reason: wish.reason.clone(),
        referee: wish.referee.clone(),
        referee_face: seen.referee.as_ref().map(Into::into),
        website: wish.website.as_ref().map(Outside::from),
        email: wish.email.clone(),
        function: wish.function.map_or("", Function::name),
        cleared: application.cleared_at.map(Moment::day_of),
        warnings: seen.warnings.iter().map(|one| one.text.clone()).collect(),
        steps: seen.events.iter().map(|event| step(seen, event)).collect(),
        organisation: seen.organisation.as_ref().map(Into::into),
        needs_two: approvals_needed(wish.category) > 1,
        first_by: first.map(|one| name_of(seen, one.by)),
        may: may(person, application),
        form,
    }
}

fn may(person: &SignedIn, application: &Application) -> May {
    let user = &person.who.user;
    let email = Some(user.email.as_str());
    May {
        decide: application.may_decide(email).is_ok(),
        approve: application
            .approve(Organiser::Person(user.id), email)
            .is_ok(),
        ask: application.may_decide(email).is_ok() && application.may_ask().is_ok(),
        is_own: application.state.is_open()
            && is_same_mailbox(&user.email, &application.wish.email),
    }
}

fn step(seen: &Seen, event: &Event) -> Step {
    Step::new(
        event,
        event.by.map_or_else(String::new, |by| name_of(seen, by)),
    )
}

fn name_of(seen: &Seen, by: Organiser) -> String {
    match by {
        Organiser::Operator => "the operator".to_owned(),
        Organiser::Person(user) => match seen.organisers.get(&user) {
            Some(email) => email.clone(),
            None => "an administrator".to_owned(),
        },
    }
}

/// Shows the page again with what is wrong in it.
async fn refuse_form(
    visit: &Visit,
    id: ApplicationId,
    fields: Fields,
    error: ApplicationError,
) -> Result<Response, PageError> {
    match error {
        ApplicationError::Invalid(errors) => {
            let person = visit.administrator()?;
            let seen = verbs::look(&visit.app.forum, id).await?;
            let form = Form::refused(fields, errors);
            visit.refuse(&one_page(visit, person, &seen, form))
        }
        error => Err(error.into()),
    }
}

pub async fn ask(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let by = Some(visit.administrator()?.who.clone());
    let id = read_id(&id)?;
    match verbs::ask(&visit.app.forum, id, by, fields.text("question")).await {
        Ok(_) => Ok(go(&format!("{PATH}/{id}"), Notice::Asked)),
        Err(error) => refuse_form(&visit, id, fields, error).await,
    }
}

pub async fn refuse(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let by = Some(visit.administrator()?.who.clone());
    let id = read_id(&id)?;
    match verbs::refuse(&visit.app.forum, id, by, fields.text("reason")).await {
        Ok(_) => Ok(go(&format!("{PATH}/{id}"), Notice::ApplicationRefused)),
        Err(error) => refuse_form(&visit, id, fields, error).await,
    }
}

pub async fn approve(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let by = Some(visit.administrator()?.who.clone());
    let id = read_id(&id)?;
    match verbs::approve(&visit.app.forum, id, by, fields.filled("handle")).await {
        Ok(Decided::First(_)) => Ok(go(&format!("{PATH}/{id}"), Notice::FirstApproval)),
        Ok(Decided::Admitted(member)) => {
            // Shown in the reply itself and stored nowhere.
            let link = member.link.as_ref();
            let link = link.map(|link| visit.app.forum.urls.one_time_link(&link.0).into());
            visit.show(&AdmittedPage {
                layout: visit.layout(),
                tabs: tabs(PATH),
                face: (&member.organisation).into(),
                email: member.focal_point.email,
                link,
            })
        }
        Err(error) => refuse_form(&visit, id, fields, error).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_shows_what_is_open_unless_asked_otherwise() {
        let current: Vec<&str> = choices(Some(Which::Open))
            .into_iter()
            .filter(|one| one.current)
            .map(|one| one.name)
            .collect();
        assert_eq!(current, ["Open"]);
        assert!(
            choices(None)
                .iter()
                .any(|one| one.current && one.name == "All")
        );
    }
}
