//! Which rules of participation people accepted, and when.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, schema::acceptances, types::At};
use crate::domain::id::UserId;

/// Did the person accept this version?
pub fn has(conn: &mut Conn, user: UserId, version: &str) -> Result<bool, Error> {
    let found: i64 = acceptances::table
        .find((user.0, version))
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

/// Notes it; false when it was accepted before.
pub fn insert(
    conn: &mut Conn,
    user: UserId,
    version: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if has(conn, user, version)? {
        return Ok(false);
    }
    diesel::insert_into(acceptances::table)
        .values((
            acceptances::user_id.eq(user.0),
            acceptances::version.eq(version),
            acceptances::accepted_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Every version that a person accepted, the newest first.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<(String, DateTime<Utc>)>, Error> {
    let rows: Vec<(String, At)> = acceptances::table
        .filter(acceptances::user_id.eq(user.0))
        .order(acceptances::accepted_at.desc())
        .select((acceptances::version, acceptances::accepted_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(version, at)| (version, at.0))
        .collect())
}
