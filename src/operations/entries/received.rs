//! Entries of other servers: which of them are kept, for whom, and who changes
//! or deletes them.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    domain::{
        audience::{Audience, Reader, Tier, Viewer},
        entry::{Content, Counts, Entry, Thread},
        id::{EntryId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        task::Task,
    },
    operations::{Forum, accreditations::viewer_of},
    storage::{self, Conn, blocks, entries, organisations, tombstones},
};

use super::{
    narrowing::{carry_out, inherited, narrower},
    reach,
};

/// An entry of another server, read and checked by `federation`.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub uri: Url,
    pub url: Url,
    pub author: Organisation,
    /// As it is addressed.
    pub audience: Audience,
    pub content: Content,
    /// Sanitised.
    pub html: String,
    pub warning: String,
    pub tags: Vec<String>,
    pub in_reply_to: Option<Url>,
    /// As its server says; never in our future once stored.
    pub published: DateTime<Utc>,
    pub updated: Option<DateTime<Utc>>,
}

/// What became of something that another server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    Stored(EntryId),
    /// Nothing to do: known, older than ours, deleted before, or of no
    /// concern to anybody here.
    Ignored,
}

/// Why an entry of another server comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Its server sent it.
    Sent,
    /// Its server sent it, addressed to an organisation of this node.
    Addressed,
    /// Somebody here looked it up, or somebody followed here points to it.
    Asked,
    /// This node reads what came before; nobody is told of it.
    Backfilled,
}

/// Stores an entry of another server. Unless it was asked for or addressed to
/// somebody here, a public one must come from an organisation that is followed
/// here or answer an entry that is known here; what a new one answers is read
/// afterwards, if it is not known. Others are kept by the standing of their
/// author and this node's own membership (`reach::may_keep`), followed or not.
///
/// # Errors
/// Storage only.
pub fn accept_remote(
    conn: &mut Conn,
    forum: &Forum,
    mut arrived: Arrived,
    occasion: Occasion,
) -> Result<Reception, storage::Error> {
    let survey = entries::survey(conn, &arrived.uri, &arrived.author)?;
    if survey.is_known || survey.is_buried {
        return Ok(Reception::Ignored);
    }
    let parent = match &arrived.in_reply_to {
        Some(uri) => entries::known(conn, uri)?,
        None => None,
    };
    let answers_unknown = arrived.in_reply_to.is_some() && parent.is_none();
    if let Some(parent) = &parent {
        // Who could not read it cannot answer it.
        if parent.deleted_at.is_some() || !reads(conn, forum, &arrived.author, parent)? {
            return Ok(Reception::Ignored);
        }
        let audience = inherited(conn, parent, arrived.author.id, &arrived.audience)?;
        if audience != arrived.audience {
            tracing::warn!(
                uri = %arrived.uri, says = %arrived.audience.kind(), kept = %audience.kind(),
                "a reply is addressed to more than what it answers"
            );
            arrived.audience = audience;
        }
    }
    if !is_kept(conn, forum, &arrived.author, &arrived.audience)? {
        return Ok(Reception::Ignored);
    }
    // What answers somebody who is hidden here answers nobody who is known.
    let parent = match parent {
        Some(parent) if takes_part(conn, parent.author)? => Some(parent),
        Some(_) | None => None,
    };
    if let Some(parent) = &parent
        && blocks::is_blocked(conn, parent.author, arrived.author.id)?
    {
        return Ok(Reception::Ignored);
    }
    let asked = match occasion {
        Occasion::Addressed | Occasion::Asked => true,
        Occasion::Sent | Occasion::Backfilled => false,
    };
    let is_public = arrived.audience.is_public();
    if !asked && is_public && parent.is_none() && !survey.is_followed {
        return Ok(Reception::Ignored);
    }
    let now = forum.now();
    let created_at = arrived.published.min(now);
    let id = EntryId(forum.ids.at(created_at));
    let thread = Thread {
        root: parent.as_ref().map_or(id, |parent| parent.root),
        in_reply_to: parent.map(|parent| parent.id),
        in_reply_to_uri: arrived.in_reply_to.clone(),
    };
    let edited_at = arrived
        .updated
        .filter(|updated| *updated > arrived.published);
    let entry = arrived.into_entry(id, thread, created_at, edited_at);
    entries::insert(conn, &entry)?;
    if survey.is_awaited {
        entries::adopt_replies(conn, &entry)?;
    }
    let is_new = matches!(occasion, Occasion::Sent | Occasion::Addressed);
    // What is above others may not be for this node to ask for.
    if is_new && answers_unknown && is_public {
        forum.enqueue_asking(conn, &Task::ReadConversation { entry: id })?;
    }
    Ok(Reception::Stored(id))
}

/// Does this node keep what an organisation of another server wrote for these?
fn is_kept(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    audience: &Audience,
) -> Result<bool, storage::Error> {
    if !reach::may_keep(conn, forum, author, audience.kind())? {
        return Ok(false);
    }
    match audience {
        Audience::Public | Audience::Members | Audience::Preferential => Ok(true),
        // For nobody here it is no concern of ours.
        Audience::Named(named) => {
            let known = organisations::find_many(conn, named)?;
            Ok(known.values().any(Organisation::is_local))
        }
    }
}

/// May an organisation of another server see this entry?
fn reads(
    conn: &mut Conn,
    forum: &Forum,
    reader: &Organisation,
    entry: &entries::Known,
) -> Result<bool, storage::Error> {
    if entry.public {
        return Ok(true);
    }
    let viewer = viewer_of(conn, forum, reader)?;
    entries::was_for(conn, &viewer, entry.id)
}

fn takes_part(conn: &mut Conn, id: OrganisationId) -> Result<bool, storage::Error> {
    let found = organisations::find(conn, id)?;
    Ok(found.is_some_and(|one| one.state == OrganisationState::Active))
}

impl Arrived {
    fn into_entry(
        self,
        id: EntryId,
        thread: Thread,
        created_at: DateTime<Utc>,
        edited_at: Option<DateTime<Utc>>,
    ) -> Entry {
        Entry {
            id,
            uri: self.uri,
            url: self.url,
            author: self.author,
            content: self.content,
            html: self.html,
            warning: self.warning,
            tags: self.tags,
            audience: self.audience,
            partners: Vec::new(),
            thread,
            counts: Counts::default(),
            created_at,
            updated_at: edited_at.unwrap_or(created_at),
            edited_at,
        }
    }
}

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
    let updated = arrived
        .updated
        .unwrap_or(arrived.published)
        .min(forum.now());
    // Some servers' clocks know whole seconds: what is changed at once is not
    // younger than what it changes.
    let is_newer =
        updated > known.updated_at || (arrived.updated.is_some() && updated == known.updated_at);
    if !is_theirs(&known, &arrived.author) || !is_newer {
        return Ok(Reception::Ignored);
    }
    let itself = Viewer::Organisation(Reader {
        organisation: known.author,
        tier: Tier::Public,
    });
    let Some(before) = entries::find(conn, &itself, known.id)? else {
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
        // Not for anybody here any more.
        entries::bury(conn, known.id, forum.now())?;
        return Ok(Reception::Stored(known.id));
    }
    let (thread, created_at) = (before.thread.clone(), before.created_at);
    let entry = arrived.into_entry(known.id, thread, created_at, Some(updated));
    entries::update(conn, &entry)?;
    carry_out(conn, &before, &entry)?;
    Ok(Reception::Stored(known.id))
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
