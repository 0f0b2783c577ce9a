//! What can go wrong on the wire, and what the other side is told.

use super::{fetch::FetchError, json::JsonError, proofs::ProofError, signatures::SignatureError};
use crate::storage;

/// Why something from another server was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Not in a form that can be read; says what is wrong.
    #[error("{0}")]
    Malformed(String),
    /// Somebody speaks for what is not theirs.
    #[error("{0}")]
    NotTheirs(&'static str),
    /// The sender's key cannot be had: unknown, gone, or of a blocked host.
    /// One text for all, so that nobody can probe the block list.
    #[error("the signing key cannot be verified")]
    UnknownKey,
    /// The sender's server did not answer; the same request may pass later.
    #[error("the signing key cannot be fetched now")]
    KeyUnavailable,
    #[error("there is no such inbox")]
    NoInbox,
    #[error("the request took too long to arrive")]
    TooSlow,
    /// A matter of ours: the same request may pass later.
    #[error("too much is arriving now: try again later")]
    Full,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

// What the object model's library reports: all of it concerns the document.
impl From<activitypub_federation::error::Error> for WireError {
    fn from(error: activitypub_federation::error::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
