//! One host's turn: sends what waits for it, a few requests at a time, until
//! all is sent, the host fails, or others are to have their turn. A host that
//! failed last time is sent one request, and more only if that goes well.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{
    domain::delivery::{Delivery, Outcome, PROBE_HELD_AFTER, asked_until, retry_at},
    storage::{deliveries, lanes::Leased},
};

use super::{
    Context,
    queue::Queue,
    record::{Ending, Note, Recorder},
};

/// How many rows are read at once.
const ROWS: i64 = 64;

/// For so many that wait one more request goes on at once: fewer are sent
/// sooner over the connections that are open.
const WORTH_ONE: usize = 8;

/// Serves a leased lane and gives it back.
pub(super) async fn serve(
    context: Context,
    recorder: Recorder,
    leased: Leased,
    stop: watch::Receiver<bool>,
) {
    let mut turn = Turn {
        host: leased.host,
        failures: leased.failures,
        is_held: leased.is_held,
        queue: Queue::default(),
        has_all: false,
        ending: None,
        ends: Instant::now() + context.settings.turn,
        context,
        recorder,
        stop,
    };
    if AssertUnwindSafe(turn.take()).catch_unwind().await.is_err() {
        turn.fail("a bug in this program; see its log".to_owned(), None);
    }
    let ending = turn.ending.unwrap_or(Ending::Well);
    turn.recorder.end(turn.host, ending).await;
}

struct Turn {
    context: Context,
    recorder: Recorder,
    stop: watch::Receiver<bool>,
    host: String,
    /// In a row, before this turn or since the last success in it.
    failures: i32,
    /// It refused us last, and has taken nothing since.
    is_held: bool,
    queue: Queue,
    /// The last read found the end of what waits.
    has_all: bool,
    /// Set at the first failure: nothing more is begun then.
    ending: Option<Ending>,
    ends: Instant,
}

impl Turn {
    async fn take(&mut self) {
        // Each on a task of its own: it waits in line to read and to sign, and
        // must not hold a place there while this turn waits for another.
        let mut sending = JoinSet::new();
        loop {
            while sending.len() < self.window()
                && let Some(delivery) = self.next(sending.is_empty()).await
            {
                let post = Arc::clone(&self.context.post);
                sending.spawn(async move {
                    let outcome = post.send(&delivery).await;
                    (delivery, outcome)
                });
            }
            match sending.join_next().await {
                Some(Ok((delivery, outcome))) => self.ended(delivery, outcome).await,
                Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
                // Cancelled: the program ends.
                Some(Err(_)) | None => return,
            }
        }
    }

    /// How many requests may be under way: more for a long queue. One probe tells whether a host that
    /// failed is well again.
    fn window(&self) -> usize {
        let is_over = self.ending.is_some() || *self.stop.borrow() || Instant::now() >= self.ends;
        match (is_over, self.failures) {
            (true, _) => 0,
            (false, 0) => {
                let worthwhile = 1 + self.queue.len() / WORTH_ONE;
                self.context.settings.window.min(worthwhile)
            }
            (false, _) => 1,
        }
    }

    /// What is sent next. What was queued since the last read is asked for when
    /// nothing is under way (`is_idle`) any more.
    async fn next(&mut self, is_idle: bool) -> Option<Delivery> {
        if self.queue.is_empty() && (is_idle || !self.has_all) {
            let (host, last) = (self.host.clone(), self.queue.last());
            let read = move |conn: &mut _| deliveries::next(conn, &host, last, ROWS);
            match self.context.db.read(read).await {
                Ok(rows) => {
                    self.has_all = rows.len() < ROWS as usize;
                    self.queue.add(rows);
                }
                Err(error) => {
                    tracing::error!(host = self.host, %error, "deliveries cannot be read");
                    self.fail(error.to_string(), None);
                }
            }
        }
        self.queue.take()
    }

    async fn ended(&mut self, delivery: Delivery, outcome: Outcome) {
        self.queue.ended(&delivery);
        let id = delivery.id;
        let note = match outcome {
            Outcome::Delivered => {
                (self.failures, self.is_held) = (0, false);
                let host = self.host.clone();
                Note::Delivered { id, host }
            }
            Outcome::Refused { error } => {
                tracing::info!(host = self.host, %id, error, "a delivery was refused");
                Note::Refused { id, error }
            }
            Outcome::Postponed { note } => return self.postpone(&note),
            Outcome::Dropped { note } => Note::Dropped { id, note },
            Outcome::Gone => {
                self.queue.forget(&delivery.inbox);
                let inbox = delivery.inbox;
                Note::Gone { inbox }
            }
            Outcome::Failed { error, after } => {
                self.fail(error.clone(), after);
                Note::Failed { id, error }
            }
            Outcome::Unauthorised { error } => {
                self.hold(error.clone());
                Note::Failed { id, error }
            }
        };
        self.recorder.note(note).await;
    }

    /// We cannot send now, which is not the host's doing: nothing is recorded,
    /// and it is its turn again when we next look for work.
    fn postpone(&mut self, note: &str) {
        if self.ending.is_some() {
            return;
        }
        let pause = self.context.settings.poll;
        let retry_at = retry_at((self.context.now)(), 0, &[pause], (self.context.jitter)());
        tracing::info!(host = self.host, note, %retry_at, "a turn was cut short");
        self.ending = Some(Ending::Postponed { retry_at });
    }

    /// The host failed and is to be left alone. The first failure counts;
    /// what else was under way fails with it as a rule.
    fn fail(&mut self, error: String, after: Option<Duration>) {
        if self.ending.is_some() {
            return;
        }
        let now = (self.context.now)();
        let after_refusal = self.is_held.then(|| self.probe_at());
        let steps = &self.context.settings.retry_after;
        let ours = retry_at(now, self.failures, steps, (self.context.jitter)());
        let ending = Ending::Failed {
            error,
            retry_at: after_refusal.map_or(ours, |probe_at| probe_at.max(ours)),
            asked_until: after.map(|after| asked_until(now, after)),
        };
        tracing::info!(host = self.host, ?ending, "a host failed");
        self.ending = Some(ending);
    }

    /// The host refuses us: that outweighs whatever else went wrong.
    fn hold(&mut self, error: String) {
        tracing::warn!(host = self.host, error, "a host refuses us and is held");
        let retry_at = self.probe_at();
        self.ending = Some(Ending::Held { error, retry_at });
    }

    /// When a host that refuses us is tried again.
    fn probe_at(&self) -> DateTime<Utc> {
        let (now, jitter) = ((self.context.now)(), (self.context.jitter)());
        retry_at(now, 0, &[PROBE_HELD_AFTER], jitter)
    }
}
