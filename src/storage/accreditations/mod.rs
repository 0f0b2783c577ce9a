//! Accreditations: every credential that is known, with what it says in
//! columns, so that weighing it parses no JSON.

mod anchors;
mod issued;
mod lists;
mod proposals;
mod sources;

pub use anchors::{StoredAnchor, anchor, insert_anchor};
pub use issued::{
    Issued, insert_issued, issued, issued_by_id, issued_of_list, issued_of_root, lists_in_use,
    revoke_root, taken, unexpired,
};
pub use lists::{StoredList, known_lists, list, list_at, put_list};
pub use proposals::{insert_proposal, proposals, take_proposal};
pub use sources::{
    Source, SourceKind, answered, due, failed, forget_source, hosts, lists_asked, never_asked,
    unwatch_list, watch,
};

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use url::Url;

use super::{
    Conn, Error, rows,
    schema::{accreditations, issued_accreditations, organisations, status_lists},
    types::At,
};
use crate::domain::{
    accreditation::{Claim, Credential, CredentialId, Did, Held, StatusPosition},
    audience::Tier,
    organisation::Category,
};

/// A credential with the signed document that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub held: Held,
    /// JSON, as it was signed.
    pub document: String,
}

#[derive(Insertable, AsChangeset)]
#[diesel(
    table_name = accreditations,
    primary_key(issuer, id),
    treat_none_as_default_value = false,
    treat_none_as_null = true
)]
struct NewRow<'a> {
    issuer: &'a str,
    id: &'a str,
    subject_uri: &'a str,
    kind: &'a str,
    name: &'a str,
    category: Option<&'a str>,
    country: Option<&'a str>,
    audience: Option<&'a str>,
    assertion_key: &'a str,
    valid_from: At,
    valid_until: At,
    list_uri: &'a str,
    list_index: i64,
    revoked: bool,
    document: &'a str,
    stored_at: At,
}

/// All but the document.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accreditations)]
struct Row {
    issuer: String,
    id: String,
    subject_uri: String,
    kind: String,
    name: String,
    category: Option<String>,
    country: Option<String>,
    audience: Option<String>,
    assertion_key: String,
    valid_from: At,
    valid_until: At,
    list_uri: String,
    list_index: i64,
    revoked: bool,
}

impl Row {
    /// `fresh_until` is that of its list, if one is known.
    fn into_held(self, fresh_until: Option<At>) -> Result<Held, Error> {
        let claim = match (self.kind.as_str(), self.category, self.audience) {
            ("organisation", Some(category), _) => Claim::Organisation {
                name: self.name,
                category: rows::read::<Category>(&category)?,
                country: self.country,
            },
            ("node", _, Some(audience)) => Claim::Node {
                audience: rows::read::<Tier>(&audience)?,
            },
            (kind, _, _) => return Err(Error::Corrupt(format!("accreditation of {kind:?}"))),
        };
        Ok(Held {
            revoked: self.revoked,
            fresh_until: fresh_until.unwrap_or(self.valid_from).0,
            credential: Credential {
                id: rows::read::<CredentialId>(&self.id)?,
                issuer: rows::read::<Did>(&self.issuer)?,
                subject: rows::url(&self.subject_uri)?,
                claim,
                assertion_key: self.assertion_key,
                valid_from: self.valid_from.0,
                valid_until: self.valid_until.0,
                status: StatusPosition {
                    list: rows::url(&self.list_uri)?,
                    index: u32::try_from(self.list_index)
                        .map_err(|_| Error::Corrupt("an index of a status list".to_owned()))?,
                },
            },
        })
    }
}

