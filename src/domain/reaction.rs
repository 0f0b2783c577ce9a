//! What an organisation does with a public entry besides answering it.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use url::Url;

use super::id::{EntryId, OrganisationId, ReactionId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReactionKind {
    /// The organisation thinks well of it.
    Like,
    /// The organisation passes it on to its own followers.
    Boost,
}

impl ReactionKind {
    pub const ALL: [Self; 2] = [Self::Like, Self::Boost];

    /// The word used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Boost => "boost",
        }
    }
}

/// A word that names no reaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown reaction {0:?}: use like or boost")]
pub struct UnknownReaction(String);

impl FromStr for ReactionKind {
    type Err = UnknownReaction;

    fn from_str(word: &str) -> Result<Self, UnknownReaction> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownReaction(word.to_owned()))
    }
}

/// One organisation's reaction to one entry; at most one of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub id: ReactionId,
    pub kind: ReactionKind,
    pub entry: EntryId,
    pub organisation: OrganisationId,
    /// The activity that brought it about, which an Undo names.
    pub activity_uri: Url,
    pub created_at: DateTime<Utc>,
}
