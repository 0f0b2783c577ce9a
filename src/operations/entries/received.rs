//! Entries of other servers: which of them are kept, and for whom.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    domain::{
        audience::Audience,
        entry::{Content, Counts, Entry, Thread},
        id::{EntryId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        task::Task,
    },
    operations::{Forum, accreditations::viewer_of},
    storage::{
        self, Conn, blocks,
        entries::{self, Survey},
        organisations,
    },
};

use super::{narrowing::inherited, reach};

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
    arrived: Arrived,
    occasion: Occasion,
) -> Result<Reception, storage::Error> {
    let stored = accept_together(conn, forum, vec![(arrived, occasion)])?;
    Ok(stored
        .first()
        .map_or(Reception::Ignored, |id| Reception::Stored(*id)))
}

/// Stores entries of other servers by the rules of [`accept_remote`]. Nearly all
/// that come in begin a conversation; they share their statements. The others
/// follow one by one, when what they answer is there.
///
/// # Errors
/// Storage only: then none of them is stored.
pub fn accept_all(
    conn: &mut Conn,
    forum: &Forum,
    all: Vec<(Arrived, Occasion)>,
) -> Result<(), storage::Error> {
    let mut seen = HashSet::new();
    let (beginnings, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(arrived, _)| {
        arrived.in_reply_to.is_none() && seen.insert(arrived.uri.clone())
    });
    accept_together(conn, forum, beginnings)?;
    for (arrived, occasion) in others {
        accept_remote(conn, forum, arrived, occasion)?;
    }
    Ok(())
}

/// Stores those of these entries, none of which answers another and no two of
/// which are the same, that are to be kept.
fn accept_together(
    conn: &mut Conn,
    forum: &Forum,
    all: Vec<(Arrived, Occasion)>,
) -> Result<Vec<EntryId>, storage::Error> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let arriving: Vec<_> = all.iter().map(|(one, _)| (&one.uri, &one.author)).collect();
    let surveys = entries::survey(conn, &arriving)?;
    let (mut kept, mut awaited, mut asking) = (Vec::new(), Vec::new(), Vec::new());
    for ((arrived, occasion), survey) in all.into_iter().zip(surveys) {
        if let Some(Judged { entry, asks_on }) = judge(conn, forum, arrived, occasion, survey)? {
            awaited.push(survey.is_awaited);
            asking.push(asks_on);
            kept.push(entry);
        }
    }
    entries::insert_all(conn, &kept)?;
    for ((entry, is_awaited), asks_on) in kept.iter().zip(awaited).zip(asking) {
        if is_awaited {
            entries::adopt_replies(conn, entry)?;
        }
        if asks_on {
            forum.enqueue_asking(conn, &Task::ReadConversation { entry: entry.id })?;
        }
    }
    Ok(kept.iter().map(|entry| entry.id).collect())
}

struct Judged {
    /// As it is to be stored.
    entry: Entry,
    /// What it answers is not known, and is to be read.
    asks_on: bool,
}

/// By the rules of [`accept_remote`]; `None` when it is not to be stored.
fn judge(
    conn: &mut Conn,
    forum: &Forum,
    mut arrived: Arrived,
    occasion: Occasion,
    survey: Survey,
) -> Result<Option<Judged>, storage::Error> {
    if survey.is_known || survey.is_buried {
        return Ok(None);
    }
    let parent = match &arrived.in_reply_to {
        Some(uri) => entries::known(conn, uri)?,
        None => None,
    };
    let answers_unknown = arrived.in_reply_to.is_some() && parent.is_none();
    if let Some(parent) = &parent {
        // Who could not read it cannot answer it.
        if parent.deleted_at.is_some() || !reads(conn, forum, &arrived.author, parent)? {
            return Ok(None);
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
        return Ok(None);
    }
    // What answers somebody who is hidden here answers nobody who is known.
    let parent = match parent {
        Some(parent) if takes_part(conn, parent.author)? => Some(parent),
        Some(_) | None => None,
    };
    if let Some(parent) = &parent
        && blocks::is_blocked(conn, parent.author, arrived.author.id)?
    {
        return Ok(None);
    }
    let asked = match occasion {
        Occasion::Addressed | Occasion::Asked => true,
        Occasion::Sent | Occasion::Backfilled => false,
    };
    let is_public = arrived.audience.is_public();
    if !asked && is_public && parent.is_none() && !survey.is_followed {
        return Ok(None);
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
    // What is above others may not be for this node to ask for.
    let is_new = matches!(occasion, Occasion::Sent | Occasion::Addressed);
    Ok(Some(Judged {
        entry: arrived.into_entry(id, thread, created_at, edited_at),
        asks_on: is_new && answers_unknown && is_public,
    }))
}

/// Does this node keep what an organisation of another server wrote for these?
pub(super) fn is_kept(
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
    pub(super) fn into_entry(
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
