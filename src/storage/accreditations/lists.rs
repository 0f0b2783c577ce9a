//! Status lists: the newest known of each, whole, so that it can be handed on
//! to whoever cannot reach its anchor.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use crate::{
    domain::accreditation::{Did, StatusList},
    storage::{Conn, Error, rows, schema::status_lists, types::At},
};

/// A list with its signed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredList {
    pub issuer: Did,
    pub uri: Url,
    pub valid_from: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    /// JSON, as it was signed.
    pub document: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = status_lists)]
struct Row {
    issuer: String,
    uri: String,
    valid_from: At,
    valid_until: At,
    document: String,
}

impl Row {
    fn into_list(self) -> Result<StoredList, Error> {
        Ok(StoredList {
            issuer: rows::read::<Did>(&self.issuer)?,
            uri: rows::url(&self.uri)?,
            valid_from: self.valid_from.0,
            valid_until: self.valid_until.0,
            document: self.document,
        })
    }
}

/// The newest list of this issuer at this address.
pub fn list(conn: &mut Conn, issuer: &Did, uri: &Url) -> Result<Option<StoredList>, Error> {
    status_lists::table
        .find((issuer.as_str(), uri.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_list)
        .transpose()
}

/// The newest list at this address by whichever anchor; only one signs there,
/// unless somebody forges.
pub fn list_at(conn: &mut Conn, uri: &Url) -> Result<Option<StoredList>, Error> {
    status_lists::table
        .filter(status_lists::uri.eq(uri.as_str()))
        .order(status_lists::valid_from.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_list)
        .transpose()
}

/// Every list by its issuer.
pub fn known_lists(conn: &mut Conn) -> Result<Vec<StoredList>, Error> {
    let rows: Vec<Row> = status_lists::table
        .order((status_lists::issuer, status_lists::uri))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_list).collect()
}

/// Stores a list unless one at least as new is known: false then. A list is
/// never rolled back.
pub fn put_list(
    conn: &mut Conn,
    new: &StatusList,
    document: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let known = list(conn, &new.issuer, &new.uri)?;
    if known.is_some_and(|known| known.valid_from >= new.valid_from) {
        return Ok(false);
    }
    let key = (new.issuer.as_str(), new.uri.as_str());
    diesel::delete(status_lists::table.find(key)).execute(conn)?;
    diesel::insert_into(status_lists::table)
        .values((
            status_lists::issuer.eq(key.0),
            status_lists::uri.eq(key.1),
            status_lists::valid_from.eq(At(new.valid_from)),
            status_lists::valid_until.eq(At(new.valid_until)),
            status_lists::fresh_until.eq(At(new.fresh_until())),
            status_lists::document.eq(document),
            status_lists::stored_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(true)
}
