//! What arrives while other things are being stored is stored together: one
//! transaction, and a few statements for all of it. The more comes in, the less
//! each costs; who comes alone does not wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    select,
    sync::{Mutex as Turn, OwnedMutexGuard, oneshot},
};

use crate::{
    operations::{
        Forum,
        entries::{Arrived, Occasion, accept_all},
    },
    storage::{
        self,
        activities::{self, Received},
    },
};

/// Most that are stored together.
const MOST: usize = 64;

/// A Create, checked and read.
#[derive(Debug, Clone)]
pub(super) struct Creation {
    /// `None` when its id is not its author's word.
    pub record: Option<Received>,
    pub arrived: Arrived,
    pub occasion: Occasion,
}

/// It could not be stored together with others: to be tried by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotTogether;

struct Waiting {
    creation: Creation,
    stored: oneshot::Sender<()>,
}

/// The Creates that wait to be stored. Clones share them.
#[derive(Clone, Default)]
pub struct Gathering {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<Turn<()>>,
}

impl Gathering {
    /// Stores a Create, or takes notice that it was received before; answers
    /// after the commit.
    ///
    /// # Errors
    /// [`NotTogether`] when nothing was stored, whatever the reason.
    pub(super) async fn take(&self, forum: &Forum, creation: Creation) -> Result<(), NotTogether> {
        let (stored, mut told) = oneshot::channel();
        self.lock().push(Waiting { creation, stored });
        loop {
            select! {
                biased;
                answer = &mut told => return answer.map_err(|_gone| NotTogether),
                turn = Arc::clone(&self.turn).lock_owned() => {
                    // Goes on for the others if this caller leaves.
                    tokio::spawn(store(forum.clone(), self.next(), turn));
                }
            }
        }
    }

    /// Those who wait longest, without those who went away.
    fn next(&self) -> Vec<Waiting> {
        let mut waiting = self.lock();
        waiting.retain(|one| !one.stored.is_closed());
        let count = waiting.len().min(MOST);
        waiting.drain(..count).collect()
    }

    /// Takes the turn, so that what comes meanwhile waits.
    #[cfg(test)]
    pub async fn hold(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// How many wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores them and tells their callers; whoever is not told tries alone.
async fn store(forum: Forum, group: Vec<Waiting>, turn: OwnedMutexGuard<()>) {
    let (creations, callers): (Vec<_>, Vec<_>) = group
        .into_iter()
        .map(|one| (one.creation, one.stored))
        .unzip();
    let count = creations.len();
    let result = forum
        .take_in(move |conn, forum| -> Result<(), storage::Error> {
            let records: Vec<_> = creations
                .iter()
                .filter_map(|one| one.record.clone())
                .collect();
            let new = activities::record_received(conn, &records)?;
            let is_new = |one: &Creation| {
                let record = one.record.as_ref();
                record.is_none_or(|record| new.contains(&record.id))
            };
            let arrived = creations
                .into_iter()
                .filter(is_new)
                .map(|one| (one.arrived, one.occasion));
            accept_all(conn, forum, arrived.collect())
        })
        .await;
    match result {
        Ok(()) => {
            for caller in callers {
                // Who has gone away needs no answer.
                let _ = caller.send(());
            }
        }
        Err(error) => {
            tracing::debug!(%error, count, "not stored together");
            drop(callers);
        }
    }
    // When everybody of this group knows: whoever has the turn next still waits.
    drop(turn);
}
