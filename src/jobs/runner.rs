//! The loop of a process: claims what is due as soon as it is told of work,
//! and every second in any case, keeps the leases of what is going on, and
//! stops within the time it is given.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    domain::{
        delivery::retry_at,
        id::TaskId,
        task::{Claimed, Pace, Task},
    },
    storage::{
        Error,
        lanes::{self, Health, Leased},
        tasks,
    },
};

use super::{Context, Next, lane, record::Recorder};

/// After so many tries a task is given up; with the default steps of the
/// back-off that takes half a day.
const MOST_TRIES: i32 = 20;

/// A process that starts tidies up at once: how long it keeps things may have
/// been changed, and the moment that is written was chosen by the one before.
const SWEEP: TaskId = TaskId(1);

/// The tasks that repeat for ever, under ids that nothing else gets. They are
/// never given up.
const FOR_EVER: [(TaskId, Task); 4] = [
    (SWEEP, Task::Sweep),
    (TaskId(2), Task::KeepAccreditations),
    (TaskId(3), Task::AskForLists),
    (TaskId(4), Task::AskForAccreditations),
];

/// Works until it is stopped. Dropped without [`Runner::stop`], it ends at
/// once, like a crash: what was going on is done again when its leases end.
pub struct Runner {
    stop: watch::Sender<bool>,
    main: Option<JoinHandle<()>>,
}

impl Runner {
    /// Starts to work. Whoever commits tasks or deliveries calls
    /// `wake.notify_one()`.
    pub fn start(context: Context, wake: Arc<Notify>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let main = Main {
            lanes: JoinSet::new(),
            tasks: JoinSet::new(),
            leased: HashMap::new(),
            claimed: HashMap::new(),
            last_in_line: None,
            is_new: true,
            is_down: false,
            context,
            stopped,
        };
        Self {
            stop,
            main: Some(tokio::spawn(main.run(wake))),
        }
    }

    /// Begins nothing new, lets what is under way finish for at most `within`,
    /// and returns. What did not finish is left to be done again.
    pub async fn stop(mut self, within: Duration) {
        self.stop.send_replace(true);
        if let Some(main) = &mut self.main
            && timeout(within, main).await.is_err()
        {
            tracing::warn!("work in the background was cut short; it will be done again");
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(main) = self.main.take() {
            main.abort();
        }
    }
}

struct Main {
    context: Context,
    stopped: watch::Receiver<bool>,
    lanes: JoinSet<String>,
    tasks: JoinSet<TaskId>,
    /// What is to be renewed.
    leased: HashMap<String, Health>,
    claimed: HashMap<TaskId, Pace>,
    /// Ends with the last task that keeps its order.
    last_in_line: Option<oneshot::Receiver<()>>,
    /// Whether nothing was claimed yet.
    is_new: bool,
    /// Whether the last claim failed; said once, not every second.
    is_down: bool,
}

#[derive(Default)]
struct Claims {
    tasks: Vec<Claimed>,
    lanes: Vec<(Leased, Health)>,
}

impl Main {
    async fn run(mut self, wake: Arc<Notify>) {
        let mut recording = JoinSet::new();
        let recorder = Recorder::start(&self.context, &mut recording);
        let mut renewal = interval(self.context.settings.lease / 3);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopped = self.stopped.clone();
        while !*stopped.borrow() {
            self.claim(&recorder).await;
            tokio::select! {
                () = wake.notified() => {}
                () = sleep(self.context.settings.poll) => {}
                Some(ended) = self.lanes.join_next() => self.lane_ended(ended.ok()),
                Some(ended) = self.tasks.join_next() => self.task_ended(ended.ok()),
                _ = renewal.tick() => self.renew().await,
                _ = stopped.changed() => {}
            }
            self.forget_ended();
        }
        drop(recorder);
        self.finish(&mut renewal).await;
        while recording.join_next().await.is_some() {}
    }

