//! The log of decisions: rows that are only ever added, in a chain. What is
//! hashed, and whether the chain holds, `operations` says.

use chrono::{DateTime, Utc};
use diesel::{connection::SimpleConnection, prelude::*};

use super::{Conn, Error, rows::Backend, schema::audit, types::At};
use crate::domain::{id::UserId, page::Window};

/// One decision as it is kept. Words are as they stand in the table: one that
/// was tampered with must be shown, not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// 1, 2, 3… without a gap.
    pub number: i64,
    pub at: DateTime<Utc>,
    /// `None` for the command line, and for the node itself.
    pub by: Option<UserId>,
    /// As [`Decision::as_str`](crate::domain::audit::Decision::as_str).
    pub decision: String,
    /// What was decided about, for example `organisation moj`.
    pub subject: String,
    pub detail: String,
    /// The hash of the record before; empty for the first.
    pub previous: String,
    pub hash: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
struct Row {
    number: i64,
    at: At,
    by_user: Option<i64>,
    decision: String,
    subject: String,
    detail: String,
    previous: String,
    hash: String,
}

impl From<Row> for Record {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            at: row.at.0,
            by: row.by_user.map(UserId),
            decision: row.decision,
            subject: row.subject,
            detail: row.detail,
            previous: row.previous,
            hash: row.hash,
        }
    }
}

impl From<&Record> for Row {
    fn from(record: &Record) -> Self {
        Self {
            number: record.number,
            at: At(record.at),
            by_user: record.by.map(|user| user.0),
            decision: record.decision.clone(),
            subject: record.subject.clone(),
            detail: record.detail.clone(),
            previous: record.previous.clone(),
            hash: record.hash.clone(),
        }
    }
}

/// Keeps everybody else from adding until the caller's transaction ends, so
/// that two cannot follow the same record. SQLite has one writer anyway.
pub fn lock(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        // Readers are not held up by this mode.
        Conn::Postgres(conn) => Ok(conn.batch_execute("LOCK TABLE audit IN EXCLUSIVE MODE")?),
    }
}

/// The newest record.
pub fn newest(conn: &mut Conn) -> Result<Option<Record>, Error> {
    Ok(list(conn, Window::first(1))?.pop())
}

/// Adds a record. The database refuses one whose number, or whose record
/// before, another has already.
pub fn insert(conn: &mut Conn, record: &Record) -> Result<(), Error> {
    diesel::insert_into(audit::table)
        .values(Row::from(record))
        .execute(conn)?;
    Ok(())
}

/// Records, the newest first; the window's bounds are numbers.
pub fn list(conn: &mut Conn, window: Window) -> Result<Vec<Record>, Error> {
    let mut query = audit::table
        .select(Row::as_select())
        .order(audit::number.desc())
        .limit(window.limit)
        .into_boxed::<Backend>();
    if let Some(before) = window.before {
        query = query.filter(audit::number.lt(before));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(Record::from).collect())
}

/// Up to `limit` records that follow the number `after`, the oldest first.
pub fn following(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Record>, Error> {
    let rows: Vec<Row> = audit::table
        .filter(audit::number.gt(after))
        .select(Row::as_select())
        .order(audit::number)
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(Record::from).collect())
}
