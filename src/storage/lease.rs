//! Leases: rows that one process takes for a limited time, so that what a
//! dead process held becomes free by itself. `tasks` and `lanes` use them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Conn, types::At};

/// Where a claim's SELECT locks its rows, on the database that has row locks.
pub(super) const SKIP_LOCKED: &str = "{SKIP LOCKED}";

/// The claim's text for the database that is open: on PostgreSQL several
/// processes claim at once and pass over each other's rows, SQLite has one
/// writer.
pub(super) fn claim_sql(conn: &Conn, sql: &str) -> String {
    match conn {
        Conn::Sqlite(_) => sql.replace(SKIP_LOCKED, ""),
        Conn::Postgres(_) => sql.replace(SKIP_LOCKED, "FOR UPDATE SKIP LOCKED"),
    }
}

/// When a lease that begins now ends.
pub(super) fn ends(now: DateTime<Utc>, lease: Duration) -> At {
    let lease = TimeDelta::from_std(lease).unwrap_or(TimeDelta::MAX);
    At(now
        .checked_add_signed(lease)
        .unwrap_or(DateTime::<Utc>::MAX_UTC))
}
