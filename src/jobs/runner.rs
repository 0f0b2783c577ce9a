//! The loop of a process: claims what is due as soon as it is told of work,
//! and every second in any case, keeps the leases of what is going on, and
//! stops within the time it is given.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use tokio::{
    sync::{Notify, watch},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    domain::{
        id::TaskId,
        task::{Claimed, Pace, Task},
    },
    storage::{
        Conn, Error,
        lanes::{self, Health, Leased},
        tasks,
    },
};

use super::{
    Context, lane,
    record::Recorder,
    task::{self, FOR_EVER, Line, SWEEP},
};

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
            renew_by: DateTime::<Utc>::MIN_UTC,
            line: Line::default(),
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
    /// None of these leases ends before this moment, nor shortly after it.
    renew_by: DateTime<Utc>,
    /// Of the tasks that keep their order.
    line: Line,
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
        // A process that was held up must not take for free what it is at.
        let overdue = (now >= self.renew_by).then(|| self.held());
        let is_overdue = overdue.is_some();
        let claims = self.context.db.write(move |conn| {
            if let Some(held) = overdue {
                held.renew(conn, now, lease)?;
            }
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
                if is_overdue {
                    self.renewed(now);
                }
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
            let place = match claimed.task {
                Task::Distribute { .. } => Some(self.line.join()),
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
                .spawn(task::run(self.context.clone(), claimed, place));
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

    async fn renew(&mut self) {
        let held = self.held();
        if held.is_empty() {
            return;
        }
        let (now, lease) = ((self.context.now)(), self.context.settings.lease);
        let renewed = self
            .context
            .db
            .write(move |conn| held.renew(conn, now, lease));
        match renewed.await {
            Ok(()) => self.renewed(now),
            Err(error) => tracing::warn!(%error, "leases could not be renewed"),
        }
    }

    fn renewed(&mut self, now: DateTime<Utc>) {
        self.renew_by = now + self.context.settings.lease / 2;
    }

    fn held(&self) -> Held {
        Held {
            hosts: self.leased.keys().cloned().collect(),
            tasks: self.claimed.keys().copied().collect(),
        }
    }
}

/// What this process has leased.
struct Held {
    hosts: Vec<String>,
    tasks: Vec<TaskId>,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.tasks.is_empty()
    }

    fn renew(&self, conn: &mut Conn, now: DateTime<Utc>, lease: Duration) -> Result<(), Error> {
        if !self.hosts.is_empty() {
            lanes::renew(conn, &self.hosts, now, lease)?;
        }
        if !self.tasks.is_empty() {
            tasks::renew(conn, &self.tasks, now, lease)?;
        }
        Ok(())
    }
}
