//! Databases for tests: every storage test runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL is found through `VIRTUAL_FORUM_TEST_POSTGRES`, the URL of an
//! administrator; `none` leaves it out, on purpose only.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl,
    connection::{Instrumentation, InstrumentationEvent, SimpleConnection},
    sql_query,
    sql_types::BigInt,
};
use tempfile::TempDir;
use url::Url;

use super::{Conn, Db, Options};

/// The name of a SQLite file in its folder.
const FILE: &str = "test.sqlite";

const VARIABLE: &str = "VIRTUAL_FORUM_TEST_POSTGRES";

/// Runs a test's body on a fresh, migrated database of each kind.
///
/// ```ignore
/// on_both(async |db| { db.write(…).await.expect("stored"); });
/// ```
pub fn on_both(body: impl AsyncFn(Db)) {
    on_both_databases(async |database| body(database.db()).await);
}

/// The same, for tests that open the database themselves or twice.
pub fn on_both_databases(body: impl AsyncFn(&TestDatabase)) {
    for database in TestDatabase::all() {
        // Shown when the test fails: on which of the two it did.
        println!("on {}", database.url);
        block_on(body(&database));
    }
}

/// Runs a future to its end, on threads of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(future)
}

/// What `f` answers, and how many statements it sent.
pub fn statements<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> T) -> (T, u32) {
    let count = Arc::new(AtomicU32::new(0));
    let counted = count.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let answer = f(conn);
    conn.set_instrumentation(None::<Box<dyn Instrumentation>>);
    (answer, count.load(Ordering::Relaxed))
}

/// A database that is removed with this value.
pub struct TestDatabase {
    pub url: String,
    keeper: Keeper,
}

enum Keeper {
    Folder(TempDir),
    Server { admin: Url, name: String },
}

impl TestDatabase {
    /// One of each kind, migrated.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        all.extend(Self::postgres());
        all
    }

    pub fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        database.db().migrate().expect("the migrations apply");
        database
    }

    /// None if the environment leaves PostgreSQL out.
    pub fn postgres() -> Option<Self> {
        let admin = admin()?;
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| template(&admin));
        Some(Self::created(admin, &format!("TEMPLATE {template}")))
    }

    pub fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            url: format!("sqlite:{}", folder.path().join(FILE).display()),
            keeper: Keeper::Folder(folder),
        }
    }

    pub fn empty_postgres() -> Option<Self> {
        Some(Self::created(admin()?, ""))
    }

    fn created(admin: Url, options: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("forum_test_{}_{number}", std::process::id());
        run(&admin, &format!("DROP DATABASE IF EXISTS {name}"));
        run(&admin, &format!("CREATE DATABASE {name} {options}"));
        Self {
            url: named(&admin, &name),
            keeper: Keeper::Server { admin, name },
        }
    }

    /// Another handle, as another process would open it.
    pub fn db(&self) -> Db {
        self.open(Options::default())
    }

    pub fn open(&self, options: Options) -> Db {
        Db::open(&self.url, options).expect("the test database opens")
    }

    /// The SQLite file.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.keeper {
            Keeper::Folder(folder) => Some(folder.path().join(FILE)),
            Keeper::Server { .. } => None,
        }
    }

    /// Runs SQL on the PostgreSQL server, beside the database.
    pub fn administer(&self, sql: &str) {
        match &self.keeper {
            Keeper::Folder(_) => panic!("SQLite has no server"),
            Keeper::Server { admin, name } => run(admin, &sql.replace("{name}", name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.keeper {
            Keeper::Folder(_) => {}
            // The test's own handles may still be open.
            Keeper::Server { admin, name } => {
                run(
                    admin,
                    &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                );
            }
        }
    }
}

fn admin() -> Option<Url> {
    let value = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set. Run `./test`, which starts a PostgreSQL for the tests, \
             set it to the URL of an administrator of one, or set it to `none` to test \
             SQLite alone."
        )
    });
    (value != "none").then(|| Url::parse(&value).expect("a postgres:// URL"))
}

/// A migrated database from which the tests' databases are copied, made once
/// for each state of the migrations, by whichever process comes first.
fn template(admin: &Url) -> String {
    let mut hasher = DefaultHasher::new();
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
    hash_folder(Path::new(migrations), &mut hasher);
    let name = format!("forum_template_{:016x}", hasher.finish());
    let mut conn = connect(admin);
    let mut sql = |sql: &str| conn.batch_execute(sql).expect("the template is made");
    sql("SELECT pg_advisory_lock(7001)");
    if !exists(admin, &name) {
        let unfinished = format!("{name}_new");
        sql(&format!("DROP DATABASE IF EXISTS {unfinished}"));
        sql(&format!("CREATE DATABASE {unfinished}"));
        let db = Db::open(&named(admin, &unfinished), Options::default());
        db.expect("the template opens")
            .migrate()
            .expect("the migrations apply");
        sql(&format!("ALTER DATABASE {unfinished} RENAME TO {name}"));
    }
    name
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the migrations are there")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    paths.sort();
    for path in paths {
        path.file_name().hash(hasher);
        if path.is_dir() {
            hash_folder(&path, hasher);
        } else {
            fs::read(&path).expect("a readable file").hash(hasher);
        }
    }
}

fn exists(admin: &Url, name: &str) -> bool {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let select = format!("SELECT count(*) AS count FROM pg_database WHERE datname = '{name}'");
    let found: Count = sql_query(select)
        .get_result(&mut connect(admin))
        .expect("the catalogue is readable");
    found.count > 0
}

fn named(admin: &Url, name: &str) -> String {
    let mut url = admin.clone();
    url.set_path(name);
    url.into()
}

fn connect(admin: &Url) -> PgConnection {
    PgConnection::establish(admin.as_str()).expect("the test server answers")
}

fn run(admin: &Url, sql: &str) {
    connect(admin)
        .batch_execute(sql)
        .expect("administration works");
}
