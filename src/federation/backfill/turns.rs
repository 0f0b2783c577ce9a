//! How much is read from one server at a time, and of one conversation in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::{domain::id::EntryId, federation::fetch::Budget, urls};

/// Readings at once from one server (PROTOCOL.md 6.3).
const AT_ONCE: usize = 2;

/// Servers that are remembered, and for how long after the last reading began:
/// longer than a reading takes.
const SERVERS: u64 = 1_000;
const FOR: Duration = Duration::from_secs(60 * 60);

/// Conversations whose allowances are remembered, more than may wait to be
/// read, and for how long after the last try: longer than tries go on.
const CONVERSATIONS: u64 = 10_000;
const ALLOWED_FOR: Duration = Duration::from_secs(48 * 60 * 60);

/// Pages of collections in one conversation (SECURITY.md 3.2).
const PAGES: u32 = 10;

/// What may be fetched for one conversation, however often it is tried.
#[derive(Debug, Clone)]
pub struct Allowance {
    pub requests: Budget,
    /// Pages of collections among them.
    pub pages: Budget,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            requests: Budget::default(),
            pages: Budget::new(PAGES),
        }
    }
}

/// Clones share what is going on.
#[derive(Clone)]
pub struct Turns {
    servers: Cache<String, Arc<Semaphore>>,
    allowances: Cache<EntryId, Allowance>,
}

impl Default for Turns {
    fn default() -> Self {
        let servers = Cache::builder().max_capacity(SERVERS).time_to_idle(FOR);
        let allowances = Cache::builder()
            .max_capacity(CONVERSATIONS)
            .time_to_idle(ALLOWED_FOR);
        Self {
            servers: servers.build(),
            allowances: allowances.build(),
        }
    }
}

impl Turns {
    /// A turn at a server until it is dropped; `None` when all are taken.
    pub fn take(&self, authority: &str) -> Option<OwnedSemaphorePermit> {
        let turns = self
            .servers
            .get_with_by_ref(authority, || Arc::new(Semaphore::new(AT_ONCE)));
        turns.try_acquire_owned().ok()
    }

    /// What is left for the conversation of this entry.
    pub fn allowance(&self, entry: EntryId) -> Allowance {
        self.allowances.get_with(entry, Allowance::default)
    }

    /// The conversation of this entry was read.
    pub fn settle(&self, entry: EntryId) {
        self.allowances.invalidate(&entry);
    }

    /// Begins a reading that may lead to several servers.
    pub fn round(&self) -> Round<'_> {
        Round {
            turns: self,
            taken: Mutex::default(),
        }
    }
}

/// The turns of one reading, one at each server that it comes to.
pub struct Round<'a> {
    turns: &'a Turns,
    taken: Mutex<HashMap<String, OwnedSemaphorePermit>>,
}

impl Round<'_> {
    /// May the server of this address be read from until the round is over?
    pub fn comes_to(&self, url: &Url) -> bool {
        let authority = urls::authority(url);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.contains_key(&authority) {
            return true;
        }
        let turn = self.turns.take(&authority);
        turn.is_some_and(|turn| taken.insert(authority, turn).is_none())
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

    #[test]
    fn a_reading_has_a_turn_at_every_server_that_it_comes_to() {
        let turns = Turns::default();
        let url = |text: &str| text.parse::<Url>().expect("an address");
        let (one, other) = (turns.round(), turns.round());
        for path in ["1", "2", "3"] {
            let victim = url(&format!("https://victim.example/{path}"));
            assert!(one.comes_to(&victim) && other.comes_to(&victim));
        }
        let third = turns.round();
        assert!(third.comes_to(&url("https://evil.example/1")));
        assert!(!third.comes_to(&url("https://victim.example/4")));
        drop(one);
        assert!(third.comes_to(&url("https://victim.example/4")));
    }

    #[test]
    fn what_a_try_spent_is_spent_for_the_next() {
        let turns = Turns::default();
        let spend = || turns.allowance(EntryId(1)).requests.spend();
        assert!((0..20).all(|_| spend().is_ok()));
        assert!(spend().is_err());
        assert!(turns.allowance(EntryId(2)).requests.spend().is_ok());
        turns.settle(EntryId(1));
        assert!(spend().is_ok());
    }
}
