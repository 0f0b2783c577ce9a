//! Lists of organisations.

use std::collections::BTreeSet;

use diesel::prelude::*;
use url::Url;

use super::{Row, assemble, read_state};
use crate::{
    domain::{
        id::OrganisationId,
        organisation::{Category, Organisation, OrganisationState},
        page::Window,
        taxonomy,
    },
    storage::{
        Conn, Error,
        rows::{self, Backend, Condition},
        schema::{organisation_terms, organisations},
    },
};

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

/// Where the organisations of other servers that take part are reached: at their
/// shared inboxes, else at their own, each once.
pub fn inboxes(conn: &mut Conn) -> Result<Vec<Url>, Error> {
    let known: Vec<(String, Option<String>)> = organisations::table
        .filter(organisations::host.is_not_null())
        .filter(organisations::state.eq("active"))
        .select((organisations::inbox, organisations::shared_inbox))
        .distinct()
        .load(conn)?;
    let inboxes: BTreeSet<String> = known
        .into_iter()
        .map(|(own, shared)| shared.unwrap_or(own))
        .collect();
    inboxes.iter().map(|inbox| rows::url(inbox)).collect()
}

/// Is an organisation of this other server known here that takes part? The
/// host is named with its port, if that is not the usual one.
pub fn takes_part(conn: &mut Conn, host: &str) -> Result<bool, Error> {
    use diesel::dsl::{exists, select};
    Ok(select(exists(
        organisations::table
            .filter(organisations::host.eq(host))
            .filter(organisations::state.eq("active")),
    ))
    .get_result(conn)?)
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
