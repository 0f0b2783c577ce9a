//! Proposing an accreditation: what an anchor says carries as far as anybody
//! trusts it, and so two people decide it.

use chrono::{DateTime, Utc};
use url::Url;

use crate::domain::{
    audience::Tier,
    id::{ProposalId, UserId},
    organisation::Category,
};

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Organisation {
        category: Category,
        /// ISO 3166-1 alpha-2. `None`: a local organisation's own.
        country: Option<String>,
    },
    /// Up to which audience the node may store entries.
    Node { audience: Tier },
}

/// An accreditation to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The actor: one of ours, or another server's that is known here.
    pub subject: Url,
    pub about: About,
    /// 1 to [`super::MAX_DAYS`].
    pub days: i64,
}

/// A request that waits for another person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub id: ProposalId,
    pub request: Request,
    pub proposed_by: UserId,
    pub proposed_at: DateTime<Utc>,
}

/// Whoever proposed an accreditation cannot approve it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "you proposed this accreditation yourself: another administrator must approve it, or whoever \
     runs the node (`virtual-forum accreditation approve`)"
)]
pub struct OwnProposal;

impl Proposal {
    /// May this person approve? `None` is whoever works at the command line.
    ///
    /// # Errors
    /// [`OwnProposal`].
    pub fn may_approve(&self, by: Option<UserId>) -> Result<(), OwnProposal> {
        match by == Some(self.proposed_by) {
            true => Err(OwnProposal),
            false => Ok(()),
        }
    }
}
