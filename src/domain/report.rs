//! Reports: somebody says that an organisation, or some of its entries, break
//! the rules. The node's administrators look at them; whoever is reported
//! never does.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{EntryId, OrganisationId, ReportId};

/// Longest comment, in characters. Longer ones of other servers are cut.
pub const MAX_COMMENT_CHARS: usize = 5_000;
/// Most entries in one report.
pub const MAX_ENTRIES: usize = 50;

/// A report, of somebody here or of another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub id: ReportId,
    /// A local organisation, or the actor of another server that sent it.
    pub reporter: OrganisationId,
    pub reported: OrganisationId,
    /// Entries of the reported organisation; may be none.
    pub entries: Vec<EntryId>,
    pub category: ReportCategory,
    /// The texts of the node's rules that the reporter cited; may be none.
    pub rules: Vec<String>,
    /// Plain text.
    pub comment: String,
    /// Was the server of the reported organisation told?
    pub forwarded: bool,
    pub created_at: DateTime<Utc>,
    /// `None` while it waits for an administrator.
    pub resolved_at: Option<DateTime<Utc>>,
}

impl Report {
    pub fn state(&self) -> ReportState {
        match self.resolved_at {
            None => ReportState::Open,
            Some(_) => ReportState::Resolved,
        }
    }
}

/// What kind of wrong a report is about, as Mastodon's API tells them apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportCategory {
    Spam,
    /// Against the law.
    Legal,
    /// Against rules of the node.
    Violation,
    #[default]
    Other,
}

impl ReportCategory {
    pub const ALL: [Self; 4] = [Self::Spam, Self::Legal, Self::Violation, Self::Other];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Legal => "legal",
            Self::Violation => "violation",
            Self::Other => "other",
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spam => "Spam",
            Self::Legal => "Illegal content",
            Self::Violation => "Breaks rules of this node",
            Self::Other => "Something else",
        }
    }
}

/// A word that names no category of reports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown category {0:?}: use spam, legal, violation or other")]
pub struct UnknownReportCategory(pub String);

impl FromStr for ReportCategory {
    type Err = UnknownReportCategory;

    fn from_str(text: &str) -> Result<Self, UnknownReportCategory> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or_else(|| UnknownReportCategory(text.to_owned()))
    }
}

/// What is cited is none of the node's rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{number:?} is the number of no rule: this node has {rules}")]
pub struct UnknownRule {
    pub number: String,
    pub rules: usize,
}

/// The texts of the node's rules that are cited by their numbers, which count
/// from 1.
///
/// # Errors
/// [`UnknownRule`] for the first number under which there is no rule.
pub fn cited<'a>(
    numbers: impl IntoIterator<Item = &'a str>,
    rules: &[String],
) -> Result<BTreeMap<usize, String>, UnknownRule> {
    let cite = |text: &str| {
        let number = text.parse::<usize>().ok()?;
        let rule = rules.get(number.checked_sub(1)?)?;
        Some((number, rule.clone()))
    };
    let unknown = |number: &str| UnknownRule {
        number: number.to_owned(),
        rules: rules.len(),
    };
    numbers
        .into_iter()
        .map(|number| cite(number).ok_or_else(|| unknown(number)))
        .collect()
}

/// Where a report stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// Waits for an administrator.
    #[default]
    Open,
    Resolved,
}

impl ReportState {
    pub const ALL: [Self; 2] = [Self::Open, Self::Resolved];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// A word that names no state of a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown state {0:?}: use open or resolved")]
pub struct UnknownReportState(pub String);

impl FromStr for ReportState {
    type Err = UnknownReportState;

    fn from_str(text: &str) -> Result<Self, UnknownReportState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownReportState(text.to_owned()))
    }
}
