//! Sessions and one-time links. Only the SHA-256 of a token is stored;
//! `operations` hashes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Conn, Error, passkeys,
    schema::{links, sessions, sign_ins},
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
    /// To some minutes.
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// What the browser is, in a few words.
    pub agent: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
struct Row {
    token_hash: String,
    user_id: i64,
    csrf: String,
    created_at: At,
    seen_at: At,
    expires_at: At,
    agent: String,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            user: UserId(row.user_id),
            csrf: row.csrf,
            created_at: row.created_at.0,
            seen_at: row.seen_at.0,
            expires_at: row.expires_at.0,
            agent: row.agent,
        }
    }
}

pub fn insert_session(conn: &mut Conn, token_hash: &str, session: &Session) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values(Row {
            token_hash: token_hash.to_owned(),
            user_id: session.user.0,
            csrf: session.csrf.clone(),
            created_at: At(session.created_at),
            seen_at: At(session.seen_at),
            expires_at: At(session.expires_at),
            agent: session.agent.clone(),
        })
        .execute(conn)?;
    Ok(())
}

/// A session that has not expired.
pub fn find_session(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    let row: Option<Row> = sessions::table
        .find(token_hash)
        .filter(sessions::expires_at.gt(At(now)))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Session::from))
}

/// Where a person is signed in, the last used first; each with the hash of its
/// token, by which it is ended.
pub fn sessions_of(
    conn: &mut Conn,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<(String, Session)>, Error> {
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(user.0))
        .filter(sessions::expires_at.gt(At(now)))
        .order((sessions::seen_at.desc(), sessions::token_hash))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.token_hash.clone(), row.into()))
        .collect())
}

/// Notes that a session is used.
pub fn touch_session(conn: &mut Conn, token_hash: &str, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(sessions::table.find(token_hash))
        .set(sessions::seen_at.eq(At(now)))
        .execute(conn)?;
    Ok(())
}

/// Gives a session a new token and a new secret for its forms; the old ones
/// are of no use any more.
pub fn renew_session(
    conn: &mut Conn,
    old_hash: &str,
    new_hash: &str,
    csrf: &str,
) -> Result<(), Error> {
    diesel::update(sessions::table.find(old_hash))
        .set((sessions::token_hash.eq(new_hash), sessions::csrf.eq(csrf)))
        .execute(conn)?;
    Ok(())
}

/// Ends one session of a person; false when there is none.
pub fn delete_session_of(conn: &mut Conn, user: UserId, token_hash: &str) -> Result<bool, Error> {
    let session = sessions::table
        .find(token_hash)
        .filter(sessions::user_id.eq(user.0));
    Ok(diesel::delete(session).execute(conn)? > 0)
}

/// Ends every session of a person but one, and tells how many.
pub fn delete_other_sessions(
    conn: &mut Conn,
    user: UserId,
    token_hash: &str,
) -> Result<usize, Error> {
    let others = sessions::table
        .filter(sessions::user_id.eq(user.0))
        .filter(sessions::token_hash.ne(token_hash));
    Ok(diesel::delete(others).execute(conn)?)
}

pub fn delete_session(conn: &mut Conn, token_hash: &str) -> Result<(), Error> {
    diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    Ok(())
}

/// Signs a person out everywhere, and tells in how many places.
pub fn delete_sessions_of(conn: &mut Conn, user: UserId) -> Result<usize, Error> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user.0));
    Ok(diesel::delete(theirs).execute(conn)?)
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

/// When the newest unused link of a person was made.
pub fn newest_link(
    conn: &mut Conn,
    purpose: LinkPurpose,
    user: UserId,
) -> Result<Option<DateTime<Utc>>, Error> {
    let row: Option<At> = links::table
        .filter(links::purpose.eq(purpose.as_str()))
        .filter(links::user_id.eq(user.0))
        .filter(links::used_at.is_null())
        .order(links::created_at.desc())
        .select(links::created_at)
        .first(conn)
        .optional()?;
    Ok(row.map(|at| at.0))
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

/// Removes expired sessions, links, sign-ins that were not finished, and
/// challenges of passkeys.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(At(now)))).execute(conn)?;
    diesel::delete(links::table.filter(links::expires_at.le(At(now)))).execute(conn)?;
    diesel::delete(sign_ins::table.filter(sign_ins::expires_at.le(At(now)))).execute(conn)?;
    passkeys::sweep(conn, now)
}
