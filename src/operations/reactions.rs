//! Likes and boosts: of public entries only, because both tell others that the
//! entry is there.

use url::Url;

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::Viewer,
        entry::Entry,
        id::{ActivityId, EntryId, ReactionId},
        organisation::{Organisation, OrganisationState},
        reaction::{Reaction, ReactionKind},
    },
    storage::{self, Conn, blocks, entries, follows, reactions, tombstones},
};

/// Why a like or a boost was not made or taken back.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    #[error("your role does not allow speaking for the organisation: ask your focal point")]
    NotAllowed,
    #[error("there is no such entry")]
    NotFound,
    #[error("only public entries can be liked or passed on")]
    NotPublic,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// An entry that the person may see, if the person may react to it.
fn target(conn: &mut Conn, person: &Person, id: EntryId) -> Result<Entry, ReactionError> {
    let entry = entries::find(conn, &person.viewer(), id)?.ok_or(ReactionError::NotFound)?;
    if !person.user.role.may_write() {
        return Err(ReactionError::NotAllowed);
    }
    Ok(entry)
}

/// The person's organisation likes or boosts an entry. Doing it again changes
/// nothing. Answers the reaction as it stands.
///
/// # Errors
/// [`ReactionError`] states the rules.
pub async fn react(
    forum: &Forum,
    person: &Person,
    kind: ReactionKind,
    id: EntryId,
) -> Result<Reaction, ReactionError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = target(conn, &person, id)?;
            let me = &person.organisation;
            if !entry.audience.is_public() {
                return Err(ReactionError::NotPublic);
            }
            if let Some(before) = reactions::find(conn, kind, id, me.id)? {
                return Ok(before);
            }
            let now = forum.now();
            let reaction = Reaction {
                id: ReactionId(forum.ids.next(now)),
                kind,
                entry: id,
                organisation: me.id,
                activity_uri: tell(conn, forum, me, kind, &entry)?,
                created_at: now,
            };
            reactions::insert(conn, &reaction)?;
            Ok(reaction)
        })
        .await
}

/// Tells those whom it concerns; answers the id of the activity. A like of an
/// entry of this node concerns no other server.
fn tell(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    kind: ReactionKind,
    entry: &Entry,
) -> Result<Url, storage::Error> {
    let subject = Subject::Object {
        uri: entry.uri.clone(),
        owner: entry.author.uri.clone(),
    };
    match recipients(kind, entry) {
        Some(recipients) => announce(conn, forum, me, activity(kind), subject, recipients),
        None => Ok(forum.urls.activity(ActivityId(forum.ids.next(forum.now())))),
    }
}

fn activity(kind: ReactionKind) -> ActivityKind {
    match kind {
        ReactionKind::Like => ActivityKind::Like,
        ReactionKind::Boost => ActivityKind::Announce,
    }
}

fn recipients(kind: ReactionKind, entry: &Entry) -> Option<Recipients> {
    let author = &entry.author;
    match (kind, author.is_local()) {
        (ReactionKind::Like, true) => None,
        (ReactionKind::Like, false) => Some(Recipients::One(author.id)),
        (ReactionKind::Boost, true) => Some(Recipients::Followers),
        (ReactionKind::Boost, false) => Some(Recipients::FollowersAnd(author.id)),
    }
}

/// The person's organisation takes its like or boost back. Without one,
/// nothing changes.
///
/// # Errors
/// [`ReactionError`] states the rules.
pub async fn take_back(
    forum: &Forum,
    person: &Person,
    kind: ReactionKind,
    id: EntryId,
) -> Result<(), ReactionError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = target(conn, &person, id)?;
            let me = &person.organisation;
            let Some(reaction) = reactions::find(conn, kind, id, me.id)? else {
                return Ok(());
            };
            reactions::delete(conn, reaction.id)?;
            let Some(recipients) = recipients(kind, &entry) else {
                return Ok(());
            };
            let subject = Subject::Reaction {
                kind,
                uri: reaction.activity_uri,
                object: entry.uri,
                owner: entry.author.uri,
            };
            announce(conn, forum, me, ActivityKind::Undo, subject, recipients)?;
            Ok(())
        })
        .await
}

/// A remote organisation liked or boosted an entry that is known here. A boost
/// by one that nobody here follows is kept only of our own entries.
///
/// # Errors
/// Storage only.
pub fn receive(
    conn: &mut Conn,
    forum: &Forum,
    kind: ReactionKind,
    organisation: &Organisation,
    object: &Url,
    activity_uri: &Url,
) -> Result<(), storage::Error> {
    let Some(entry) = entries::find_by_uri(conn, &Viewer::Anonymous, object)? else {
        return Ok(());
    };
    let concerns_us = match kind {
        ReactionKind::Like => true,
        ReactionKind::Boost => {
            entry.is_local() || follows::is_followed_here(conn, organisation.id)?
        }
    };
    if !concerns_us
        || organisation.state != OrganisationState::Active
        || blocks::is_blocked(conn, entry.author.id, organisation.id)?
    {
        return Ok(());
    }
    let now = forum.now();
    let reaction = Reaction {
        id: ReactionId(forum.ids.next(now)),
        kind,
        entry: entry.id,
        organisation: organisation.id,
        activity_uri: activity_uri.clone(),
        created_at: now,
    };
    reactions::insert(conn, &reaction).map(drop)
}

/// A remote organisation took the reaction back that this activity of its own
/// made; false when there is none.
///
/// # Errors
/// Storage only.
pub fn undone(
    conn: &mut Conn,
    organisation: &Organisation,
    activity_uri: &Url,
) -> Result<bool, storage::Error> {
    match reactions::find_by_activity(conn, activity_uri)? {
        Some(reaction) if reaction.organisation == organisation.id => {
            reactions::delete(conn, reaction.id)?;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

/// A remote organisation took back what it thinks of an object, and did not
/// say which activity that was.
///
/// # Errors
/// Storage only.
pub fn undone_of(
    conn: &mut Conn,
    organisation: &Organisation,
    kind: ReactionKind,
    object: &Url,
) -> Result<(), storage::Error> {
    let Some(entry) = entries::known(conn, object)? else {
        return Ok(());
    };
    match reactions::find(conn, kind, entry.id, organisation.id)? {
        Some(reaction) => reactions::delete(conn, reaction.id),
        None => Ok(()),
    }
}

/// Marks an activity that was undone and has not arrived yet.
///
/// # Errors
/// Storage only.
pub fn undone_early(
    conn: &mut Conn,
    forum: &Forum,
    uri: &Url,
    actor: &Url,
) -> Result<(), storage::Error> {
    tombstones::put(conn, uri, actor, forum.now())
}

/// Takes that mark away; false when there is none.
///
/// # Errors
/// Storage only.
pub fn forget_undone(conn: &mut Conn, uri: &Url, actor: &Url) -> Result<bool, storage::Error> {
    tombstones::remove(conn, uri, actor)
}

/// Was this activity undone before it arrived?
///
/// # Errors
/// Storage only.
pub fn was_undone(conn: &mut Conn, uri: &Url, actor: &Url) -> Result<bool, storage::Error> {
    tombstones::is_buried(conn, uri, actor)
}
