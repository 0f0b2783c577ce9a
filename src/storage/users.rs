//! People's accounts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, rows, schema::users, types::At};
use crate::domain::{
    account::{Role, User},
    id::{OrganisationId, UserId},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
struct Row {
    id: i64,
    email: String,
    organisation_id: i64,
    role: String,
    password_hash: Option<String>,
    disabled: bool,
    created_at: At,
    signed_in_at: Option<At>,
}

impl Row {
    fn into_domain(self) -> Result<User, Error> {
        Ok(User {
            id: UserId(self.id),
            email: self.email,
            organisation: OrganisationId(self.organisation_id),
            role: rows::read(&self.role)?,
            has_password: self.password_hash.is_some(),
            disabled: self.disabled,
            created_at: self.created_at.0,
            signed_in_at: self.signed_in_at.map(|at| at.0),
        })
    }
}

/// Stores a new account; `Error::Conflict` when the address is taken.
pub fn insert(conn: &mut Conn, user: &User, password_hash: Option<String>) -> Result<(), Error> {
    diesel::insert_into(users::table)
        .values(Row {
            id: user.id.0,
            email: user.email.clone(),
            organisation_id: user.organisation.0,
            role: user.role.as_str().to_owned(),
            password_hash,
            disabled: user.disabled,
            created_at: At(user.created_at),
            signed_in_at: user.signed_in_at.map(At),
        })
        .execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, id: UserId) -> Result<Option<User>, Error> {
    users::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// Locks an account until the end of the transaction, so that of two decisions
/// about it at once the second sees the first. SQLite has one writer and needs no
/// lock.
pub fn lock(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            users::table
                .find(id.0)
                .select(users::id)
                .for_update()
                .load::<i64>(conn)?;
        }
    }
    Ok(())
}

/// An account and its password's hash, by (normalised) address.
pub fn find_by_email(
    conn: &mut Conn,
    email: &str,
) -> Result<Option<(User, Option<String>)>, Error> {
    users::table
        .filter(users::email.eq(email))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(|row: Row| {
            let hash = row.password_hash.clone();
            Ok((row.into_domain()?, hash))
        })
        .transpose()
}

/// Every account, or those of one organisation, by address.
pub fn list(conn: &mut Conn, organisation: Option<OrganisationId>) -> Result<Vec<User>, Error> {
    let rows: Vec<Row> = match organisation {
        Some(organisation) => users::table
            .filter(users::organisation_id.eq(organisation.0))
            .order(users::email)
            .select(Row::as_select())
            .load(conn)?,
        None => users::table
            .order(users::email)
            .select(Row::as_select())
            .load(conn)?,
    };
    rows.into_iter().map(Row::into_domain).collect()
}

pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(users::table.count().get_result(conn)?)
}

/// Enabled administrators, so that the last one is never lost.
pub fn count_administrators(conn: &mut Conn) -> Result<i64, Error> {
    Ok(users::table
        .filter(users::role.eq(Role::Administrator.as_str()))
        .filter(users::disabled.eq(false))
        .count()
        .get_result(conn)?)
}

pub fn set_password(conn: &mut Conn, id: UserId, hash: &str) -> Result<(), Error> {
    diesel::update(users::table.find(id.0))
        .set(users::password_hash.eq(Some(hash)))
        .execute(conn)?;
    Ok(())
}

pub fn set_role(conn: &mut Conn, id: UserId, role: Role) -> Result<(), Error> {
    diesel::update(users::table.find(id.0))
        .set(users::role.eq(role.as_str()))
        .execute(conn)?;
    Ok(())
}

pub fn set_disabled(conn: &mut Conn, id: UserId, disabled: bool) -> Result<(), Error> {
    diesel::update(users::table.find(id.0))
        .set(users::disabled.eq(disabled))
        .execute(conn)?;
    Ok(())
}

pub fn set_signed_in(conn: &mut Conn, id: UserId, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(users::table.find(id.0))
        .set(users::signed_in_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(())
}
