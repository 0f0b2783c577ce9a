//! The databases that nodes under test keep their data in.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};

/// The environment variable with the address of a PostgreSQL server on which
/// databases may be created and dropped.
pub const SERVER: &str = "VIRTUAL_FORUM_TEST_POSTGRES";

/// Which of the two databases a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
}

/// One node's database; dropped with this.
#[derive(Debug)]
pub enum Database {
    /// The node's own default, inside its data directory.
    Sqlite {
        file: PathBuf,
    },
    Postgres {
        url: String,
        name: String,
    },
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// # Panics
    /// When PostgreSQL is asked for and [`SERVER`] is unset or cannot be used.
    pub fn create(store: Store, data_dir: &Path) -> Self {
        match store {
            Store::Sqlite => Self::Sqlite {
                file: data_dir.join("virtual-forum.sqlite"),
            },
            Store::Postgres => {
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("node_{}_{count}", std::process::id());
                on_server(&format!("CREATE DATABASE {name}"));
                let url = match server().rsplit_once('/') {
                    Some((base, _)) => format!("{base}/{name}"),
                    None => panic!("{SERVER} must end in /postgres"),
                };
                Self::Postgres { url, name }
            }
        }
    }

    /// What `database.url` is set to.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("sqlite:{}", file.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// Runs one statement behind the node's back.
    pub fn execute(&self, statement: &str) {
        let done = match self {
            Self::Sqlite { file } => SqliteConnection::establish(&file.display().to_string())
                .map(|mut connection| sql_query(statement).execute(&mut connection)),
            Self::Postgres { url, .. } => PgConnection::establish(url)
                .map(|mut connection| sql_query(statement).execute(&mut connection)),
        };
        match done {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => panic!("{statement}: {error}"),
            Err(error) => panic!("{}: {error}", self.url()),
        }
    }

    /// Renames a PostgreSQL database away under a running node, and back.
    pub fn rename(&self, from: &str, to: &str) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        on_server(&format!("{end} = '{from}'"));
        on_server(&format!("ALTER DATABASE {from} RENAME TO {to}"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { name, .. } = self {
            on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn server() -> String {
    match std::env::var(SERVER) {
        Ok(url) => url,
        Err(_) => panic!("set {SERVER} to a PostgreSQL server, or start the tests with ./test"),
    }
}

fn on_server(statement: &str) {
    let done = PgConnection::establish(&server())
        .map(|mut connection| sql_query(statement).execute(&mut connection));
    match done {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => panic!("{statement}: {error}"),
        Err(error) => panic!("{SERVER}: {error}"),
    }
}
