//! The conversation that an entry belongs to: upwards what it answers, to the
//! beginning; from there downwards what else was said, in the order of
//! FEP-f228: the collection of the whole conversation where its owner gives
//! one, else the replies to each entry.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use activitypub_federation::config::Data;
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::{
    Reading,
    collection::{Walk, document_of, published},
    is_known, keep, may_pass,
    turns::{Allowance, Round},
};
use crate::{
    domain::{audience::Viewer, entry::Entry, id::EntryId},
    federation::{
        Federation, WireError, Wiring,
        dereference::{document, organisation},
        fetch::Budget,
        objects::{Document, address, entry},
        origin::same_origin,
    },
    operations::entries::Occasion,
    storage::{self, entries},
};

/// After this time no more is asked for: what was found by then is kept.
const WITHIN: Duration = Duration::from_secs(60);
/// Entries above the one that arrived, as many as anybody will read.
const ABOVE: usize = 30;
/// Entries below the first.
const BELOW: usize = 100;

/// Where an owner lists a conversation: its activities, or its entries.
const WHOLE: [&str; 2] = ["contextHistory", "context"];

/// Reads what an entry answers and the rest of its conversation. However often
/// that is tried, no more is asked for than one activity may cause.
///
/// # Errors
/// Those that may pass; what was read by then is kept.
pub async fn read(wiring: &Wiring, id: EntryId) -> Result<Reading, WireError> {
    let data = wiring.to_request_data();
    let Some(entry) = find(&data, id).await? else {
        return Ok(Reading::Done);
    };
    let Allowance { requests, pages } = data.turns.allowance(id);
    let course = Course {
        data: &data,
        requests: requests.within(WITHIN),
        pages,
        round: data.turns.round(),
    };
    let reading = match course.take(&entry).await {
        Ok(reading) => reading,
        Err(error) if may_pass(&error) => return Err(error),
        Err(error) => {
            tracing::debug!(%error, entry = %entry.uri, "a conversation cannot be read");
            Reading::Done
        }
    };
    if reading == Reading::Done {
        data.turns.settle(id);
    }
    Ok(reading)
}

/// One reading of a conversation.
struct Course<'a> {
    data: &'a Data<Federation>,
    requests: Budget,
    /// Pages of collections among them.
    pages: Budget,
    round: Round<'a>,
}

impl Course<'_> {
    async fn take(&self, entry: &Entry) -> Result<Reading, WireError> {
        if self.climb(entry).await? == Reading::Busy {
            return Ok(Reading::Busy);
        }
        // By now the entry may belong to a longer conversation.
        let Some(entry) = find(self.data, entry.id).await? else {
            return Ok(Reading::Done);
        };
        match find(self.data, entry.thread.root).await? {
            Some(first) if !first.is_local() => self.descend(&first.uri).await,
            // Of our own we know all.
            Some(_) | None => Ok(Reading::Done),
        }
    }

    /// Fetches what the entry answers, what that answers, and so on, up to the
    /// first, one that is known, or one that nobody gives us.
    async fn climb(&self, entry: &Entry) -> Result<Reading, WireError> {
        let data = self.data;
        let mut above = entry.thread.in_reply_to_uri.clone();
        for _ in 0..ABOVE {
            let Some(parent) = above else { break };
            if is_known(data, &parent).await? {
                // They may have come at once and missed each other.
                above = bind_replies(data, parent).await?;
                continue;
            }
            if data.origin.is_claimed_by(&parent) {
                break;
            }
            if !self.round.comes_to(&parent) {
                return Ok(Reading::Busy);
            }
            let found = match document(data, &parent, &self.requests).await {
                Ok(found) => found,
                Err(error) if may_pass(&error) => return Err(error),
                Err(_) => break,
            };
            above = Document(&found).url("inReplyTo");
            match keep(data, found, Occasion::Asked, &self.requests).await {
                Ok(()) => {}
                Err(error) if may_pass(&error) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Reading::Done)
    }

    /// Fetches what belongs to the conversation that began with `first`.
    async fn descend(&self, first: &Url) -> Result<Reading, WireError> {
        if !self.round.comes_to(first) {
            return Ok(Reading::Busy);
        }
        let beginning = document(self.data, first, &self.requests).await?;
        let mut found = Found::default();
        let mut is_listed = false;
        for key in WHOLE {
            if let Some(collection) = Document(&beginning).get(key)
                && found.read(self, collection, first).await?
            {
                is_listed = true;
                break;
            }
        }
        if !is_listed {
            found.follow_replies(self, beginning, first).await?;
        }
        found.keep(self).await?;
        Ok(Reading::Done)
    }
}

