//! Background work that survives a crash: an operation writes the task in its
//! own transaction, `jobs` claims and runs it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    id::{ActivityId, ApplicationEventId, ApplicationId, EntryId, OrganisationId, TaskId},
    mail::Occasion,
};

/// One kind of background work with all it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Word an activity and write one delivery for each inbox.
    Distribute { activity: ActivityId },
    /// Read what an organisation published before it was followed here.
    ReadHistory { organisation: OrganisationId },
    /// Read what an organisation pinned.
    ReadPins { organisation: OrganisationId },
    /// Read what an entry answers, and what else was said there.
    ReadConversation { entry: EntryId },
    /// Read which of our organisations another counts among its followers.
    CompareFollowers {
        organisation: OrganisationId,
        url: Url,
    },
    /// Take in an activity that pointed to a server which did not answer.
    TakeAgain {
        sender: OrganisationId,
        /// Normalised, without what is not needed for it.
        activity: Value,
    },
    /// Send somebody a one-time link, if there is such an account.
    MailLink { email: String, occasion: Occasion },
    /// Tell an applicant what happened to an application.
    MailApplicant {
        application: ApplicationId,
        event: ApplicationEventId,
    },
    /// Remove what is past its time: sessions, links, dead letters.
    Sweep,
    /// Renew what our anchor issued, sign its status lists before they lapse,
    /// and show others as what their accreditations are worth by now.
    KeepAccreditations,
    /// Ask other servers for status lists that are due.
    AskForLists,
    /// Ask other servers for the accreditations of actors that are due.
    AskForAccreditations,
}

/// Whom a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nobody: this node does it alone.
    Alone,
    /// Other servers. A slow one holds up only tasks of this pace.
    Asking,
    /// The operator's mail server: somebody waits to sign in.
    Mailing,
}

impl Task {
    pub fn pace(&self) -> Pace {
        match self {
            // Those that repeat for ever are one of a kind, and end within
            // bounds of their own: waiting for other servers in line with what
            // may take minutes, a revocation would come late.
            Self::Distribute { .. }
            | Self::Sweep
            | Self::KeepAccreditations
            | Self::AskForLists
            | Self::AskForAccreditations => Pace::Alone,
            Self::ReadHistory { .. }
            | Self::ReadPins { .. }
            | Self::ReadConversation { .. }
            | Self::CompareFollowers { .. }
            | Self::TakeAgain { .. } => Pace::Asking,
            Self::MailLink { .. } | Self::MailApplicant { .. } => Pace::Mailing,
        }
    }
}

/// A task that this process has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: TaskId,
    pub task: Task,
    /// How often it was tried before.
    pub attempts: i32,
}
