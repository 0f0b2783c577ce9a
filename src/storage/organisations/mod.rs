//! Organisations, ours and those of other servers.

mod listing;
mod writing;

pub use listing::{
    Filter, Outline, all_local, count_local, hosts, inboxes, list, outlines, remote_hosts,
    shown_as_accredited, takes_part,
};
pub use writing::{insert, set_accredited, set_state_of_host, update};

use std::collections::HashMap;

use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Error,
    rows::{self, text_of_url},
    schema::{organisation_terms, organisations},
    types::At,
};
use crate::domain::{
    id::OrganisationId,
    organisation::{Category, Endpoints, Expertise, Organisation, OrganisationState},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organisations, treat_none_as_null = true)]
struct Row {
    id: i64,
    uri: String,
    handle: String,
    host: Option<String>,
    name: String,
    summary: String,
    summary_html: String,
    category: Option<String>,
    country: Option<String>,
    url: String,
    website: Option<String>,
    avatar: Option<String>,
    locked: bool,
    state: String,
    actor_type: String,
    inbox: String,
    shared_inbox: Option<String>,
    outbox: Option<String>,
    followers: Option<String>,
    following: Option<String>,
    featured: Option<String>,
    created_at: At,
    updated_at: At,
    fetched_at: Option<At>,
}

impl From<&Organisation> for Row {
    fn from(organisation: &Organisation) -> Self {
        let endpoints = &organisation.endpoints;
        Self {
            id: organisation.id.0,
            uri: organisation.uri.to_string(),
            handle: organisation.handle.clone(),
            host: organisation.host.clone(),
            name: organisation.name.clone(),
            summary: organisation.summary.clone(),
            summary_html: organisation.summary_html.clone(),
            category: organisation.category.map(|one| one.as_str().to_owned()),
            country: organisation.country.clone(),
            url: organisation.url.to_string(),
            website: text_of_url(organisation.website.as_ref()),
            avatar: text_of_url(organisation.avatar.as_ref()),
            locked: organisation.locked,
            state: state_text(organisation.state).to_owned(),
            actor_type: organisation.actor_type.clone(),
            inbox: endpoints.inbox.to_string(),
            shared_inbox: text_of_url(endpoints.shared_inbox.as_ref()),
            outbox: text_of_url(endpoints.outbox.as_ref()),
            followers: text_of_url(endpoints.followers.as_ref()),
            following: text_of_url(endpoints.following.as_ref()),
            featured: text_of_url(endpoints.featured.as_ref()),
            created_at: At(organisation.created_at),
            updated_at: At(organisation.updated_at),
            fetched_at: organisation.fetched_at.map(At),
        }
    }
}

impl Row {
    fn into_domain(self, expertise: Expertise) -> Result<Organisation, Error> {
        let optional = |text: Option<String>| text.map(|text| rows::url(&text)).transpose();
        Ok(Organisation {
            id: OrganisationId(self.id),
            uri: rows::url(&self.uri)?,
            handle: self.handle,
            host: self.host,
            name: self.name,
            summary: self.summary,
            summary_html: self.summary_html,
            category: self
                .category
                .as_deref()
                .map(rows::read::<Category>)
                .transpose()?,
            country: self.country,
            expertise,
            url: rows::url(&self.url)?,
            website: optional(self.website)?,
            avatar: optional(self.avatar)?,
            locked: self.locked,
            state: read_state(&self.state)?,
            actor_type: self.actor_type,
            endpoints: Endpoints {
                inbox: rows::url(&self.inbox)?,
                shared_inbox: optional(self.shared_inbox)?,
                outbox: optional(self.outbox)?,
                followers: optional(self.followers)?,
                following: optional(self.following)?,
                featured: optional(self.featured)?,
            },
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            fetched_at: self.fetched_at.map(|at| at.0),
        })
    }
}

fn state_text(state: OrganisationState) -> &'static str {
    match state {
        OrganisationState::Active => "active",
        OrganisationState::Suspended => "suspended",
        OrganisationState::Deleted => "deleted",
    }
}

fn read_state(text: &str) -> Result<OrganisationState, Error> {
    match text {
        "active" => Ok(OrganisationState::Active),
        "suspended" => Ok(OrganisationState::Suspended),
        "deleted" => Ok(OrganisationState::Deleted),
        other => Err(Error::Corrupt(format!("organisation state {other:?}"))),
    }
}

/// Adds expertise to rows, with one query for all of them.
fn assemble(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Organisation>, Error> {
    let ids: Vec<i64> = rows
        .iter()
        .filter(|row| row.host.is_none())
        .map(|row| row.id)
        .collect();
    let mut expertise: HashMap<i64, Expertise> = HashMap::new();
    if !ids.is_empty() {
        let terms: Vec<(i64, String, String)> = organisation_terms::table
            .filter(organisation_terms::organisation_id.eq_any(ids))
            .order(organisation_terms::position)
            .select((
                organisation_terms::organisation_id,
                organisation_terms::scheme,
                organisation_terms::code,
            ))
            .load(conn)?;
        for (id, scheme, code) in terms {
            let expertise = expertise.entry(id).or_default();
            match scheme.as_str() {
                "country" => expertise.countries.push(code),
                "region" => expertise.regions.push(code),
                "sector" => expertise.sectors.push(code),
                "language" => expertise.languages.push(code),
                other => return Err(Error::Corrupt(format!("organisation term {other:?}"))),
            }
        }
    }
    rows.into_iter()
        .map(|row| {
            let expertise = expertise.remove(&row.id).unwrap_or_default();
            row.into_domain(expertise)
        })
        .collect()
}

fn one(conn: &mut Conn, row: Option<Row>) -> Result<Option<Organisation>, Error> {
    Ok(assemble(conn, row.into_iter().collect())?.pop())
}

/// An organisation by id, in whatever state.
pub fn find(conn: &mut Conn, id: OrganisationId) -> Result<Option<Organisation>, Error> {
    let row = organisations::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    one(conn, row)
}

/// An organisation by its actor's id, in whatever state.
pub fn find_by_uri(conn: &mut Conn, uri: &Url) -> Result<Option<Organisation>, Error> {
    let row = organisations::table
        .filter(organisations::uri.eq(uri.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    one(conn, row)
}

/// An organisation by handle and host (`None`: ours), compared without case.
pub fn find_by_acct(
    conn: &mut Conn,
    handle: &str,
    host: Option<&str>,
) -> Result<Option<Organisation>, Error> {
    use diesel::{
        dsl::sql,
        sql_types::{Bool, Text},
    };
    // Written as in the unique index, so that it serves the look-up.
    let acct = sql::<Bool>("lower(handle) = ")
        .bind::<Text, _>(handle.to_lowercase())
        .sql(" AND coalesce(host, '') = ")
        .bind::<Text, _>(host.unwrap_or_default().to_lowercase());
    let row = organisations::table
        .filter(acct)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    one(conn, row)
}

/// A local organisation by handle, in whatever state.
pub fn find_local(conn: &mut Conn, handle: &str) -> Result<Option<Organisation>, Error> {
    find_by_acct(conn, handle, None)
}

/// Several organisations at once, by id; unknown ids are left out.
pub fn find_many(
    conn: &mut Conn,
    ids: &[OrganisationId],
) -> Result<HashMap<OrganisationId, Organisation>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = organisations::table
        .filter(organisations::id.eq_any(ids))
        .select(Row::as_select())
        .load(conn)?;
    let found = assemble(conn, rows)?;
    Ok(found.into_iter().map(|one| (one.id, one)).collect())
}
