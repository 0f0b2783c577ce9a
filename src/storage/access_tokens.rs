//! Access tokens of programs. Only their SHA-256 is stored; `operations`
//! hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, schema::access_tokens, types::At};
use crate::domain::id::UserId;

/// A token that is not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// By this it is revoked.
    pub token_hash: String,
    pub user: UserId,
    /// As [`Scopes`](crate::domain::account::Scopes) reads them.
    pub scopes: String,
    pub created_at: DateTime<Utc>,
    /// To some minutes; `None` when it was never used.
    pub seen_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = access_tokens)]
struct Row {
    token_hash: String,
    user_id: i64,
    scopes: String,
    created_at: At,
    seen_at: Option<At>,
}

impl From<Row> for AccessToken {
    fn from(row: Row) -> Self {
        Self {
            token_hash: row.token_hash,
            user: UserId(row.user_id),
            scopes: row.scopes,
            created_at: row.created_at.0,
            seen_at: row.seen_at.map(|at| at.0),
        }
    }
}

pub fn insert(
    conn: &mut Conn,
    token_hash: &str,
    user: UserId,
    scopes: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::insert_into(access_tokens::table)
        .values((
            access_tokens::token_hash.eq(token_hash),
            access_tokens::user_id.eq(user.0),
            access_tokens::scopes.eq(scopes),
            access_tokens::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, token_hash: &str) -> Result<Option<AccessToken>, Error> {
    let row: Option<Row> = access_tokens::table
        .find(token_hash)
        .filter(access_tokens::revoked_at.is_null())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(AccessToken::from))
}

/// A person's tokens, the newest first.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<AccessToken>, Error> {
    let rows: Vec<Row> = access_tokens::table
        .filter(access_tokens::user_id.eq(user.0))
        .filter(access_tokens::revoked_at.is_null())
        .order((access_tokens::created_at.desc(), access_tokens::token_hash))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AccessToken::from).collect())
}

/// Notes that a token is used.
pub fn touch(conn: &mut Conn, token_hash: &str, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(access_tokens::table.find(token_hash))
        .set(access_tokens::seen_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(())
}

/// Revokes one token of a person; false when there is none.
pub fn revoke(
    conn: &mut Conn,
    user: UserId,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let token = access_tokens::table
        .find(token_hash)
        .filter(access_tokens::user_id.eq(user.0))
        .filter(access_tokens::revoked_at.is_null());
    let revoked = diesel::update(token)
        .set(access_tokens::revoked_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(revoked > 0)
}

/// Revokes every token of a person, and tells how many.
pub fn revoke_all_of(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(diesel::update(
        access_tokens::table
            .filter(access_tokens::user_id.eq(user.0))
            .filter(access_tokens::revoked_at.is_null()),
    )
    .set(access_tokens::revoked_at.eq(Some(At(now))))
    .execute(conn)?)
}
