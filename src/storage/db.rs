//! [`Db`]: the one handle through which everybody reads and writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::{IntoSql, RunQueryDsl, connection::SimpleConnection, sql_types::Timestamptz};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    changes::{Changes, Crier},
    conn::Conn,
    error::Error,
    migrations,
    migrations::Plan,
    postgres::Postgres,
    sqlite::Sqlite,
};

/// How a database is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Connections that read (SQLite), or all connections (PostgreSQL); at
    /// least 1.
    pub connections: u32,
    /// How long a call waits for its turn before it is [`Error::Unavailable`].
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 4,
            wait: Duration::from_secs(5),
        }
    }
}

/// A handle to the database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
    commits: Commits,
}

/// Counts the commits that were made through one handle and its clones, and
/// tells what they changed.
#[derive(Clone, Default)]
pub(super) struct Commits {
    count: Arc<AtomicU64>,
    pub(super) crier: Crier,
}

impl Commits {
    /// To be called on the thread of a commit, after it and before its callers
    /// are told.
    pub(super) fn made(&self) {
        self.count.fetch_add(1, Ordering::Release);
        self.crier.publish();
    }
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// How long [`Db::check`] waits for its write.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

impl Db {
    /// Opens `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or
    /// `postgresql://…`. A missing SQLite file is made, with its folder, for
    /// the owner alone. Migrates nothing; blocks the thread for a moment.
    ///
    /// # Errors
    /// [`Error::Url`] for another URL, [`Error::Newer`] for a database of a
    /// newer version, [`Error::Unavailable`] when it cannot be reached.
    pub fn open(url: &str, options: Options) -> Result<Self, Error> {
        let commits = Commits::default();
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            Engine::Sqlite(Sqlite::open(path, options, commits.clone())?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(Postgres::open(url, options, commits.clone())?)
        } else {
            return Err(Error::Url("must begin with sqlite: or postgres://"));
        };
        let db = Self {
            engine: Arc::new(engine),
            commits,
        };
        migrations::refuse_newer(&mut db.maintenance()?, &Plan::EMBEDDED)?;
        Ok(db)
    }

    /// Runs `f` on a consistent snapshot, away from the async threads. It
    /// cannot write: the database refuses.
    ///
    /// # Errors
    /// What `f` returns, or [`Error`] as `E`.
    pub async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.read_then(f, Ok).await
    }

