//! Tidies up, every hour: what is past its time.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    config::Config,
    operations::{Forum, applications},
    storage::{
        Error, accreditations,
        activities::{self, KEEP_RECEIVED},
        credentials, deliveries, handovers, tombstones,
    },
};

/// How long dead letters, and the records of what was delivered, are kept.
const KEEP_RECORDS: TimeDelta = TimeDelta::days(30);

/// How long accreditations of other anchors are kept after their end.
const KEEP_ACCREDITATIONS: TimeDelta = TimeDelta::days(365);

/// How many rows are removed at once, so that others can write in between.
const AT_ONCE: i64 = 1_000;

/// How long the operator wants things kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// A delivery that is tried.
    pub deliveries: Duration,
    /// What refused and withdrawn applicants wrote.
    pub refused: Duration,
}

impl Keep {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            deliveries: config.delivery.keep_for,
            refused: config.membership.keep_refused_for,
        }
    }
}

/// Removes what is past its time.
pub(super) async fn sweep(forum: &Forum, keep: Keep) -> Result<(), Error> {
    let (db, now) = (&forum.db, forum.now());
    let keep_for = TimeDelta::from_std(keep.deliveries).unwrap_or(TimeDelta::MAX);
    if let Some(oldest) = now.checked_sub_signed(keep_for) {
        let expired = db
            .write(move |conn| deliveries::expire(conn, oldest, now))
            .await?;
        if expired > 0 {
            tracing::warn!(expired, "deliveries were given up as too old");
        }
    }
    db.write(move |conn| {
        credentials::sweep(conn, now)?;
        handovers::sweep(conn, now)?;
        tombstones::sweep(conn, now - KEEP_RECORDS)?;
        accreditations::sweep(conn, now - KEEP_ACCREDITATIONS)?;
        activities::sweep(conn, now - KEEP_RECEIVED)
    })
    .await?;
    applications::clear(forum, keep.refused).await?;
    loop {
        let stale = db
            .read(move |conn| deliveries::stale(conn, now - KEEP_RECORDS, AT_ONCE))
            .await?;
        if stale.is_empty() {
            return Ok(());
        }
        db.write(move |conn| deliveries::remove(conn, &stale))
            .await?;
    }
}
