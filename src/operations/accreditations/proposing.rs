//! Two people decide what this node's anchor says: one proposes, another
//! approves. For administrators; whoever works at the command line holds the
//! key and issues at once, and counts as another person where somebody
//! proposed.

use serde_json::Value;

use super::{
    AccreditationError,
    issuing::{self, checked},
};
use crate::{
    domain::{
        accreditation::{About, Proposal, Request},
        audit::Decision,
        id::{ProposalId, UserId},
    },
    operations::{Forum, audit},
    storage::{
        self, Conn,
        accreditations::{self, Issued},
    },
};

/// Most that may wait at once.
const MOST_WAITING: usize = 200;

/// Proposes an accreditation. All that [`super::issue`] refuses is refused here
/// already.
///
/// # Errors
/// [`AccreditationError`].
pub async fn propose(
    forum: &Forum,
    by: UserId,
    request: Request,
) -> Result<Proposal, AccreditationError> {
    issuing::prepare(forum, &request).await?;
    forum
        .write(move |conn, forum| {
            checked(conn, forum, &request)?;
            if accreditations::proposals(conn)?.len() >= MOST_WAITING {
                return Err(AccreditationError::TooManyProposals);
            }
            let proposal = Proposal {
                id: ProposalId(forum.next_id()),
                request,
                proposed_by: by,
                proposed_at: forum.now(),
            };
            accreditations::insert_proposal(conn, &proposal)?;
            let decision = Decision::AccreditationProposed;
            log(conn, forum, Some(by), decision, &proposal)?;
            Ok(proposal)
        })
        .await
}

/// What waits, the oldest first.
///
/// # Errors
/// Storage only.
pub async fn proposals(forum: &Forum) -> Result<Vec<Proposal>, storage::Error> {
    forum.db.read(accreditations::proposals).await
}

/// Issues what somebody else proposed.
///
/// # Errors
/// [`AccreditationError::NoSuchProposal`], [`AccreditationError::OwnProposal`],
/// and what [`super::issue`] refuses by now.
pub async fn approve(
    forum: &Forum,
    id: ProposalId,
    by: Option<UserId>,
) -> Result<(Issued, Value), AccreditationError> {
    forum
        .write(move |conn, forum| {
            let found = accreditations::take_proposal(conn, id)?;
            let proposal = found.ok_or(AccreditationError::NoSuchProposal)?;
            proposal.may_approve(by)?;
            issuing::issue_in(conn, forum, by, proposal.request)
        })
        .await
}

/// Takes a proposal off the list: somebody refuses it, or takes back their own.
///
/// # Errors
/// [`AccreditationError::NoSuchProposal`].
pub async fn decline(
    forum: &Forum,
    id: ProposalId,
    by: Option<UserId>,
) -> Result<Proposal, AccreditationError> {
    forum
        .write(move |conn, forum| {
            let found = accreditations::take_proposal(conn, id)?;
            let proposal = found.ok_or(AccreditationError::NoSuchProposal)?;
            let decision = Decision::AccreditationDeclined;
            log(conn, forum, by, decision, &proposal)?;
            Ok(proposal)
        })
        .await
}

fn log(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    decision: Decision,
    proposal: &Proposal,
) -> Result<(), storage::Error> {
    let what = match &proposal.request.about {
        About::Organisation { category, .. } => category.as_str(),
        About::Node { audience } => audience.as_str(),
    };
    let subject = format!("proposal {}", proposal.id);
    let detail = format!("{} as {what}", proposal.request.subject);
    audit::record(conn, forum, by, decision, &subject, &detail)
}
