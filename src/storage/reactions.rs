//! Likes and boosts.

use std::collections::{HashMap, HashSet};

use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use url::Url;

use super::{
    Conn, Error, NativeDsl,
    changes::{self, Change},
    organisations,
    rows::{self, Backend, Condition},
    schema::{follows, organisations as organisation_rows, reactions},
    types::At,
};
use crate::domain::{
    id::{EntryId, OrganisationId, ReactionId},
    organisation::Organisation,
    page::Window,
    reaction::{Reaction, ReactionKind},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = reactions)]
struct Row {
    id: i64,
    kind: String,
    entry_id: i64,
    organisation_id: i64,
    activity_uri: String,
    created_at: At,
}

impl Row {
    fn into_domain(self) -> Result<Reaction, Error> {
        Ok(Reaction {
            id: ReactionId(self.id),
            kind: rows::read(&self.kind)?,
            entry: EntryId(self.entry_id),
            organisation: OrganisationId(self.organisation_id),
            activity_uri: rows::url(&self.activity_uri)?,
            created_at: self.created_at.0,
        })
    }
}

/// Stores a reaction; false when the organisation reacted so before. Then the
/// reaction takes the id of the newer activity: that is the one to undo.
pub fn insert(conn: &mut Conn, reaction: &Reaction) -> Result<bool, Error> {
    let inserted = diesel::insert_into(reactions::table).values(Row {
        id: reaction.id.0,
        kind: reaction.kind.as_str().to_owned(),
        entry_id: reaction.entry.0,
        organisation_id: reaction.organisation.0,
        activity_uri: reaction.activity_uri.to_string(),
        created_at: At(reaction.created_at),
    });
    let is_new = inserted.on_conflict_do_nothing().native().execute(conn)? == 1;
    if is_new && reaction.kind == ReactionKind::Boost {
        changes::note(Change::Boosted(reaction.id));
    }
    // An id may stand for one reaction only, whatever its sender says.
    if !is_new && find_by_activity(conn, &reaction.activity_uri)?.is_none() {
        let before = reactions::table
            .filter(reactions::entry_id.eq(reaction.entry.0))
            .filter(reactions::kind.eq(reaction.kind.as_str()))
            .filter(reactions::organisation_id.eq(reaction.organisation.0));
        diesel::update(before)
            .set(reactions::activity_uri.eq(reaction.activity_uri.as_str()))
            .execute(conn)?;
    }
    Ok(is_new)
}

