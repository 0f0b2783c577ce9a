//! Entries and organisations in Mastodon's shapes.
//!
//! What a page of them needs beside itself (counts, parents, parties) is read
//! with one query each for the whole page, under the same viewer.

mod account;
mod content;
mod forum;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
pub mod samples;
mod status;

use std::collections::{HashMap, HashSet};

pub use account::{BADGE_COLOUR, fields};
pub use content::content;

use account::Tally;

use super::entities::{Account, Status, ViewerState};
use crate::{
    app::App,
    domain::{
        accreditation::Standing,
        audience::{Audience, Viewer},
        entry::Entry,
        id::{EntryId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        reaction::ReactionKind,
    },
    operations::{Forum, accreditations::standings_of},
    storage::{
        Conn, Error, entries, follows, moves, organisations, pins, quotes, reactions,
        timeline::Item,
    },
};

/// Fills the shapes, with the node's own addresses and name.
#[derive(Clone)]
pub struct Renderer {
    pub forum: Forum,
    pub node_name: String,
}

impl Renderer {
    pub fn of(app: &App) -> Self {
        Self {
            forum: app.forum.clone(),
            node_name: app.config.node.name.clone(),
        }
    }

    /// Organisations as accounts, in their order.
    pub fn accounts(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        organisations: &[Organisation],
    ) -> Result<Vec<Account>, Error> {
        let ids: Vec<OrganisationId> = organisations.iter().map(|one| one.id).collect();
        let mut moved = moves::targets(conn, &ids)?;
        moved.retain(|_, target| target.state == OrganisationState::Active);
        let all: Vec<&Organisation> = organisations.iter().chain(moved.values()).collect();
        let known = self.where_they_are(conn, viewer, &all)?;
        Ok(organisations
            .iter()
            .filter_map(|one| {
                let mut account = known.get(&one.id)?.clone();
                let target = moved.get(&one.id).and_then(|target| known.get(&target.id));
                account.moved = target.cloned().map(Box::new);
                Some(account)
            })
            .collect())
    }

    /// Organisations as accounts, by id, without where they went.
    fn where_they_are(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        organisations: &[&Organisation],
    ) -> Result<HashMap<OrganisationId, Account>, Error> {
        let ids: Vec<OrganisationId> = organisations.iter().map(|one| one.id).collect();
        let published = entries::tallies(conn, viewer, &ids)?;
        let follows = follows::counts(conn, &ids)?;
        let standings = standings_of(conn, &self.forum, organisations)?;
        Ok(organisations
            .iter()
            .map(|one| {
                let published = published.get(&one.id);
                let (followers, following) = follows.get(&one.id).copied().unwrap_or_default();
                let tally = Tally {
                    entries: published.map_or(0, |published| published.entries),
                    last_entry_at: published.map(|published| published.newest),
                    followers,
                    following,
                };
                let standing = standings.get(&one.id).cloned();
                let standing = standing.unwrap_or(Standing::NONE);
                let account = account::account(one, &tally, &standing, &self.forum.urls);
                (one.id, account)
            })
            .collect())
    }

    pub fn account(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        organisation: &Organisation,
    ) -> Result<Account, Error> {
        let one = std::slice::from_ref(organisation);
        let mut accounts = self.accounts(conn, viewer, one)?;
        Ok(accounts.remove(0))
    }

    /// Entries as statuses, in their order.
    pub fn statuses(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        entries: &[Entry],
    ) -> Result<Vec<Status>, Error> {
        let authors: HashMap<OrganisationId, &Organisation> = entries
            .iter()
            .map(|entry| (entry.author.id, &entry.author))
            .collect();
        let authors: Vec<Organisation> = authors.into_values().cloned().collect();
        let accounts: HashMap<OrganisationId, Account> = self
            .accounts(conn, viewer, &authors)?
            .into_iter()
            .map(|account| (account.id, account))
            .collect();
        let reacted = reacted(conn, viewer, entries)?;
        let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
        let pinned = pins::among(conn, &ids)?;
        let quotes = quotes::counts(conn, &ids)?;
        let parents = parents(conn, viewer, entries)?;
        let parties = parties(conn, entries)?;
        let uris = |ids: &[OrganisationId]| -> Vec<String> {
            ids.iter()
                .filter_map(|id| parties.get(id))
                .cloned()
                .collect()
        };
        Ok(entries
            .iter()
            .filter_map(|entry| {
                let around = status::Surroundings {
                    account: accounts.get(&entry.author.id)?.clone(),
                    parent: entry
                        .thread
                        .in_reply_to
                        .and_then(|id| parents.get(&id).map(|author| (id, *author))),
                    named: match &entry.audience {
                        Audience::Named(ids) => uris(ids),
                        Audience::Public | Audience::Members | Audience::Preferential => Vec::new(),
                    },
                    partners: uris(&entry.partners),
                    quotes: quotes.get(&entry.id).copied().unwrap_or_default(),
                    viewer: reacted.as_ref().map(|reacted| ViewerState {
                        favourited: reacted.contains(&(entry.id, ReactionKind::Like)),
                        reblogged: reacted.contains(&(entry.id, ReactionKind::Boost)),
                        pinned: viewer.speaks_for(entry.author.id) && pinned.contains(&entry.id),
                        ..ViewerState::default()
                    }),
                };
                Some(status::status(
                    entry,
                    around,
                    &self.node_name,
                    &self.forum.urls,
                ))
            })
            .collect())
    }
}

impl Renderer {
    /// Lines of a timeline, in their order.
    pub fn items(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        items: &[Item],
    ) -> Result<Vec<Status>, Error> {
        let entries: Vec<Entry> = items.iter().map(|item| item.entry.clone()).collect();
        let statuses = self.statuses(conn, viewer, &entries)?;
        let boosters: Vec<Organisation> = items
            .iter()
            .filter_map(|item| item.boost.as_ref().map(|(_, by)| by.clone()))
            .collect();
        let accounts: HashMap<OrganisationId, Account> = self
            .accounts(conn, viewer, &boosters)?
            .into_iter()
            .map(|account| (account.id, account))
            .collect();
        Ok(items
            .iter()
            .zip(statuses)
            .map(|(item, status)| match &item.boost {
                Some((reaction, by)) => match accounts.get(&by.id) {
                    Some(account) => status::boost(reaction, account.clone(), status),
                    None => status,
                },
                None => status,
            })
            .collect())
    }
}

/// What the viewer's organisation did with these entries; `None` for
/// strangers.
fn reacted(
    conn: &mut Conn,
    viewer: &Viewer,
    entries: &[Entry],
) -> Result<Option<HashSet<(EntryId, ReactionKind)>>, Error> {
    let Some(organisation) = viewer.organisation() else {
        return Ok(None);
    };
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    reactions::of_organisation(conn, organisation, &ids).map(Some)
}

/// The authors of the entries replied to. A parent that the viewer may not
/// see is left out: not even its number is told.
fn parents(
    conn: &mut Conn,
    viewer: &Viewer,
    entries: &[Entry],
) -> Result<HashMap<EntryId, OrganisationId>, Error> {
    let ids: Vec<EntryId> = entries
        .iter()
        .filter_map(|entry| entry.thread.in_reply_to)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let parents = entries::find_many(conn, viewer, &ids)?;
    Ok(parents
        .into_iter()
        .map(|parent| (parent.id, parent.author.id))
        .collect())
}

/// The actor ids of the organisations bound to the entries.
fn parties(conn: &mut Conn, entries: &[Entry]) -> Result<HashMap<OrganisationId, String>, Error> {
    let mut ids: Vec<OrganisationId> = Vec::new();
    for entry in entries {
        ids.extend(&entry.partners);
        if let Audience::Named(named) = &entry.audience {
            ids.extend(named);
        }
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = organisations::find_many(conn, &ids)?;
    Ok(found
        .into_iter()
        .map(|(id, organisation)| (id, organisation.uri.to_string()))
        .collect())
}
