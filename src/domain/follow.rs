//! Follows: how organisations see one another's public entries.

use chrono::{DateTime, Utc};
use url::Url;

use super::id::{FollowId, OrganisationId};

/// Where a follow stands. A refused or ended follow is no row at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowState {
    /// Waits for the followed organisation's answer.
    Pending,
    Accepted,
}

impl FollowState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
        }
    }
}

/// `follower` receives what `followed` publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    pub id: FollowId,
    pub follower: OrganisationId,
    pub followed: OrganisationId,
    pub state: FollowState,
    /// The id of the Follow activity on the wire.
    pub activity_uri: Url,
    pub created_at: DateTime<Utc>,
}

/// How one organisation stands to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Relationship {
    pub following: bool,
    /// Asked, not yet answered.
    pub requested: bool,
    pub followed_by: bool,
    /// The other asked and waits for our answer.
    pub requested_by: bool,
    /// We block the other. Whether it blocks us is never told.
    pub blocking: bool,
    pub muting: bool,
}
