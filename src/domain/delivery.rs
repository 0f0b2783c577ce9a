//! Deliveries: one activity on its way to one inbox, and the lanes (one per
//! host) in which they travel, so that a slow server delays nobody else.

use chrono::{DateTime, Utc};
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

/// A delivery that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub activity: ActivityId,
    pub sender: OrganisationId,
    pub inbox: Url,
    /// Deliveries with the same key keep their order.
    pub order_key: String,
    /// The JSON text to send, byte for byte.
    pub document: String,
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
        after: Option<std::time::Duration>,
    },
    /// This inbox will never take this activity (4xx).
    Refused {
        error: String,
    },
    /// The host does not accept our signature (401, 403).
    Unauthorised {
        error: String,
    },
    /// 410: the inbox is gone.
    Gone,
}
