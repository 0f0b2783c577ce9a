//! How much one inbound activity may make us fetch, and in whose places.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::FetchError;

/// A count of requests that is shared by all that one inbound activity (or
/// one question of a user) sets off. Clones share the count.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Arc<AtomicU32>,
    /// Nothing more is begun after this.
    ends: Option<Instant>,
    is_unverified: bool,
}

impl Budget {
    /// Requests for one inbound activity (SECURITY.md 3.2).
    pub const PER_ACTIVITY: u32 = 20;

    pub fn new(requests: u32) -> Self {
        Self {
            left: Arc::new(AtomicU32::new(requests)),
            ends: None,
            is_unverified: false,
        }
    }

    /// The same count, of which nothing is spent any more after this time.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Self {
            ends: Some(Instant::now() + time),
            ..self.clone()
        }
    }

    /// The same count, for what is fetched on the word of somebody who may be
    /// anybody: such fetches have few places of their own.
    #[must_use]
    pub fn unverified(&self) -> Self {
        Self {
            is_unverified: true,
            ..self.clone()
        }
    }

    pub fn left(&self) -> u32 {
        self.left.load(Ordering::Relaxed)
    }

    pub(super) fn is_unverified(&self) -> bool {
        self.is_unverified
    }

    /// Pays for one request.
    ///
    /// # Errors
    /// [`FetchError::BudgetSpent`], also when its time is over.
    pub fn spend(&self) -> Result<(), FetchError> {
        if self.ends.is_some_and(|ends| Instant::now() >= ends) {
            return Err(FetchError::BudgetSpent);
        }
        self.left
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_spends_it_and_for_whom_there_is_one_count() {
        let budget = Budget::new(3);
        let (hasty, stranger) = (budget.within(Duration::ZERO), budget.unverified());
        assert_eq!(hasty.spend(), Err(FetchError::BudgetSpent));
        assert_eq!(stranger.spend(), Ok(()));
        assert_eq!(budget.within(Duration::from_secs(60)).spend(), Ok(()));
        assert_eq!(budget.spend(), Ok(()));
        assert_eq!(stranger.spend(), Err(FetchError::BudgetSpent));
        assert!(stranger.is_unverified() && !budget.is_unverified());
    }
}
