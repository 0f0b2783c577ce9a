//! Writes down how sending went. All lanes hand their notes to one recorder,
//! which writes many of them in one transaction: successes may wait a moment,
//! and what a crash loses of them is sent again and dropped by its receiver.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use url::Url;

use crate::{
    domain::id::DeliveryId,
    storage::{Conn, Error, deliveries, lanes},
    urls,
};

use super::Context;

/// Most notes in one transaction.
const MOST: usize = 256;

/// Once a lane has ended, others that end right after it are written with it.
const BRIEFLY: Duration = Duration::from_millis(20);

/// The pause before another try when the database is down.
const AGAIN: Duration = Duration::from_secs(1);

/// The error of deliveries whose inbox answered that it is gone.
const GONE: &str = "the inbox is gone";

/// One thing to be written.
#[derive(Debug)]
pub(super) enum Note {
    Delivered {
        id: DeliveryId,
        host: String,
    },
    Failed {
        id: DeliveryId,
        error: String,
    },
    Refused {
        id: DeliveryId,
        error: String,
    },
    Dropped {
        id: DeliveryId,
        note: String,
    },
    Gone {
        inbox: Url,
    },
    /// A lane is given back: the last note of its turn.
    Ended {
        host: String,
        ending: Ending,
    },
}

/// How a lane's turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// All was sent, or the time was up.
    Well,
    /// For a reason of ours: nothing is said of the host.
    Postponed { retry_at: DateTime<Utc> },
    Failed {
        error: String,
        retry_at: DateTime<Utc>,
        /// The moment that the server itself named.
        asked_until: Option<DateTime<Utc>>,
    },
    Held {
        error: String,
        /// When it is tried all the same.
        retry_at: DateTime<Utc>,
    },
}

/// Where lanes hand in their notes.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::Sender<(Note, Option<oneshot::Sender<()>>)>);

impl Recorder {
    /// Starts the recorder in `set`. It ends when the last clone is gone and
    /// all is written.
    pub fn start(context: &Context, set: &mut JoinSet<()>) -> Self {
        let (sender, notes) = mpsc::channel(MOST);
        set.spawn(record(context.clone(), notes));
        Self(sender)
    }

    /// Hands in a note, to be written soon.
    pub async fn note(&self, note: Note) {
        // It fails only when the runner has been stopped without waiting.
        drop(self.0.send((note, None)).await);
    }

    /// Hands in the last note of a lane and waits until it is written.
    pub async fn end(&self, host: String, ending: Ending) {
        let (told, written) = oneshot::channel();
        let note = Note::Ended { host, ending };
        drop(self.0.send((note, Some(told))).await);
        drop(written.await);
    }
}

async fn record(context: Context, mut notes: mpsc::Receiver<(Note, Option<oneshot::Sender<()>>)>) {
    let mut batch = Vec::new();
    let mut waiting = Vec::new();
    let mut due = Instant::now();
    loop {
        let received = tokio::select! {
            received = notes.recv() => received,
            () = sleep_until(due), if !batch.is_empty() => {
                write(&context, &mut batch, &mut waiting).await;
                continue;
            }
        };
        let Some((note, told)) = received else {
            return write(&context, &mut batch, &mut waiting).await;
        };
        if batch.is_empty() {
            due = Instant::now() + context.settings.linger;
        }
        if let Some(told) = told {
            due = due.min(Instant::now() + BRIEFLY);
            waiting.push(told);
        }
        batch.push(note);
        if batch.len() >= MOST {
            write(&context, &mut batch, &mut waiting).await;
        }
    }
}

/// Writes the batch and tells those who wait. While the database is down it
/// tries again and again: what it knows must not be lost, and nothing else
/// can go on meanwhile.
async fn write(context: &Context, batch: &mut Vec<Note>, waiting: &mut Vec<oneshot::Sender<()>>) {
    let notes = Arc::new(std::mem::take(batch));
    loop {
        let (notes, now) = (Arc::clone(&notes), (context.now)());
        match context.db.write(move |conn| apply(conn, &notes, now)).await {
            Ok(()) => break,
            Err(Error::Unavailable(reason)) => {
                tracing::warn!(reason, "deliveries cannot be recorded now");
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => {
                // They are sent again when the leases end.
                tracing::error!(%error, "deliveries could not be recorded");
                break;
            }
        }
    }
    for told in waiting.drain(..) {
        // Nobody waits any more when the runner is stopping.
        let _nobody = told.send(());
    }
}

fn apply(conn: &mut Conn, notes: &[Note], now: DateTime<Utc>) -> Result<(), Error> {
    let (mut ids, mut successful) = (Vec::new(), BTreeSet::new());
    let (mut hosts, mut ended) = (BTreeSet::new(), Vec::new());
    for note in notes {
        match note {
            Note::Delivered { id, host } => {
                ids.push(*id);
                successful.insert(host.clone());
                hosts.insert(host.clone());
            }
            Note::Ended { host, .. } => {
                ended.push(host.clone());
                hosts.insert(host.clone());
            }
            Note::Gone { inbox } => {
                hosts.insert(urls::authority(inbox));
            }
            Note::Failed { .. } | Note::Refused { .. } | Note::Dropped { .. } => {}
        }
    }
    lanes::lock(conn, &Vec::from_iter(hosts))?;
    deliveries::delivered(conn, &ids, now)?;
    lanes::succeeded(conn, &Vec::from_iter(successful), now)?;
    for note in notes {
        apply_one(conn, note, now)?;
    }
    lanes::release(conn, &ended)?;
    Ok(())
}

/// What cannot be written together.
fn apply_one(conn: &mut Conn, note: &Note, now: DateTime<Utc>) -> Result<(), Error> {
    match note {
        Note::Delivered { .. } => Ok(()),
        Note::Failed { id, error } => deliveries::failed(conn, *id, error, now),
        Note::Refused { id, error } => deliveries::refused(conn, *id, error, now),
        Note::Dropped { id, note } => deliveries::dropped(conn, *id, note, now),
        Note::Gone { inbox } => {
            let is_shared = deliveries::inbox_gone(conn, inbox, GONE, now)?;
            if is_shared {
                lanes::gone(conn, &urls::authority(inbox), GONE)?;
            }
            Ok(())
        }
        Note::Ended { host, ending } => match ending {
            Ending::Well => Ok(()),
            Ending::Postponed { retry_at } => lanes::postponed(conn, host, *retry_at),
            Ending::Failed {
                error,
                retry_at,
                asked_until,
            } => {
                lanes::failed(conn, host, error, *retry_at)?;
                match asked_until {
                    Some(until) => lanes::asked(conn, host, *until),
                    None => Ok(()),
                }
            }
            Ending::Held { error, retry_at } => lanes::hold(conn, host, error, *retry_at),
        },
    }
}
