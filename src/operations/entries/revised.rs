//! What other servers make of their entries later: who changes or deletes them.

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    narrowing::{carry_out, narrower},
    received::{Arrived, Occasion, Reception, accept_remote, is_kept},
};
use crate::{
    domain::{
        audience::{Audience, Reader, Tier, Viewer},
        entry::Entry,
        organisation::Organisation,
    },
    operations::Forum,
    storage::{self, Conn, entries, tombstones},
};

/// Is this a stored entry of this author of another server?
fn is_theirs(known: &entries::Known, author: &Organisation) -> bool {
    known.author == author.id && !known.local && known.deleted_at.is_none()
}

/// Takes over a newer version of an entry that its owner sent. One that was
/// not known is accepted as new, so that Update may overtake Create. It may be
/// for fewer than before, and never for more.
///
/// # Errors
/// Storage only.
pub fn update_remote(
    conn: &mut Conn,
    forum: &Forum,
    mut arrived: Arrived,
    occasion: Occasion,
) -> Result<Reception, storage::Error> {
    let Some(known) = entries::known(conn, &arrived.uri)? else {
        return accept_remote(conn, forum, arrived, occasion);
    };
    let Some((before, updated)) = overtaken(conn, forum, &known, &arrived)? else {
        return Ok(Reception::Ignored);
    };
    let asked = std::mem::replace(&mut arrived.audience, Audience::Named(Vec::new()));
    if !asked.is_within(&before.audience) {
        tracing::warn!(uri = %arrived.uri, "an update does not open an entry to more readers");
    }
    arrived.audience = narrower(&before.audience, asked);
    if !is_kept(conn, forum, &arrived.author, &arrived.audience)? {
        if arrived.audience == before.audience {
            return Ok(Reception::Ignored);
        }
        return take_away(conn, forum, &before, &arrived.audience);
    }
    let (thread, created_at) = (before.thread.clone(), before.created_at);
    let entry = arrived.into_entry(known.id, thread, created_at, Some(updated));
    entries::update(conn, &entry)?;
    carry_out(conn, forum, &before, &entry.audience)?;
    Ok(Reception::Stored(known.id))
}

/// Takes away an entry whose owner sent a newer version that this node may not
/// keep, if that is for fewer than the one that stands here: `audience` is as the
/// version says, of named parties only ours. Otherwise its owner's standing may
/// just not be known now, and the entry stays as it is.
///
/// # Errors
/// Storage only.
pub fn close_remote(
    conn: &mut Conn,
    forum: &Forum,
    arrived: &Arrived,
) -> Result<Reception, storage::Error> {
    let Some(known) = entries::known(conn, &arrived.uri)? else {
        return Ok(Reception::Ignored);
    };
    let Some((before, _)) = overtaken(conn, forum, &known, arrived)? else {
        return Ok(Reception::Ignored);
    };
    let is_for_fewer = match (&arrived.audience, &before.audience) {
        (Audience::Named(ours), _) if ours.is_empty() => true,
        // Others among the parties are not known.
        (Audience::Named(_), Audience::Named(_)) => false,
        (now, before) => now != before && now.is_within(before),
    };
    if !is_for_fewer {
        return Ok(Reception::Ignored);
    }
    tracing::info!(uri = %arrived.uri, "taken away: it is for fewer now, and not for this node");
    take_away(conn, forum, &before, &arrived.audience)
}

/// The entry as it stands here, and the time of the version that arrived, if
/// that is its author's and newer.
fn overtaken(
    conn: &mut Conn,
    forum: &Forum,
    known: &entries::Known,
    arrived: &Arrived,
) -> Result<Option<(Entry, DateTime<Utc>)>, storage::Error> {
    let updated = arrived
        .updated
        .unwrap_or(arrived.published)
        .min(forum.now());
    // Some servers' clocks know whole seconds: what is changed at once is not
    // younger than what it changes.
    let is_newer =
        updated > known.updated_at || (arrived.updated.is_some() && updated == known.updated_at);
    if !is_theirs(known, &arrived.author) || !is_newer {
        return Ok(None);
    }
    let itself = Viewer::Organisation(Reader {
        organisation: known.author,
        tier: Tier::Public,
    });
    let before = entries::find(conn, &itself, known.id)?;
    Ok(before.map(|before| (before, updated)))
}

/// Not for anybody here any more, and what answers it not for more.
fn take_away(
    conn: &mut Conn,
    forum: &Forum,
    before: &Entry,
    after: &Audience,
) -> Result<Reception, storage::Error> {
    carry_out(conn, forum, before, after)?;
    entries::bury(conn, before.id, forum.now())?;
    Ok(Reception::Stored(before.id))
}

/// Takes over the counts of a poll of the version that is stored here. That is
/// no edit.
///
/// # Errors
/// Storage only.
pub fn renew_poll(conn: &mut Conn, arrived: &Arrived) -> Result<(), storage::Error> {
    let Some(known) = entries::known(conn, &arrived.uri)? else {
        return Ok(());
    };
    let version = arrived.updated.unwrap_or(arrived.published);
    if !is_theirs(&known, &arrived.author) || version < known.updated_at {
        return Ok(());
    }
    match entries::find(conn, &Viewer::Anonymous, known.id)? {
        Some(mut poll) => {
            poll.html.clone_from(&arrived.html);
            entries::update(conn, &poll)
        }
        None => Ok(()),
    }
}

/// Deletes an entry that its owner, or its owner's server, deleted.
///
/// # Errors
/// Storage only.
pub fn delete_remote(
    conn: &mut Conn,
    forum: &Forum,
    uri: &Url,
    owner: &Organisation,
) -> Result<Reception, storage::Error> {
    let now = forum.now();
    match entries::known(conn, uri)? {
        Some(known) if known.author == owner.id && !known.local => {
            entries::bury(conn, known.id, now)?;
            Ok(Reception::Stored(known.id))
        }
        Some(_) => Ok(Reception::Ignored),
        None => {
            tombstones::put(conn, uri, &owner.uri, now)?;
            Ok(Reception::Ignored)
        }
    }
}
