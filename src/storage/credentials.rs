//! Sessions, one-time links and access tokens. Only the SHA-256 of a token is
//! stored; `operations` hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Conn, Error,
    schema::{access_tokens, links, sessions},
    types::At,
};
use crate::domain::{account::LinkPurpose, id::UserId};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: UserId,
    /// What every form of this session must send back.
    pub csrf: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub fn insert_session(conn: &mut Conn, token_hash: &str, session: &Session) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token_hash),
            sessions::user_id.eq(session.user.0),
            sessions::csrf.eq(&session.csrf),
            sessions::created_at.eq(At(session.created_at)),
            sessions::seen_at.eq(At(session.seen_at)),
            sessions::expires_at.eq(At(session.expires_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// A session that has not expired.
pub fn find_session(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    type Row = (i64, String, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>);
    let row: Option<Row> = sessions::table
        .find(token_hash)
        .filter(sessions::expires_at.gt(At(now)))
        .select((
            sessions::user_id,
            sessions::csrf,
            sessions::created_at,
            sessions::seen_at,
            sessions::expires_at,
        ))
        .first(conn)
        .optional()?;
    Ok(
        row.map(|(user, csrf, created_at, seen_at, expires_at)| Session {
            user: UserId(user),
            csrf,
            created_at,
            seen_at,
            expires_at,
        }),
    )
}

pub fn delete_session(conn: &mut Conn, token_hash: &str) -> Result<(), Error> {
    diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    Ok(())
}

/// Signs a person out everywhere.
pub fn delete_sessions_of(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user.0))).execute(conn)?;
    Ok(())
}

pub fn insert_link(
    conn: &mut Conn,
    token_hash: &str,
    purpose: LinkPurpose,
    user: Option<UserId>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::insert_into(links::table)
        .values((
            links::token_hash.eq(token_hash),
            links::purpose.eq(purpose.as_str()),
            links::user_id.eq(user.map(|user| user.0)),
            links::created_at.eq(At(created_at)),
            links::expires_at.eq(At(expires_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// A one-time link that was not used and has not expired.
pub fn find_link(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(LinkPurpose, Option<UserId>)>, Error> {
    let row: Option<(String, Option<i64>)> = links::table
        .find(token_hash)
        .filter(links::expires_at.gt(At(now)))
        .filter(links::used_at.is_null())
        .select((links::purpose, links::user_id))
        .first(conn)
        .optional()?;
    row.map(|(purpose, user)| {
        let purpose = match purpose.as_str() {
            "setup" => LinkPurpose::Setup,
            "set-password" => LinkPurpose::SetPassword,
            other => return Err(Error::Corrupt(format!("link purpose {other:?}"))),
        };
        Ok((purpose, user.map(UserId)))
    })
    .transpose()
}

/// Marks a link as used; false when it was used, or had expired, before.
pub fn use_link(conn: &mut Conn, token_hash: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let changed = diesel::update(
        links::table
            .find(token_hash)
            .filter(links::used_at.is_null())
            .filter(links::expires_at.gt(At(now))),
    )
    .set(links::used_at.eq(Some(At(now))))
    .execute(conn)?;
    Ok(changed == 1)
}

/// Withdraws the unused links of a purpose (and person), so that only the
/// newest counts.
pub fn delete_links(
    conn: &mut Conn,
    purpose: LinkPurpose,
    user: Option<UserId>,
) -> Result<(), Error> {
    let of_purpose = links::purpose.eq(purpose.as_str());
    match user {
        Some(user) => diesel::delete(
            links::table
                .filter(of_purpose)
                .filter(links::user_id.eq(user.0)),
        )
        .execute(conn)?,
        None => diesel::delete(links::table.filter(of_purpose)).execute(conn)?,
    };
    Ok(())
}

pub fn insert_token(
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

/// The person and scopes behind an access token that is not revoked.
pub fn find_token(conn: &mut Conn, token_hash: &str) -> Result<Option<(UserId, String)>, Error> {
    let row: Option<(i64, String)> = access_tokens::table
        .find(token_hash)
        .filter(access_tokens::revoked_at.is_null())
        .select((access_tokens::user_id, access_tokens::scopes))
        .first(conn)
        .optional()?;
    Ok(row.map(|(user, scopes)| (UserId(user), scopes)))
}

/// Revokes every access token of a person.
pub fn revoke_tokens_of(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(
        access_tokens::table
            .filter(access_tokens::user_id.eq(user.0))
            .filter(access_tokens::revoked_at.is_null()),
    )
    .set(access_tokens::revoked_at.eq(Some(At(now))))
    .execute(conn)?;
    Ok(())
}

/// Removes expired sessions and links.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(At(now)))).execute(conn)?;
    diesel::delete(links::table.filter(links::expires_at.le(At(now)))).execute(conn)?;
    Ok(())
}
