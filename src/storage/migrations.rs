//! Migrations, embedded for both databases; each is one transaction.

use std::{fs, path::Path};

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    backend::Backend,
    connection::SimpleConnection,
    migration::{Migration, MigrationConnection, MigrationSource},
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{conn::Conn, each, error::Error, sqlite::make_private};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The migrations that a database should have.
pub(super) struct Plan<'a> {
    pub(super) sqlite: &'a dyn MigrationSource<Sqlite>,
    pub(super) postgres: &'a dyn MigrationSource<Pg>,
}

impl Plan<'static> {
    /// Those of this version of the program.
    pub(super) const EMBEDDED: Self = Self {
        sqlite: &SQLITE,
        postgres: &POSTGRES,
    };
}

impl Plan<'_> {
    fn versions(&self, conn: &Conn) -> Result<Vec<String>, Error> {
        Ok(match conn {
            Conn::Sqlite(_) => names(&in_order(self.sqlite)?),
            Conn::Postgres(_) => names(&in_order(self.postgres)?),
        })
    }
}

/// Taken while migrating, so that two processes that start together do not
/// collide. Any number serves that others on the same server do not use.
const POSTGRES_LOCK: i64 = 0x0056_4652_554d;

/// The table in which diesel notes what was applied.
const NOTES: &str = "__diesel_schema_migrations";

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The versions applied, oldest first. Changes nothing, not even in an empty
/// database.
pub(super) fn applied(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let noted = match conn {
        Conn::Sqlite(_) => {
            format!("SELECT count(*) AS count FROM sqlite_master WHERE name = '{NOTES}'")
        }
        Conn::Postgres(_) => {
            format!("SELECT count(to_regclass('{NOTES}')) AS count")
        }
    };
    let noted: Count = each!(conn, |conn| sql_query(noted).get_result(conn))?;
    if noted.count == 0 {
        return Ok(Vec::new());
    }
    let select = format!("SELECT version FROM {NOTES} ORDER BY version");
    let rows: Vec<Version> = each!(conn, |conn| sql_query(select).load(conn))?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// The versions of `plan` that are not applied, oldest first.
pub(super) fn pending(conn: &mut Conn, plan: &Plan) -> Result<Vec<String>, Error> {
    let applied = applied(conn)?;
    let mut pending = plan.versions(conn)?;
    pending.retain(|version| !applied.contains(version));
    Ok(pending)
}

/// Refuses a database that has a migration this program does not know.
pub(super) fn refuse_newer(conn: &mut Conn, plan: &Plan) -> Result<(), Error> {
    let known = plan.versions(conn)?;
    let unknown = applied(conn)?
        .into_iter()
        .rfind(|version| !known.contains(version));
    match unknown {
        None => Ok(()),
        Some(found) => Err(Error::Newer {
            found,
            known: known.last().cloned().unwrap_or_else(|| "none".into()),
        }),
    }
}

/// Applies what is pending, and names it.
pub(super) fn migrate(conn: &mut Conn, plan: &Plan) -> Result<Vec<String>, Error> {
    refuse_newer(conn, plan)?;
    match conn {
        Conn::Sqlite(conn) => migrate_sqlite(conn, plan.sqlite),
        Conn::Postgres(conn) => {
            conn.batch_execute(&format!("SELECT pg_advisory_lock({POSTGRES_LOCK})"))?;
            let done = migrate_postgres(conn, plan.postgres);
            // The lock ends with the connection in any case.
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({POSTGRES_LOCK})"))?;
            done
        }
    }
}

/// Looks again inside each transaction: another process may have been first.
fn migrate_sqlite(
    conn: &mut SqliteConnection,
    source: &dyn MigrationSource<Sqlite>,
) -> Result<Vec<String>, Error> {
    conn.setup()?;
    let mut done = Vec::new();
    for migration in in_order(source)? {
        let name = migration.name().to_string();
        let ran = conn.immediate_transaction(|conn| -> Result<bool, Error> {
            if conn
                .applied_migrations()
                .map_err(|error| failed(&name, &error))?
                .contains(&migration.name().version())
            {
                return Ok(false);
            }
            conn.run_migration(&*migration)
                .map_err(|error| failed(&name, &error))?;
            let broken: Count = sql_query("SELECT count(*) AS count FROM pragma_foreign_key_check")
                .get_result(conn)?;
            if broken.count > 0 {
                return Err(failed(&name, &"it leaves references to missing rows"));
            }
            Ok(true)
        })?;
        if ran {
            done.push(name);
        }
    }
    Ok(done)
}

/// The caller holds the lock.
fn migrate_postgres(
    conn: &mut PgConnection,
    source: &dyn MigrationSource<Pg>,
) -> Result<Vec<String>, Error> {
    let applied = conn
        .applied_migrations()
        .map_err(|error| failed("(list)", &error))?;
    let mut done = Vec::new();
    for migration in in_order(source)? {
        if applied.contains(&migration.name().version()) {
            continue;
        }
        let name = migration.name().to_string();
        conn.run_migration(&*migration)
            .map_err(|error| failed(&name, &error))?;
        done.push(name);
    }
    Ok(done)
}

/// Waits until no other process copies or migrates this SQLite file: who starts
/// in the middle of that would take half of it for an older version. It lasts
/// as long as what is returned.
pub(super) fn turn(file: &Path) -> Result<fs::File, Error> {
    let mut name = file.as_os_str().to_owned();
    name.push(".migrating");
    let lock = fs::File::create(&name).and_then(|file| file.lock().map(|()| file));
    lock.map_err(|error| Error::Unavailable(format!("{}: {error}", Path::new(&name).display())))
}

/// Copies a SQLite file that is not empty and is about to be migrated, to
/// `FILE.before-VERSION`.
pub(super) fn copy_before(conn: &mut Conn, plan: &Plan, file: &Path) -> Result<(), Error> {
    let applied = applied(conn)?;
    let pending = pending(conn, plan)?;
    let (false, Some(version)) = (applied.is_empty(), pending.last()) else {
        return Ok(());
    };
    let beside = |ending: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".before-{version}{ending}"));
        std::path::PathBuf::from(name)
    };
    // Under another name first: half a copy must not look like a whole one.
    let (unfinished, copy) = (beside(".unfinished"), beside(""));
    let io = |error: std::io::Error| {
        Error::Unavailable(format!(
            "no copy before migrating, {}: {error}",
            copy.display()
        ))
    };
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(io)?;
    }
    make_private(&unfinished).map_err(io)?;
    let target = unfinished.to_string_lossy().replace('\'', "''");
    conn.batch_execute(&format!("VACUUM INTO '{target}'"))?;
    fs::File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, &copy))
        .map_err(io)?;
    tracing::info!(copy = %copy.display(), "copied the database before migrating it");
    Ok(())
}

fn in_order<DB: Backend>(
    source: &dyn MigrationSource<DB>,
) -> Result<Vec<Box<dyn Migration<DB>>>, Error> {
    let mut migrations = source
        .migrations()
        .map_err(|error| failed("(list)", &error))?;
    migrations.sort_by_key(|migration| migration.name().version().as_owned());
    Ok(migrations)
}

fn names<DB: Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect()
}

fn failed(name: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::Migration {
        name: name.to_owned(),
        reason: reason.to_string(),
    }
}
