//! The rules of issuing and taking in, as errors.

use super::{CannotSign, Unreadable};
use crate::{
    domain::{
        accreditation::{MAX_DAYS, OwnProposal, Weakness},
        taxonomy::CodeError,
    },
    storage,
};

/// Why an accreditation was not issued, revoked or taken in.
#[derive(Debug, thiserror::Error)]
pub enum AccreditationError {
    #[error("this node has no anchor: make one with `virtual-forum anchor create --name …`")]
    NoAnchor,
    #[error("this node has an anchor already: {0}")]
    AnchorExists(String),
    #[error("the anchor's name is one line of 1 to 200 characters")]
    InvalidName,
    #[error("there is no such organisation here; look it up first if it is another node's")]
    NoSuchOrganisation,
    #[error(
        "this is not a node's own actor, which is an Application, for example https://node.example/actor"
    )]
    NotANode,
    #[error("a node's own actor gets a membership, not a category")]
    NotAnOrganisation,
    #[error("it lists no Ed25519 key in assertionMethod to be accredited with")]
    NoKey,
    #[error("its key is no longer the one that was accredited: issue a new accreditation")]
    KeyChanged,
    #[error("an accreditation lasts 1 to {MAX_DAYS} days")]
    InvalidDays,
    #[error("a membership is up to members or up to preferential")]
    InvalidAudience,
    #[error(transparent)]
    Country(#[from] CodeError),
    #[error("this node's anchor has issued no accreditation with this id")]
    NotIssued,
    #[error("there is no such proposal: somebody else may have decided it")]
    NoSuchProposal,
    #[error(transparent)]
    OwnProposal(#[from] OwnProposal),
    #[error("too many proposals wait: decide some of them first")]
    TooManyProposals,
    #[error("it was revoked; issue a new one instead")]
    Revoked,
    /// Nobody decides alone that what is over goes on.
    #[error("it is over; issue a new one instead")]
    Over,
    #[error("it is about {0}, which is neither an organisation of this node nor the node itself")]
    NotOurs(url::Url),
    #[error("this accreditation counts for nothing: {0}")]
    Worthless(Weakness),
    #[error("the file is no accreditation: {0}")]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    CannotSign(#[from] CannotSign),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}
