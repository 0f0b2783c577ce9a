//! Browsers that are asked for the second step of signing in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, NativeDsl, schema::sign_ins, types::At};
use crate::domain::id::UserId;

/// A first step that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// `None` when address or password was wrong.
    pub user: Option<UserId>,
    /// Wrong codes since.
    pub failures: i64,
}

/// Notes a first step in place of an earlier one of the same browser.
pub fn put(
    conn: &mut Conn,
    token_hash: &str,
    user: Option<UserId>,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = (
        sign_ins::user_id.eq(user.map(|user| user.0)),
        sign_ins::failures.eq(0),
        sign_ins::expires_at.eq(At(expires_at)),
    );
    // One statement: a browser may send its form twice at the same time.
    diesel::insert_into(sign_ins::table)
        .values((sign_ins::token_hash.eq(token_hash), row))
        .on_conflict(sign_ins::token_hash)
        .do_update()
        .set(row)
        .native()
        .execute(conn)?;
    Ok(())
}

/// The first step of a browser, unless it was too long ago.
pub fn find(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<SignIn>, Error> {
    let row: Option<(Option<i64>, i64)> = sign_ins::table
        .find(token_hash)
        .filter(sign_ins::expires_at.gt(At(now)))
        .select((sign_ins::user_id, sign_ins::failures))
        .first(conn)
        .optional()?;
    Ok(row.map(|(user, failures)| SignIn {
        user: user.map(UserId),
        failures,
    }))
}

pub fn count_failure(conn: &mut Conn, token_hash: &str) -> Result<(), Error> {
    diesel::update(sign_ins::table.find(token_hash))
        .set(sign_ins::failures.eq(sign_ins::failures + 1))
        .execute(conn)?;
    Ok(())
}

pub fn remove(conn: &mut Conn, token_hash: &str) -> Result<(), Error> {
    diesel::delete(sign_ins::table.find(token_hash)).execute(conn)?;
    Ok(())
}
