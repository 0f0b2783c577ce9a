//! What an entry refers to: the organisations that it names, and the entry
//! that it answers.

use std::collections::{HashMap, HashSet};

use crate::{
    domain::{
        audience::{Audience, Viewer},
        entry::{Entry, Thread},
        id::{EntryId, OrganisationId},
        organisation::Organisation,
    },
    storage::{self, Conn, entries, organisations},
};

/// What a page of entries refers to, as far as the viewer may see it.
pub struct Around {
    pub parties: HashMap<OrganisationId, Organisation>,
    parents: HashSet<EntryId>,
}

impl Around {
    pub fn load(conn: &mut Conn, viewer: &Viewer, page: &[Entry]) -> Result<Self, storage::Error> {
        let parties: HashSet<OrganisationId> = page
            .iter()
            .flat_map(|entry| {
                named(entry)
                    .unwrap_or_default()
                    .iter()
                    .chain(&entry.partners)
            })
            .copied()
            .collect();
        let parties: Vec<_> = parties.into_iter().collect();
        let parents: HashSet<EntryId> = page
            .iter()
            .filter_map(|entry| entry.thread.in_reply_to)
            .collect();
        let parents: Vec<_> = parents.into_iter().collect();
        let seen = if parents.is_empty() {
            Vec::new()
        } else {
            entries::find_many(conn, viewer, &parents)?
        };
        Ok(Self {
            parties: organisations::find_many(conn, &parties)?,
            parents: seen.into_iter().map(|entry| entry.id).collect(),
        })
    }

    /// The id of the entry that is answered. When it is hidden, or not known
    /// here, only the address that the reply itself gave.
    pub fn parent_of(&self, thread: &Thread) -> Option<String> {
        match thread.in_reply_to {
            Some(id) if self.parents.contains(&id) => Some(id.to_string()),
            Some(_) | None => thread.in_reply_to_uri.as_ref().map(ToString::to_string),
        }
    }
}

/// The parties of a `named` audience.
pub fn named(entry: &Entry) -> Option<&[OrganisationId]> {
    match &entry.audience {
        Audience::Named(named) => Some(named),
        Audience::Public | Audience::Members | Audience::Preferential => None,
    }
}