    /// Like [`Db::read`], and then runs `then` on the same thread, when the
    /// connection is free for others again: for work that takes a while and
    /// needs what was read, without another change of threads.
    ///
    /// # Errors
    /// What `f` or `then` returns, or [`Error`] as `E`.
    pub async fn read_then<R, T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(R) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        R: Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.read_then(f, then).await,
            Engine::Postgres(postgres) => postgres.read_then(f, then).await,
        }
    }

    /// Runs `f` in one transaction, away from the async threads, and answers
    /// when it is durable. An `Err` or a panic in `f` undoes what `f` did. If
    /// the caller stops waiting, `f` may run all the same.
    ///
    /// # Errors
    /// What `f` returns, or [`Error`] as `E`.
    pub async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(f).await,
            Engine::Postgres(postgres) => postgres.write(f).await,
        }
    }

    /// A number that grows with every commit of this process. Whoever was
    /// told that a write succeeded finds it grown: what was read before can
    /// be kept as long as it stays the same.
    pub fn commits(&self) -> u64 {
        self.commits.count.load(Ordering::Acquire)
    }

    /// Watches what is committed from now on.
    pub fn changes(&self) -> Changes {
        Changes::of(&self.commits.crier)
    }

    /// Has [`Db::changes`] tell also what other processes commit that serve from
    /// the same database, and tells them what this one does: to be called once,
    /// where one serves. Of a SQLite file there is one process that serves.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no thread can be started.
    pub fn share_changes(&self) -> Result<(), Error> {
        match &*self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => postgres.share_changes(),
        }
    }

    /// Is the node able to write? Makes a real write, of one row.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it fails or takes over 3 seconds.
    pub async fn check(&self) -> Result<(), Error> {
        self.check_within(CHECK_LIMIT).await
    }

    pub(super) async fn check_within(&self, limit: Duration) -> Result<(), Error> {
        let beat = self.write(|conn| -> Result<(), Error> {
            let now = match conn {
                Conn::Sqlite(_) => "json_quote(CURRENT_TIMESTAMP)",
                Conn::Postgres(_) => "to_jsonb(CURRENT_TIMESTAMP)",
            };
            conn.batch_execute(&format!(
                "INSERT INTO meta (key, value) VALUES ('heartbeat', {now}) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            ))?;
            Ok(())
        });
        match tokio::time::timeout(limit, beat).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Error::Unavailable(reason))) => Err(Error::Unavailable(reason)),
            Ok(Err(error)) => Err(Error::Unavailable(error.to_string())),
            Err(_elapsed) => Err(Error::Unavailable(format!(
                "a write took over {} s",
                limit.as_secs_f32()
            ))),
        }
    }

    /// The time on the database's machine; none for SQLite, which is on ours.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, Error> {
        self.read(|conn| match conn {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => {
                let now = diesel::select(diesel::dsl::now.into_sql::<Timestamptz>());
                Ok(Some(now.get_result(conn)?))
            }
        })
        .await
    }

    /// The schema that the database has: the newest migration applied, none
    /// in an empty database. Blocks the thread.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached.
    pub fn version(&self) -> Result<Option<String>, Error> {
        Ok(migrations::applied(&mut self.maintenance()?)?.pop())
    }

    /// The migrations that [`Db::migrate`] would apply, in their order. Blocks
    /// the thread.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached.
    pub fn pending(&self) -> Result<Vec<String>, Error> {
        migrations::pending(&mut self.maintenance()?, &Plan::EMBEDDED)
    }

    /// Brings the database to this version and names the migrations applied.
    /// A SQLite database that is not empty is first copied, next to itself.
    /// Blocks the thread.
    ///
    /// # Errors
    /// [`Error::Newer`] or [`Error::Migration`]; the migration that failed is
    /// rolled back, those before it stay.
    pub fn migrate(&self) -> Result<Vec<String>, Error> {
        self.migrate_by(&Plan::EMBEDDED)
    }

    pub(super) fn migrate_by(&self, plan: &Plan) -> Result<Vec<String>, Error> {
        let mut conn = self.maintenance()?;
        match &*self.engine {
            Engine::Sqlite(sqlite) => {
                let _turn = migrations::turn(sqlite.file())?;
                migrations::copy_before(&mut conn, plan, sqlite.file())?;
                migrations::migrate(&mut conn, plan)
            }
            Engine::Postgres(_) => migrations::migrate(&mut conn, plan),
        }
    }

    /// A connection of its own, outside the pool and without time limits.
    fn maintenance(&self) -> Result<Conn, Error> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.maintenance(),
            Engine::Postgres(postgres) => postgres.maintenance(),
        }
    }
}

/// Waits for one of a bounded number of turns.
pub(super) async fn turn(
    slots: &Arc<Semaphore>,
    wait: Duration,
) -> Result<OwnedSemaphorePermit, Error> {
    let turn = Arc::clone(slots).acquire_owned();
    match tokio::time::timeout(wait, turn).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_closed)) => Err(Error::Unavailable("it is being closed".into())),
        Err(_elapsed) => Err(Error::Unavailable(format!(
            "no connection became free within {} s",
            wait.as_secs_f32()
        ))),
    }
}

/// Runs `f` on a thread that may block.
pub(super) async fn off_thread<T, E>(
    f: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(f).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(Error::Panicked.into()),
        Err(_cancelled) => Err(Error::Unavailable("it is being closed".into()).into()),
    }
}
