//! Work in the background: claims the tasks that operations have written and
//! runs them, and sends the deliveries that wait, host by host. Everything is
//! a row before it is done and until it is done, so that a crash loses nothing.

mod dispatch;
mod lane;
pub mod mail;
mod queue;
mod record;
mod runner;
mod sweep;
mod task;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::{
    config,
    domain::{
        delivery::{Delivery, Outcome},
        task::Task,
    },
    federation::delivery::Courier,
    operations::Forum,
    storage::Db,
};

use dispatch::Dispatch;
use sweep::Keep;

pub use dispatch::{Function, Functions};
pub use runner::Runner;

/// Runs one task.
pub trait Work: Send + Sync + 'static {
    fn run(&self, task: Task) -> BoxFuture<'_, anyhow::Result<Next>>;
}

/// Sends one delivery, within a limited time.
pub trait Post: Send + Sync + 'static {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome>;
}

impl Post for Courier {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome> {
        Box::pin(Courier::send(self, delivery))
    }
}

/// What becomes of a task that went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Done,
    /// It is to be done again after this time.
    Again(Duration),
    /// It could not be done, and may be tried again after this time, as another
    /// server asked.
    Later(Duration),
}

/// How much is done at once, and how long things may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How often we look for work of which nobody told us: tasks of other
    /// processes, and what has become due.
    pub poll: Duration,
    /// After this time without renewal, others take what we had claimed.
    pub lease: Duration,
    /// Tasks at once that this node does alone.
    pub tasks: usize,
    /// Tasks at once that wait for other servers.
    pub asking: usize,
    /// Mails at once.
    pub mailing: usize,
    /// Healthy hosts that are sent to at once.
    pub lanes: usize,
    /// Failing hosts that are probed at once.
    pub probes: usize,
    /// Requests at once to one host.
    pub window: usize,
    /// How long a host is sent to before others get their turn.
    pub turn: Duration,
    /// How long successes may wait to be written together.
    pub linger: Duration,
    /// Back-off steps, of hosts and of tasks.
    pub retry_after: Vec<Duration>,
}

impl Settings {
    pub fn new(delivery: &config::Delivery) -> Self {
        Self {
            poll: Duration::from_secs(1),
            lease: Duration::from_secs(15),
            tasks: 8,
            asking: 4,
            mailing: 2,
            lanes: 64,
            probes: 16,
            window: 4,
            turn: Duration::from_secs(20),
            linger: Duration::from_secs(1),
            retry_after: delivery.retry_after.clone(),
        }
    }
}

/// Starts the work of a node. It is woken by `forum.bell`.
pub fn start(
    forum: &Forum,
    config: &config::Config,
    courier: Courier,
    functions: Functions,
) -> Runner {
    let clock = forum.clock.clone();
    let dispatch = Dispatch {
        forum: forum.clone(),
        keep: Keep::new(config),
        functions,
    };
    let context = Context {
        settings: Arc::new(Settings::new(&config.delivery)),
        db: forum.db.clone(),
        now: Arc::new(move || clock.now()),
        jitter: Arc::new(jitter),
        work: Arc::new(dispatch),
        post: Arc::new(courier),
    };
    Runner::start(context, Arc::clone(&forum.bell))
}

/// Tidies up as the runner does, for tests of what is to be removed.
///
/// # Errors
/// Storage only.
#[cfg(test)]
pub async fn sweep_now(
    forum: &Forum,
    config: &config::Config,
) -> Result<(), crate::storage::Error> {
    sweep::sweep(forum, Keep::new(config)).await
}

/// Any number between 0 and 1. It spreads load and protects nothing.
fn jitter() -> f64 {
    let mut bytes = [0; 2];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_ne_bytes(bytes)) / f64::from(u16::MAX),
        Err(_no_randomness) => 0.5,
    }
}

/// All that the runner uses. Clones share it.
#[derive(Clone)]
pub struct Context {
    pub settings: Arc<Settings>,
    pub db: Db,
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// A number between 0 and 1, another every time.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    pub work: Arc<dyn Work>,
    pub post: Arc<dyn Post>,
}
