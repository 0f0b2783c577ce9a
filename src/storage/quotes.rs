//! Leave that posts of other servers were given to quote entries of ours.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use url::Url;

use super::{
    Conn, Error, NativeDsl, rows,
    schema::{entries, quotes},
    types::At,
};
use crate::domain::id::{EntryId, OrganisationId, QuoteId};

/// Gives leave; answers the one that was given first.
pub fn put(
    conn: &mut Conn,
    id: QuoteId,
    entry: EntryId,
    quoting: &Url,
    actor: &Url,
    now: DateTime<Utc>,
) -> Result<QuoteId, Error> {
    let inserted = diesel::insert_into(quotes::table).values((
        quotes::id.eq(id.0),
        quotes::entry_id.eq(entry.0),
        quotes::quoting_uri.eq(quoting.as_str()),
        quotes::actor_uri.eq(actor.as_str()),
        quotes::created_at.eq(At(now)),
    ));
    inserted.on_conflict_do_nothing().native().execute(conn)?;
    let given: i64 = quotes::table
        .filter(quotes::entry_id.eq(entry.0))
        .filter(quotes::quoting_uri.eq(quoting.as_str()))
        .select(quotes::id)
        .first(conn)?;
    Ok(QuoteId(given))
}

/// The post that has this leave to quote the entry.
pub fn find(conn: &mut Conn, entry: EntryId, id: QuoteId) -> Result<Option<Url>, Error> {
    let found: Option<String> = quotes::table
        .find(id.0)
        .filter(quotes::entry_id.eq(entry.0))
        .select(quotes::quoting_uri)
        .first(conn)
        .optional()?;
    found.as_deref().map(rows::url).transpose()
}

/// How many posts have leave to quote each of these entries; those that nobody
/// quotes are left out.
pub fn counts(conn: &mut Conn, of: &[EntryId]) -> Result<HashMap<EntryId, i64>, Error> {
    let found: Vec<(i64, i64)> = quotes::table
        .filter(quotes::entry_id.eq_any(of.iter().map(|id| id.0)))
        .group_by(quotes::entry_id)
        .select((quotes::entry_id, count_star()))
        .load(conn)?;
    let counts = found.into_iter();
    Ok(counts.map(|(id, count)| (EntryId(id), count)).collect())
}

/// Takes back all leave that an actor was given to quote entries of this author;
/// answers what it was.
pub fn withdraw(
    conn: &mut Conn,
    author: OrganisationId,
    actor: &Url,
) -> Result<Vec<(EntryId, QuoteId)>, Error> {
    let given: Vec<(i64, i64)> = quotes::table
        .inner_join(entries::table.on(entries::id.eq(quotes::entry_id)))
        .filter(entries::author_id.eq(author.0))
        .filter(quotes::actor_uri.eq(actor.as_str()))
        .select((quotes::entry_id, quotes::id))
        .load(conn)?;
    let ids = given.iter().map(|(_, id)| *id);
    diesel::delete(quotes::table.filter(quotes::id.eq_any(ids))).execute(conn)?;
    let given = given.into_iter();
    Ok(given
        .map(|(entry, id)| (EntryId(entry), QuoteId(id)))
        .collect())
}