/// Stores a credential, in place of one with the same issuer and id.
pub fn put(conn: &mut Conn, known: &Known, now: DateTime<Utc>) -> Result<(), Error> {
    let credential = &known.held.credential;
    let (kind, name, category, country, audience) = match &credential.claim {
        Claim::Organisation {
            name,
            category,
            country,
        } => (
            "organisation",
            name.as_str(),
            Some(category.as_str()),
            country.as_deref(),
            None,
        ),
        Claim::Node { audience } => ("node", "", None, None, Some(audience.as_str())),
    };
    let row = NewRow {
        issuer: credential.issuer.as_str(),
        id: credential.id.as_str(),
        subject_uri: credential.subject.as_str(),
        kind,
        name,
        category,
        country,
        audience,
        assertion_key: &credential.assertion_key,
        valid_from: At(credential.valid_from),
        valid_until: At(credential.valid_until),
        list_uri: credential.status.list.as_str(),
        list_index: i64::from(credential.status.index),
        revoked: known.held.revoked,
        document: &known.document,
        stored_at: At(now),
    };
    let known = accreditations::table.find((row.issuer, row.id));
    // What our anchor issued is referred to: it is changed in its place.
    if diesel::update(known).set(&row).execute(conn)? == 0 {
        diesel::insert_into(accreditations::table)
            .values(row)
            .execute(conn)?;
    }
    Ok(())
}

/// The signed document of a credential, if it is known.
pub fn document(conn: &mut Conn, issuer: &Did, id: &CredentialId) -> Result<Option<String>, Error> {
    Ok(accreditations::table
        .find((issuer.as_str(), id.as_str()))
        .select(accreditations::document)
        .first(conn)
        .optional()?)
}

/// What is held for an actor, expired and revoked ones too, the newest first.
pub fn held_of(conn: &mut Conn, subject: &Url) -> Result<Vec<Held>, Error> {
    let rows: Vec<(Row, Option<At>)> = accreditations::table
        .left_join(
            status_lists::table.on(status_lists::issuer
                .eq(accreditations::issuer)
                .and(status_lists::uri.eq(accreditations::list_uri))),
        )
        .filter(accreditations::subject_uri.eq(subject.as_str()))
        .order((accreditations::valid_from.desc(), accreditations::id))
        .select((Row::as_select(), status_lists::fresh_until.nullable()))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, fresh)| row.into_held(fresh))
        .collect()
}

/// Like [`held_of`], for several actors at once. Those for whom nothing is held
/// are left out.
pub fn held_of_all(conn: &mut Conn, subjects: &[&Url]) -> Result<HashMap<Url, Vec<Held>>, Error> {
    let rows: Vec<(Row, Option<At>)> = accreditations::table
        .left_join(
            status_lists::table.on(status_lists::issuer
                .eq(accreditations::issuer)
                .and(status_lists::uri.eq(accreditations::list_uri))),
        )
        .filter(accreditations::subject_uri.eq_any(subjects.iter().map(|uri| uri.as_str())))
        .order((accreditations::valid_from.desc(), accreditations::id))
        .select((Row::as_select(), status_lists::fresh_until.nullable()))
        .load(conn)?;
    let mut all: HashMap<Url, Vec<Held>> = HashMap::new();
    for (row, fresh) in rows {
        let held = row.into_held(fresh)?;
        let subject = held.credential.subject.clone();
        all.entry(subject).or_default().push(held);
    }
    Ok(all)
}

/// Like [`held_of`], with the documents.
pub fn of(conn: &mut Conn, subject: &Url) -> Result<Vec<Known>, Error> {
    let documents: Vec<(String, String, String)> = accreditations::table
        .filter(accreditations::subject_uri.eq(subject.as_str()))
        .select((
            accreditations::issuer,
            accreditations::id,
            accreditations::document,
        ))
        .load(conn)?;
    let mut documents: BTreeMap<(String, String), String> = documents
        .into_iter()
        .map(|(issuer, id, document)| ((issuer, id), document))
        .collect();
    let known = held_of(conn, subject)?.into_iter().filter_map(|held| {
        let credential = &held.credential;
        let key = (credential.issuer.to_string(), credential.id.to_string());
        let document = documents.remove(&key)?;
        Some(Known { held, document })
    });
    Ok(known.collect())
}

