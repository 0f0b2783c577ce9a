//! Second factors of people: the secrets of their apps, and recovery codes.
//! Their passkeys stand in `passkeys`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Conn, Error, each, passkeys,
    schema::{recovery_codes, second_factors},
    types::At,
};
use crate::domain::id::UserId;

/// The app that makes a person's codes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Base32.
    pub secret: String,
    /// `None` until the person has proved that the app has the secret.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Wrong codes since the last right one.
    pub failures: i64,
    pub blocked_until: Option<DateTime<Utc>>,
}

// By hand: a secret must not reach a log.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactor(…)")
    }
}

/// Notes a new secret, not confirmed; [`Error::Conflict`] when there is one.
pub fn put(conn: &mut Conn, user: UserId, secret: &str, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user.0),
            second_factors::secret.eq(secret),
            second_factors::created_at.eq(At(now)),
            second_factors::last_step.eq(0),
            second_factors::failures.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, user: UserId) -> Result<Option<SecondFactor>, Error> {
    type Row = (String, Option<At>, i64, Option<At>);
    let row: Option<Row> = second_factors::table
        .find(user.0)
        .select((
            second_factors::secret,
            second_factors::confirmed_at,
            second_factors::failures,
            second_factors::blocked_until,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(
        |(secret, confirmed_at, failures, blocked_until)| SecondFactor {
            secret,
            confirmed_at: confirmed_at.map(|at| at.0),
            failures,
            blocked_until: blocked_until.map(|at| at.0),
        },
    ))
}

/// Has the person an app that counts?
pub fn has_app(conn: &mut Conn, user: UserId) -> Result<bool, Error> {
    Ok(find(conn, user)?.is_some_and(|one| one.confirmed_at.is_some()))
}

/// Has the person a second factor that counts: an app, or a passkey?
pub fn is_set(conn: &mut Conn, user: UserId) -> Result<bool, Error> {
    Ok(has_app(conn, user)? || passkeys::count(conn, user)? > 0)
}

/// From now on it counts.
pub fn confirm(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(second_factors::table.find(user.0))
        .set(second_factors::confirmed_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(())
}

/// Uses up the code of a time step, and all before it; false when that was
/// done already. Wrong codes are forgotten.
pub fn use_step(conn: &mut Conn, user: UserId, step: i64) -> Result<bool, Error> {
    let unused = second_factors::table
        .find(user.0)
        .filter(second_factors::last_step.lt(step));
    let used = diesel::update(unused)
        .set((
            second_factors::last_step.eq(step),
            second_factors::failures.eq(0),
            second_factors::blocked_until.eq(None::<At>),
        ))
        .execute(conn)?;
    Ok(used > 0)
}

/// Notes a wrong code, and until when none is accepted.
pub fn count_failure(
    conn: &mut Conn,
    user: UserId,
    blocked_until: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    diesel::update(second_factors::table.find(user.0))
        .set((
            second_factors::failures.eq(second_factors::failures + 1),
            second_factors::blocked_until.eq(blocked_until.map(At)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Removes the secret of the app.
pub fn remove_app(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(second_factors::table.find(user.0)).execute(conn)?;
    Ok(())
}

/// Removes every recovery code.
pub fn remove_recovery_codes(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.0)))
        .execute(conn)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = recovery_codes)]
struct NewCode<'a> {
    code_hash: &'a str,
    user_id: i64,
}

/// Recovery codes in place of all earlier ones.
pub fn put_recovery_codes(conn: &mut Conn, user: UserId, hashes: &[String]) -> Result<(), Error> {
    remove_recovery_codes(conn, user)?;
    let rows: Vec<NewCode> = hashes
        .iter()
        .map(|code_hash| NewCode {
            code_hash,
            user_id: user.0,
        })
        .collect();
    each!(conn, |conn| diesel::insert_into(recovery_codes::table)
        .values(&rows)
        .execute(conn))?;
    Ok(())
}

/// Uses up a recovery code; false when there is none, or it was used.
pub fn use_recovery_code(
    conn: &mut Conn,
    user: UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let unused = recovery_codes::table
        .find(hash)
        .filter(recovery_codes::user_id.eq(user.0))
        .filter(recovery_codes::used_at.is_null());
    let used = diesel::update(unused)
        .set(recovery_codes::used_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(used > 0)
}

/// How many recovery codes a person has left.
pub fn count_recovery_codes(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    Ok(recovery_codes::table
        .filter(recovery_codes::user_id.eq(user.0))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn)?)
}
