//! Objects of other servers that were deleted before we ever saw them, so
//! that a late Create does not bring them back. Each by the word of one owner:
//! what somebody else says of the same object stands beside it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use super::{Conn, Error, NativeDsl, schema::tombstones, types::At};

pub fn put(conn: &mut Conn, uri: &Url, owner: &Url, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::insert_into(tombstones::table)
        .values((
            tombstones::uri.eq(uri.as_str()),
            tombstones::owner_uri.eq(owner.as_str()),
            tombstones::deleted_at.eq(At(now)),
        ))
        .on_conflict((tombstones::uri, tombstones::owner_uri))
        .do_nothing()
        .native()
        .execute(conn)?;
    Ok(())
}

/// Forgets that the object was deleted by this owner; false when it was not.
pub fn remove(conn: &mut Conn, uri: &Url, owner: &Url) -> Result<bool, Error> {
    let buried = tombstones::table
        .filter(tombstones::uri.eq(uri.as_str()))
        .filter(tombstones::owner_uri.eq(owner.as_str()));
    Ok(diesel::delete(buried).execute(conn)? > 0)
}

/// Was the object deleted by this owner?
pub fn is_buried(conn: &mut Conn, uri: &Url, owner: &Url) -> Result<bool, Error> {
    use diesel::dsl::{exists, select};
    Ok(select(exists(
        tombstones::table
            .filter(tombstones::uri.eq(uri.as_str()))
            .filter(tombstones::owner_uri.eq(owner.as_str())),
    ))
    .get_result(conn)?)
}

/// Removes tombstones older than `before`.
pub fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize, Error> {
    Ok(
        diesel::delete(tombstones::table.filter(tombstones::deleted_at.lt(At(before))))
            .execute(conn)?,
    )
}