/// What is held for other servers' actors and has not expired, by its subject.
pub fn held_elsewhere(
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Url, Vec<Held>>, Error> {
    let rows: Vec<(Row, Option<At>)> = accreditations::table
        .inner_join(organisations::table.on(organisations::uri.eq(accreditations::subject_uri)))
        .left_join(
            status_lists::table.on(status_lists::issuer
                .eq(accreditations::issuer)
                .and(status_lists::uri.eq(accreditations::list_uri))),
        )
        .filter(organisations::host.is_not_null())
        .filter(accreditations::valid_until.gt(At(now)))
        .order((accreditations::subject_uri, accreditations::id))
        .select((Row::as_select(), status_lists::fresh_until.nullable()))
        .load(conn)?;
    let mut all: BTreeMap<Url, Vec<Held>> = BTreeMap::new();
    for (row, fresh) in rows {
        let held = row.into_held(fresh)?;
        let subject = held.credential.subject.clone();
        all.entry(subject).or_default().push(held);
    }
    Ok(all)
}

/// The lists that unexpired credentials name: address and issuer.
pub fn lists_named(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<(Url, Did)>, Error> {
    let found: Vec<(String, String)> = accreditations::table
        .filter(accreditations::valid_until.gt(At(now)))
        .select((accreditations::list_uri, accreditations::issuer))
        .distinct()
        .order((accreditations::list_uri, accreditations::issuer))
        .load(conn)?;
    found
        .into_iter()
        .map(|(uri, issuer)| Ok((rows::url(&uri)?, rows::read::<Did>(&issuer)?)))
        .collect()
}

/// A credential's place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: CredentialId,
    pub subject: Url,
    pub index: u32,
    pub revoked: bool,
}

/// The places that known credentials have in a list of their issuer.
pub fn places_in(conn: &mut Conn, issuer: &Did, list: &Url) -> Result<Vec<Place>, Error> {
    let found: Vec<(String, String, i64, bool)> = accreditations::table
        .filter(accreditations::issuer.eq(issuer.as_str()))
        .filter(accreditations::list_uri.eq(list.as_str()))
        .select((
            accreditations::id,
            accreditations::subject_uri,
            accreditations::list_index,
            accreditations::revoked,
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|(id, subject, index, revoked)| {
            Ok(Place {
                id: rows::read::<CredentialId>(&id)?,
                subject: rows::url(&subject)?,
                index: u32::try_from(index).unwrap_or(u32::MAX),
                revoked,
            })
        })
        .collect()
}

/// Records what the newest list says of a credential.
pub fn set_revoked(
    conn: &mut Conn,
    issuer: &Did,
    id: &CredentialId,
    revoked: bool,
) -> Result<(), Error> {
    diesel::update(accreditations::table.find((issuer.as_str(), id.as_str())))
        .set(accreditations::revoked.eq(revoked))
        .execute(conn)?;
    Ok(())
}

/// How many credentials of one subject are known.
pub fn count_of(conn: &mut Conn, subject: &Url) -> Result<i64, Error> {
    Ok(accreditations::table
        .filter(accreditations::subject_uri.eq(subject.as_str()))
        .count()
        .get_result(conn)?)
}

/// Removes credentials that ended before `oldest` and were issued elsewhere.
pub fn sweep(conn: &mut Conn, oldest: DateTime<Utc>) -> Result<(), Error> {
    let is_ours = exists(
        issued_accreditations::table
            .filter(issued_accreditations::id.eq(accreditations::id))
            .filter(issued_accreditations::issuer.eq(accreditations::issuer)),
    );
    diesel::delete(
        accreditations::table
            .filter(accreditations::valid_until.lt(At(oldest)))
            .filter(not(is_ours)),
    )
    .execute(conn)?;
    Ok(())
}
