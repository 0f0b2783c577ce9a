//! Applications as the API shows them: to organisers, and to applicants.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    domain::{
        account::Function,
        application::{
            Application, ApplicationState, Event, EventKind, Organiser, approvals_needed,
            lookalike::{Warning, WarningCode},
        },
        organisation::Category,
    },
    forum_api::{
        organisations::Author,
        vocabulary::{one_of, one_of_or_null},
    },
    operations::applications::{Followed, Seen},
};

pub fn state_words() -> Object {
    one_of(ApplicationState::ALL.map(ApplicationState::as_str))
}

pub fn category_words() -> Object {
    one_of(Category::ALL.map(Category::as_str))
}

pub fn function_words() -> Object {
    one_of_or_null(Function::ALL.map(Function::as_str))
}

fn warning_words() -> Object {
    one_of(WarningCode::ALL.map(WarningCode::as_str))
}

fn event_words() -> Object {
    one_of(EventKind::ALL.map(EventKind::as_str))
}

/// Something to look at before deciding; it decides nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApplicationWarning)]
pub struct WarningDocument {
    #[schema(schema_with = warning_words)]
    code: &'static str,
    /// A full sentence.
    text: String,
}

impl From<Warning> for WarningDocument {
    fn from(warning: Warning) -> Self {
        Self {
            code: warning.code.as_str(),
            text: warning.text,
        }
    }
}

/// What happened to an application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApplicationEvent)]
pub struct EventDocument {
    #[schema(schema_with = event_words)]
    kind: &'static str,
    /// Address of the organiser; `operator` for the command line; `null` for
    /// the applicant and the node, and always for applicants.
    by: Option<String>,
    /// The question, the answer or the reason.
    text: String,
    at: DateTime<Utc>,
}

impl EventDocument {
    fn new(event: &Event, by: Option<String>) -> Self {
        Self {
            kind: event.kind.as_str(),
            by,
            text: event.text.clone(),
            at: event.at,
        }
    }
}

/// What was asked for, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationCore {
    id: String,
    #[schema(schema_with = state_words)]
    state: &'static str,
    name: String,
    /// The wished one, or the one that an organiser chose.
    handle: String,
    #[schema(schema_with = category_words)]
    category: &'static str,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    website: Option<String>,
    reason: String,
    referee: String,
    email: String,
    /// The office that the focal point of a government holds.
    #[schema(schema_with = function_words)]
    function: Option<&'static str>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When it was approved, refused or withdrawn.
    decided_at: Option<DateTime<Utc>>,
    /// What the approval made.
    organisation: Option<Author>,
}

impl ApplicationCore {
    fn new(application: &Application, organisation: Option<Author>) -> Self {
        let wish = &application.wish;
        Self {
            id: application.id.to_string(),
            state: application.state.as_str(),
            name: wish.name.clone(),
            handle: wish.handle.to_string(),
            category: wish.category.as_str(),
            country: wish.country.clone(),
            website: wish.website.as_ref().map(ToString::to_string),
            reason: wish.reason.clone(),
            referee: wish.referee.clone(),
            email: wish.email.clone(),
            function: wish.function.map(Function::as_str),
            created_at: application.created_at,
            updated_at: application.updated_at,
            decided_at: application.decided_at,
            organisation,
        }
    }
}

/// An application as organisers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application)]
pub struct ApplicationDocument {
    #[serde(flatten)]
    core: ApplicationCore,
    /// The referee, where it is an organisation that this node knows.
    referee_organisation: Option<Author>,
    /// How many different people must approve: 1 or 2.
    approvals_needed: u8,
    /// How many did.
    approvals: u8,
    /// While the application is open.
    warnings: Vec<WarningDocument>,
    history: Vec<EventDocument>,
    /// When what the applicant wrote was deleted, after its time.
    cleared_at: Option<DateTime<Utc>>,
    /// Only in the answer to the last approval: the one-time link with which
    /// the focal point chooses a password. It is told once.
    pub link: Option<String>,
}

impl From<Seen> for ApplicationDocument {
    fn from(seen: Seen) -> Self {
        let application = &seen.application;
        let needed = approvals_needed(application.wish.category);
        let by = |organiser| match organiser {
            Organiser::Operator => "operator".to_owned(),
            Organiser::Person(user) => match seen.organisers.get(&user) {
                Some(email) => email.clone(),
                None => user.to_string(),
            },
        };
        let events = seen.events.iter();
        Self {
            core: ApplicationCore::new(application, seen.organisation.as_ref().map(Author::new)),
            referee_organisation: seen.referee.as_ref().map(Author::new),
            approvals_needed: needed,
            approvals: match application.state {
                ApplicationState::Approved => needed,
                ApplicationState::Submitted
                | ApplicationState::Asked
                | ApplicationState::Answered
                | ApplicationState::Refused
                | ApplicationState::Withdrawn => u8::from(application.first_approval.is_some()),
            },
            history: events
                .map(|event| EventDocument::new(event, event.by.map(by)))
                .collect(),
            cleared_at: application.cleared_at,
            link: None,
            warnings: seen.warnings.into_iter().map(Into::into).collect(),
        }
    }
}

/// An application as its applicant sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnApplication)]
pub struct OwnDocument {
    #[serde(flatten)]
    core: ApplicationCore,
    history: Vec<EventDocument>,
    /// The page on which the applicant follows it. Whoever has this address
    /// can answer and withdraw; its last part is the `token` of the routes
    /// below `/applications/by-link`.
    link: String,
}

impl OwnDocument {
    pub fn new(followed: &Followed, link: String) -> Self {
        let organisation = followed.organisation.as_ref().map(Author::new);
        let events = followed.events.iter();
        Self {
            core: ApplicationCore::new(&followed.application, organisation),
            history: events
                .map(|event| EventDocument::new(event, None))
                .collect(),
            link,
        }
    }
}
