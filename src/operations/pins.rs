//! Pinned entries: what an organisation wants to be read first.

use chrono::TimeDelta;
use url::Url;

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::Viewer,
        entry::Entry,
        id::{EntryId, OrganisationId},
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

/// The entry at an address, if this organisation of another server may pin it
/// here: nobody pins what another wrote.
///
/// # Errors
/// Storage only.
pub fn pinnable(
    conn: &mut Conn,
    organisation: OrganisationId,
    uri: &Url,
) -> Result<Option<EntryId>, storage::Error> {
    let known = entries::known(conn, uri)?;
    let known = known.filter(|known| known.author == organisation && known.public);
    Ok(known
        .filter(|known| known.deleted_at.is_none())
        .map(|known| known.id))
}

/// What an organisation of another server has pinned now, the first on top.
///
/// # Errors
/// Storage only.
pub fn replace(
    conn: &mut Conn,
    forum: &Forum,
    organisation: OrganisationId,
    pinned: &[Url],
) -> Result<(), storage::Error> {
    let mut wanted = Vec::new();
    for uri in pinned {
        wanted.extend(pinnable(conn, organisation, uri)?);
    }
    for before in pins::of(conn, &Viewer::Anonymous, organisation)? {
        if !wanted.contains(&before.id) {
            pins::remove(conn, before.id)?;
        }
    }
    let mut moment = forum.now();
    for id in wanted {
        pins::put(conn, id, organisation, moment)?;
        moment -= TimeDelta::milliseconds(1);
    }
    Ok(())
}
