//! Entries: what organisations post (aide memoire: "requests for technical
//! assistance", "on-line project ideas", offers) and the notes around them.

mod check;

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    audience::{Audience, AudienceKind, Tlp},
    id::{EntryId, OrganisationId},
    organisation::Organisation,
    taxonomy::Scheme,
};

pub use check::check;

/// Longest title, in characters. A longer one is refused from people and cut
/// when it arrives from another server.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest body, in characters of Markdown (local) or of HTML (remote).
pub const MAX_BODY_CHARS: usize = 50_000;
/// Most codes of one scheme on one entry.
pub const MAX_CODES: usize = 50;
/// Most organisations named in an audience, or as partners.
pub const MAX_NAMED: usize = 200;
/// Most hashtags kept of one entry.
pub const MAX_TAGS: usize = 30;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $error:ident, $what:literal:
     $($(#[$vdoc:meta])* $variant:ident = $word:literal, $title:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in APIs and storage.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The name shown to people.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }

        #[doc = concat!("A word that names no ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("unknown {} {:?}: use one of {}", $what, .0, [$($word),*].join(", "))]
        pub struct $error(pub String);

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    other => Err($error(other.to_owned())),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// The four kinds of entry.
    Kind, UnknownKind, "kind":
    /// Technical assistance wanted.
    Request = "request", "Request for technical assistance";
    Project = "project", "Project";
    /// A standing offer of assistance.
    Offer = "offer", "Offer of assistance";
    Note = "note", "Note";
}

words! {
    /// How far a project is: IATI activity status, plus `idea`, which is ours
    /// and is never exported as IATI (DOMAIN.md 2.2).
    Stage, UnknownStage, "stage":
    Idea = "idea", "Idea";
    Pipeline = "pipeline", "Pipeline";
    Implementation = "implementation", "Implementation";
    Finalisation = "finalisation", "Finalisation";
    Closed = "closed", "Closed";
    Cancelled = "cancelled", "Cancelled";
    Suspended = "suspended", "Suspended";
}

words! {
    /// Where a request or an offer stands.
    Status, UnknownStatus, "status":
    Open = "open", "Open";
    Agreed = "agreed", "Agreed";
    Closed = "closed", "Closed";
    Withdrawn = "withdrawn", "Withdrawn";
}

/// Money of a project. Amounts are whole units of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// ISO 4217 code.
    pub currency: String,
    pub total: i64,
    /// What is still to be found; between 0 and `total`.
    pub gap: i64,
}

/// The codes an entry carries, each list of one scheme (DOMAIN.md 2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes {
    pub countries: Vec<String>,
    pub regions: Vec<String>,
    pub sectors: Vec<String>,
    pub pillars: Vec<String>,
    pub exploitation: Vec<String>,
    pub activities: Vec<String>,
}

impl Codes {
    /// Every list with its scheme.
    pub fn lists(&self) -> [(Scheme, &Vec<String>); 6] {
        [
            (Scheme::Country, &self.countries),
            (Scheme::Region, &self.regions),
            (Scheme::Sector, &self.sectors),
            (Scheme::Pillar, &self.pillars),
            (Scheme::Exploitation, &self.exploitation),
            (Scheme::Activity, &self.activities),
        ]
    }

    pub fn list_mut(&mut self, scheme: Scheme) -> &mut Vec<String> {
        match scheme {
            Scheme::Country => &mut self.countries,
            Scheme::Region => &mut self.regions,
            Scheme::Sector => &mut self.sectors,
            Scheme::Pillar => &mut self.pillars,
            Scheme::Exploitation => &mut self.exploitation,
            Scheme::Activity => &mut self.activities,
        }
    }
}

/// What is written about: everything of an entry that its author chooses,
/// audience and thread apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub kind: Kind,
    /// Empty only for notes.
    pub title: String,
    /// Markdown as written; empty for remote entries.
    pub body: String,
    /// BCP 47 tag.
    pub language: String,
    pub tlp: Tlp,
    pub codes: Codes,
    /// Projects only.
    pub stage: Option<Stage>,
    /// Requests and offers only.
    pub status: Option<Status>,
    pub closes_at: Option<DateTime<Utc>>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    /// Projects only.
    pub budget: Option<Budget>,
}

/// An entry as this node holds it, with its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    /// The object's id on the wire.
    pub uri: Url,
    /// The page that people read.
    pub url: Url,
    pub author: Organisation,
    pub content: Content,
    /// Sanitised HTML as shown.
    pub html: String,
    /// Content warning of a remote note; empty otherwise.
    pub warning: String,
    /// Lower-case hashtags without `#`, as other servers and clients see them.
    pub tags: Vec<String>,
    pub audience: Audience,
    pub partners: Vec<OrganisationId>,
    pub thread: Thread,
    pub counts: Counts,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Set on every edit after publication.
    pub edited_at: Option<DateTime<Utc>>,
}

/// Where an entry stands in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The entry that began the conversation; the entry itself at the top.
    pub root: EntryId,
    pub in_reply_to: Option<EntryId>,
    /// Kept when the parent is not known here.
    pub in_reply_to_uri: Option<Url>,
}

/// What others did with an entry, as far as the viewer may see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub responses: i64,
    pub replies: i64,
    #[serde(skip)]
    pub likes: i64,
    #[serde(skip)]
    pub boosts: i64,
}

impl Entry {
    pub fn is_local(&self) -> bool {
        self.author.is_local()
    }
}

/// A new entry of a local organisation, before the rules were applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub content: Content,
    /// `None`: the parent's for a reply, else the default.
    pub audience: Option<AudienceKind>,
    /// Parties of a `named` audience.
    pub named: Vec<OrganisationId>,
    pub partners: Vec<OrganisationId>,
    pub in_reply_to: Option<EntryId>,
}

/// Why a draft, or one field of it, is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name in the Forum API, for example `closes_at`.
    pub field: &'static str,
    /// A full sentence that says what to do.
    pub message: String,
}

impl FieldError {
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

/// Stages at which a project may look for money (INTERFACE.md 6).
pub const SEEKING_STAGES: [Stage; 3] = [Stage::Idea, Stage::Pipeline, Stage::Implementation];

/// A project at an early stage with a gap above zero seeks funding.
pub fn seeks_funding(content: &Content) -> bool {
    content
        .stage
        .is_some_and(|stage| SEEKING_STAGES.contains(&stage))
        && content.budget.as_ref().is_some_and(|budget| budget.gap > 0)
}
