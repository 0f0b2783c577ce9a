//! Entries together with the boosts that bring them, newest first.

use std::collections::{HashMap, HashSet};

use super::{
    Conn, Error, blocks,
    entries::{self, Filter},
    organisations,
    reactions::{self, By},
};
use crate::domain::{
    audience::Viewer,
    entry::Entry,
    id::{EntryId, OrganisationId, ReactionId},
    organisation::Organisation,
    page::Window,
    reaction::{Reaction, ReactionKind},
};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub entry: Entry,
    /// Why it stands here, when not because it is new itself.
    pub boost: Option<(Reaction, Organisation)>,
}

impl Item {
    /// The page's cursor: ids of entries and of boosts are one sequence.
    pub fn id(&self) -> i64 {
        match &self.boost {
            Some((reaction, _)) => reaction.id.0,
            None => self.entry.id.0,
        }
    }
}

/// What an organisation and those that it follows posted and boosted, as far
/// as the viewer may see it, without those whom it blocks or mutes. An entry stands on a page once.
pub fn home(
    conn: &mut Conn,
    viewer: &Viewer,
    organisation: OrganisationId,
    window: Window,
) -> Result<Vec<Item>, Error> {
    let filter = Filter {
        home_of: Some(organisation),
        ..Filter::default()
    };
    let items = merged(conn, viewer, &filter, By::HomeOf(organisation), window)?;
    wanted(conn, organisation, items)
}

/// Those of these entries and boosts that stand in [`home`], newest first.
pub fn at_home(
    conn: &mut Conn,
    viewer: &Viewer,
    organisation: OrganisationId,
    new: &[EntryId],
    boosts: &[ReactionId],
) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    if !boosts.is_empty() {
        let by = By::HomeOf(organisation);
        let found = reactions::among(conn, ReactionKind::Boost, by, boosts)?;
        items.extend(boosted(conn, viewer, found)?);
    }
    if !new.is_empty() {
        let filter = Filter {
            ids: new.to_vec(),
            home_of: Some(organisation),
            ..Filter::default()
        };
        let most = i64::try_from(new.len()).unwrap_or(i64::MAX);
        let entries = entries::list(conn, viewer, &filter, Window::first(most))?;
        items.extend(entries.into_iter().map(|entry| Item { entry, boost: None }));
    }
    items.sort_by_key(|item| std::cmp::Reverse(item.id()));
    wanted(conn, organisation, items)
}

/// Leaves out what an organisation blocks or mutes.
fn wanted(
    conn: &mut Conn,
    organisation: OrganisationId,
    mut items: Vec<Item>,
) -> Result<Vec<Item>, Error> {
    let ends = |item: &Item| {
        let by = item.boost.as_ref().map(|(_, by)| by.id);
        [Some(item.entry.author.id), by]
    };
    let ids: Vec<OrganisationId> = items.iter().flat_map(ends).flatten().collect();
    let unwanted = blocks::of_organisation(conn, organisation, &ids)?;
    items.retain(|item| {
        let mut ends = ends(item).into_iter().flatten();
        !ends.any(|id| unwanted.contains_key(&id))
    });
    Ok(items)
}

/// Entries that match and boosts, merged.
pub fn merged(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &Filter,
    by: By,
    window: Window,
) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = entries::list(conn, viewer, filter, window)?
        .into_iter()
        .map(|entry| Item { entry, boost: None })
        .collect();
    items.extend(boosts(conn, viewer, by, window)?);
    items.sort_by_key(|item| std::cmp::Reverse(item.id()));
    let new: HashSet<EntryId> = items
        .iter()
        .filter(|item| item.boost.is_none())
        .map(|item| item.entry.id)
        .collect();
    let mut boosted = HashSet::new();
    items.retain(|item| {
        item.boost.is_none() || (!new.contains(&item.entry.id) && boosted.insert(item.entry.id))
    });
    let most = usize::try_from(window.limit).unwrap_or_default();
    if window.just_after.is_some() {
        let extra = items.len().saturating_sub(most);
        items.drain(..extra);
    } else {
        items.truncate(most);
    }
    Ok(items)
}

fn boosts(conn: &mut Conn, viewer: &Viewer, by: By, window: Window) -> Result<Vec<Item>, Error> {
    let found = reactions::list(conn, ReactionKind::Boost, by, window)?;
    boosted(conn, viewer, found)
}

/// Boosts with their entries, as far as the viewer may see them.
fn boosted(conn: &mut Conn, viewer: &Viewer, found: Vec<Reaction>) -> Result<Vec<Item>, Error> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<EntryId> = found.iter().map(|reaction| reaction.entry).collect();
    let by: Vec<OrganisationId> = found.iter().map(|reaction| reaction.organisation).collect();
    let entries: HashMap<EntryId, Entry> = entries::find_many(conn, viewer, &ids)?
        .into_iter()
        .map(|entry| (entry.id, entry))
        .collect();
    let organisations = organisations::find_many(conn, &by)?;
    Ok(found
        .into_iter()
        .filter_map(|reaction| {
            let entry = entries.get(&reaction.entry)?.clone();
            let by = organisations.get(&reaction.organisation)?.clone();
            Some(Item {
                entry,
                boost: Some((reaction, by)),
            })
        })
        .collect())
}
