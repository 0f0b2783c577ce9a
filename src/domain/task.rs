//! Background work that survives a crash: an operation writes the task in its
//! own transaction, `jobs` claims and runs it.

use serde::{Deserialize, Serialize};

use super::id::{ActivityId, OrganisationId, TaskId};

/// One kind of background work with all it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Word an activity and write one delivery for each inbox.
    Distribute { activity: ActivityId },
    /// Read a remote organisation's actor document again.
    Refresh { organisation: OrganisationId },
    /// Remove what is past its time: sessions, links, dead letters.
    Sweep,
}

/// A task that this process has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: TaskId,
    pub task: Task,
    /// How often it was tried before.
    pub attempts: i32,
}
