//! Entries that stand first on their author's page.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, NativeDsl, entries, schema::pins, types::At};
use crate::domain::{
    audience::Viewer,
    entry::Entry,
    id::{EntryId, OrganisationId},
};

/// Pins an entry of an organisation; a pinned one stays where it is.
pub fn put(
    conn: &mut Conn,
    entry: EntryId,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let inserted = diesel::insert_into(pins::table).values((
        pins::entry_id.eq(entry.0),
        pins::organisation_id.eq(organisation.0),
        pins::created_at.eq(At(now)),
    ));
    inserted.on_conflict_do_nothing().native().execute(conn)?;
    Ok(())
}

/// Takes a pin away; false when there was none.
pub fn remove(conn: &mut Conn, entry: EntryId) -> Result<bool, Error> {
    Ok(diesel::delete(pins::table.find(entry.0)).execute(conn)? == 1)
}

/// What an organisation pinned, as far as the viewer may see it, newest pin
/// first.
pub fn of(
    conn: &mut Conn,
    viewer: &Viewer,
    organisation: OrganisationId,
) -> Result<Vec<Entry>, Error> {
    let ids: Vec<i64> = pins::table
        .filter(pins::organisation_id.eq(organisation.0))
        .order((pins::created_at.desc(), pins::entry_id.desc()))
        .select(pins::entry_id)
        .load(conn)?;
    let place = |entry: &Entry| ids.iter().position(|id| *id == entry.id.0);
    let wanted: Vec<EntryId> = ids.iter().map(|id| EntryId(*id)).collect();
    let mut found = entries::find_many(conn, viewer, &wanted)?;
    found.sort_by_key(place);
    Ok(found)
}

/// Which of these entries are pinned.
pub fn among(conn: &mut Conn, entries: &[EntryId]) -> Result<Vec<EntryId>, Error> {
    let ids: Vec<i64> = entries.iter().map(|id| id.0).collect();
    let found: Vec<i64> = pins::table
        .filter(pins::entry_id.eq_any(ids))
        .select(pins::entry_id)
        .load(conn)?;
    Ok(found.into_iter().map(EntryId).collect())
}
