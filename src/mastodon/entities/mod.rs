//! The documented JSON shapes of the Mastodon API.
//!
//! Every documented field is always written: the strict clients refuse a whole
//! timeline for one missing field. The exception is what only a signed-in
//! viewer has (`favourited` and so on), which is left out for anonymous
//! readers, because some clients take `null` there for a fault.

mod account;
pub mod configuration;
mod forum;
pub mod instance;
mod relationship;
mod report;
mod search;
mod status;
mod time;

pub use account::{Account, AccountRole, CredentialAccount, FeatureApproval, Field, Role, Source};
pub use forum::{
    ForumAccount, ForumAccreditation, ForumAuthor, ForumEntry, ForumInstance, ForumLabels, Names,
};
pub use instance::{Instance, InstanceV1};
pub use relationship::{FamiliarFollowers, MutedAccount, Relationship};
pub use report::Report;
pub use search::{Context, Search, Tag, TagDay, TagViewerState};
pub use status::{
    Application, Mention, PreviewCard, QuoteApproval, Status, StatusEdit, StatusSource, StatusTag,
    ViewerState,
};
pub use time::Timestamp;

/// An element of a list that this node always answers empty: custom emojis,
/// attachments and the like. It has no values, so the list cannot be filled
/// by mistake.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum Never {}
