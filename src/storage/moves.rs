//! Where organisations went, and under which other ids ours are known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Error, NativeDsl, organisations, rows,
    schema::{aliases, moves, organisations as actors},
    types::At,
};
use crate::domain::{id::OrganisationId, organisation::Organisation};

/// What the actor document says of an organisation's other ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    pub aliases: Vec<Url>,
    pub moved_to: Option<Url>,
}

pub fn of(conn: &mut Conn, organisation: OrganisationId) -> Result<Moves, Error> {
    let aliases: Vec<String> = aliases::table
        .filter(aliases::organisation_id.eq(organisation.0))
        .order(aliases::uri)
        .select(aliases::uri)
        .load(conn)?;
    let target: Option<String> = moves::table
        .find(organisation.0)
        .select(moves::target_uri)
        .first(conn)
        .optional()?;
    Ok(Moves {
        aliases: aliases
            .iter()
            .map(|uri| rows::url(uri))
            .collect::<Result<_, _>>()?,
        moved_to: target.as_deref().map(rows::url).transpose()?,
    })
}

/// Where those of these organisations that moved are now, as far as that is known
/// here.
pub fn targets(
    conn: &mut Conn,
    of: &[OrganisationId],
) -> Result<HashMap<OrganisationId, Organisation>, Error> {
    let moved: Vec<(i64, i64)> = moves::table
        .inner_join(actors::table.on(actors::uri.eq(moves::target_uri)))
        .filter(moves::organisation_id.eq_any(of.iter().map(|id| id.0)))
        .select((moves::organisation_id, actors::id))
        .load(conn)?;
    if moved.is_empty() {
        return Ok(HashMap::new());
    }
    let targets: Vec<OrganisationId> = moved.iter().map(|(_, to)| OrganisationId(*to)).collect();
    let targets = organisations::find_many(conn, &targets)?;
    let found = moved.into_iter().filter_map(|(from, to)| {
        let target = targets.get(&OrganisationId(to))?.clone();
        Some((OrganisationId(from), target))
    });
    Ok(found.collect())
}

pub fn add_alias(conn: &mut Conn, organisation: OrganisationId, uri: &Url) -> Result<(), Error> {
    let inserted = diesel::insert_into(aliases::table).values((
        aliases::organisation_id.eq(organisation.0),
        aliases::uri.eq(uri.as_str()),
    ));
    inserted.on_conflict_do_nothing().native().execute(conn)?;
    Ok(())
}

pub fn remove_alias(conn: &mut Conn, organisation: OrganisationId, uri: &Url) -> Result<(), Error> {
    diesel::delete(
        aliases::table
            .filter(aliases::organisation_id.eq(organisation.0))
            .filter(aliases::uri.eq(uri.as_str())),
    )
    .execute(conn)?;
    Ok(())
}

/// Notes where an organisation went; the newest word counts.
pub fn set(
    conn: &mut Conn,
    organisation: OrganisationId,
    target: &Url,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::delete(moves::table.find(organisation.0)).execute(conn)?;
    diesel::insert_into(moves::table)
        .values((
            moves::organisation_id.eq(organisation.0),
            moves::target_uri.eq(target.as_str()),
            moves::moved_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}
