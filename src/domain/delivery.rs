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
    /// a signed request from that host, and is tried after [`PROBE_HELD_AFTER`].
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
    /// When it is tried again: by our back-off or at the moment that the server
    /// named, whichever is later.
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

/// How long a host that refuses our signatures is left alone before one
/// delivery is tried. What it says may be passing: it could not fetch our key,
/// or lost it. Asked seldom, it is not bothered if it means what it says, and
/// what waited is still worth sending if it does not.
pub const PROBE_HELD_AFTER: Duration = Duration::from_secs(6 * 60 * 60);

/// When a host that failed is tried again.
///
/// `failures` counts those in a row before this one and picks the step, the
/// last of which repeats. `jitter`, between 0 and 1, adds up to a fifth, so
/// that hosts which failed together do not come back together.
pub fn retry_at(
    now: DateTime<Utc>,
    failures: i32,
    steps: &[Duration],
    jitter: f64,
) -> DateTime<Utc> {
    let step = usize::try_from(failures).unwrap_or(0);
    let step = steps.get(step).or(steps.last()).copied();
    let step = step.unwrap_or(Duration::from_secs(60));
    later(now, step.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 5.0))
}

/// Until when a host is left alone that answered with this `Retry-After`: at
/// most [`LONGEST_RETRY_AFTER`].
pub fn asked_until(now: DateTime<Utc>, after: Duration) -> DateTime<Utc> {
    later(now, after.min(LONGEST_RETRY_AFTER))
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| now.checked_add_signed(wait))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

    fn waits(failures: i32, jitter: f64) -> i64 {
        let now = DateTime::UNIX_EPOCH;
        (retry_at(now, failures, &STEPS, jitter) - now).num_seconds()
    }

    #[test]
    fn the_last_step_of_the_back_off_repeats() {
        assert_eq!([0, 1, 2, 99].map(|n| waits(n, 0.0)), [5, 30, 30, 30]);
    }

    #[test]
    fn jitter_only_ever_makes_the_wait_longer() {
        assert_eq!(waits(0, 1.0), 6);
        assert_eq!(waits(1, 1.0), 36);
    }

    #[test]
    fn a_retry_after_is_obeyed_but_not_for_ever() {
        let now = DateTime::UNIX_EPOCH;
        let waits = |after| (asked_until(now, Duration::from_secs(after)) - now).num_seconds();
        assert_eq!([0, 120, u64::MAX].map(waits), [0, 120, 86_400]);
    }
}
