//! One-time links by mail. A task holds the address alone: the link is made
//! when the mail is worded, so that it is never stored.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta, Utc};

use super::{PeopleError, active, links::link};
use crate::{
    domain::{
        account::{LINK_HOURS, LinkPurpose, normalise_email},
        audit::Decision,
        id::{TaskId, UserId},
        mail::{Letter, Occasion},
        task::{Pace, Task},
    },
    operations::{Forum, audit},
    storage::{self, Conn, credentials, tasks, users},
};

/// Nobody gets more than one mail that they did not ask for in this time.
const QUIET_MINUTES: i64 = 5;

/// Most mails that may wait.
const MOST_WAITING: i64 = 1_000;

/// Somebody forgot a password. Answers, and takes as long, the same for every
/// address: whether there is such an account is looked at when the mail is
/// worded.
///
/// # Errors
/// Storage only.
pub async fn ask_for_link(forum: &Forum, email: &str) -> Result<(), storage::Error> {
    // What cannot be an address is no account's either.
    let email = normalise_email(email).unwrap_or_default();
    forum
        .write(move |conn, forum| {
            if tasks::waiting(conn, Pace::Mailing)? >= MOST_WAITING {
                tracing::warn!("too much waits: a forgotten password is not mailed about");
                return Ok(());
            }
            mail_link(conn, forum, email, Occasion::Forgotten)
        })
        .await
}

/// An administrator wants somebody to choose a password.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn invite(forum: &Forum, by: Option<UserId>, user: UserId) -> Result<(), PeopleError> {
    forum
        .write(move |conn, forum| {
            let user = users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            let subject = audit::account(user.id);
            mail_link(conn, forum, user.email, Occasion::Invited)?;
            Ok(audit::record(
                conn,
                forum,
                by,
                Decision::LinkMade,
                &subject,
                "by mail",
            )?)
        })
        .await
}

/// Queues a mail with a one-time link, in the caller's transaction. One that
/// waits already for the same address and occasion is enough.
///
/// # Errors
/// Storage only.
pub fn mail_link(
    conn: &mut Conn,
    forum: &Forum,
    email: String,
    occasion: Occasion,
) -> Result<(), storage::Error> {
    let task = Task::MailLink { email, occasion };
    let id = id_of(&task);
    tasks::forget_dead(conn, id)?;
    tasks::enqueue_once(conn, &[(id, task)], forum.now())?;
    Ok(())
}

/// An id that follows from what the task is, so that it waits once at most.
fn id_of(task: &Task) -> TaskId {
    let text = serde_json::to_vec(task).expect("a task is made of plain words and ids");
    let hash = digest(&SHA256, &text);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_ref()[..8]);
    // Positive, as all ids are.
    TaskId(i64::from_be_bytes(bytes) & i64::MAX)
}

/// What is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worded {
    Letter(Letter),
    /// There is no such account, or it may not sign in.
    Nothing,
    /// A mail was sent only just now: not before this moment.
    NotBefore(DateTime<Utc>),
}

/// Makes the link and words the mail. An earlier link stops working.
///
/// # Errors
/// Storage only.
pub async fn word(
    forum: &Forum,
    email: &str,
    occasion: Occasion,
) -> Result<Worded, storage::Error> {
    let email = email.to_owned();
    forum
        .write(move |conn, forum| {
            let Some((user, _)) = users::find_by_email(conn, &email)? else {
                return Ok(Worded::Nothing);
            };
            if active(conn, forum, user.id)?.is_none() {
                return Ok(Worded::Nothing);
            }
            let quiet = forum.now() - TimeDelta::minutes(QUIET_MINUTES);
            let last = credentials::newest_link(conn, LinkPurpose::SetPassword, user.id)?;
            if let (Occasion::Forgotten, Some(last)) = (occasion, last)
                && last > quiet
            {
                return Ok(Worded::NotBefore(last + TimeDelta::minutes(QUIET_MINUTES)));
            }
            let secret = link(conn, forum, LinkPurpose::SetPassword, Some(user.id))?;
            let link = forum.urls.one_time_link(&secret.0);
            Ok(Worded::Letter(letter(
                forum,
                email,
                occasion,
                link.as_str(),
            )))
        })
        .await
}

/// The mail could not be sent: its link is of no use to anybody.
///
/// # Errors
/// Storage only.
pub async fn take_back(forum: &Forum, email: &str) -> Result<(), storage::Error> {
    let email = email.to_owned();
    forum
        .write(move |conn, _| match users::find_by_email(conn, &email)? {
            Some((user, _)) => {
                credentials::delete_links(conn, LinkPurpose::SetPassword, Some(user.id))
            }
            None => Ok(()),
        })
        .await
}

fn letter(forum: &Forum, to: String, occasion: Occasion, link: &str) -> Letter {
    let (node, home) = (&forum.admission.issuer, forum.urls.home());
    let (subject, why, otherwise) = match occasion {
        Occasion::Forgotten => (
            format!("A new password for {node}"),
            format!("Somebody asked for a new password for your account at {node} ({home})."),
            "If that was not you, do nothing: your password stays as it is.",
        ),
        Occasion::Invited => (
            format!("Your account at {node}"),
            format!("You have an account at {node} ({home})."),
            "If you do not know why, ask the people who run this node.",
        ),
        Occasion::Admitted => (
            format!("Welcome to {node}"),
            format!("Your organisation's application to {node} ({home}) was approved."),
            "If you did not apply, tell the people who run this node.",
        ),
    };
    Letter {
        to,
        subject,
        body: format!(
            "{why}\n\nChoose a password here, once, within {LINK_HOURS} hours:\n\n{link}\n\n{otherwise}\n"
        ),
    }
}
