//! Blocks and mutes: an organisation wants nothing more of another. Neither is
//! told to the other, here or elsewhere.

use chrono::{DateTime, Utc};
use url::Url;

use super::id::{BlockId, OrganisationId};

/// How much an organisation wants nothing of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// No follows either way, no replies, nothing of it in the timeline.
    Block,
    /// Nothing of it in the timeline.
    Mute,
}

impl BlockKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Mute => "mute",
        }
    }
}

/// `organisation` blocks or mutes `other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub id: BlockId,
    pub organisation: OrganisationId,
    pub other: OrganisationId,
    pub kind: BlockKind,
    /// The Block that an organisation of another server sent; none of ours is
    /// sent.
    pub activity_uri: Option<Url>,
    pub created_at: DateTime<Utc>,
}
