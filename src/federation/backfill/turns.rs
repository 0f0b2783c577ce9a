//! How much is read from one server at a time.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Readings at once from one server (PROTOCOL.md 6.3).
const AT_ONCE: usize = 2;

/// Servers that are remembered, and for how long after the last reading began:
/// longer than a reading takes.
const SERVERS: u64 = 1_000;
const FOR: Duration = Duration::from_secs(60 * 60);

/// Clones share what is going on.
#[derive(Clone)]
pub struct Turns(Cache<String, Arc<Semaphore>>);

impl Default for Turns {
    fn default() -> Self {
        let servers = Cache::builder().max_capacity(SERVERS).time_to_idle(FOR);
        Self(servers.build())
    }
}

impl Turns {
    /// A turn at a server until it is dropped; `None` when all are taken.
    pub fn take(&self, authority: &str) -> Option<OwnedSemaphorePermit> {
        let turns = self
            .0
            .get_with_by_ref(authority, || Arc::new(Semaphore::new(AT_ONCE)));
        turns.try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_are_read_from_one_server_at_a_time() {
        let turns = Turns::default();
        let first = turns.take("a.example");
        let second = turns.take("a.example");
        assert!(first.is_some() && second.is_some());
        assert!(turns.take("a.example").is_none());
        assert!(turns.take("b.example").is_some());
        drop(first);
        assert!(turns.take("a.example").is_some());
    }
}
