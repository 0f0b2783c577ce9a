//! Pinned entries: what an organisation wants to be read first.

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        entry::Entry,
        id::EntryId,
        organisation::Organisation,
    },
    storage::{self, Conn, entries, pins},
};

/// Most entries pinned at once.
pub const MAX_PINS: usize = 5;

/// Why an entry was not pinned.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error("your role does not allow speaking for the organisation: ask your focal point")]
    NotAllowed,
    #[error("there is no such entry")]
    NotFound,
    #[error("only your own organisation's entries can be pinned")]
    NotOurs,
    #[error("only public entries can be pinned")]
    NotPublic,
    #[error("five entries are pinned already: take one off first")]
    TooMany,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

fn target(conn: &mut Conn, person: &Person, id: EntryId) -> Result<Entry, PinError> {
    let entry = entries::find(conn, &person.viewer(), id)?.ok_or(PinError::NotFound)?;
    if !person.user.role.may_write() {
        return Err(PinError::NotAllowed);
    }
    if entry.author.id != person.organisation.id {
        return Err(PinError::NotOurs);
    }
    Ok(entry)
}

/// Pins an entry of the person's organisation. Doing it again changes nothing.
///
/// # Errors
/// [`PinError`] states the rules.
pub async fn pin(forum: &Forum, person: &Person, id: EntryId) -> Result<(), PinError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = target(conn, &person, id)?;
            if !entry.audience.is_public() {
                return Err(PinError::NotPublic);
            }
            let pinned = pins::of(conn, &person.viewer(), entry.author.id)?;
            if pinned.iter().any(|one| one.id == id) {
                return Ok(());
            }
            if pinned.len() >= MAX_PINS {
                return Err(PinError::TooMany);
            }
            pins::put(conn, id, entry.author.id, forum.now())?;
            tell(conn, forum, &person.organisation, ActivityKind::Add, &entry)?;
            Ok(())
        })
        .await
}

/// Takes the pin away again.
///
/// # Errors
/// [`PinError`] states the rules.
pub async fn unpin(forum: &Forum, person: &Person, id: EntryId) -> Result<(), PinError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = target(conn, &person, id)?;
            if pins::remove(conn, id)? {
                let me = &person.organisation;
                tell(conn, forum, me, ActivityKind::Remove, &entry)?;
            }
            Ok(())
        })
        .await
}

fn tell(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    kind: ActivityKind,
    entry: &Entry,
) -> Result<(), storage::Error> {
    let subject = Subject::Object {
        uri: entry.uri.clone(),
        owner: me.uri.clone(),
    };
    announce(conn, forum, me, kind, subject, Recipients::Followers).map(drop)
}
