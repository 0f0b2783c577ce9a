//! Entries. No function here reads an entry for somebody without a
//! [`Viewer`]; [`visible`] holds the rule of `domain::audience` as SQL.

mod assemble;
mod filter;
mod survey;
mod write;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{count_star, max},
    prelude::*,
};
use url::Url;

pub use filter::{Filter, visible};
pub use survey::{Survey, survey};
pub use write::{adopt_replies, bury, insert, insert_all, narrow, update, withdraw_signs};

use super::{
    Conn, Error,
    rows::{self, Backend},
    schema::{entries, entry_parties},
    types::At,
};
use crate::domain::{
    audience::{Audience, AudienceKind, Viewer},
    entry::Entry,
    id::{EntryId, OrganisationId},
    page::Window,
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = entries, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: i64,
    uri: String,
    url: String,
    local: bool,
    author_id: i64,
    kind: String,
    title: String,
    body: String,
    html: String,
    warning: String,
    language: String,
    audience: String,
    tlp: String,
    stage: Option<String>,
    status: Option<String>,
    closes_at: Option<At>,
    starts_on: Option<String>,
    ends_on: Option<String>,
    budget_currency: Option<String>,
    budget_total: Option<i64>,
    budget_gap: Option<i64>,
    root_id: i64,
    in_reply_to_id: Option<i64>,
    in_reply_to_uri: Option<String>,
    created_at: At,
    updated_at: At,
    edited_at: Option<At>,
    deleted_at: Option<At>,
}

/// An entry that the viewer may see.
pub fn find(conn: &mut Conn, viewer: &Viewer, id: EntryId) -> Result<Option<Entry>, Error> {
    let row: Option<Row> = entries::table
        .find(id.0)
        .filter(visible(viewer))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(assemble::entries(conn, viewer, row.into_iter().collect())?.pop())
}

/// An entry that the viewer may see, by its id on the wire.
pub fn find_by_uri(conn: &mut Conn, viewer: &Viewer, uri: &Url) -> Result<Option<Entry>, Error> {
    let row: Option<Row> = entries::table
        .filter(entries::uri.eq(uri.as_str()))
        .filter(visible(viewer))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(assemble::entries(conn, viewer, row.into_iter().collect())?.pop())
}

/// Several entries that the viewer may see, newest first; others are left out.
pub fn find_many(conn: &mut Conn, viewer: &Viewer, ids: &[EntryId]) -> Result<Vec<Entry>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = entries::table
        .filter(entries::id.eq_any(ids))
        .filter(visible(viewer))
        .select(Row::as_select())
        .order(entries::id.desc())
        .load(conn)?;
    assemble::entries(conn, viewer, rows)
}

/// The entries that the viewer may see and that match, newest first.
pub fn list(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &Filter,
    window: Window,
) -> Result<Vec<Entry>, Error> {
    let rows = rows(conn, viewer, filter, window)?;
    assemble::entries(conn, viewer, rows)
}

fn rows(
    conn: &mut Conn,
    viewer: &Viewer,
    filter: &Filter,
    window: Window,
) -> Result<Vec<Row>, Error> {
    let mut query = entries::table
        .filter(visible(viewer))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    for condition in filter::conditions(conn, viewer, filter) {
        query = query.filter(condition);
    }
    if let Some(before) = window.before {
        query = query.filter(entries::id.lt(before));
    }
    if let Some(after) = window.after {
        query = query.filter(entries::id.gt(after));
    }
    query = query.limit(window.limit);
    match window.just_after {
        Some(after) => {
            let mut rows: Vec<Row> = query
                .filter(entries::id.gt(after))
                .order(entries::id.asc())
                .load(conn)?;
            rows.reverse();
            Ok(rows)
        }
        None => Ok(query.order(entries::id.desc()).load(conn)?),
    }
}

/// How many entries the viewer may see and match: what the viewer may not
/// see is in no count.
pub fn count(conn: &mut Conn, viewer: &Viewer, filter: &Filter) -> Result<i64, Error> {
    let mut query = entries::table
        .filter(visible(viewer))
        .into_boxed::<Backend>();
    for condition in filter::conditions(conn, viewer, filter) {
        query = query.filter(condition);
    }
    Ok(query.count().get_result(conn)?)
}

