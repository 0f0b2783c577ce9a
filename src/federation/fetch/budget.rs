//! How much one inbound activity may make us fetch.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::FetchError;

/// A count of requests that is shared by all that one inbound activity (or
/// one question of a user) sets off. Clones share the count.
#[derive(Debug, Clone)]
pub struct Budget(Arc<AtomicU32>);

impl Budget {
    /// Requests for one inbound activity (SECURITY.md 3.2).
    pub const PER_ACTIVITY: u32 = 20;

    pub fn new(requests: u32) -> Self {
        Self(Arc::new(AtomicU32::new(requests)))
    }

    pub fn left(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Pays for one request.
    pub(super) fn spend(&self) -> Result<(), FetchError> {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .map(|_| ())
            .map_err(|_| FetchError::BudgetSpent)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::PER_ACTIVITY)
    }
}
