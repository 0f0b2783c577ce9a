//! Where other servers are asked about accreditations, and when next.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use crate::{
    domain::accreditation::Did,
    storage::{Conn, Error, each, rows, schema::accreditation_sources, types::At},
};

/// What is read there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The accreditations that an actor shows; `about` is the actor.
    Holder,
    /// What renews an accreditation of an actor of ours, which is `about`.
    Renewal,
    /// A status list; `about` is the anchor's did.
    List,
}

impl SourceKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Renewal => "renewal",
            Self::List => "list",
        }
    }
}

/// A place that is asked again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub about: String,
    pub uri: Url,
    /// In a row.
    pub failures: i32,
}

/// Asks there from now on: at once when the place is new, or when `anew`.
pub fn watch(
    conn: &mut Conn,
    kind: SourceKind,
    about: &str,
    uri: &Url,
    anew: bool,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if kind == SourceKind::Holder {
        // An actor shows its accreditations at one address.
        let others = accreditation_sources::table
            .filter(accreditation_sources::kind.eq(kind.as_str()))
            .filter(accreditation_sources::about.eq(about))
            .filter(accreditation_sources::uri.ne(uri.as_str()));
        diesel::delete(others).execute(conn)?;
    }
    let new = (
        accreditation_sources::kind.eq(kind.as_str()),
        accreditation_sources::about.eq(about),
        accreditation_sources::uri.eq(uri.as_str()),
        accreditation_sources::next_at.eq(At(now)),
        accreditation_sources::failures.eq(0),
    );
    let added = each!(conn, |conn| diesel::insert_into(
        accreditation_sources::table
    )
    .values(new)
    .on_conflict_do_nothing()
    .execute(conn))?;
    if added == 0 && anew {
        diesel::update(accreditation_sources::table.find((kind.as_str(), about, uri.as_str())))
            .set(accreditation_sources::next_at.eq(At(now)))
            .execute(conn)?;
    }
    Ok(())
}

/// Asks about this one no longer.
pub fn forget_source(conn: &mut Conn, kind: SourceKind, about: &str) -> Result<(), Error> {
    let theirs = accreditation_sources::table
        .filter(accreditation_sources::kind.eq(kind.as_str()))
        .filter(accreditation_sources::about.eq(about));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// The status lists that are asked for: address and issuer.
pub fn lists_asked(conn: &mut Conn) -> Result<Vec<(Url, Did)>, Error> {
    let found: Vec<(String, String)> = accreditation_sources::table
        .filter(accreditation_sources::kind.eq(SourceKind::List.as_str()))
        .select((accreditation_sources::uri, accreditation_sources::about))
        .load(conn)?;
    found
        .into_iter()
        .map(|(uri, issuer)| Ok((rows::url(&uri)?, rows::read::<Did>(&issuer)?)))
        .collect()
}

/// Asks for a list no longer.
pub fn unwatch_list(conn: &mut Conn, issuer: &Did, uri: &Url) -> Result<(), Error> {
    let key = (SourceKind::List.as_str(), issuer.as_str(), uri.as_str());
    diesel::delete(accreditation_sources::table.find(key)).execute(conn)?;
    Ok(())
}

/// The places that are to be asked now, those that wait longest first.
pub fn due(
    conn: &mut Conn,
    kind: SourceKind,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Source>, Error> {
    let found: Vec<(String, String, i32)> = accreditation_sources::table
        .filter(accreditation_sources::kind.eq(kind.as_str()))
        .filter(accreditation_sources::next_at.le(At(now)))
        .order(accreditation_sources::next_at)
        .limit(limit)
        .select((
            accreditation_sources::about,
            accreditation_sources::uri,
            accreditation_sources::failures,
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|(about, uri, failures)| {
            Ok(Source {
                about,
                uri: rows::url(&uri)?,
                failures,
            })
        })
        .collect()
}

/// Where this one shows its accreditations, if it was never asked.
pub fn never_asked(
    conn: &mut Conn,
    kind: SourceKind,
    about: &str,
) -> Result<Option<Source>, Error> {
    let found: Option<String> = accreditation_sources::table
        .filter(accreditation_sources::kind.eq(kind.as_str()))
        .filter(accreditation_sources::about.eq(about))
        .filter(accreditation_sources::answered_at.is_null())
        .filter(accreditation_sources::failures.eq(0))
        .select(accreditation_sources::uri)
        .first(conn)
        .optional()?;
    found
        .map(|uri| {
            Ok(Source {
                about: about.to_owned(),
                uri: rows::url(&uri)?,
                failures: 0,
            })
        })
        .transpose()
}

/// The place answered.
pub fn answered(
    conn: &mut Conn,
    kind: SourceKind,
    source: &Source,
    now: DateTime<Utc>,
    next_at: DateTime<Utc>,
) -> Result<(), Error> {
    let key = (kind.as_str(), source.about.as_str(), source.uri.as_str());
    diesel::update(accreditation_sources::table.find(key))
        .set((
            accreditation_sources::next_at.eq(At(next_at)),
            accreditation_sources::failures.eq(0),
            accreditation_sources::last_error.eq(None::<String>),
            accreditation_sources::answered_at.eq(Some(At(now))),
        ))
        .execute(conn)?;
    Ok(())
}

/// The place did not answer, or not well.
pub fn failed(
    conn: &mut Conn,
    kind: SourceKind,
    source: &Source,
    error: &str,
    next_at: DateTime<Utc>,
) -> Result<(), Error> {
    let key = (kind.as_str(), source.about.as_str(), source.uri.as_str());
    diesel::update(accreditation_sources::table.find(key))
        .set((
            accreditation_sources::next_at.eq(At(next_at)),
            accreditation_sources::failures.eq(source.failures.saturating_add(1)),
            accreditation_sources::last_error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// The origins of all servers whose actors show accreditations, those that
/// answered last first.
pub fn hosts(conn: &mut Conn) -> Result<Vec<Url>, Error> {
    let found: Vec<String> = accreditation_sources::table
        .filter(accreditation_sources::kind.eq(SourceKind::Holder.as_str()))
        .order((
            accreditation_sources::failures,
            accreditation_sources::answered_at.desc(),
        ))
        .select(accreditation_sources::uri)
        .load(conn)?;
    let mut origins: Vec<Url> = Vec::new();
    for text in found {
        let mut origin = rows::url(&text)?;
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}
