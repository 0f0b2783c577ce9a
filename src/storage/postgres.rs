//! PostgreSQL: a pool of connections, used on threads that may block.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection,
    connection::SimpleConnection,
    r2d2::{ManageConnection, NopErrorHandler, Pool, PooledConnection, R2D2Connection},
};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    changes,
    conn::Conn,
    db::{Commits, Options, off_thread, turn},
    error::Error,
    relay,
};

const WRITE: &str = "BEGIN";

/// One snapshot for all statements of a read.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A statement that takes longer is given up, and a forgotten transaction is
/// ended, so that neither holds locks and connections for ever.
const LIMITS: &str = "SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'";

pub(super) struct Postgres {
    server: Server,
    pool: Pool<Server>,
    slots: Arc<Semaphore>,
    wait: Duration,
    commits: Commits,
}

impl Postgres {
    pub(super) fn open(url: &str, options: Options, commits: Commits) -> Result<Self, Error> {
        let server = Server::new(url)?;
        let connections = options.connections.max(1);
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(options.wait)
            // BEGIN is the test: it costs no round trip of its own.
            .test_on_check_out(false)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(server.clone());
        Ok(Self {
            server,
            pool,
            slots: Arc::new(Semaphore::new(connections as usize)),
            wait: options.wait,
            commits,
        })
    }

    pub(super) fn maintenance(&self) -> Result<Conn, Error> {
        self.server.connect_unlimited()
    }

    /// Starts to tell other processes what this one changes, and to hear them.
    pub(super) fn share_changes(&self) -> Result<(), Error> {
        relay::start(self.server.clone(), &self.commits.crier)
    }

    pub(super) async fn read_then<R, T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(R) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        R: Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.transaction(READ, f, || {}, then).await
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let commits = self.commits.clone();
        self.transaction(WRITE, f, move || commits.made(), Ok).await
    }

    async fn transaction<R, T, E>(
        &self,
        begin_sql: &'static str,
        f: impl FnOnce(&mut Conn) -> Result<R, E> + Send + 'static,
        committed: impl FnOnce() + Send + 'static,
        then: impl FnOnce(R) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        R: Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = turn(&self.slots, self.wait).await?;
        let (pool, wait) = (self.pool.clone(), self.wait);
        off_thread(move || {
            let done = within(&pool, begin_sql, wait, f, committed);
            drop(turn);
            then(done?)
        })
        .await
    }
}

/// Runs `f` in a transaction on a pooled connection, and commits it.
fn within<R, E: From<Error>>(
    pool: &Pool<Server>,
    begin_sql: &str,
    wait: Duration,
    f: impl FnOnce(&mut Conn) -> Result<R, E>,
    committed: impl FnOnce(),
) -> Result<R, E> {
    let mut conn = begin(pool, begin_sql, wait)?;
    // What a panic left on this thread.
    changes::forget_since(0);
    // A panic in `f` drops the connection with its transaction open; the pool
    // closes it, and the server rolls back.
    match f(&mut conn) {
        Ok(value) => {
            let result = conn.commit().map_err(Error::from);
            // Also after an error: the server may have done it.
            committed();
            result?;
            Ok(value)
        }
        Err(error) => {
            // If this fails, the pool finds the connection broken.
            drop(conn.rollback());
            changes::forget_since(0);
            Err(error)
        }
    }
}

/// Opens a transaction on a pooled connection. One that died while it was idle
/// is put away and the next is tried: nothing has run on it yet.
fn begin(
    pool: &Pool<Server>,
    sql: &str,
    wait: Duration,
) -> Result<PooledConnection<Server>, Error> {
    let deadline = Instant::now() + wait;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut conn = pool
            .get_timeout(left.max(Duration::from_millis(1)))
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        match conn.begin("", sql) {
            Ok(()) => return Ok(conn),
            Err(error) if Instant::now() >= deadline => return Err(error.into()),
            Err(_dead) if conn.is_broken() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where the server is and how connections to it are made.
#[derive(Clone)]
pub(super) struct Server {
    url: String,
    /// Passwords as they stand in the URL; never to be shown.
    secrets: Vec<String>,
}

impl Server {
    fn new(url: &str) -> Result<Self, Error> {
        let mut parsed =
            Url::parse(url).map_err(|_| Error::Url("is not a valid postgres:// address"))?;
        let given: Vec<String> = parsed.query_pairs().map(|(key, _)| key.into()).collect();
        // A server that does not answer is noticed in seconds, not hours.
        let defaults = [
            ("connect_timeout", "5"),
            ("tcp_user_timeout", "30000"),
            ("keepalives_idle", "30"),
            ("application_name", "virtual-forum"),
        ];
        let missing = defaults
            .iter()
            .filter(|(key, _)| !given.iter().any(|given| given == key));
        parsed.query_pairs_mut().extend_pairs(missing);
        let secrets = parsed
            .password()
            .map(str::to_owned)
            .into_iter()
            .chain(
                parsed
                    .query_pairs()
                    .filter(|(key, _)| key.contains("password"))
                    .map(|(_, value)| value.into_owned()),
            )
            .filter(|secret| !secret.is_empty())
            .collect();
        Ok(Self {
            url: parsed.into(),
            secrets,
        })
    }

    pub(super) fn connect_unlimited(&self) -> Result<Conn, Error> {
        PgConnection::establish(&self.url)
            .map(Conn::Postgres)
            .map_err(|error| {
                let mut reason = error.to_string();
                for secret in &self.secrets {
                    reason = reason.replace(secret, "…");
                }
                Error::Unavailable(reason)
            })
    }
}

impl ManageConnection for Server {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn, Error> {
        let mut conn = self.connect_unlimited()?;
        conn.batch_execute(LIMITS)?;
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Error> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
