//! Membership: applying, asking back, approving, refusing. What an organiser
//! decides is checked by `domain::application`; here each step is one
//! transaction, and of two steps at once the second sees the first.

mod applying;
mod clearing;
mod deciding;
mod looking;
mod mails;

pub use applying::{Followed, answer, apply, follow, withdraw};
pub use clearing::clear;
pub use deciding::{Admitted, Decided, approve, ask, refuse};
pub use looking::{Seen, look, see, warnings};
pub use mails::word;

use super::{Forum, people::Person};
use crate::{
    domain::{
        application::{Application, Event, EventKind, Organiser, StepError},
        entry::FieldError,
        id::{ApplicationEventId, ApplicationId},
    },
    storage::{self, Conn, applications},
};

/// Why an application took no step.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    #[error("there is no such application")]
    NotFound,
    #[error("this node takes no applications")]
    Closed,
    #[error(
        "{0} applications of this address wait already: follow those, or withdraw one before you \
         send another"
    )]
    TooManyOpen(u32),
    #[error("too many applications wait on this node: try again in a few days")]
    Full,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl ApplicationError {
    fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}

impl From<Vec<FieldError>> for ApplicationError {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }
}

/// An application, locked until the end of the transaction.
fn locked(conn: &mut Conn, id: ApplicationId) -> Result<Application, ApplicationError> {
    applications::lock(conn, id)?;
    applications::find(conn, id)?.ok_or(ApplicationError::NotFound)
}

/// Who decides, and with which address. Nobody is the operator at the command
/// line.
fn organiser(by: Option<&Person>) -> (Organiser, Option<&str>) {
    match by {
        Some(person) => (
            Organiser::Person(person.user.id),
            Some(person.user.email.as_str()),
        ),
        None => (Organiser::Operator, None),
    }
}

/// Stores a step and notes it in the application's history.
fn record(
    conn: &mut Conn,
    forum: &Forum,
    application: &Application,
    kind: EventKind,
    by: Option<Organiser>,
    text: String,
) -> Result<(), storage::Error> {
    applications::update(conn, application)?;
    note(conn, forum, application, kind, by, text)
}

fn note(
    conn: &mut Conn,
    forum: &Forum,
    application: &Application,
    kind: EventKind,
    by: Option<Organiser>,
    text: String,
) -> Result<(), storage::Error> {
    let event = Event {
        id: ApplicationEventId(forum.next_id()),
        application: application.id,
        kind,
        by,
        text,
        at: forum.now(),
    };
    applications::add_event(conn, &event)?;
    match kind {
        EventKind::Asked | EventKind::Refused => mails::tell(conn, forum, &event),
        // An approval is told with the link for the new account.
        EventKind::Submitted
        | EventKind::Answered
        | EventKind::FirstApproval
        | EventKind::Approved
        | EventKind::Withdrawn
        | EventKind::Cleared => Ok(()),
    }
}

#[cfg(test)]
mod tests;
