//! One task: runs it, in its turn where it keeps an order, and records how it
//! went.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::{
    domain::{
        delivery::retry_at,
        id::TaskId,
        task::{Claimed, Task},
    },
    storage::tasks,
};

use super::{Context, Next};

/// After so many tries a task is given up; with the default steps of the
/// back-off that takes half a day.
const MOST_TRIES: i32 = 20;

/// A process that starts tidies up at once: how long it keeps things may have
/// been changed, and the moment that is written was chosen by the one before.
pub(super) const SWEEP: TaskId = TaskId(1);

/// The tasks that repeat for ever, under ids that nothing else gets. They are
/// never given up.
pub(super) const FOR_EVER: [(TaskId, Task); 4] = [
    (SWEEP, Task::Sweep),
    (TaskId(2), Task::KeepAccreditations),
    (TaskId(3), Task::AskForLists),
    (TaskId(4), Task::AskForAccreditations),
];

/// Tasks of this process that run one after the other. Activities are
/// distributed in the order in which they happened: what is queued first is
/// sent first, and an Update must not overtake its Create.
#[derive(Default)]
pub(super) struct Line {
    /// Ends with the last one in it.
    last: Option<oneshot::Receiver<()>>,
}

impl Line {
    /// The place after all who are in it.
    pub(super) fn join(&mut self) -> Place {
        let (done, after_us) = oneshot::channel();
        let before_us = self.last.replace(after_us);
        Place {
            before_us,
            _done: done,
        }
    }
}

/// A place in a [`Line`].
pub(super) struct Place {
    before_us: Option<oneshot::Receiver<()>>,
    /// Dropped when it is the next one's turn.
    _done: oneshot::Sender<()>,
}

/// Runs a claimed task, when it is its turn, records how it went and answers
/// which it was.
pub(super) async fn run(context: Context, claimed: Claimed, mut place: Option<Place>) -> TaskId {
    if let Some(before_us) = place.as_mut().and_then(|place| place.before_us.take()) {
        // Nothing is ever sent: it ends when the one before us has ended.
        drop(before_us.await);
    }
    let Claimed { id, task, attempts } = claimed;
    let name = format!("{task:?}");
    let run = AssertUnwindSafe(context.work.run(task)).catch_unwind();
    let result = match run.await {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_panic) => Err("a bug in this program; see its log".to_owned()),
    };
    let now = (context.now)();
    let steps = &context.settings.retry_after;
    let recorded = match result {
        Ok(Next::Done) => context.db.write(move |conn| tasks::finish(conn, id)).await,
        Ok(Next::Again(after)) => {
            let again = context
                .db
                .write(move |conn| tasks::repeat(conn, id, now + after));
            again.await
        }
        Ok(Next::Later(after)) if attempts + 1 < MOST_TRIES => {
            let later = context.db.write(move |conn| {
                tasks::retry_later(conn, id, "the other server asked to wait", now + after)
            });
            later.await
        }
        Ok(Next::Later(_)) => context.db.write(move |conn| tasks::finish(conn, id)).await,
        Err(error) if attempts + 1 >= MOST_TRIES && !is_for_ever(id) => {
            tracing::error!(%id, task = name, error, "a task was given up");
            let buried = context
                .db
                .write(move |conn| tasks::bury(conn, id, &error, now));
            buried.await
        }
        Err(error) => {
            let run_at = retry_at(now, attempts, steps, (context.jitter)());
            tracing::warn!(%id, task = name, error, %run_at, "a task failed");
            let later = context
                .db
                .write(move |conn| tasks::retry_later(conn, id, &error, run_at));
            later.await
        }
    };
    if let Err(error) = recorded {
        // It is run again when its lease ends.
        tracing::error!(%id, task = name, %error, "the end of a task could not be recorded");
    }
    id
}

fn is_for_ever(id: TaskId) -> bool {
    FOR_EVER.iter().any(|(one, _)| *one == id)
}
