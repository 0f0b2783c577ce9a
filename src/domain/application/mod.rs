//! Applications for membership: a focal point asks for a place for its
//! organisation, organisers ask back, approve, or refuse with a reason (aide
//! memoire: "organizations would be asked to identify a focal point, who would
//! then contact the organizers"; DOMAIN.md 1.1, A2).

mod check;
mod domains;
pub mod lookalike;
mod steps;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    account::Function,
    id::{ApplicationEventId, ApplicationId, OrganisationId, UserId},
    organisation::{Category, Handle},
};

pub use check::{
    Draft, MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, MAX_REASON_CHARS, MAX_REFEREE_CHARS,
    MAX_REFUSAL_CHARS, check, check_text,
};
pub use steps::{Approved, StepError, is_same_mailbox};

/// What somebody applies for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// One line, without characters that reorder or hide text.
    pub name: String,
    /// The wished handle; an organiser may choose another.
    pub handle: Handle,
    pub category: Category,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// http or https.
    pub website: Option<Url>,
    /// Plain text: why they want to take part.
    pub reason: String,
    /// Who can vouch: an organisation of the Forum or a named body. Needed of
    /// individuals (DOMAIN.md 1.1, A8); may be empty for others.
    pub referee: String,
    /// Of the focal point, in lower case.
    pub email: String,
    /// The office that the focal point of a government holds.
    pub function: Option<Function>,
}

/// An application and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    /// Reason, referee and address are empty once [`Application::cleared_at`]
    /// is set.
    pub wish: Wish,
    /// The referee, where it is an organisation that this node knows.
    pub referee: Option<OrganisationId>,
    pub state: ApplicationState,
    /// The first of two approvals, while the second is missing.
    pub first_approval: Option<Approval>,
    /// What the approval made.
    pub organisation: Option<OrganisationId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// When it was approved, refused or withdrawn.
    pub decided_at: Option<DateTime<Utc>>,
    /// When the applicant's texts were deleted.
    pub cleared_at: Option<DateTime<Utc>>,
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// Waits for the organisers.
    Submitted,
    /// Waits for the applicant's answer.
    Asked,
    /// Answered: waits for the organisers.
    Answered,
    Approved,
    Refused,
    Withdrawn,
}

impl ApplicationState {
    pub const ALL: [Self; 6] = [
        Self::Submitted,
        Self::Asked,
        Self::Answered,
        Self::Approved,
        Self::Refused,
        Self::Withdrawn,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The words shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submitted => "Waits for the organisers",
            Self::Asked => "A question waits for the applicant",
            Self::Answered => "Answered: waits for the organisers",
            Self::Approved => "Approved",
            Self::Refused => "Refused",
            Self::Withdrawn => "Withdrawn",
        }
    }

    /// Is nothing decided yet?
    pub fn is_open(self) -> bool {
        match self {
            Self::Submitted | Self::Asked | Self::Answered => true,
            Self::Approved | Self::Refused | Self::Withdrawn => false,
        }
    }
}

/// A word that names no state of an application.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown state {0:?}: use open, submitted, asked, answered, approved, refused or withdrawn"
)]
pub struct UnknownApplicationState(pub String);

impl FromStr for ApplicationState {
    type Err = UnknownApplicationState;

    fn from_str(text: &str) -> Result<Self, UnknownApplicationState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownApplicationState(text.to_owned()))
    }
}

/// Which applications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those about which nothing is decided.
    Open,
    In(ApplicationState),
}

impl Which {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::In(state) => state.as_str(),
        }
    }

    /// The states that are meant.
    pub fn states(self) -> Vec<ApplicationState> {
        let all = ApplicationState::ALL.into_iter();
        match self {
            Self::Open => all.filter(|state| state.is_open()).collect(),
            Self::In(state) => vec![state],
        }
    }
}

impl FromStr for Which {
    type Err = UnknownApplicationState;

    fn from_str(text: &str) -> Result<Self, UnknownApplicationState> {
        match text {
            "open" => Ok(Self::Open),
            word => word.parse().map(Self::In),
        }
    }
}

/// Who decides: an administrator of this node, or whoever works at its
/// command line, who counts as one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Organiser {
    Operator,
    Person(UserId),
}

impl Organiser {
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Operator => None,
            Self::Person(user) => Some(user),
        }
    }
}

/// That somebody approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    pub by: Organiser,
    pub at: DateTime<Utc>,
}

/// A step in the life of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: ApplicationEventId,
    pub application: ApplicationId,
    pub kind: EventKind,
    /// `None` for what the applicant or the node itself did.
    pub by: Option<Organiser>,
    /// The question, the answer, the reason, or empty.
    pub text: String,
    pub at: DateTime<Utc>,
}

/// What happened to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Submitted,
    Asked,
    Answered,
    /// The first of two approvals.
    FirstApproval,
    Approved,
    Refused,
    Withdrawn,
    /// The applicant's texts were deleted after their time.
    Cleared,
}

impl EventKind {
    pub const ALL: [Self; 8] = [
        Self::Submitted,
        Self::Asked,
        Self::Answered,
        Self::FirstApproval,
        Self::Approved,
        Self::Refused,
        Self::Withdrawn,
        Self::Cleared,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::FirstApproval => "first_approval",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Cleared => "cleared",
        }
    }

    /// The words shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submitted => "Applied",
            Self::Asked => "Question to the applicant",
            Self::Answered => "Answer of the applicant",
            Self::FirstApproval => "Approved by a first person",
            Self::Approved => "Approved",
            Self::Refused => "Refused",
            Self::Withdrawn => "Withdrawn by the applicant",
            Self::Cleared => "Texts deleted after their time; the decision stays",
        }
    }

    /// May the applicant read this? A first approval is the organisers' own
    /// business until the second.
    pub fn is_for_applicant(self) -> bool {
        match self {
            Self::Submitted
            | Self::Asked
            | Self::Answered
            | Self::Approved
            | Self::Refused
            | Self::Withdrawn => true,
            Self::FirstApproval | Self::Cleared => false,
        }
    }

    /// Does an organiser do this, and not the applicant or the node?
    pub fn is_of_organisers(self) -> bool {
        match self {
            Self::Asked | Self::FirstApproval | Self::Approved | Self::Refused => true,
            Self::Submitted | Self::Answered | Self::Withdrawn | Self::Cleared => false,
        }
    }
}

/// A word that names no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event {0:?}")]
pub struct UnknownEventKind(pub String);

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, UnknownEventKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownEventKind(text.to_owned()))
    }
}

impl fmt::Display for ApplicationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many different people must approve. Governments and international
/// organisations read every entry, so that one pair of eyes is not enough
/// (DOMAIN.md 4).
pub fn approvals_needed(category: Category) -> u8 {
    if category.is_preferential() { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_events_read_back_from_their_words() {
        for state in ApplicationState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(state.as_str().parse(), Ok(Which::In(state)));
        }
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("new".parse::<Which>().is_err());
    }

    #[test]
    fn open_means_that_nothing_is_decided() {
        assert_eq!(
            Which::Open.states(),
            [
                ApplicationState::Submitted,
                ApplicationState::Asked,
                ApplicationState::Answered
            ]
        );
    }

    #[test]
    fn who_reads_every_entry_is_approved_by_two() {
        let two: Vec<Category> = Category::ALL
            .into_iter()
            .filter(|category| approvals_needed(*category) == 2)
            .collect();
        assert_eq!(
            two,
            [Category::Government, Category::InternationalOrganisation]
        );
    }
}
