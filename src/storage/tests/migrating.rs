//! From an empty, an older and a newer database to this version.

use std::{fs, path::Path};

use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use diesel_migrations::FileBasedMigrations;
use tempfile::TempDir;

use crate::storage::{
    Db, Error, Options, each,
    migrations::Plan,
    testing::{TestDatabase, block_on, on_both_databases},
};

/// One folder of migrations, the same for both databases.
fn folder(migrations: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, up) in migrations {
        let migration = folder.path().join(name);
        fs::create_dir(&migration).expect("a folder");
        fs::write(migration.join("up.sql"), up).expect("a file");
    }
    folder
}

fn migrate(db: &Db, folder: &Path) -> Result<Vec<String>, Error> {
    let source = FileBasedMigrations::from_path(folder).expect("valid migrations");
    db.migrate_by(&Plan {
        sqlite: &source,
        postgres: &source,
    })
}

const FIRST: (&str, &str) = ("2020-01-01-000000_first", "CREATE TABLE one (a TEXT);");
const SECOND: (&str, &str) = ("2020-01-02-000000_second", "CREATE TABLE two (a TEXT);");
const FAULTY: (&str, &str) = (
    "2020-01-03-000000_faulty",
    "CREATE TABLE three (a TEXT); INSERT INTO nowhere VALUES (1);",
);

fn empty() -> impl Iterator<Item = TestDatabase> {
    [
        Some(TestDatabase::empty_sqlite()),
        TestDatabase::empty_postgres(),
    ]
    .into_iter()
    .flatten()
}

#[test]
fn an_empty_database_is_brought_to_this_version_and_then_left_alone() {
    for database in empty() {
        let db = database.db();
        assert_eq!(db.version().expect("readable"), None);
        let pending = db.pending().expect("readable");
        assert!(!pending.is_empty());
        assert_eq!(db.migrate().expect("migrated").len(), pending.len());
        assert_eq!(db.pending().expect("readable"), [""; 0]);
        assert_eq!(db.version().expect("readable").as_ref(), pending.last());
        assert_eq!(db.migrate().expect("nothing to do"), [""; 0]);
    }
}

