//! Writing entries: always the whole entry, its codes, parties and search
//! document in the caller's transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use super::{Row, audience_of, filter::TAG};
use crate::{
    domain::{audience::Audience, entry::Entry, id::EntryId, taxonomy, text},
    storage::{
        Conn, Error,
        changes::{self, Change},
        each,
        schema::{entries, entry_parties, entry_terms, pins, reactions},
        search,
        types::At,
    },
};

impl From<&Entry> for Row {
    fn from(entry: &Entry) -> Self {
        let content = &entry.content;
        let budget = content.budget.as_ref();
        Self {
            id: entry.id.0,
            uri: entry.uri.to_string(),
            url: entry.url.to_string(),
            local: entry.is_local(),
            author_id: entry.author.id.0,
            kind: content.kind.as_str().to_owned(),
            title: content.title.clone(),
            body: content.body.clone(),
            html: entry.html.clone(),
            warning: entry.warning.clone(),
            language: content.language.clone(),
            audience: entry.audience.kind().as_str().to_owned(),
            tlp: content.tlp.as_str().to_owned(),
            stage: content.stage.map(|one| one.as_str().to_owned()),
            status: content.status.map(|one| one.as_str().to_owned()),
            closes_at: content.closes_at.map(At),
            starts_on: content.starts_on.map(|date| date.to_string()),
            ends_on: content.ends_on.map(|date| date.to_string()),
            budget_currency: budget.map(|budget| budget.currency.clone()),
            budget_total: budget.map(|budget| budget.total),
            budget_gap: budget.map(|budget| budget.gap),
            root_id: entry.thread.root.0,
            in_reply_to_id: entry.thread.in_reply_to.map(|id| id.0),
            in_reply_to_uri: entry.thread.in_reply_to_uri.as_ref().map(Url::to_string),
            created_at: At(entry.created_at),
            updated_at: At(entry.updated_at),
            edited_at: entry.edited_at.map(At),
            deleted_at: None,
        }
    }
}

/// Stores a new entry; `Error::Conflict` when its wire id is taken.
pub fn insert(conn: &mut Conn, entry: &Entry) -> Result<(), Error> {
    insert_all(conn, std::slice::from_ref(entry))
}

/// Stores new entries, with few statements for all of them; `Error::Conflict`
/// when the wire id of one is taken.
pub fn insert_all(conn: &mut Conn, new: &[Entry]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = new.iter().map(Row::from).collect();
    each!(conn, |conn| diesel::insert_into(entries::table)
        .values(rows)
        .execute(conn))?;
    put_terms(conn, new)?;
    put_parties(conn, new)?;
    for entry in new {
        changes::note(Change::Made(entry.id));
    }
    index(conn, new)
}

/// Overwrites a stored entry.
pub fn update(conn: &mut Conn, entry: &Entry) -> Result<(), Error> {
    let id = entry.id;
    note_edit(conn, id)?;
    diesel::update(entries::table.find(id.0))
        .set(Row::from(entry))
        .execute(conn)?;
    clear(conn, id)?;
    let entry = std::slice::from_ref(entry);
    put_terms(conn, entry)?;
    put_parties(conn, entry)?;
    search::remove(conn, id)?;
    index(conn, entry)
}

/// Turns an entry into a tombstone: its text, codes, partners and search
/// document are removed; its id, its address and whom it was for stay for ever.
pub fn bury(conn: &mut Conn, id: EntryId, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::delete(entry_terms::table.filter(entry_terms::entry_id.eq(id.0))).execute(conn)?;
    // Who was named may learn that it is gone, and nobody else.
    let partners = entry_parties::table
        .filter(entry_parties::entry_id.eq(id.0))
        .filter(entry_parties::role.ne("named"));
    diesel::delete(partners).execute(conn)?;
    diesel::delete(reactions::table.filter(reactions::entry_id.eq(id.0))).execute(conn)?;
    diesel::delete(pins::table.find(id.0)).execute(conn)?;
    search::remove(conn, id)?;
    diesel::update(entries::table.find(id.0))
        .set((
            entries::title.eq(""),
            entries::body.eq(""),
            entries::html.eq(""),
            entries::warning.eq(""),
            entries::updated_at.eq(At(now)),
            entries::deleted_at.eq(Some(At(now))),
        ))
        .execute(conn)?;
    changes::note(Change::Deleted(id));
    Ok(())
}

/// Changes for whom an entry is, and nothing else. That it is for fewer than
/// before is the caller's to see to.
pub fn narrow(conn: &mut Conn, id: EntryId, audience: &Audience) -> Result<(), Error> {
    note_edit(conn, id)?;
    diesel::update(entries::table.find(id.0))
        .set(entries::audience.eq(audience.kind().as_str()))
        .execute(conn)?;
    let named = entry_parties::table
        .filter(entry_parties::entry_id.eq(id.0))
        .filter(entry_parties::role.eq("named"));
    diesel::delete(named).execute(conn)?;
    let rows: Vec<_> = audience
        .named()
        .iter()
        .map(|organisation| {
            (
                entry_parties::entry_id.eq(id.0),
                entry_parties::role.eq("named"),
                entry_parties::organisation_id.eq(organisation.0),
            )
        })
        .collect();
    if !rows.is_empty() {
        each!(conn, |conn| diesel::insert_into(entry_parties::table)
            .values(&rows)
            .execute(conn))?;
    }
    Ok(())
}

