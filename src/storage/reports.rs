//! Reports to the administrators.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::{
    Conn, Error,
    rows::{self, Backend},
    schema::{organisations, report_entries, reports},
    types::{At, Doc},
};
use crate::domain::{
    id::{EntryId, OrganisationId, ReportId, UserId},
    page::Window,
    report::{Report, ReportCategory, ReportState},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = reports, treat_none_as_default_value = false)]
struct Row {
    id: i64,
    reporter_id: i64,
    reported_id: i64,
    comment: String,
    forwarded: bool,
    created_at: At,
    resolved_at: Option<At>,
    category: String,
    rules: Doc,
}

impl Row {
    fn into_domain(self, entries: Vec<EntryId>) -> Result<Report, Error> {
        Ok(Report {
            id: ReportId(self.id),
            reporter: OrganisationId(self.reporter_id),
            reported: OrganisationId(self.reported_id),
            entries,
            category: rows::read::<ReportCategory>(&self.category)?,
            rules: serde_json::from_value(self.rules.0)
                .map_err(|_| Error::Corrupt(format!("the rules of report {}", self.id)))?,
            comment: self.comment,
            forwarded: self.forwarded,
            created_at: self.created_at.0,
            resolved_at: self.resolved_at.map(|at| at.0),
        })
    }
}

/// Adds the entries to rows, with one query for all of them.
fn assemble(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Report>, Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let found: Vec<(i64, i64)> = report_entries::table
        .filter(report_entries::report_id.eq_any(ids))
        .order(report_entries::entry_id)
        .select((report_entries::report_id, report_entries::entry_id))
        .load(conn)?;
    let mut entries: HashMap<i64, Vec<EntryId>> = HashMap::new();
    for (report, entry) in found {
        entries.entry(report).or_default().push(EntryId(entry));
    }
    rows.into_iter()
        .map(|row| {
            let entries = entries.remove(&row.id).unwrap_or_default();
            row.into_domain(entries)
        })
        .collect()
}

pub fn insert(conn: &mut Conn, report: &Report) -> Result<(), Error> {
    diesel::insert_into(reports::table)
        .values(Row {
            id: report.id.0,
            reporter_id: report.reporter.0,
            reported_id: report.reported.0,
            comment: report.comment.clone(),
            forwarded: report.forwarded,
            created_at: At(report.created_at),
            resolved_at: report.resolved_at.map(At),
            category: report.category.as_str().to_owned(),
            rules: Doc(Value::from(report.rules.clone())),
        })
        .execute(conn)?;
    for entry in &report.entries {
        diesel::insert_into(report_entries::table)
            .values((
                report_entries::report_id.eq(report.id.0),
                report_entries::entry_id.eq(entry.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub fn find(conn: &mut Conn, id: ReportId) -> Result<Option<Report>, Error> {
    let row: Option<Row> = reports::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(assemble(conn, row.into_iter().collect())?.pop())
}

/// Reports, newest first; `None` for those in every state.
pub fn list(
    conn: &mut Conn,
    state: Option<ReportState>,
    window: Window,
) -> Result<Vec<Report>, Error> {
    let mut query = reports::table
        .select(Row::as_select())
        .order(reports::id.desc())
        .limit(window.limit)
        .into_boxed::<Backend>();
    match state {
        Some(ReportState::Open) => query = query.filter(reports::resolved_at.is_null()),
        Some(ReportState::Resolved) => query = query.filter(reports::resolved_at.is_not_null()),
        None => {}
    }
    if let Some(before) = window.before {
        query = query.filter(reports::id.lt(before));
    }
    let rows = query.load(conn)?;
    assemble(conn, rows)
}

/// How many wait for an administrator.
pub fn count_open(conn: &mut Conn) -> Result<i64, Error> {
    Ok(reports::table
        .filter(reports::resolved_at.is_null())
        .count()
        .get_result(conn)?)
}

/// Notes who resolved a report, and when; one that is resolved stays as it is,
/// and the answer is false.
pub fn resolve(
    conn: &mut Conn,
    id: ReportId,
    by: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let open = reports::table
        .filter(reports::id.eq(id.0))
        .filter(reports::resolved_at.is_null());
    let resolved = diesel::update(open)
        .set((
            reports::resolved_at.eq(Some(At(now))),
            reports::resolved_by.eq(by.map(|user| user.0)),
        ))
        .execute(conn)?;
    Ok(resolved > 0)
}

/// What one other server reported: how much since a moment, and how much of
/// all waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromHost {
    pub since: i64,
    pub open: i64,
}

pub fn from_host(conn: &mut Conn, host: &str, since: DateTime<Utc>) -> Result<FromHost, Error> {
    let of_host = || {
        reports::table
            .inner_join(organisations::table.on(organisations::id.eq(reports::reporter_id)))
            .filter(organisations::host.eq(host))
    };
    Ok(FromHost {
        since: of_host()
            .filter(reports::created_at.gt(At(since)))
            .count()
            .get_result(conn)?,
        open: of_host()
            .filter(reports::resolved_at.is_null())
            .count()
            .get_result(conn)?,
    })
}