#[test]
fn a_newer_database_is_refused_with_both_versions() {
    on_both_databases(async |database| {
        let db = database.db();
        let known = db.version().expect("readable").expect("migrated");
        db.write(|conn| -> Result<(), Error> {
            Ok(conn.batch_execute(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')",
            )?)
        })
        .await
        .expect("stored");
        let Err(error) = Db::open(&database.url, Options::default()) else {
            panic!("a newer database was opened");
        };
        assert!(matches!(error, Error::Newer { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("20991231000000"), "{text}");
        assert!(text.contains(&known), "{text}");
        assert!(matches!(db.migrate(), Err(Error::Newer { .. })));
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing_and_those_before_it_stay() {
    for database in empty() {
        let db = database.db();
        let migrations = folder(&[FIRST, SECOND, FAULTY]);
        let error = migrate(&db, migrations.path()).expect_err("the third fails");
        assert!(
            matches!(&error, Error::Migration { name, .. } if name.contains("faulty")),
            "{error:?}"
        );
        let tables = block_on(db.write(|conn| -> Result<_, Error> {
            conn.batch_execute("INSERT INTO one VALUES ('x'); INSERT INTO two VALUES ('x')")?;
            Ok(each!(conn, |conn| conn
                .batch_execute("INSERT INTO three VALUES ('x')"))
            .is_ok())
        }));
        // On PostgreSQL the whole write fails, because of the third.
        assert!(!matches!(tables, Ok(true)), "{tables:?}");
    }
}

#[test]
fn two_processes_that_start_together_both_come_up() {
    // Each migration runs once, whoever runs it; several rounds, because the
    // faulty interleavings are rare.
    let expected = TestDatabase::empty_sqlite().db().pending();
    let expected = expected.expect("readable").len();
    for database in (0..8).flat_map(|_| empty()) {
        let barrier = std::sync::Barrier::new(4);
        // Nobody may fail before the others are let go: they would wait for ever.
        let start = || {
            barrier.wait();
            database.db().migrate().expect("migrated").len()
        };
        let applied: usize = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            let applied = starts.into_iter().map(|start| start.join());
            applied.map(|count| count.expect("no panic")).sum()
        });
        assert_eq!(applied, expected);
        assert_eq!(database.db().pending().expect("readable"), [""; 0]);
    }
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = sql_types::Text)]
    a: String,
}

#[test]
fn a_sqlite_file_is_copied_before_it_is_migrated() {
    let database = TestDatabase::empty_sqlite();
    let db = database.db();
    let copy = |version: &str| {
        let file = database.file().expect("a file");
        file.with_file_name(format!("test.sqlite.before-{version}"))
    };
    migrate(&db, folder(&[FIRST]).path()).expect("migrated");
    assert!(!copy("20200101000000").exists(), "an empty one was copied");
    let insert = db.write(|conn| -> Result<(), Error> {
        Ok(conn.batch_execute("INSERT INTO one VALUES ('kept')")?)
    });
    block_on(insert).expect("stored");
    migrate(&db, folder(&[FIRST, SECOND]).path()).expect("migrated");
    migrate(&db, folder(&[FIRST, SECOND]).path()).expect("nothing to do");

    let url = format!("sqlite:{}", copy("20200102000000").display());
    let source = folder(&[FIRST, SECOND]);
    let source = FileBasedMigrations::from_path(source.path()).expect("valid migrations");
    let mut conn = crate::storage::sqlite::connect(
        Path::new(url.trim_start_matches("sqlite:")),
        crate::storage::sqlite::Use::Read,
        std::time::Duration::from_secs(1),
    )
    .expect("the copy opens");
    let plan = Plan {
        sqlite: &source,
        postgres: &source,
    };
    let pending = crate::storage::migrations::pending(&mut conn, &plan).expect("readable");
    assert_eq!(pending, ["20200102000000"]);
    let rows: Vec<Text> =
        each!(&mut conn, |conn| sql_query("SELECT a FROM one").load(conn)).expect("readable");
    assert_eq!(rows[0].a, "kept");
}

#[test]
fn a_migration_that_breaks_references_is_refused() {
    let database = TestDatabase::empty_sqlite();
    let migrations = folder(&[(
        "2020-01-01-000000_broken",
        "CREATE TABLE one (id INTEGER PRIMARY KEY); \
         CREATE TABLE two (one INTEGER REFERENCES one (id)); \
         INSERT INTO two VALUES (7);",
    )]);
    let error = migrate(&database.db(), migrations.path()).expect_err("a reference to nothing");
    assert!(error.to_string().contains("missing rows"), "{error}");
    assert_eq!(database.db().version().expect("readable"), None);
}

#[test]
fn other_urls_are_refused_without_being_repeated() {
    for url in [
        "mysql://me:secret@host/x",
        "sqlite:",
        "sqlite::memory:",
        "x",
    ] {
        let Err(error) = Db::open(url, Options::default()) else {
            panic!("{url} was opened");
        };
        assert!(matches!(error, Error::Url(_)), "{error:?}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[cfg(unix)]
#[test]
fn a_new_sqlite_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = TestDatabase::sqlite();
    let db = database.db();
    block_on(db.check()).expect("able to write");
    let file = database.file().expect("a file");
    for name in ["test.sqlite", "test.sqlite-wal", "test.sqlite-shm"] {
        let metadata = fs::metadata(file.with_file_name(name)).expect("it is there");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn no_foreign_key_waits_for_the_commit_that_others_share() {
    let database = TestDatabase::sqlite();
    let deferred = block_on(database.db().read(|conn| -> Result<Vec<Text>, Error> {
        let select = "SELECT name AS a FROM sqlite_master WHERE sql LIKE '%DEFERRED%'";
        Ok(each!(conn, |conn| sql_query(select).load(conn))?)
    }));
    let names: Vec<String> = deferred
        .expect("readable")
        .into_iter()
        .map(|row| row.a)
        .collect();
    assert_eq!(names, [""; 0]);
}
