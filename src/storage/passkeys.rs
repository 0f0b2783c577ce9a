//! Passkeys of people, and what browsers were asked to sign with one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Conn, Error, NativeDsl,
    schema::{passkey_challenges, passkeys},
    types::At,
};
use crate::domain::{
    id::{PasskeyId, UserId},
    passkey::Passkey,
};

/// What is stored of a passkey besides what its person sees of it. All three
/// are in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The authenticator's own name for it.
    pub credential: String,
    pub public_key: String,
    /// The counter and what else changes with each use.
    pub state: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = passkeys)]
struct Row {
    id: i64,
    user_id: i64,
    credential: String,
    public_key: String,
    state: String,
    name: String,
    created_at: At,
    used_at: Option<At>,
}

impl Row {
    fn into_domain(self) -> (Passkey, Credential) {
        let passkey = Passkey {
            id: PasskeyId(self.id),
            user: UserId(self.user_id),
            name: self.name,
            created_at: self.created_at.0,
            used_at: self.used_at.map(|at| at.0),
        };
        let credential = Credential {
            credential: self.credential,
            public_key: self.public_key,
            state: self.state,
        };
        (passkey, credential)
    }
}

/// Stores a new passkey; `Error::Conflict` when the authenticator's name for it
/// is known already.
pub fn insert(conn: &mut Conn, passkey: &Passkey, credential: &Credential) -> Result<(), Error> {
    diesel::insert_into(passkeys::table)
        .values(Row {
            id: passkey.id.0,
            user_id: passkey.user.0,
            credential: credential.credential.clone(),
            public_key: credential.public_key.clone(),
            state: credential.state.clone(),
            name: passkey.name.clone(),
            created_at: At(passkey.created_at),
            used_at: passkey.used_at.map(At),
        })
        .execute(conn)?;
    Ok(())
}

/// A person's passkeys, the oldest first.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<(Passkey, Credential)>, Error> {
    let rows: Vec<Row> = passkeys::table
        .filter(passkeys::user_id.eq(user.0))
        .order(passkeys::id)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Row::into_domain).collect())
}

pub fn count(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    Ok(passkeys::table
        .filter(passkeys::user_id.eq(user.0))
        .count()
        .get_result(conn)?)
}

/// Whose passkey the authenticator means.
pub fn by_credential(
    conn: &mut Conn,
    credential: &str,
) -> Result<Option<(Passkey, Credential)>, Error> {
    let row: Option<Row> = passkeys::table
        .filter(passkeys::credential.eq(credential))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Row::into_domain))
}

/// Notes that a passkey was used, and what that changed. `before` is the state
/// that was looked at: false when somebody else has used it since.
pub fn used(
    conn: &mut Conn,
    id: PasskeyId,
    before: &str,
    state: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let unchanged = passkeys::table
        .find(id.0)
        .filter(passkeys::state.eq(before));
    let noted = diesel::update(unchanged)
        .set((
            passkeys::state.eq(state),
            passkeys::used_at.eq(Some(At(now))),
        ))
        .execute(conn)?;
    Ok(noted > 0)
}

/// Removes one passkey of a person; false when there is none.
pub fn remove(conn: &mut Conn, user: UserId, id: PasskeyId) -> Result<bool, Error> {
    let one = passkeys::table
        .find(id.0)
        .filter(passkeys::user_id.eq(user.0));
    Ok(diesel::delete(one).execute(conn)? > 0)
}

/// Removes every passkey of a person, and tells how many.
pub fn remove_all(conn: &mut Conn, user: UserId) -> Result<usize, Error> {
    let waiting = passkey_challenges::table.filter(passkey_challenges::user_id.eq(user.0));
    diesel::delete(waiting).execute(conn)?;
    let theirs = passkeys::table.filter(passkeys::user_id.eq(user.0));
    Ok(diesel::delete(theirs).execute(conn)?)
}

/// Something that a browser was asked to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Who adds a passkey; `None` for somebody who signs in.
    pub user: Option<UserId>,
    /// What the library must know again, in base64url.
    pub state: String,
}

/// Notes a challenge in place of an earlier one of the same browser.
pub fn put_challenge(
    conn: &mut Conn,
    token_hash: &str,
    challenge: &Challenge,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = (
        passkey_challenges::user_id.eq(challenge.user.map(|user| user.0)),
        passkey_challenges::state.eq(&challenge.state),
        passkey_challenges::expires_at.eq(At(expires_at)),
    );
    // One statement: two pages of one browser may ask at the same time.
    diesel::insert_into(passkey_challenges::table)
        .values((passkey_challenges::token_hash.eq(token_hash), row))
        .on_conflict(passkey_challenges::token_hash)
        .do_update()
        .set(row)
        .native()
        .execute(conn)?;
    Ok(())
}

/// Uses a browser's challenge up; `None` when there is none, or it is too old,
/// or another request was quicker.
pub fn take_challenge(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Challenge>, Error> {
    let row: Option<(Option<i64>, String)> = passkey_challenges::table
        .find(token_hash)
        .filter(passkey_challenges::expires_at.gt(At(now)))
        .select((passkey_challenges::user_id, passkey_challenges::state))
        .first(conn)
        .optional()?;
    let taken = diesel::delete(passkey_challenges::table.find(token_hash)).execute(conn)?;
    Ok(row.filter(|_| taken > 0).map(|(user, state)| Challenge {
        user: user.map(UserId),
        state,
    }))
}

/// Removes what nobody signed in time.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Error> {
    let old = passkey_challenges::table.filter(passkey_challenges::expires_at.le(At(now)));
    diesel::delete(old).execute(conn)?;
    Ok(())
}