/// What an author published, as far as the viewer may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub entries: i64,
    /// When the newest was made.
    pub newest: DateTime<Utc>,
}

/// How much each of these authors published; those of whom the viewer sees
/// nothing are left out.
pub fn tallies(
    conn: &mut Conn,
    viewer: &Viewer,
    authors: &[OrganisationId],
) -> Result<HashMap<OrganisationId, Tally>, Error> {
    let ids: Vec<i64> = authors.iter().map(|id| id.0).collect();
    let found: Vec<(i64, i64, Option<DateTime<Utc>>)> = entries::table
        .filter(entries::author_id.eq_any(ids))
        .filter(visible(viewer))
        .group_by(entries::author_id)
        .select((entries::author_id, count_star(), max(entries::created_at)))
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter_map(|(author, entries, newest)| {
            let newest = newest?;
            Some((OrganisationId(author), Tally { entries, newest }))
        })
        .collect())
}

/// A conversation as the viewer may see it, oldest first, at most `limit`.
pub fn conversation(
    conn: &mut Conn,
    viewer: &Viewer,
    root: EntryId,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let rows: Vec<Row> = entries::table
        .filter(entries::root_id.eq(root.0))
        .filter(visible(viewer))
        .select(Row::as_select())
        .order(entries::id.asc())
        .limit(limit)
        .load(conn)?;
    assemble::entries(conn, viewer, rows)
}

/// Is, or was, the viewer in the audience of this entry, whatever became of it
/// and its author? Says who may learn that something is gone.
pub fn was_for(conn: &mut Conn, viewer: &Viewer, id: EntryId) -> Result<bool, Error> {
    let found: i64 = entries::table
        .filter(entries::id.eq(id.0))
        .filter(filter::addressed_to(viewer))
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

/// To whom an entry is, or was, addressed: for the rules of `operations` and
/// the wording of `federation`, never for showing.
pub fn audience_of(conn: &mut Conn, id: EntryId) -> Result<Option<Audience>, Error> {
    let word: Option<String> = entries::table
        .find(id.0)
        .select(entries::audience)
        .first(conn)
        .optional()?;
    let Some(word) = word else {
        return Ok(None);
    };
    Ok(Some(match rows::read::<AudienceKind>(&word)? {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(named_of(conn, id)?),
    }))
}

fn named_of(conn: &mut Conn, id: EntryId) -> Result<Vec<OrganisationId>, Error> {
    let ids: Vec<i64> = entry_parties::table
        .filter(entry_parties::entry_id.eq(id.0))
        .filter(entry_parties::role.eq("named"))
        .order(entry_parties::organisation_id)
        .select(entry_parties::organisation_id)
        .load(conn)?;
    Ok(ids.into_iter().map(OrganisationId).collect())
}

/// The entries that answer one of these, whoever may see them: for rules, never
/// for showing.
pub fn answers_to(conn: &mut Conn, ids: &[EntryId]) -> Result<Vec<EntryId>, Error> {
    let ids = ids.iter().map(|id| id.0);
    let found: Vec<i64> = entries::table
        .filter(entries::in_reply_to_id.eq_any(ids))
        .select(entries::id)
        .load(conn)?;
    Ok(found.into_iter().map(EntryId).collect())
}

/// What is known of an address whoever asks: for the rules of `operations` and
/// `federation`, never for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: EntryId,
    pub author: OrganisationId,
    pub local: bool,
    pub public: bool,
    pub deleted_at: Option<DateTime<Utc>>,
    pub root: EntryId,
    pub updated_at: DateTime<Utc>,
}

/// Whether an entry with this wire id is stored, deleted ones included.
pub fn known(conn: &mut Conn, uri: &Url) -> Result<Option<Known>, Error> {
    let row: Option<Row> = entries::table
        .filter(entries::uri.eq(uri.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(known_of))
}

/// Like [`known`], by id.
pub fn known_id(conn: &mut Conn, id: EntryId) -> Result<Option<Known>, Error> {
    let row: Option<Row> = entries::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(known_of))
}

fn known_of(row: Row) -> Known {
    Known {
        id: EntryId(row.id),
        author: OrganisationId(row.author_id),
        local: row.local,
        public: row.audience == "public",
        deleted_at: row.deleted_at.map(|at| at.0),
        root: EntryId(row.root_id),
        updated_at: row.updated_at.0,
    }
}
