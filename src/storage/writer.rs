//! SQLite's one writer: a thread that commits many callers' work at once.
//!
//! It opens a transaction for the first waiting job, runs every job that came
//! meanwhile in a savepoint of its own, commits once, and only then answers
//! them all. One job's failure undoes that job alone; if the commit fails,
//! everybody is told so. Foreign keys must not be `DEFERRED`: one job's fault
//! would then surface in everybody's commit.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use diesel::QueryResult;
use tokio::sync::{mpsc, oneshot};

use super::{
    conn::Conn,
    error::Error,
    sqlite::{Use, connect},
};

/// Most jobs in one commit.
const GROUP_JOBS: usize = 256;

/// A group that has run for this long commits, so that slow jobs do not keep
/// the quick ones before them waiting.
const GROUP_TIME: Duration = Duration::from_millis(50);

/// Most jobs that may wait; further callers wait outside, for a limited time.
const QUEUE_JOBS: usize = 1_024;

pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    wait: Duration,
}

impl Writer {
    /// Starts the thread. It ends when the last `Writer` is gone and the queue
    /// is empty.
    pub(super) fn start(file: PathBuf, conn: Conn, wait: Duration) -> Result<Self, Error> {
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || serve(&file, Some(conn), jobs))
            .map_err(|error| Error::Unavailable(format!("no thread to write: {error}")))?;
        Ok(Self { queue, wait })
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Call {
            f: Some(f),
            result: None,
            caller,
        });
        self.queue
            .send_timeout(job, self.wait)
            .await
            .map_err(|_| Error::Unavailable("too many writes are waiting".into()))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the writer has stopped".into()).into()))
    }
}

/// A waiting caller's work, whatever its types.
trait Job: Send {
    /// Runs the work; should what it did be kept?
    fn run(&mut self, conn: &mut Conn) -> bool;

    /// Tells the caller how it went; `lost` says why the whole group was.
    fn answer(self: Box<Self>, lost: Option<&str>);
}

struct Call<F, T, E> {
    f: Option<F>,
    /// None before the run, and for ever after a panic.
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Call<F, T, E>
where
    F: FnOnce(&mut Conn) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> bool {
        self.result = self.f.take().map(|f| f(conn));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, lost: Option<&str>) {
        let answer = match (self.result, lost) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(reason)) => Err(Error::Unavailable(reason.to_owned()).into()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(Error::Panicked.into()),
        };
        // The caller may have gone away; what was written stays.
        drop(self.caller.send(answer));
    }
}

fn serve(file: &PathBuf, mut conn: Option<Conn>, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        let committed = commit_group(file, &mut conn, &mut group, &mut jobs);
        let lost = committed.err().map(|error| error.to_string());
        if let Some(reason) = &lost {
            tracing::warn!(reason, jobs = group.len(), "a group of writes was lost");
            // A fresh connection next time: this one may be in any state.
            conn = None;
        }
        for job in group {
            job.answer(lost.as_deref());
        }
    }
}

/// Runs the first job and all that come while the group is open, and commits.
/// An error means that nothing of the group was kept.
fn commit_group(
    file: &PathBuf,
    slot: &mut Option<Conn>,
    group: &mut Vec<Box<dyn Job>>,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
) -> Result<(), Error> {
    let conn = match begin(file, slot) {
        Ok(conn) => conn,
        Err(error) => {
            // Those who wait behind would each wait for the same lock again.
            while group.len() < GROUP_JOBS
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            return Err(error);
        }
    };
    let started = Instant::now();
    let mut next = 0;
    while let Some(job) = group.get_mut(next) {
        in_savepoint(conn, &mut **job)?;
        next += 1;
        if next < GROUP_JOBS
            && started.elapsed() < GROUP_TIME
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
    }
    Ok(conn.commit()?)
}

/// Takes the write lock, on a new connection if the last one was lost.
fn begin<'a>(file: &PathBuf, slot: &'a mut Option<Conn>) -> Result<&'a mut Conn, Error> {
    let conn = match slot.take() {
        Some(conn) => conn,
        None => connect(file, Use::Write)?,
    };
    let conn = slot.insert(conn);
    conn.begin("BEGIN IMMEDIATE", "")?;
    Ok(conn)
}

/// Runs one job and keeps or undoes what it did. An error means that the
/// transaction itself is gone: SQLite ends it when the disk is full.
fn in_savepoint(conn: &mut Conn, job: &mut dyn Job) -> QueryResult<()> {
    conn.savepoint()?;
    let within = conn.depth()?;
    let kept = catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or(false);
    // A panic leaves the savepoints open that the job itself had opened.
    while conn.depth()? > within {
        conn.rollback()?;
    }
    if kept {
        return conn.release();
    }
    conn.rollback()
}
