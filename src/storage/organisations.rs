//! Organisations, ours and those of other servers.

use std::collections::HashMap;

use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Error,
    rows::{self, Backend, Condition, text_of_url},
    schema::{organisation_terms, organisations},
    types::At,
};
use crate::domain::{
    id::OrganisationId,
    organisation::{Category, Endpoints, Expertise, Organisation, OrganisationState},
    page::Window,
    taxonomy,
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

/// Which organisations to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `Some(true)`: ours; `Some(false)`: others'.
    pub local: Option<bool>,
    pub category: Vec<Category>,
    /// Seated in, or working in, one of these countries.
    pub countries: Vec<String>,
    /// Working in, or seated in a country of, one of these regions.
    pub regions: Vec<String>,
    pub sectors: Vec<String>,
    /// Part of a name or handle, without regard to case.
    pub text: Option<String>,
    /// Suspended and deleted ones too (administration).
    pub any_state: bool,
}

/// Organisations, newest first; those of other servers that are no
/// organisations (people, services) are left out unless `local` asks.
pub fn list(conn: &mut Conn, filter: &Filter, window: Window) -> Result<Vec<Organisation>, Error> {
    let mut query = organisations::table
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if !filter.any_state {
        query = query.filter(organisations::state.eq("active"));
    }
    match filter.local {
        Some(true) => query = query.filter(organisations::host.is_null()),
        Some(false) => query = query.filter(organisations::host.is_not_null()),
        None => {}
    }
    if !filter.category.is_empty() {
        let words: Vec<&str> = filter.category.iter().map(|one| one.as_str()).collect();
        query = query.filter(organisations::category.eq_any(words));
    }
    if !filter.countries.is_empty() {
        let countries = filter.countries.clone();
        query = query.filter(
            organisations::country
                .eq_any(countries.clone())
                .assume_not_null()
                .or(has_term("country", countries)),
        );
    }
    if !filter.regions.is_empty() {
        let regions = rows::widen(&filter.regions, taxonomy::within);
        let countries = rows::widen(&filter.regions, taxonomy::countries_within);
        query = query.filter(
            has_term("region", regions)
                .or(has_term("country", countries.clone()))
                .or(organisations::country.eq_any(countries).assume_not_null()),
        );
    }
    if !filter.sectors.is_empty() {
        query = query.filter(has_term("sector", filter.sectors.clone()));
    }
    if let Some(text) = filter
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        query = query.filter(matches_name(text));
    }
    query = match window.before {
        Some(before) => query.filter(organisations::id.lt(before)),
        None => query,
    };
    let rows = query
        .order(organisations::id.desc())
        .limit(window.limit)
        .load(conn)?;
    assemble(conn, rows)
}

/// `organisations` rows with a term of `scheme` among `codes`.
fn has_term(scheme: &'static str, codes: Vec<String>) -> Condition<organisations::table> {
    Box::new(diesel::dsl::exists(
        organisation_terms::table
            .filter(organisation_terms::organisation_id.eq(organisations::id))
            .filter(organisation_terms::scheme.eq(scheme))
            .filter(organisation_terms::code.eq_any(codes)),
    ))
}

/// `organisations` rows whose name or handle contains `text`.
fn matches_name(text: &str) -> Condition<organisations::table> {
    use diesel::{
        dsl::sql,
        sql_types::{Bool, Text},
    };
    let pattern = format!("%{}%", rows::escape_like(&text.to_lowercase()));
    Box::new(
        sql::<Bool>("(lower(organisations.name) LIKE ")
            .bind::<Text, _>(pattern.clone())
            .sql(" ESCAPE '\\' OR lower(organisations.handle) LIKE ")
            .bind::<Text, _>(pattern)
            .sql(" ESCAPE '\\')"),
    )
}

/// Stores a new organisation; `Error::Conflict` when its uri or its handle on
/// its host is taken.
pub fn insert(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    diesel::insert_into(organisations::table)
        .values(Row::from(organisation))
        .execute(conn)?;
    put_expertise(conn, organisation)
}

/// Overwrites everything but the id.
pub fn update(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    diesel::update(organisations::table.find(organisation.id.0))
        .set(Row::from(organisation))
        .execute(conn)?;
    diesel::delete(
        organisation_terms::table.filter(organisation_terms::organisation_id.eq(organisation.id.0)),
    )
    .execute(conn)?;
    put_expertise(conn, organisation)
}

