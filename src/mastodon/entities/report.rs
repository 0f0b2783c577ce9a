//! A report, as it is told to whoever made it.

use serde::Serialize;

use super::{Account, Timestamp};
use crate::domain::id::{EntryId, ReportId};

/// <https://docs.joinmastodon.org/entities/Report/>
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub id: ReportId,
    pub action_taken: bool,
    pub action_taken_at: Option<Timestamp>,
    pub category: &'static str,
    pub comment: String,
    pub forwarded: bool,
    pub created_at: Timestamp,
    pub status_ids: Vec<EntryId>,
    /// As the instance lists them.
    pub rule_ids: Vec<String>,
    pub target_account: Account,
}
