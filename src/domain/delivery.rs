//! Deliveries: one activity on its way to one inbox, and the lanes (one per
//! host) in which they travel, so that a slow server delays nobody else.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use url::Url;

use super::id::{ActivityId, DeliveryId, OrganisationId};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Kept, visible and replayable.
    Dead,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// A delivery that is to be sent now. Its text is read at the last moment:
/// until then it may have become something that must not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub activity: ActivityId,
    pub sender: OrganisationId,
    pub inbox: Url,
    /// Deliveries with the same key keep their order.
    pub order_key: String,
    pub attempts: i32,
}

/// Whether a host is being sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// Sent to, or waiting for the next try.
    Open,
    /// Refuses our signatures (401, 403): waits for an administrator, or for
    /// a signed request from that host.
    Held,
    /// Said 410: gone for good.
    Gone,
}

impl LaneState {
    pub const ALL: [Self; 3] = [Self::Open, Self::Held, Self::Gone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Held => "held",
            Self::Gone => "gone",
        }
    }
}

/// What an administrator sees of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    pub host: String,
    pub state: LaneState,
    pub pending: i64,
    pub dead: i64,
    pub failures: i32,
    pub oldest_pending_at: Option<DateTime<Utc>>,
    pub retry_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub last_success_at: Option<DateTime<Utc>>,
}

/// How a try to deliver ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Try again later; the whole host waits. `after` is the server's own
    /// `Retry-After`.
    Failed {
        error: String,
        after: Option<Duration>,
    },
    /// Not tried for a reason of ours that passes. The host is not to blame:
    /// it is tried again shortly, and nothing is counted.
    Postponed {
        note: String,
    },
    /// This inbox will never take this activity (4xx).
    Refused {
        error: String,
    },
    /// The host does not accept our signature (401, 403).
    Unauthorised {
        error: String,
    },
    /// 404 or 410: the inbox is gone.
    Gone,
    /// Not sent: it may no longer be told, or not to this host.
    Dropped {
        note: String,
    },
}

/// The longest that a server's `Retry-After` is obeyed.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// When a host that failed is tried again.
///
/// `failures` counts those in a row before this one and picks the step, the
/// last of which repeats. `jitter`, between 0 and 1, adds up to a fifth, so
/// that hosts which failed together do not come back together. A longer
/// `after` (the server's `Retry-After`) wins, up to [`LONGEST_RETRY_AFTER`].
pub fn retry_at(
    now: DateTime<Utc>,
    failures: i32,
    steps: &[Duration],
    jitter: f64,
    after: Option<Duration>,
) -> DateTime<Utc> {
    let step = usize::try_from(failures).unwrap_or(0);
    let step = steps.get(step).or(steps.last()).copied();
    let step = step.unwrap_or(Duration::from_secs(60));
    let wait = step.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 5.0);
    let wait = wait.max(after.unwrap_or_default().min(LONGEST_RETRY_AFTER));
    TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| now.checked_add_signed(wait))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

    fn waits(failures: i32, jitter: f64, after: Option<u64>) -> i64 {
        let after = after.map(Duration::from_secs);
        let now = DateTime::UNIX_EPOCH;
        (retry_at(now, failures, &STEPS, jitter, after) - now).num_seconds()
    }

    #[test]
    fn the_last_step_of_the_back_off_repeats() {
        assert_eq!([0, 1, 2, 99].map(|n| waits(n, 0.0, None)), [5, 30, 30, 30]);
    }

    #[test]
    fn jitter_only_ever_makes_the_wait_longer() {
        assert_eq!(waits(0, 1.0, None), 6);
        assert_eq!(waits(1, 1.0, None), 36);
    }

    #[test]
    fn a_longer_retry_after_wins_but_not_for_ever() {
        assert_eq!(waits(0, 0.0, Some(120)), 120);
        assert_eq!(waits(1, 0.0, Some(1)), 30);
        assert_eq!(waits(0, 0.0, Some(u64::MAX)), 86_400);
    }
}
