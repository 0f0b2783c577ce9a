//! Blocking and muting organisations. Nobody is told: a Block is not sent.

use url::Url;

use super::{
    Forum,
    follows::{end, relationship},
    people::Person,
    quotes,
};
use crate::{
    domain::{
        block::{Block, BlockKind},
        follow::Relationship,
        id::{BlockId, OrganisationId},
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, Conn, blocks, follows, organisations},
};

/// Why an organisation was not blocked or muted.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    #[error("only focal points decide whom the organisation blocks or mutes")]
    NotAllowed,
    #[error("there is no such organisation")]
    NotFound,
    #[error("an organisation cannot block itself")]
    Myself,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// The person's organisation blocks another, or only mutes it. A block ends
/// the follows both ways, and takes leave to quote back. Doing it again changes
/// nothing.
///
/// # Errors
/// [`BlockError`] states the rules.
pub async fn set(
    forum: &Forum,
    person: &Person,
    other: OrganisationId,
    kind: BlockKind,
) -> Result<Relationship, BlockError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let me = &person.organisation;
            let other = target(conn, &person, other)?;
            let now = forum.now();
            let block = Block {
                id: BlockId(forum.ids.next(now)),
                organisation: me.id,
                other: other.id,
                kind,
                activity_uri: None,
                created_at: now,
            };
            blocks::put(conn, &block)?;
            match kind {
                BlockKind::Block => {
                    end(conn, forum, me, &other)?;
                    quotes::withdraw(conn, forum, me, &other)?;
                }
                BlockKind::Mute => {}
            }
            Ok(relationship(conn, me.id, other.id)?)
        })
        .await
}

/// Takes a block or a mute back. The follows that a block ended stay ended.
///
/// # Errors
/// [`BlockError`] states the rules.
pub async fn withdraw(
    forum: &Forum,
    person: &Person,
    other: OrganisationId,
    kind: BlockKind,
) -> Result<Relationship, BlockError> {
    let person = person.clone();
    forum
        .write(move |conn, _| {
            let me = person.organisation.id;
            let other = target(conn, &person, other)?;
            blocks::remove(conn, me, other.id, kind)?;
            Ok(relationship(conn, me, other.id)?)
        })
        .await
}

fn target(
    conn: &mut Conn,
    person: &Person,
    id: OrganisationId,
) -> Result<Organisation, BlockError> {
    if !person.user.role.may_represent() {
        return Err(BlockError::NotAllowed);
    }
    if person.organisation.id == id {
        return Err(BlockError::Myself);
    }
    organisations::find(conn, id)?
        .filter(|one| one.state == OrganisationState::Active)
        .ok_or(BlockError::NotFound)
}

/// An organisation of another server blocks one of ours: the follows between
/// them end without a word, and nothing more goes to it.
///
/// # Errors
/// Storage only.
pub fn receive(
    conn: &mut Conn,
    forum: &Forum,
    sender: &Organisation,
    blocked: &Url,
    activity_uri: &Url,
) -> Result<(), storage::Error> {
    let ours = organisations::find_by_uri(conn, blocked)?.filter(Organisation::is_local);
    let Some(ours) = ours.filter(|_| sender.uri != *blocked) else {
        return Ok(());
    };
    let now = forum.now();
    let block = Block {
        id: BlockId(forum.ids.next(now)),
        organisation: sender.id,
        other: ours.id,
        kind: BlockKind::Block,
        activity_uri: Some(activity_uri.clone()),
        created_at: now,
    };
    blocks::put(conn, &block)?;
    for (follower, followed) in [(sender.id, ours.id), (ours.id, sender.id)] {
        if let Some(follow) = follows::find(conn, follower, followed)? {
            follows::delete(conn, follow.id)?;
        }
    }
    Ok(())
}

/// An organisation of another server takes the block back that this activity of
/// its own made; false when there is none.
///
/// # Errors
/// Storage only.
pub fn undone(
    conn: &mut Conn,
    sender: &Organisation,
    activity_uri: &Url,
) -> Result<bool, storage::Error> {
    blocks::remove_by_activity(conn, sender.id, activity_uri)
}

/// An organisation of another server no longer blocks this one, and did not
/// say which activity that was.
///
/// # Errors
/// Storage only.
pub fn undone_of(
    conn: &mut Conn,
    sender: &Organisation,
    blocked: &Url,
) -> Result<(), storage::Error> {
    match organisations::find_by_uri(conn, blocked)? {
        Some(ours) => blocks::remove(conn, sender.id, ours.id, BlockKind::Block),
        None => Ok(()),
    }
}
