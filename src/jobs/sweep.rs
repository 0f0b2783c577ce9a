//! Tidies up: what is past its time.

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

/// How often we tidy up at least, and at most.
const SELDOM: Duration = Duration::from_secs(60 * 60);
const OFTEN: Duration = Duration::from_secs(1);

/// A delivery is given up at most this part of its time too late.
const PRECISION: u32 = 10;

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

    /// After which time we tidy up again: a short time to keep something is to
    /// end when it is over.
    pub(super) fn sweep_after(self) -> Duration {
        (self.deliveries / PRECISION).clamp(OFTEN, SELDOM)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_deliveries_are_kept_the_oftener_we_tidy_up() {
        let after = |seconds| {
            let keep = Keep {
                deliveries: Duration::from_secs(seconds),
                refused: Duration::ZERO,
            };
            keep.sweep_after().as_secs()
        };
        assert_eq!([0, 10, 600, 30 * 86_400].map(after), [1, 1, 60, 3_600]);
    }
}