    /// Lets everything that is under way finish; whoever stops us may lose
    /// patience.
    async fn finish(&mut self, renewal: &mut tokio::time::Interval) {
        while !self.lanes.is_empty() || !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.lanes.join_next() => self.lane_ended(ended.ok()),
                Some(ended) = self.tasks.join_next() => self.task_ended(ended.ok()),
                _ = renewal.tick() => self.renew().await,
            }
        }
    }

    /// Many may have ended at once; one claim follows them all.
    fn forget_ended(&mut self) {
        while let Some(ended) = self.lanes.try_join_next() {
            self.lane_ended(ended.ok());
        }
        while let Some(ended) = self.tasks.try_join_next() {
            self.task_ended(ended.ok());
        }
    }

    fn lane_ended(&mut self, host: Option<String>) {
        if let Some(host) = host {
            self.leased.remove(&host);
        }
    }

    fn task_ended(&mut self, id: Option<TaskId>) {
        if let Some(id) = id {
            self.claimed.remove(&id);
        }
    }

    /// Claims as much as there is room for, in one transaction, and begins it.
    async fn claim(&mut self, recorder: &Recorder) {
        let settings = &self.context.settings;
        let serving = |health| self.leased.values().filter(|one| **one == health).count();
        let room = |most: usize, taken: usize| {
            i64::try_from(most.saturating_sub(taken)).unwrap_or(i64::MAX)
        };
        let running = |pace| self.claimed.values().filter(|one| **one == pace).count();
        let for_tasks = [
            (Pace::Alone, room(settings.tasks, running(Pace::Alone))),
            (Pace::Asking, room(settings.asking, running(Pace::Asking))),
            (
                Pace::Mailing,
                room(settings.mailing, running(Pace::Mailing)),
            ),
        ];
        let for_lanes = [
            (
                Health::Healthy,
                room(settings.lanes, serving(Health::Healthy)),
            ),
            (
                Health::Failing,
                room(settings.probes, serving(Health::Failing)),
            ),
        ];
        let (now, lease) = ((self.context.now)(), settings.lease);
        let is_new = self.is_new;
        let claims = self.context.db.write(move |conn| {
            tasks::enqueue_once(conn, &FOR_EVER, now)?;
            if is_new {
                tasks::hasten(conn, SWEEP, now)?;
            }
            let mut claims = Claims::default();
            for (pace, room) in for_tasks {
                if room > 0 {
                    claims
                        .tasks
                        .extend(tasks::claim(conn, pace, now, room, lease)?);
                }
            }
            for (health, room) in for_lanes {
                if room > 0 {
                    let leased = lanes::claim(conn, health, now, room, lease)?;
                    claims
                        .lanes
                        .extend(leased.into_iter().map(|one| (one, health)));
                }
            }
            Ok::<_, Error>(claims)
        });
        match claims.await {
            Ok(claims) => {
                (self.is_new, self.is_down) = (false, false);
                self.begin(claims, recorder);
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_down, true) {
                    tracing::error!(%error, "no work can be claimed now");
                }
            }
        }
    }

    fn begin(&mut self, claims: Claims, recorder: &Recorder) {
        for claimed in claims.tasks {
            self.claimed.insert(claimed.id, claimed.task.pace());
            let before = match claimed.task {
                Task::Distribute { .. } => self.line_up(),
                Task::ReadHistory { .. }
                | Task::ReadPins { .. }
                | Task::ReadConversation { .. }
                | Task::CompareFollowers { .. }
                | Task::TakeAgain { .. }
                | Task::MailLink { .. }
                | Task::MailApplicant { .. }
                | Task::Sweep
                | Task::KeepAccreditations
                | Task::AskForLists
                | Task::AskForAccreditations => None,
            };
            self.tasks
                .spawn(run_task(self.context.clone(), claimed, before));
        }
        for (leased, health) in claims.lanes {
            let host = leased.host.clone();
            self.leased.insert(host.clone(), health);
            let turn = lane::serve(
                self.context.clone(),
                recorder.clone(),
                leased,
                self.stopped.clone(),
            );
            self.lanes.spawn(turn.map(|()| host));
        }
    }

    /// Activities are distributed one after the other, in the order in which
    /// they happened: what is queued first is sent first, and an Update must
    /// not overtake its Create.
    fn line_up(&mut self) -> Option<InLine> {
        let (done, after_us) = oneshot::channel();
        let before_us = self.last_in_line.replace(after_us);
        Some(InLine {
            before_us,
            _done: done,
        })
    }

    async fn renew(&mut self) {
        if self.leased.is_empty() && self.claimed.is_empty() {
            return;
        }
        let hosts: Vec<String> = self.leased.keys().cloned().collect();
        let ids: Vec<TaskId> = self.claimed.keys().copied().collect();
        let (now, lease) = ((self.context.now)(), self.context.settings.lease);
        let renewed = self.context.db.write(move |conn| {
            lanes::renew(conn, &hosts, now, lease)?;
            tasks::renew(conn, &ids, now, lease)
        });
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "leases could not be renewed");
        }
    }
}

fn is_for_ever(id: TaskId) -> bool {
    FOR_EVER.iter().any(|(one, _)| *one == id)
}

/// A place in the line of tasks that keep their order.
struct InLine {
    before_us: Option<oneshot::Receiver<()>>,
    /// Dropped when it is the next one's turn.
    _done: oneshot::Sender<()>,
}

/// Runs one task, when it is its turn, and records how it went.
async fn run_task(context: Context, claimed: Claimed, mut line: Option<InLine>) -> TaskId {
    if let Some(before_us) = line.as_mut().and_then(|line| line.before_us.take()) {
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
