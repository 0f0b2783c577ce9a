//! The runner against scripted hosts, on both databases.

mod hosts;
mod line;
mod order;
mod restart;
mod tasks;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Context, Next, Post, Runner, Settings, Work};
use crate::{
    domain::{
        delivery::{Delivery, Lane, Outcome},
        task::Task,
    },
    storage::{
        Db, Error,
        deliveries::{NewDelivery, add_many},
        lanes,
        samples::{at, delivery, write},
    },
    urls,
};

const SOON: Duration = Duration::from_secs(20);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Everything fast, so that tests are.
fn fast() -> Settings {
    Settings {
        poll: ms(20),
        lease: ms(600),
        tasks: 4,
        asking: 2,
        mailing: 1,
        lanes: 8,
        probes: 4,
        window: 4,
        turn: ms(5_000),
        linger: ms(50),
        retry_after: vec![ms(100), ms(200)],
    }
}

/// What a host answers, and after which time.
type Answer = (Duration, Outcome);

fn taken() -> Answer {
    (ms(1), Outcome::Delivered)
}

fn failed(error: &str) -> Outcome {
    Outcome::Failed {
        error: error.to_owned(),
        after: None,
    }
}

/// What is answered to a delivery, and to how many before it at that host.
type Answers = Box<dyn Fn(&Delivery, usize) -> Answer + Send + Sync>;

/// Answers for hosts by a script.
struct Script {
    answer: Answers,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    /// In the order in which they were begun.
    sent: Vec<(String, i64, Instant)>,
    /// In the order in which they were taken.
    taken: Vec<(String, i64)>,
    under_way: HashMap<String, usize>,
    /// Most under way at once, by host.
    most: HashMap<String, usize>,
}

impl Script {
    fn new(answer: impl Fn(&Delivery, usize) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            log: Mutex::default(),
        })
    }

    fn log<T>(&self, read: impl FnOnce(&mut Log) -> T) -> T {
        read(&mut self.log.lock().expect("not poisoned"))
    }

    /// How many requests a host was sent.
    fn sent(&self, host: &str) -> usize {
        self.log(|log| log.sent.iter().filter(|sent| sent.0 == host).count())
    }

    /// What a host took, in order.
    fn taken(&self, host: &str) -> Vec<i64> {
        self.log(|log| {
            let of_host = log.taken.iter().filter(|taken| taken.0 == host);
            of_host.map(|taken| taken.1).collect()
        })
    }

    fn all_taken(&self) -> usize {
        self.log(|log| log.taken.len())
    }
}

impl Post for Script {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let host = urls::authority(&delivery.inbox);
            let (after, outcome) = (self.answer)(delivery, self.sent(&host));
            self.log(|log| {
                log.sent.push((host.clone(), delivery.id.0, Instant::now()));
                let under_way = log.under_way.entry(host.clone()).or_default();
                *under_way += 1;
                let under_way = *under_way;
                let most = log.most.entry(host.clone()).or_default();
                *most = under_way.max(*most);
            });
            sleep(after).await;
            self.log(|log| {
                *log.under_way.entry(host.clone()).or_default() -= 1;
                if outcome == Outcome::Delivered {
                    log.taken.push((host, delivery.id.0));
                }
            });
            outcome
        })
    }
}

/// Does nothing, and not often.
struct Idle;

impl Work for Idle {
    fn run(&self, _: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        Box::pin(async { Ok(Next::Again(Duration::from_secs(60 * 60))) })
    }
}

/// A runner and what the tests know of it.
struct Rig {
    runner: Runner,
    wake: Arc<Notify>,
    /// How often it asked for the time, which it does whenever it looks for
    /// work.
    looks: Arc<AtomicUsize>,
    /// Seconds by which its clock is ahead of ours.
    ahead: Arc<AtomicUsize>,
}

fn start(db: &Db, settings: Settings, post: &Arc<Script>) -> Rig {
    start_working(db, settings, post, Arc::new(Idle))
}

fn start_working(db: &Db, settings: Settings, post: &Arc<Script>, work: Arc<dyn Work>) -> Rig {
    let [looks, ahead] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let wake = Arc::new(Notify::new());
    let (counter, leap) = (Arc::clone(&looks), Arc::clone(&ahead));
    let context = Context {
        settings: Arc::new(settings),
        db: db.clone(),
        now: Arc::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            now() + Duration::from_secs(leap.load(Ordering::Relaxed) as u64)
        }),
        jitter: Arc::new(|| 0.0),
        work,
        post: Arc::clone(post) as Arc<dyn Post>,
    };
    Rig {
        runner: Runner::start(context, Arc::clone(&wake)),
        wake,
        looks,
        ahead,
    }
}

/// Goes on from `at(0)`, when the samples are queued, at the usual pace.
fn now() -> DateTime<Utc> {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    at(0) + START.get_or_init(Instant::now).elapsed()
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            sleep(ms(5)).await;
        }
    };
    let waited = timeout(SOON, waiting).await;
    assert!(waited.is_ok(), "not within {SOON:?}: {what}");
}

async fn queue(db: &Db, new: Vec<NewDelivery>) {
    write(db, move |conn| add_many(conn, &new, at(0))).await;
}

/// Deliveries `ids` of the activities of the same numbers to a host, each with
/// a key of its own.
fn to_host(host: &str, ids: std::ops::RangeInclusive<i64>) -> Vec<NewDelivery> {
    ids.map(|id| delivery(id, id, &format!("https://{host}/inbox")))
        .collect()
}

async fn lane(db: &Db, host: &'static str) -> Lane {
    let found: Result<Option<Lane>, Error> = db.read(move |conn| lanes::find(conn, host)).await;
    found.expect("read").expect("a lane")
}
