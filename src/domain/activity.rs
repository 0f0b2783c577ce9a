//! What happened, as it is told to other servers. An operation records the
//! activity in its own transaction; `federation::outbox` words and sends it.

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    audience::AudienceKind,
    id::{ActivityId, EntryId, OrganisationId, ReportId},
    reaction::ReactionKind,
};

/// The activities that local organisations perform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    Create,
    Update,
    Delete,
    Follow,
    Accept,
    Reject,
    Undo,
    Like,
    Announce,
    Flag,
    Add,
    Remove,
    Move,
}

impl ActivityKind {
    pub const ALL: [Self; 13] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Follow,
        Self::Accept,
        Self::Reject,
        Self::Undo,
        Self::Like,
        Self::Announce,
        Self::Flag,
        Self::Add,
        Self::Remove,
        Self::Move,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Follow => "Follow",
            Self::Accept => "Accept",
            Self::Reject => "Reject",
            Self::Undo => "Undo",
            Self::Like => "Like",
            Self::Announce => "Announce",
            Self::Flag => "Flag",
            Self::Add => "Add",
            Self::Remove => "Remove",
            Self::Move => "Move",
        }
    }
}

/// What an outgoing activity is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Create or Update of a local entry.
    Entry(EntryId),
    /// Delete of a local entry; only its address is left.
    Tombstone { entry: EntryId, uri: Url },
    /// Update or Delete of the acting organisation itself.
    Myself,
    /// Follow of an organisation.
    Organisation { uri: Url },
    /// Like or Announce of a public entry, ours or another server's; Add to or
    /// Remove from the actor's pinned entries.
    Object { uri: Url, owner: Url },
    /// Move of the acting organisation.
    Moved { target: Url },
    /// Accept or Reject of a request to quote a public entry of ours.
    Quote {
        /// Of the QuoteRequest.
        request: Url,
        quoting: Url,
        entry: Url,
        asker: Url,
        /// Where everybody can see that the quote has leave, if it has.
        leave: Option<Url>,
    },
    /// Undo of a Like or an Announce.
    Reaction {
        kind: ReactionKind,
        /// Of the activity that is undone.
        uri: Url,
        object: Url,
        owner: Url,
    },
    /// Accept, Reject or Undo of a Follow.
    Follow {
        uri: Url,
        follower: Url,
        followed: Url,
    },
    /// Flag: a report, told to the server of whoever is reported. The node
    /// itself speaks, so that nobody there learns who reported.
    Report(ReportId),
}

/// To whom an outgoing activity goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// The followers of the actor, and the remote organisations that take part
    /// in the conversation.
    Followers,
    /// Every server that was ever told about the subject.
    Everybody,
    /// One remote organisation.
    One(OrganisationId),
    /// The followers of the actor, and one remote organisation.
    FollowersAnd(OrganisationId),
    /// Of an entry that is not public: each accredited organisation of its
    /// audience, in its own inbox, on servers that may store it. A Delete goes
    /// to all who were sent it, too.
    Audience,
    /// Of an entry that was narrowed from this audience: those who were sent it
    /// and may no longer read it.
    NoLonger(AudienceKind),
}

/// An activity of a local organisation, to be worded and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: ActivityId,
    pub uri: Url,
    pub kind: ActivityKind,
    pub actor: OrganisationId,
    pub subject: Subject,
    pub recipients: Recipients,
    pub created_at: DateTime<Utc>,
}

impl Outgoing {
    /// What belongs together, and arrives in the order in which it happened;
    /// `actor` is the id of who acts.
    pub fn order_key(&self, actor: &Url) -> String {
        match &self.subject {
            Subject::Entry(id) | Subject::Tombstone { entry: id, .. } => format!("entry {id}"),
            Subject::Myself | Subject::Moved { .. } => format!("actor {}", self.actor),
            Subject::Organisation { uri } => format!("follow {actor} {uri}"),
            Subject::Follow {
                follower, followed, ..
            } => format!("follow {follower} {followed}"),
            Subject::Quote { request, .. } => format!("quote {request}"),
            Subject::Object { uri, .. } | Subject::Reaction { object: uri, .. } => {
                format!("reaction {actor} {uri}")
            }
            Subject::Report(id) => format!("report {id}"),
        }
    }
}