/// Takes likes, boosts and the pin from an entry that is no longer public.
pub fn withdraw_signs(conn: &mut Conn, id: EntryId) -> Result<(), Error> {
    diesel::delete(reactions::table.filter(reactions::entry_id.eq(id.0))).execute(conn)?;
    diesel::delete(pins::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// Notes, before an entry is changed, that it will be.
fn note_edit(conn: &mut Conn, entry: EntryId) -> Result<(), Error> {
    if let Some(before) = audience_of(conn, entry)? {
        changes::note(Change::Edited { entry, before });
    }
    Ok(())
}

fn clear(conn: &mut Conn, id: EntryId) -> Result<(), Error> {
    diesel::delete(entry_terms::table.filter(entry_terms::entry_id.eq(id.0))).execute(conn)?;
    diesel::delete(entry_parties::table.filter(entry_parties::entry_id.eq(id.0))).execute(conn)?;
    Ok(())
}

fn put_terms(conn: &mut Conn, of: &[Entry]) -> Result<(), Error> {
    let mut rows = Vec::new();
    for entry in of {
        let coded = entry
            .content
            .codes
            .lists()
            .into_iter()
            .flat_map(|(scheme, codes)| codes.iter().map(move |code| (scheme.as_str(), code)));
        let tags = entry.tags.iter().map(|tag| (TAG, tag));
        for (position, (scheme, code)) in (0_i32..).zip(coded.chain(tags)) {
            rows.push((
                entry_terms::entry_id.eq(entry.id.0),
                entry_terms::scheme.eq(scheme),
                entry_terms::code.eq(code.as_str()),
                entry_terms::position.eq(position),
            ));
        }
    }
    if !rows.is_empty() {
        each!(conn, |conn| diesel::insert_into(entry_terms::table)
            .values(&rows)
            .execute(conn))?;
    }
    Ok(())
}

fn put_parties(conn: &mut Conn, of: &[Entry]) -> Result<(), Error> {
    let mut rows = Vec::new();
    for entry in of {
        let named = entry.audience.named().iter().map(|id| ("named", id));
        let partners = entry.partners.iter().map(|id| ("partner", id));
        for (role, organisation) in named.chain(partners) {
            rows.push((
                entry_parties::entry_id.eq(entry.id.0),
                entry_parties::role.eq(role),
                entry_parties::organisation_id.eq(organisation.0),
            ));
        }
    }
    if !rows.is_empty() {
        each!(conn, |conn| diesel::insert_into(entry_parties::table)
            .values(&rows)
            .execute(conn))?;
    }
    Ok(())
}

fn index(conn: &mut Conn, entries: &[Entry]) -> Result<(), Error> {
    search::put(conn, entries.iter().map(document_of).collect())
}

fn document_of(entry: &Entry) -> search::Document<'_> {
    let names: Vec<&str> = entry
        .content
        .codes
        .lists()
        .into_iter()
        .flat_map(|(scheme, codes)| {
            codes
                .iter()
                .filter_map(move |code| taxonomy::name(scheme, code))
        })
        .collect();
    search::Document {
        id: entry.id,
        title: &entry.content.title,
        body: text::plain(&entry.html),
        words: format!(
            "{} {} {}",
            entry.author.name,
            names.join(" "),
            entry.tags.join(" ")
        ),
    }
}

/// Binds replies that arrived before their parent to it.
///
/// What is for more than its parent stays where it is: a conversation is never
/// wider than its beginning.
pub fn adopt_replies(conn: &mut Conn, parent: &Entry) -> Result<(), Error> {
    let narrower: &[&str] = match parent.audience {
        Audience::Public => &["public", "members", "preferential", "named"],
        Audience::Members => &["members", "preferential", "named"],
        Audience::Preferential => &["preferential", "named"],
        Audience::Named(_) => &["named"],
    };
    let orphans = entries::table
        .filter(entries::in_reply_to_uri.eq(parent.uri.as_str()))
        .filter(entries::in_reply_to_id.is_null())
        .filter(entries::audience.eq_any(narrower.iter().copied()));
    let roots: Vec<i64> = orphans.select(entries::id).load(conn)?;
    if roots.is_empty() {
        return Ok(());
    }
    diesel::update(entries::table.filter(entries::id.eq_any(roots.clone())))
        .set(entries::in_reply_to_id.eq(Some(parent.id.0)))
        .execute(conn)?;
    diesel::update(entries::table.filter(entries::root_id.eq_any(roots)))
        .set(entries::root_id.eq(parent.thread.root.0))
        .execute(conn)?;
    Ok(())
}
