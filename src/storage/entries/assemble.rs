//! Rows to entries: authors, codes, parties and counts come with one query
//! each for the whole page.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::{dsl::count_star, prelude::*};

use super::{Row, filter::TAG, visible};
use crate::{
    domain::{
        audience::{Audience, AudienceKind, Viewer},
        entry::{Budget, Codes, Content, Counts, Entry, Thread},
        id::{EntryId, OrganisationId},
        organisation::Organisation,
        reaction::ReactionKind,
        taxonomy::Scheme,
    },
    storage::{
        Conn, Error, organisations, reactions, rows,
        schema::{entries, entry_parties, entry_terms},
    },
};

#[derive(Default)]
struct Extras {
    codes: Codes,
    tags: Vec<String>,
    named: Vec<OrganisationId>,
    partners: Vec<OrganisationId>,
    counts: Counts,
}

pub(super) fn entries(
    conn: &mut Conn,
    viewer: &Viewer,
    rows: Vec<Row>,
) -> Result<Vec<Entry>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let author_ids = rows::distinct(rows.iter().map(|row| OrganisationId(row.author_id)));
    let authors = organisations::find_many(conn, &author_ids)?;
    let mut extras: HashMap<i64, Extras> = HashMap::new();
    add_terms(conn, &ids, &mut extras)?;
    add_parties(conn, &ids, &mut extras)?;
    add_replies(conn, viewer, &ids, &mut extras)?;
    add_reactions(conn, &ids, &mut extras)?;
    rows.into_iter()
        .map(|row| {
            let author = authors
                .get(&OrganisationId(row.author_id))
                .cloned()
                .ok_or_else(|| Error::Corrupt(format!("entry {} has no author", row.id)))?;
            let extras = extras.remove(&row.id).unwrap_or_default();
            entry(row, author, extras)
        })
        .collect()
}

fn add_terms(conn: &mut Conn, ids: &[i64], extras: &mut HashMap<i64, Extras>) -> Result<(), Error> {
    let terms: Vec<(i64, String, String)> = entry_terms::table
        .filter(entry_terms::entry_id.eq_any(ids))
        .order(entry_terms::position)
        .select((
            entry_terms::entry_id,
            entry_terms::scheme,
            entry_terms::code,
        ))
        .load(conn)?;
    for (id, scheme, code) in terms {
        let extras = extras.entry(id).or_default();
        if scheme == TAG {
            extras.tags.push(code);
        } else {
            extras
                .codes
                .list_mut(rows::read::<Scheme>(&scheme)?)
                .push(code);
        }
    }
    Ok(())
}

fn add_parties(
    conn: &mut Conn,
    ids: &[i64],
    extras: &mut HashMap<i64, Extras>,
) -> Result<(), Error> {
    let parties: Vec<(i64, String, i64)> = entry_parties::table
        .filter(entry_parties::entry_id.eq_any(ids))
        .order(entry_parties::organisation_id)
        .load(conn)?;
    for (id, role, organisation) in parties {
        let extras = extras.entry(id).or_default();
        match role.as_str() {
            "named" => extras.named.push(OrganisationId(organisation)),
            "partner" => extras.partners.push(OrganisationId(organisation)),
            other => return Err(Error::Corrupt(format!("party {other:?}"))),
        }
    }
    Ok(())
}

fn add_replies(
    conn: &mut Conn,
    viewer: &Viewer,
    ids: &[i64],
    extras: &mut HashMap<i64, Extras>,
) -> Result<(), Error> {
    let counts: Vec<(Option<i64>, i64)> = entries::table
        .filter(entries::in_reply_to_id.eq_any(ids))
        .filter(visible(viewer))
        .group_by(entries::in_reply_to_id)
        .select((entries::in_reply_to_id, count_star()))
        .load(conn)?;
    for (id, replies) in counts {
        if let Some(id) = id {
            extras.entry(id).or_default().counts.replies = replies;
        }
    }
    Ok(())
}

fn add_reactions(
    conn: &mut Conn,
    ids: &[i64],
    extras: &mut HashMap<i64, Extras>,
) -> Result<(), Error> {
    for (id, by_kind) in reactions::counts(conn, ids)? {
        let count = |kind| by_kind.get(&kind).copied().unwrap_or_default();
        let counts = &mut extras.entry(id).or_default().counts;
        counts.likes = count(ReactionKind::Like);
        counts.boosts = count(ReactionKind::Boost);
    }
    Ok(())
}

fn entry(row: Row, author: Organisation, extras: Extras) -> Result<Entry, Error> {
    let date = |text: Option<String>| -> Result<Option<NaiveDate>, Error> {
        text.as_deref().map(rows::read).transpose()
    };
    let budget = match (row.budget_currency, row.budget_total, row.budget_gap) {
        (Some(currency), Some(total), Some(gap)) => Some(Budget {
            currency,
            total,
            gap,
        }),
        _ => None,
    };
    let audience = match rows::read::<AudienceKind>(&row.audience)? {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(extras.named),
    };
    Ok(Entry {
        id: EntryId(row.id),
        uri: rows::url(&row.uri)?,
        url: rows::url(&row.url)?,
        author,
        content: Content {
            kind: rows::read(&row.kind)?,
            title: row.title,
            body: row.body,
            language: row.language,
            tlp: rows::read(&row.tlp)?,
            codes: extras.codes,
            stage: row.stage.as_deref().map(rows::read).transpose()?,
            status: row.status.as_deref().map(rows::read).transpose()?,
            closes_at: row.closes_at.map(|at| at.0),
            starts_on: date(row.starts_on)?,
            ends_on: date(row.ends_on)?,
            budget,
        },
        html: row.html,
        warning: row.warning,
        tags: extras.tags,
        audience,
        partners: extras.partners,
        thread: Thread {
            root: EntryId(row.root_id),
            in_reply_to: row.in_reply_to_id.map(EntryId),
            in_reply_to_uri: row.in_reply_to_uri.as_deref().map(rows::url).transpose()?,
        },
        counts: extras.counts,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
        edited_at: row.edited_at.map(|at| at.0),
    })
}
