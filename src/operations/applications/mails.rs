//! What applicants are told by mail. A task holds ids alone: the words are
//! looked up when the mail is sent, so that nothing is mailed of what was
//! cleared meanwhile.

use crate::{
    domain::{
        application::{Application, Event, EventKind},
        id::{ApplicationEventId, ApplicationId},
        mail::Letter,
        task::Task,
    },
    operations::Forum,
    storage::{self, Conn, applications},
};

/// Queues the news of a step for the applicant, in the caller's transaction.
/// Without a mail server the applicant reads it behind the link of the
/// application alone.
pub(super) fn tell(conn: &mut Conn, forum: &Forum, event: &Event) -> Result<(), storage::Error> {
    if !forum.admission.mails {
        return Ok(());
    }
    let task = Task::MailApplicant {
        application: event.application,
        event: event.id,
    };
    forum.enqueue(conn, &task)
}

/// Words the mail about a step; `None` when there is nobody to tell any more.
///
/// # Errors
/// Storage only.
pub async fn word(
    forum: &Forum,
    id: ApplicationId,
    event: ApplicationEventId,
) -> Result<Option<Letter>, storage::Error> {
    let reading = forum.clone();
    forum
        .db
        .read(move |conn| {
            let Some(application) = applications::find(conn, id)? else {
                return Ok(None);
            };
            let events = applications::events(conn, &[id])?.remove(&id);
            let mut steps = events.unwrap_or_default().into_iter();
            let found = steps.find(|one| one.id == event);
            Ok(found.and_then(|event| letter(&reading, application, &event)))
        })
        .await
}

fn letter(forum: &Forum, application: Application, event: &Event) -> Option<Letter> {
    if application.cleared_at.is_some() {
        return None;
    }
    let (node, home) = (&forum.admission.issuer, forum.urls.home());
    let (subject, happened, then) = match event.kind {
        EventKind::Asked => (
            format!("A question about your application to {node}"),
            "The people who decide on it ask:",
            "Answer on the page of your application. Its address was shown to you when you applied.",
        ),
        EventKind::Refused => (
            format!("Your application to {node}"),
            "It was not accepted. The reason:",
            "You may apply again when that has changed.",
        ),
        EventKind::Submitted
        | EventKind::Answered
        | EventKind::FirstApproval
        | EventKind::Approved
        | EventKind::Withdrawn
        | EventKind::Cleared => return None,
    };
    let text = &event.text;
    Some(Letter {
        to: application.wish.email,
        subject,
        body: format!(
            "You applied for membership at {node} ({home}).\n{happened}\n\n{text}\n\n{then}\n"
        ),
    })
}
