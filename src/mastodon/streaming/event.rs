//! What a client is told of changes.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::channel::Channel;
use crate::{
    domain::{
        audience::{Audience, Viewer, can_see},
        id::{EntryId, ReactionId},
    },
    mastodon::convert::Renderer,
    storage::{Conn, Error, changes::Change, entries, timeline::Item},
};

/// What was made longer ago than this is no news: it is history that was read
/// from its server now.
const NEWS_FOR: TimeDelta = TimeDelta::hours(6);

/// What happened, in Mastodon's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Update,
    StatusUpdate,
    Delete,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::StatusUpdate => "status.update",
            Self::Delete => "delete",
        }
    }
}

/// One message to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub channel: Channel,
    pub kind: Kind,
    /// A status as JSON; of what is gone the bare id.
    pub payload: String,
}

/// Changes, sorted by what is to be done about them.
#[derive(Debug, Default)]
struct News {
    made: BTreeSet<EntryId>,
    edited: Vec<(EntryId, Audience)>,
    deleted: Vec<EntryId>,
    boosted: Vec<ReactionId>,
}

impl News {
    fn of(changes: Vec<Change>) -> Self {
        let mut news = Self::default();
        for change in changes {
            match change {
                Change::Made(entry) => drop(news.made.insert(entry)),
                Change::Edited { entry, before } => news.edited.push((entry, before)),
                Change::Deleted(entry) => news.deleted.push(entry),
                Change::Boosted(boost) => news.boosted.push(boost),
            }
        }
        news
    }

    /// Every entry that may be shown because of it, once.
    fn shown(&self) -> Vec<EntryId> {
        let edited = self.edited.iter().map(|(entry, _)| *entry);
        let all: BTreeSet<EntryId> = self.made.iter().copied().chain(edited).collect();
        all.into_iter().collect()
    }

    fn kind_of(&self, item: &Item) -> Kind {
        match item.boost.is_some() || self.made.contains(&item.entry.id) {
            true => Kind::Update,
            false => Kind::StatusUpdate,
        }
    }

    /// Those that the viewer could see before and cannot see any more.
    fn lost(&self, conn: &mut Conn, viewer: &Viewer) -> Result<BTreeSet<EntryId>, Error> {
        let mut lost = BTreeSet::new();
        for entry in &self.deleted {
            if entries::was_for(conn, viewer, *entry)? {
                lost.insert(*entry);
            }
        }
        for (entry, before) in &self.edited {
            let Some(known) = entries::known_id(conn, *entry)? else {
                continue;
            };
            if can_see(viewer, known.author, before) {
                lost.insert(*entry);
            }
        }
        let candidates: Vec<EntryId> = lost.iter().copied().collect();
        for seen in entries::find_many(conn, viewer, &candidates)? {
            lost.remove(&seen.id);
        }
        Ok(lost)
    }
}

/// What these changes mean to whoever listens to these channels with the eyes
/// of this viewer, in the order in which it is to be told.
///
/// # Errors
/// Storage only.
pub fn events(
    conn: &mut Conn,
    renderer: &Renderer,
    viewer: &Viewer,
    channels: &[Channel],
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Error> {
    let news = News::of(changes);
    let shown = news.shown();
    let mut events = Vec::new();
    for channel in channels {
        let mut items = channel.items(conn, viewer, &shown, &news.boosted)?;
        items.retain(|item| {
            let made_at = match &item.boost {
                Some((boost, _)) => boost.created_at,
                None => item.entry.created_at,
            };
            news.kind_of(item) == Kind::StatusUpdate || made_at >= now - NEWS_FOR
        });
        let statuses = renderer.items(conn, viewer, &items)?;
        for (item, status) in items.iter().zip(statuses) {
            let payload = serde_json::to_string(&status)
                .map_err(|error| Error::Corrupt(error.to_string()))?;
            events.push(Event {
                channel: channel.clone(),
                kind: news.kind_of(item),
                payload,
            });
        }
    }
    let lost = news.lost(conn, viewer)?;
    for channel in channels.iter().filter(|one| one.carries_entries()) {
        events.extend(lost.iter().map(|entry| Event {
            channel: channel.clone(),
            kind: Kind::Delete,
            payload: entry.to_string(),
        }));
    }
    Ok(events)
}
