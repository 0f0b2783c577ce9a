//! SQLite: a few connections that read, and one thread that writes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use tokio::sync::Semaphore;

use super::{
    conn::Conn,
    db::{Commits, Options, off_thread, turn},
    error::Error,
    writer::Writer,
};

/// The pause before the write-ahead log is asked for again.
const AGAIN: Duration = Duration::from_millis(5);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
    /// Migrations, copies: may rebuild tables, so foreign keys are checked at
    /// the end and not on every row.
    Maintenance,
}

pub(super) struct Sqlite {
    file: PathBuf,
    readers: Arc<Readers>,
    slots: Arc<Semaphore>,
    wait: Duration,
    writer: Writer,
}

impl Sqlite {
    pub(super) fn open(path: &str, options: Options, commits: Commits) -> Result<Self, Error> {
        if path.is_empty() || path.contains('\0') || path.contains(":memory:") {
            return Err(Error::Url("must name a file: sqlite:PATH"));
        }
        let file = PathBuf::from(path);
        make_private(&file)
            .map_err(|error| Error::Unavailable(format!("{}: {error}", file.display())))?;
        // The first connection turns the write-ahead log on for all others.
        let conn = connect(&file, Use::Write, options.wait)?;
        Ok(Self {
            readers: Arc::new(Readers {
                file: file.clone(),
                wait: options.wait,
                idle: Mutex::default(),
            }),
            slots: Arc::new(Semaphore::new(options.connections.max(1) as usize)),
            wait: options.wait,
            writer: Writer::start(file.clone(), conn, options.wait, commits)?,
            file,
        })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn maintenance(&self) -> Result<Conn, Error> {
        connect(&self.file, Use::Maintenance, self.wait)
    }

    pub(super) async fn read_then<R, T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(R) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = turn(&self.slots, self.wait).await?;
        let readers = Arc::clone(&self.readers);
        off_thread(move || {
            let read = readers.read(f);
            drop(turn);
            then(read?)
        })
        .await
    }

    pub(super) async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write(f).await
    }
}

/// Idle connections that read; the last one used is taken first, because its
/// cache is warm. How many there are is bounded by the turns.
struct Readers {
    file: PathBuf,
    wait: Duration,
    idle: Mutex<Vec<Conn>>,
}

impl Readers {
    fn read<T, E: From<Error>>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let idle = self.lock().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connect(&self.file, Use::Read, self.wait)?,
        };
        // Deferred: the first SELECT takes the snapshot, and nobody waits.
        conn.begin("BEGIN DEFERRED", "").map_err(Error::from)?;
        let result = f(&mut conn);
        // A connection that cannot end its transaction, or whose closure
        // panicked, is closed by its drop.
        if conn.rollback().is_ok() {
            self.lock().push(conn);
        }
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Conn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens one connection to a file that exists. It waits for locks of other
/// processes as long as `wait`.
pub(super) fn connect(file: &Path, use_for: Use, wait: Duration) -> Result<Conn, Error> {
    let mut conn = SqliteConnection::establish(&uri(file)?)
        .map_err(|error| Error::Unavailable(error.to_string()))?;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis()))?;
    if use_for == Use::Write {
        keep_log(&mut conn, wait)?;
    }
    conn.batch_execute(pragmas(use_for))?;
    Ok(Conn::Sqlite(conn))
}

/// Turns the write-ahead log on, for every connection. To a new file SQLite
/// does not wait here for other processes that do the same, whatever the
/// `busy_timeout`: it would hold a lock that they wait for.
fn keep_log(conn: &mut SqliteConnection, wait: Duration) -> Result<(), Error> {
    let ends = Instant::now() + wait;
    loop {
        match conn
            .batch_execute("PRAGMA journal_mode = WAL")
            .map_err(Error::from)
        {
            Err(Error::Unavailable(_)) if Instant::now() < ends => sleep(AGAIN),
            done => return done,
        }
    }
}

/// The settings of a connection. No `mmap_size`: an I/O error in mapped memory
/// kills the process, where a failed read can be answered. Caches are filled
/// on demand, so that an empty node stays small.
fn pragmas(use_for: Use) -> &'static str {
    match use_for {
        Use::Read => {
            "PRAGMA query_only = ON; \
             PRAGMA cache_size = -8192; \
             PRAGMA temp_store = MEMORY;"
        }
        // FULL: in WAL mode, only this makes a commit survive power loss.
        Use::Write => {
            "PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; \
             PRAGMA cache_size = -8192; \
             PRAGMA temp_store = MEMORY; \
             PRAGMA journal_size_limit = 67108864;"
        }
        Use::Maintenance => {
            "PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = OFF; \
             PRAGMA temp_store = MEMORY;"
        }
    }
}

/// The file as an SQLite URI that never creates it: if its disk is not
/// mounted, an empty database in its place would hide that.
fn uri(file: &Path) -> Result<String, Error> {
    let path = file.to_str().ok_or(Error::Url("must be valid UTF-8"))?;
    let mut uri = String::from("file:");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    // An authority would follow two slashes; a path has one.
    let uri = uri.replacen("file://", "file:/", 1);
    Ok(uri + "?mode=rw")
}

/// Makes the file, readable for its owner alone, unless it is there. SQLite
/// gives its side files the same permissions.
///
/// One that is there is not opened: to close it would end every lock that
/// SQLite holds on it for this process (POSIX locks belong to the process).
pub(super) fn make_private(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    match open.open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}
