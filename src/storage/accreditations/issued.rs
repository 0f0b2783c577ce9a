//! What this node's anchor issued, and what became of it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    domain::{
        accreditation::{CredentialId, Did, Held},
        page::Window,
    },
    storage::{
        Conn, Error,
        rows::{self, Backend},
        schema::{accreditations, issued_accreditations as issued_table, status_lists},
        types::At,
    },
};

use super::Row;

/// One that the own anchor issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub held: Held,
    /// The first of those that renewed one another.
    pub root: CredentialId,
    /// Number of the status list.
    pub list: i32,
    pub issued_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why it was revoked; for administrators.
    pub reason: String,
}

type Columns = (Row, Option<At>, String, i32, At, Option<At>, String);

fn read(row: Columns) -> Result<Issued, Error> {
    let (row, fresh, root, list, issued_at, revoked_at, reason) = row;
    Ok(Issued {
        held: row.into_held(fresh)?,
        root: rows::read::<CredentialId>(&root)?,
        list,
        issued_at: issued_at.0,
        revoked_at: revoked_at.map(|at| at.0),
        reason,
    })
}

/// Every query of this file begins so.
macro_rules! all_issued {
    () => {
        issued_table::table
            .inner_join(
                accreditations::table.on(accreditations::issuer
                    .eq(issued_table::issuer)
                    .and(accreditations::id.eq(issued_table::id))),
            )
            .left_join(
                status_lists::table.on(status_lists::issuer
                    .eq(accreditations::issuer)
                    .and(status_lists::uri.eq(accreditations::list_uri))),
            )
            .select((
                Row::as_select(),
                status_lists::fresh_until.nullable(),
                issued_table::root_id,
                issued_table::list_number,
                issued_table::issued_at,
                issued_table::revoked_at,
                issued_table::reason,
            ))
            .into_boxed::<Backend>()
    };
}

fn load(rows: Vec<Columns>) -> Result<Vec<Issued>, Error> {
    rows.into_iter().map(read).collect()
}

/// Records one; its credential is stored already.
pub fn insert_issued(conn: &mut Conn, issued: &Issued) -> Result<(), Error> {
    let credential = &issued.held.credential;
    diesel::insert_into(issued_table::table)
        .values((
            issued_table::id.eq(credential.id.as_str()),
            issued_table::issuer.eq(credential.issuer.as_str()),
            issued_table::root_id.eq(issued.root.as_str()),
            issued_table::list_number.eq(issued.list),
            issued_table::list_index.eq(i64::from(credential.status.index)),
            issued_table::issued_at.eq(At(issued.issued_at)),
            issued_table::valid_until.eq(At(credential.valid_until)),
            issued_table::revoked_at.eq(issued.revoked_at.map(At)),
            issued_table::reason.eq(&issued.reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// All of them, newest first. The window counts rows: `before` is how many are
/// left out.
pub fn issued(conn: &mut Conn, window: Window) -> Result<Vec<Issued>, Error> {
    let rows: Vec<Columns> = all_issued!()
        .order((issued_table::issued_at.desc(), issued_table::id))
        .offset(window.before.unwrap_or(0))
        .limit(window.limit)
        .load(conn)?;
    load(rows)
}

pub fn issued_by_id(conn: &mut Conn, id: &CredentialId) -> Result<Option<Issued>, Error> {
    let row: Option<Columns> = all_issued!()
        .filter(issued_table::id.eq(id.as_str()))
        .first(conn)
        .optional()?;
    row.map(read).transpose()
}

/// One and those that renewed it, the newest first.
pub fn issued_of_root(conn: &mut Conn, root: &CredentialId) -> Result<Vec<Issued>, Error> {
    let rows: Vec<Columns> = all_issued!()
        .filter(issued_table::root_id.eq(root.as_str()))
        .order((issued_table::issued_at.desc(), issued_table::id))
        .load(conn)?;
    load(rows)
}

/// Those that are neither expired nor revoked, the newest first.
pub fn unexpired(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Issued>, Error> {
    let rows: Vec<Columns> = all_issued!()
        .filter(issued_table::valid_until.gt(At(now)))
        .filter(issued_table::revoked_at.is_null())
        .order((issued_table::issued_at.desc(), issued_table::id))
        .load(conn)?;
    load(rows)
}

/// The entries of a list that are revoked. Expired ones stay in it.
pub fn issued_of_list(conn: &mut Conn, issuer: &Did, list: i32) -> Result<Vec<u32>, Error> {
    let found: Vec<i64> = issued_table::table
        .filter(issued_table::issuer.eq(issuer.as_str()))
        .filter(issued_table::list_number.eq(list))
        .filter(issued_table::revoked_at.is_not_null())
        .select(issued_table::list_index)
        .load(conn)?;
    let indexes = found.into_iter().map(u32::try_from);
    indexes
        .collect::<Result<_, _>>()
        .map_err(|_| Error::Corrupt("an index of a status list".to_owned()))
}

/// The lists with entries that have not expired, revoked ones too.
pub fn lists_in_use(conn: &mut Conn, issuer: &Did, now: DateTime<Utc>) -> Result<Vec<i32>, Error> {
    Ok(issued_table::table
        .filter(issued_table::issuer.eq(issuer.as_str()))
        .filter(issued_table::valid_until.gt(At(now)))
        .select(issued_table::list_number)
        .distinct()
        .order(issued_table::list_number)
        .load(conn)?)
}

/// How many entries of a list are taken, and whether this one is.
pub fn taken(conn: &mut Conn, issuer: &Did, list: i32, index: u32) -> Result<(i64, bool), Error> {
    let of_list = || {
        issued_table::table
            .filter(issued_table::issuer.eq(issuer.as_str()))
            .filter(issued_table::list_number.eq(list))
    };
    let all = of_list().count().get_result(conn)?;
    let this: i64 = of_list()
        .filter(issued_table::list_index.eq(i64::from(index)))
        .count()
        .get_result(conn)?;
    Ok((all, this > 0))
}

/// Revokes one and all that renewed it, unless they are revoked already.
pub fn revoke_root(
    conn: &mut Conn,
    root: &CredentialId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let living = issued_table::table
        .filter(issued_table::root_id.eq(root.as_str()))
        .filter(issued_table::revoked_at.is_null());
    Ok(diesel::update(living)
        .set((
            issued_table::revoked_at.eq(Some(At(now))),
            issued_table::reason.eq(reason),
        ))
        .execute(conn)?)
}
