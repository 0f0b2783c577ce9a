//! A node's surroundings, and commands that are run in them.

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::App,
    cli::{Console, run},
    config::Config,
    operations::Clock,
    storage::testing::TestDatabase,
};

/// What a command left behind.
pub struct Outcome {
    pub status: u8,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// The one object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value @ Value::Object(_)) => value,
            _ => panic!("not one JSON object: {} {}", self.out, self.err),
        }
    }

    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.err);
        self
    }

    /// Refused, with one line that says `why`.
    #[track_caller]
    pub fn refused(self, why: &str) -> Self {
        assert_eq!(self.status, 1, "{} {}", self.out, self.err);
        assert_eq!(self.err.trim_end().lines().count(), 1, "{}", self.err);
        assert!(self.err.contains(why), "{}", self.err);
        self
    }
}

/// A node's surroundings: a data directory and a database.
pub struct Site {
    pub folder: TempDir,
    pub database: TestDatabase,
    pub settings: Vec<(String, String)>,
}

impl Site {
    pub fn new(database: TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data_dir = folder.path().join("data").display().to_string();
        let settings = [
            ("DATA_DIR", data_dir.as_str()),
            ("DATABASE__URL", &database.url),
            ("SERVER__PUBLIC_URL", "https://n.example"),
        ]
        .map(|(name, value)| (format!("VIRTUAL_FORUM_{name}"), value.to_owned()))
        .to_vec();
        Self {
            folder,
            database,
            settings,
        }
    }

    /// One on each kind of database, with nothing in it.
    pub fn empty() -> Vec<Self> {
        let mut databases = vec![TestDatabase::empty_sqlite()];
        databases.extend(TestDatabase::empty_postgres());
        databases.into_iter().map(Self::new).collect()
    }

    /// One on each kind of database, migrated.
    pub fn migrated() -> Vec<Self> {
        TestDatabase::all().into_iter().map(Self::new).collect()
    }

    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        let name = format!("VIRTUAL_FORUM_{name}");
        self.settings.push((name, value.to_owned()));
        self
    }

    /// The node itself, for what no command does.
    pub fn app(&self) -> App {
        let config = Config::load(None, self.settings.iter().cloned());
        App::open(config.expect("valid settings"), Clock::System).expect("a node")
    }

    pub fn run(&self, arguments: &str) -> Outcome {
        self.run_with(arguments, "")
    }

    /// Arguments as words; `~` in a word stands for a space.
    pub fn run_with(&self, arguments: &str, input: &str) -> Outcome {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut input = input.as_bytes();
        let words = arguments.split(' ').map(|word| word.replace('~', " "));
        let words = std::iter::once("virtual-forum".to_owned()).chain(words);
        let status = run(
            words,
            Console {
                environment: self.settings.clone(),
                input: &mut input,
                out: &mut out,
                err: &mut err,
            },
        );
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Outcome {
            status,
            out: text(out),
            err: text(err),
        }
    }
}
