//! What changed among entries and boosts, told to whoever watches, after the
//! commit.
//!
//! The functions that write them [`note`] each change on the thread that holds
//! the transaction; whoever commits publishes what was noted there. A watcher
//! learns ids and reads what they name for itself, for its own viewer: that
//! something changed says nothing about who may see it.

use std::cell::RefCell;

use tokio::sync::broadcast;

use crate::domain::{
    audience::Audience,
    id::{EntryId, ReactionId},
};

/// How many changes a watcher may be behind; it then misses the oldest.
const MOST_BEHIND: usize = 1_024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An entry is new on this node.
    Made(EntryId),
    /// An entry was for these, and says something else now, or is for others.
    Edited {
        entry: EntryId,
        before: Audience,
    },
    Deleted(EntryId),
    Boosted(ReactionId),
}

thread_local! {
    /// What the transaction on this thread changed so far.
    static NOTED: RefCell<Vec<Change>> = const { RefCell::new(Vec::new()) };
}

/// To be told when the transaction on this thread is committed.
pub(super) fn note(change: Change) {
    NOTED.with_borrow_mut(|noted| noted.push(change));
}

/// How much was noted on this thread: a mark for [`forget_since`].
pub(super) fn mark() -> usize {
    NOTED.with_borrow(Vec::len)
}

/// Forgets what was noted after a mark, because it was undone.
pub(super) fn forget_since(mark: usize) {
    NOTED.with_borrow_mut(|noted| noted.truncate(mark));
}

/// Tells every watcher what happens. Clones tell the same watchers.
#[derive(Clone)]
pub(super) struct Crier(broadcast::Sender<Told>);

/// A change, and where it was made.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub change: Change,
    /// By this process, and not by another one on the same database.
    pub ours: bool,
}

impl Default for Crier {
    fn default() -> Self {
        Self(broadcast::Sender::new(MOST_BEHIND))
    }
}

impl Crier {
    /// Tells what was noted on this thread.
    pub(super) fn publish(&self) {
        for change in NOTED.take() {
            self.tell(change, true);
        }
    }

    pub(super) fn tell(&self, change: Change, ours: bool) {
        // An error means that nobody watches.
        drop(self.0.send(Told { change, ours }));
    }

    pub(super) fn watch(&self) -> broadcast::Receiver<Told> {
        self.0.subscribe()
    }

    /// Without keeping the database open.
    pub(super) fn downgrade(&self) -> broadcast::WeakSender<Told> {
        self.0.downgrade()
    }

    pub(super) fn upgrade(weak: &broadcast::WeakSender<Told>) -> Option<Self> {
        weak.upgrade().map(Self)
    }
}

/// Watches a database.
pub struct Changes(broadcast::Receiver<Told>);

impl Changes {
    pub(super) fn of(crier: &Crier) -> Self {
        Self(crier.watch())
    }

    /// The next change; those that were missed are passed over. Never ends
    /// while the database is open. Nothing is lost when the wait is broken off.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            match self.0.recv().await {
                Ok(told) => return Some(told.change),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// A change that is there already.
    pub fn ready(&mut self) -> Option<Change> {
        loop {
            match self.0.try_recv() {
                Ok(told) => return Some(told.change),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(
                    broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed,
                ) => return None,
            }
        }
    }
}