impl Course<'_> {
    /// Asks for the author of a document at once: the requests that are left
    /// go to entries that can be kept, one after the other.
    async fn meet_author(&self, document: &Value) -> Result<(), storage::Error> {
        let (Ok(author), Some(id)) = (entry::owner(Document(document)), address(document)) else {
            return Ok(());
        };
        // Of another origin it is not believed, and its server not asked.
        if !same_origin(&author, &id) {
            return Ok(());
        }
        match organisation(self.data, &author, &self.requests).await {
            Err(WireError::Storage(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

async fn find(federation: &Federation, id: EntryId) -> Result<Option<Entry>, storage::Error> {
    let found = federation
        .forum
        .db
        .read(move |conn| entries::find(conn, &Viewer::Anonymous, id));
    found.await
}

/// Binds the replies to an entry that are not bound to it yet. What it answers
/// itself, if that is not known: there an earlier try broke off.
async fn bind_replies(federation: &Federation, parent: Url) -> Result<Option<Url>, storage::Error> {
    let bound = federation
        .forum
        .db
        .write(move |conn| -> Result<_, storage::Error> {
            let Some(parent) = entries::find_by_uri(conn, &Viewer::Anonymous, &parent)? else {
                return Ok(None);
            };
            entries::adopt_replies(conn, &parent)?;
            let is_bound = parent.thread.in_reply_to.is_some();
            Ok(parent.thread.in_reply_to_uri.filter(|_| !is_bound))
        });
    bound.await
}

/// What was found of a conversation.
#[derive(Default)]
struct Found {
    seen: HashSet<Url>,
    documents: Vec<Value>,
}

impl Found {
    /// Reads the entries of a collection that are not known; false when there
    /// is no such collection. One that breaks off counts as far as it goes.
    async fn read(
        &mut self,
        course: &Course<'_>,
        collection: &Value,
        at: &Url,
    ) -> Result<bool, storage::Error> {
        let (requests, pages) = (&course.requests, &course.pages);
        let mut walk = Walk::new(course.data, requests, at, collection.clone(), pages);
        let mut is_there = false;
        loop {
            let members = match walk.page().await {
                Ok(Some(members)) => members,
                Err(WireError::Storage(error)) => return Err(error),
                Ok(None) | Err(_) => return Ok(is_there),
            };
            is_there = true;
            for found in members.iter().filter_map(published) {
                self.add(course, found, at).await?;
            }
        }
    }

    async fn add(
        &mut self,
        course: &Course<'_>,
        found: &Value,
        at: &Url,
    ) -> Result<(), storage::Error> {
        let data = course.data;
        let Some(id) = address(found).filter(|_| self.documents.len() < BELOW) else {
            return Ok(());
        };
        let is_new = self.seen.insert(id.clone());
        if !is_new || data.origin.is_claimed_by(&id) || is_known(data, &id).await? {
            return Ok(());
        }
        // Where others are reading, one is left out.
        if !course.round.comes_to(&id) {
            return Ok(());
        }
        match document_of(data, found, at, &course.requests).await {
            Ok(document) => {
                course.meet_author(&document).await?;
                self.documents.push(document);
            }
            Err(WireError::Storage(error)) => return Err(error),
            // The others may be there all the same.
            Err(_) => {}
        }
        Ok(())
    }

    /// Reads the replies to an entry, the replies to those, and so on.
    async fn follow_replies(
        &mut self,
        course: &Course<'_>,
        beginning: Value,
        at: &Url,
    ) -> Result<(), storage::Error> {
        let mut waiting = VecDeque::from([(beginning, at.clone())]);
        while let Some((document, id)) = waiting.pop_front() {
            let Some(replies) = Document(&document).get("replies") else {
                continue;
            };
            let before = self.documents.len();
            self.read(course, replies, &id).await?;
            let new = self.documents[before..].iter();
            waiting.extend(new.filter_map(|one| Some((one.clone(), address(one)?))));
        }
        Ok(())
    }

    /// Stores what was found, the oldest first: only what answers a known
    /// entry is kept.
    async fn keep(mut self, course: &Course<'_>) -> Result<(), WireError> {
        let published =
            |one: &Value| -> Option<DateTime<Utc>> { Document(one).instant("published") };
        self.documents.sort_by_key(published);
        for document in self.documents {
            let (data, requests) = (course.data, &course.requests);
            let kept = keep(data, document, Occasion::Backfilled, requests).await;
            if let Err(WireError::Storage(error)) = kept {
                return Err(error.into());
            }
        }
        Ok(())
    }
}