pub fn find(
    conn: &mut Conn,
    kind: ReactionKind,
    entry: EntryId,
    organisation: OrganisationId,
) -> Result<Option<Reaction>, Error> {
    reactions::table
        .filter(reactions::entry_id.eq(entry.0))
        .filter(reactions::kind.eq(kind.as_str()))
        .filter(reactions::organisation_id.eq(organisation.0))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

pub fn find_by_id(conn: &mut Conn, id: ReactionId) -> Result<Option<Reaction>, Error> {
    reactions::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The reaction that an activity brought about.
pub fn find_by_activity(conn: &mut Conn, uri: &Url) -> Result<Option<Reaction>, Error> {
    reactions::table
        .filter(reactions::activity_uri.eq(uri.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

pub fn delete(conn: &mut Conn, id: ReactionId) -> Result<(), Error> {
    diesel::delete(reactions::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// Forgets everything that an organisation liked and boosted.
pub fn delete_all_of(conn: &mut Conn, organisation: OrganisationId) -> Result<(), Error> {
    diesel::delete(reactions::table.filter(reactions::organisation_id.eq(organisation.0)))
        .execute(conn)?;
    Ok(())
}

/// How many likes and boosts each of these entries has from organisations
/// that take part; entries without any are left out.
pub fn counts(
    conn: &mut Conn,
    entries: &[i64],
) -> Result<HashMap<i64, HashMap<ReactionKind, i64>>, Error> {
    let found: Vec<(i64, String, i64)> = reactions::table
        .filter(reactions::entry_id.eq_any(entries))
        .filter(reactions::organisation_id.eq_any(active()))
        .group_by((reactions::entry_id, reactions::kind))
        .select((reactions::entry_id, reactions::kind, count_star()))
        .load(conn)?;
    let mut counts: HashMap<i64, HashMap<ReactionKind, i64>> = HashMap::new();
    for (entry, kind, count) in found {
        let kind = rows::read(&kind)?;
        counts.entry(entry).or_default().insert(kind, count);
    }
    Ok(counts)
}

/// Which of these entries the organisation liked or boosted.
pub fn of_organisation(
    conn: &mut Conn,
    organisation: OrganisationId,
    entries: &[EntryId],
) -> Result<HashSet<(EntryId, ReactionKind)>, Error> {
    let ids: Vec<i64> = entries.iter().map(|id| id.0).collect();
    let found: Vec<(i64, String)> = reactions::table
        .filter(reactions::organisation_id.eq(organisation.0))
        .filter(reactions::entry_id.eq_any(ids))
        .select((reactions::entry_id, reactions::kind))
        .load(conn)?;
    found
        .into_iter()
        .map(|(entry, kind)| Ok((EntryId(entry), rows::read(&kind)?)))
        .collect()
}

/// Who reacted so to an entry, newest first, without those that no longer
/// take part. The reaction's id is the page's cursor.
pub fn organisations(
    conn: &mut Conn,
    kind: ReactionKind,
    entry: EntryId,
    window: Window,
) -> Result<Vec<(ReactionId, Organisation)>, Error> {
    let mut query = reactions::table
        .filter(reactions::entry_id.eq(entry.0))
        .filter(reactions::kind.eq(kind.as_str()))
        .filter(reactions::organisation_id.eq_any(active()))
        .order(reactions::id.desc())
        .limit(window.limit)
        .select((reactions::id, reactions::organisation_id))
        .into_boxed::<Backend>();
    if let Some(before) = window.before {
        query = query.filter(reactions::id.lt(before));
    }
    if let Some(after) = window.after {
        query = query.filter(reactions::id.gt(after));
    }
    let found: Vec<(i64, i64)> = query.load(conn)?;
    let ids: Vec<OrganisationId> = found.iter().map(|(_, id)| OrganisationId(*id)).collect();
    let mut known = organisations::find_many(conn, &ids)?;
    Ok(found
        .into_iter()
        .filter_map(|(id, organisation)| {
            let organisation = known.remove(&OrganisationId(organisation))?;
            Some((ReactionId(id), organisation))
        })
        .collect())
}

/// Groups of other servers that passed an entry on, the newest first, up to
/// `limit`.
pub fn groups(conn: &mut Conn, entry: EntryId, limit: i64) -> Result<Vec<Organisation>, Error> {
    let ids: Vec<i64> = reactions::table
        .inner_join(
            organisation_rows::table.on(organisation_rows::id.eq(reactions::organisation_id)),
        )
        .filter(reactions::entry_id.eq(entry.0))
        .filter(reactions::kind.eq(ReactionKind::Boost.as_str()))
        .filter(organisation_rows::actor_type.eq("Group"))
        .filter(organisation_rows::host.is_not_null())
        .filter(organisation_rows::state.eq("active"))
        .order(reactions::id.desc())
        .limit(limit)
        .select(reactions::organisation_id)
        .load(conn)?;
    let ids: Vec<OrganisationId> = ids.into_iter().map(OrganisationId).collect();
    let mut known = organisations::find_many(conn, &ids)?;
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

/// Whose reactions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    One(OrganisationId),
    /// The organisation itself and those that it follows.
    HomeOf(OrganisationId),
}

/// Reactions of one kind, newest first (with `just_after` the oldest of the
/// window), whatever became of their entries.
pub fn list(
    conn: &mut Conn,
    kind: ReactionKind,
    by: By,
    window: Window,
) -> Result<Vec<Reaction>, Error> {
    let mut query = reactions::table
        .filter(reactions::kind.eq(kind.as_str()))
        .filter(made_by(by))
        .filter(reactions::organisation_id.eq_any(active()))
        .select(Row::as_select())
        .limit(window.limit)
        .into_boxed::<Backend>();
    if let Some(before) = window.before {
        query = query.filter(reactions::id.lt(before));
    }
    if let Some(after) = window.after {
        query = query.filter(reactions::id.gt(after));
    }
    let rows: Vec<Row> = match window.just_after {
        Some(after) => query
            .filter(reactions::id.gt(after))
            .order(reactions::id.asc())
            .load(conn)?,
        None => query.order(reactions::id.desc()).load(conn)?,
    };
    let mut list: Vec<Reaction> = rows
        .into_iter()
        .map(Row::into_domain)
        .collect::<Result<_, _>>()?;
    list.sort_by_key(|reaction| std::cmp::Reverse(reaction.id));
    Ok(list)
}

/// Those of these reactions that are of this kind, newest first, whatever became
/// of their entries.
pub fn among(
    conn: &mut Conn,
    kind: ReactionKind,
    by: By,
    ids: &[ReactionId],
) -> Result<Vec<Reaction>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = reactions::table
        .filter(reactions::id.eq_any(ids))
        .filter(reactions::kind.eq(kind.as_str()))
        .filter(made_by(by))
        .filter(reactions::organisation_id.eq_any(active()))
        .order(reactions::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_domain).collect()
}

fn made_by(by: By) -> Condition<reactions::table> {
    match by {
        By::One(organisation) => Box::new(reactions::organisation_id.eq(organisation.0)),
        By::HomeOf(organisation) => Box::new(
            reactions::organisation_id.eq(organisation.0).or(exists(
                follows::table
                    .filter(follows::follower_id.eq(organisation.0))
                    .filter(follows::followed_id.eq(reactions::organisation_id))
                    .filter(follows::state.eq("accepted")),
            )),
        ),
    }
}

/// The ids of organisations that are neither suspended nor deleted.
#[diesel::dsl::auto_type]
fn active() -> _ {
    organisation_rows::table
        .filter(organisation_rows::state.eq("active"))
        .select(organisation_rows::id)
}
