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
    changes,
    conn::Conn,
    db::Commits,
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
    pub(super) fn start(
        file: PathBuf,
        conn: Conn,
        wait: Duration,
        commits: Commits,
    ) -> Result<Self, Error> {
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS);
        let desk = Desk {
            file,
            wait,
            conn: Some(conn),
            jobs,
            commits,
        };
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || desk.serve())
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

/// What the thread holds.
struct Desk {
    file: PathBuf,
    wait: Duration,
    /// None after a fault; the next group opens another.
    conn: Option<Conn>,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    commits: Commits,
}

impl Desk {
    fn serve(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = vec![first];
            let lost = self.commit(&mut group).err().map(reason);
            if let Some(reason) = &lost {
                tracing::warn!(reason, jobs = group.len(), "a group of writes was lost");
                // It may be in any state.
                self.conn = None;
                changes::forget_since(0);
            }
            self.commits.made();
            for job in group {
                job.answer(lost.as_deref());
            }
        }
    }

    /// Runs the first job and all that come while the group is open, and
    /// commits. An error means that nothing of the group was kept.
    fn commit(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<(), Error> {
        if let Err(error) = self.begin() {
            // Those behind would each wait for the same lock again.
            while group.len() < GROUP_JOBS
                && let Ok(job) = self.jobs.try_recv()
            {
                group.push(job);
            }
            return Err(error);
        }
        let conn = self.conn.as_mut().expect("begin opened it");
        let started = Instant::now();
        let mut next = 0;
        while let Some(job) = group.get_mut(next) {
            in_savepoint(conn, &mut **job)?;
            next += 1;
            if next < GROUP_JOBS
                && started.elapsed() < GROUP_TIME
                && let Ok(job) = self.jobs.try_recv()
            {
                group.push(job);
            }
        }
        Ok(conn.commit()?)
    }

    /// Takes the write lock, on a new connection if the last one was lost.
    fn begin(&mut self) -> Result<(), Error> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => connect(&self.file, Use::Write, self.wait)?,
        };
        Ok(self.conn.insert(conn).begin("BEGIN IMMEDIATE", "")?)
    }
}

/// What to tell each caller of a group that was lost.
fn reason(error: Error) -> String {
    match error {
        Error::Unavailable(reason) => reason,
        other => other.to_string(),
    }
}

/// Runs one job and keeps or undoes what it did. An error means that the
/// transaction itself is gone: SQLite ends it when the disk is full.
fn in_savepoint(conn: &mut Conn, job: &mut dyn Job) -> QueryResult<()> {
    conn.savepoint()?;
    let within = conn.depth()?;
    let noted = changes::mark();
    let kept = catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or(false);
    // A panic leaves the savepoints open that the job itself had opened.
    while conn.depth()? > within {
        conn.rollback()?;
    }
    if kept {
        return conn.release();
    }
    changes::forget_since(noted);
    conn.rollback()
}