fn put_expertise(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    let expertise = &organisation.expertise;
    let lists = [
        ("country", &expertise.countries),
        ("region", &expertise.regions),
        ("sector", &expertise.sectors),
        ("language", &expertise.languages),
    ];
    for (scheme, codes) in lists {
        for (position, code) in (0_i32..).zip(codes) {
            diesel::insert_into(organisation_terms::table)
                .values((
                    organisation_terms::organisation_id.eq(organisation.id.0),
                    organisation_terms::scheme.eq(scheme),
                    organisation_terms::code.eq(code),
                    organisation_terms::position.eq(position),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// An organisation in outline: enough to see whether another looks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub id: OrganisationId,
    pub name: String,
    pub handle: String,
    /// `None` for local ones.
    pub host: Option<String>,
    pub website: Option<Url>,
}

/// Organisations in whatever state (an old name can be misused too), ours
/// first, then the newest of others.
pub fn outlines(conn: &mut Conn, limit: i64) -> Result<Vec<Outline>, Error> {
    type Columns = (i64, String, String, Option<String>, Option<String>);
    let rows: Vec<Columns> = organisations::table
        .order((organisations::host.is_not_null(), organisations::id.desc()))
        .limit(limit)
        .select((
            organisations::id,
            organisations::name,
            organisations::handle,
            organisations::host,
            organisations::website,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, name, handle, host, website)| {
            Ok(Outline {
                id: OrganisationId(id),
                name,
                handle,
                host,
                website: website.as_deref().map(rows::url).transpose()?,
            })
        })
        .collect()
}

/// How many active local organisations there are.
pub fn count_local(conn: &mut Conn) -> Result<i64, Error> {
    Ok(organisations::table
        .filter(organisations::host.is_null())
        .filter(organisations::state.eq("active"))
        .count()
        .get_result(conn)?)
}

/// Every local organisation, whatever its state, in the order of creation.
pub fn all_local(conn: &mut Conn) -> Result<Vec<Organisation>, Error> {
    let rows = organisations::table
        .filter(organisations::host.is_null())
        .order(organisations::id)
        .select(Row::as_select())
        .load(conn)?;
    assemble(conn, rows)
}

/// The hosts of every other server's organisation that we know and that takes
/// part, in order.
pub fn hosts(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let hosts: Vec<Option<String>> = organisations::table
        .filter(organisations::host.is_not_null())
        .filter(organisations::state.eq("active"))
        .select(organisations::host)
        .distinct()
        .order(organisations::host)
        .load(conn)?;
    Ok(hosts.into_iter().flatten().collect())
}

/// Every host of another server, with each state that organisations of it are
/// in.
pub fn remote_hosts(conn: &mut Conn) -> Result<Vec<(String, OrganisationState)>, Error> {
    let found: Vec<(Option<String>, String)> = organisations::table
        .filter(organisations::host.is_not_null())
        .select((organisations::host, organisations::state))
        .distinct()
        .load(conn)?;
    found
        .into_iter()
        .filter_map(|(host, state)| Some((host?, state)))
        .map(|(host, state)| Ok((host, read_state(&state)?)))
        .collect()
}

/// Records what a remote organisation is, as far as its accreditation counts
/// here: for lists and filters. What it may read is weighed anew each time.
pub fn set_accredited(
    conn: &mut Conn,
    id: OrganisationId,
    category: Option<Category>,
    country: Option<&str>,
) -> Result<(), Error> {
    diesel::update(organisations::table.find(id.0))
        .set((
            organisations::category.eq(category.map(Category::as_str)),
            organisations::country.eq(country),
        ))
        .execute(conn)?;
    Ok(())
}

/// Other servers' organisations that are shown as accredited.
pub fn shown_as_accredited(conn: &mut Conn) -> Result<Vec<Organisation>, Error> {
    let rows = organisations::table
        .filter(organisations::host.is_not_null())
        .filter(organisations::category.is_not_null())
        .order(organisations::id)
        .select(Row::as_select())
        .load(conn)?;
    assemble(conn, rows)
}

/// Changes the state of all organisations of a host that are in another.
pub fn set_state_of_host(
    conn: &mut Conn,
    host: &str,
    from: OrganisationState,
    to: OrganisationState,
) -> Result<(), Error> {
    let of_host = organisations::table
        .filter(organisations::host.eq(host))
        .filter(organisations::state.eq(state_text(from)));
    diesel::update(of_host)
        .set(organisations::state.eq(state_text(to)))
        .execute(conn)?;
    Ok(())
}
