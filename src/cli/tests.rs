//! Commands as a shell runs them, in the test's own process, on both
//! databases.

use serde_json::Value;
use tempfile::TempDir;

use super::{Console, run};
use crate::{
    domain::{id::ReportId, report::Report},
    storage::{
        reports,
        testing::{TestDatabase, block_on},
    },
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
    fn new(database: TestDatabase) -> Self {
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

const CREATE: &str =
    "organisation create --handle moj --name Ministry~of~Justice --category government";

#[test]
fn an_organisation_is_made_before_the_first_start_and_its_addresses_are_told() {
    for site in Site::empty() {
        let made = site.run(&format!("{CREATE} --country AL --json")).done();
        let object = made.json();
        assert_eq!(object["handle"], "moj");
        assert_eq!(object["uri"], "https://n.example/orgs/moj");
        assert_eq!(object["url"], "https://n.example/orgs/moj");
        assert_eq!(object["inbox"], "https://n.example/orgs/moj/inbox");
        assert!(
            object["id"]
                .as_str()
                .is_some_and(|id| id.parse::<i64>().is_ok())
        );
        let listed = site.run("--json organisation list").done().json();
        assert_eq!(listed["organisations"][0]["handle"], "moj");
        assert_eq!(listed["organisations"][0]["country"], "AL");
        assert_eq!(listed["organisations"][0]["state"], "active");
        assert!(
            site.run("organisation list")
                .done()
                .out
                .contains("Ministry of Justice")
        );
    }
}

#[test]
fn what_an_organisation_may_not_be_is_refused_and_nothing_is_stored() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        site.run(CREATE).refused("The handle moj is taken");
        let create = "organisation create --name N --category media";
        site.run(&format!("{create} --handle Not~one"))
            .refused("handle");
        site.run(&format!("{create} --handle m --country ZZ"))
            .refused("ZZ");
        let wrong = site.run("organisation create --name N --handle m --category club --json");
        assert_eq!(wrong.status, 2);
        assert!(wrong.err.contains("civil_society"), "{}", wrong.err);
        let listed = site.run("organisation list --json").done().json();
        assert_eq!(listed["organisations"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn a_suspended_organisation_can_be_restored_and_a_deleted_one_never() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        for (verb, state) in [
            ("suspend", "suspended"),
            ("restore", "active"),
            ("delete", "deleted"),
        ] {
            let changed = site.run(&format!("organisation {verb} --handle moj --json"));
            assert_eq!(changed.done().json()["state"], state);
        }
        site.run("organisation restore --handle moj")
            .refused("deleted");
        site.run("organisation delete --handle nobody")
            .refused("no such organisation");
    }
}

#[test]
fn a_person_without_a_password_gets_a_link_and_one_with_it_none() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        let create = "user create --organisation moj --role focal-point --json";
        let one = site.run(&format!("{create} --email One@moj.example"));
        let one = one.done().json();
        assert_eq!(one["email"], "one@moj.example");
        assert_eq!(one["organisation"], "moj");
        let link = one["link"].as_str().expect("a link");
        assert!(link.starts_with("https://n.example/links/"), "{link}");
        let two = format!("{create} --email two@moj.example --password-stdin");
        let two = site.run_with(&two, "correct horse battery\n").done().json();
        assert_eq!(two["link"], Value::Null);
        assert_eq!(two["has_password"], true);
        let listed = site.run("user list --json").done().json();
        assert_eq!(listed["users"].as_array().map(Vec::len), Some(2));
        assert_eq!(listed["users"][0]["role"], "focal-point");
    }
}

#[test]
fn an_account_that_cannot_be_is_refused() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        let create = "user create --role reader --email a@moj.example";
        site.run(&format!("{create} --organisation nobody"))
            .refused("no such organisation");
        let with_password = format!("{create} --organisation moj --password-stdin");
        site.run_with(&with_password, "short\n")
            .refused("12 to 1,024");
        site.run_with(&with_password, "")
            .refused("no password on standard input");
        site.run(&format!("{create} --organisation moj")).done();
        site.run(&format!("{create} --organisation moj"))
            .refused("already");
        let role = site.run("user create --email a@b.example --organisation moj --role king");
        assert_eq!(role.status, 2);
    }
}

#[test]
fn a_token_is_shown_once_with_its_scopes() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        let create = "user create --organisation moj --role editor --email a@moj.example";
        site.run(create).done();
        let token = "token create --email a@moj.example --scopes";
        let made = site
            .run(&format!("{token} read~write~follow --json"))
            .done()
            .json();
        assert_eq!(made["scope"], "read write follow");
        assert!(
            made["access_token"]
                .as_str()
                .is_some_and(|token| token.len() >= 43)
        );
        assert_eq!(site.run(&format!("{token} everything")).status, 2);
        site.run("token create --email nobody@moj.example")
            .refused("no such account");
    }
}

#[test]
fn migrating_twice_applies_nothing_the_second_time() {
    for site in Site::empty() {
        let first = site.run("migrate --json").done().json();
        assert_ne!(first["applied"].as_array().map(Vec::len), Some(0));
        let second = site.run("migrate --json").done().json();
        assert_eq!(second["applied"].as_array().map(Vec::len), Some(0));
        assert_eq!(first["version"], second["version"]);
    }
}

#[test]
fn a_newer_database_is_refused_by_every_command_that_opens_it() {
    for site in Site::migrated() {
        let db = site.database.db();
        crate::storage::testing::block_on(db.write(|conn| {
            use diesel::connection::SimpleConnection;
            conn.batch_execute(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')",
            )?;
            Ok::<_, crate::storage::Error>(())
        }))
        .expect("written");
        for command in ["serve", "migrate", "organisation list", "user list"] {
            let site = site.run(command);
            site.refused("the database has schema 29991231000000, newer than");
        }
    }
}

#[test]
fn routes_are_listed_without_a_database() {
    let site = Site::new(TestDatabase::empty_sqlite());
    let routes = site.run("routes --json").done().json();
    let routes = routes["routes"].as_array().expect("a list").clone();
    let livez = routes.iter().find(|route| route["path"] == "/livez");
    let livez = livez.expect("the health route");
    assert_eq!(
        (&livez["method"], &livez["auth"]),
        (&"GET".into(), &"none".into())
    );
    assert!(!site.database.file().is_some_and(|file| file.exists()));
}

#[test]
fn wrong_usage_is_exit_status_2_and_help_is_0() {
    let site = Site::new(TestDatabase::empty_sqlite());
    for wrong in [
        "nonsense",
        "--what",
        "organisation",
        "organisation create",
        "anchor show",
    ] {
        let outcome = site.run(wrong);
        assert_eq!(outcome.status, 2, "{wrong}");
        assert!(outcome.out.is_empty() && !outcome.err.is_empty(), "{wrong}");
    }
    let help = site.run("--help");
    assert_eq!(help.status, 0);
    assert!(help.out.contains("Examples:") && help.err.is_empty());
}

#[test]
fn settings_that_cannot_be_are_named_with_json_too() {
    let site = Site::new(TestDatabase::empty_sqlite()).set("SERVER__LISTN", "x");
    let outcome = site.run("organisation list --json");
    assert!(
        outcome.json()["error"]
            .as_str()
            .is_some_and(|text| text.contains("server.listn"))
    );
    outcome.refused("did you mean `server.listen`?");
    let site = Site::new(TestDatabase::empty_sqlite()).set("LOG__FILTER", "what=ever=");
    site.run("serve").refused("log.filter");
    site.run("serve --config /nowhere/at.all")
        .refused("/nowhere/at.all");
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let site = Site::new(TestDatabase::empty_sqlite());
    let file = site.folder.path().join("file");
    std::fs::write(&file, "no directory").expect("written");
    let below = file.join("data").display().to_string();
    let site = site.set("DATA_DIR", &below);
    for command in ["serve", "migrate", "organisation list"] {
        site.run(command).refused(&below);
    }
}

#[test]
fn a_data_directory_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new(TestDatabase::empty_sqlite());
    site.run("migrate").done();
    let folder = site.folder.path().join("data");
    let mode = folder.metadata().expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_taken_port_is_named_and_the_database_stays_as_it_was() {
    for site in Site::empty() {
        let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = other.local_addr().expect("an address").to_string();
        let site = site.set("SERVER__LISTEN", &address);
        site.run("serve --json")
            .refused(&format!("cannot listen on {address}"));
        assert_eq!(site.database.db().version().expect("readable"), None);
    }
}

#[test]
fn a_database_that_does_not_answer_is_a_failure_in_one_line() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let url = format!("postgres://forum:secret-word@{address}/forum");
    let site = Site::new(TestDatabase::empty_sqlite()).set("DATABASE__URL", &url);
    let outcome = site
        .run("organisation list")
        .refused("the database cannot be used now");
    assert!(!outcome.err.contains("secret-word"));
}

#[test]
fn what_is_decided_about_hosts_is_listed_and_can_be_withdrawn() {
    for site in Site::migrated() {
        let blocked = site
            .run("node block Bad.EXAMPLE. --reason Spam --json")
            .done()
            .json();
        assert_eq!(
            (&blocked["host"], &blocked["policy"]),
            (&"bad.example".into(), &"block".into())
        );
        site.run("node allow good.example").done();
        let listed = site.run("node list --json").done().json();
        assert_eq!(listed["hosts"].as_array().map(Vec::len), Some(2));
        assert_eq!(listed["hosts"][0]["reason"], "Spam");
        site.run("node forget bad.example").done();
        site.run("node forget bad.example").refused("bad.example");
        site.run("node block n.example").refused("our own host");
        site.run("node block https://x.example/y")
            .refused("no host name");
    }
}

#[test]
fn reports_are_listed_by_state_and_resolved() {
    for site in Site::migrated() {
        let make = "organisation create --name X --category media --json --handle";
        let made = ["a", "b"].map(|handle| site.run(&format!("{make} {handle}")).done().json());
        let id = |one: &Value| one["id"].as_str().expect("an id").parse();
        let report = Report {
            id: ReportId(9),
            reporter: id(&made[0]).expect("an id"),
            reported: id(&made[1]).expect("an id"),
            entries: Vec::new(),
            comment: "two\nlines".into(),
            forwarded: false,
            created_at: chrono::DateTime::UNIX_EPOCH,
            resolved_at: None,
        };
        let db = site.database.db();
        block_on(db.write(move |conn| reports::insert(conn, &report))).expect("stored");
        let text = site.run("report list").done().out;
        assert!(text.contains("9 open     a reports b (0 entries): two lines"));
        let resolved = site.run("report resolve --id 9 --json").done().json();
        assert_eq!(resolved["state"], "resolved");
        for (state, count) in [("open", 0), ("resolved", 1)] {
            let command = format!("report list --state {state} --json");
            let listed = site.run(&command).done().json();
            assert_eq!(listed["reports"].as_array().map(Vec::len), Some(count));
        }
        site.run("report resolve --id 8").refused("no such");
        assert_eq!(site.run("report resolve --id x").status, 2);
    }
}

/// What `doctor` says of one check.
fn verdict(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().expect("a list");
    let found = checks.iter().find(|one| one["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check} in {report}"));
    found["verdict"].as_str().expect("a word").to_owned()
}

#[test]
fn the_doctor_finds_nothing_wrong_with_a_new_node_and_changes_nothing() {
    for site in Site::empty() {
        let site = site.set("SERVER__PUBLIC_URL", "http://127.0.0.1:9");
        let report = site.run("doctor --json").done().json();
        for check in ["database", "data directory", "public address"] {
            assert_eq!(verdict(&report, check), "warning", "{report}");
        }
        assert_eq!(verdict(&report, "clock"), "ok");
        assert_eq!(report["ok"], true);
        assert!(!site.folder.path().join("data").exists());
        assert!(!site.database.file().is_some_and(|file| file.exists()));
    }
}

#[test]
fn the_doctor_says_one_line_about_each_part_of_a_node() {
    for site in Site::migrated() {
        let site = site.set("SERVER__PUBLIC_URL", "http://n.localhost:9");
        site.run(CREATE).done();
        // The node's own keys are made by its first start.
        let report = site.run("doctor --json");
        assert_eq!(verdict(&report.json(), "keys"), "failed");
        report.refused("failed checks: keys");
        make_node_keys(&site);
        let report = site.run("doctor").done();
        for line in [
            "ok       configuration",
            "ok       database",
            "ok       keys",
            "ok       clock",
        ] {
            assert!(report.out.contains(line), "{}", report.out);
        }
    }
}

fn make_node_keys(site: &Site) {
    let ground = super::Ground {
        file: None,
        environment: site.settings.clone(),
        as_json: false,
        input: &mut std::io::empty(),
        out: &mut std::io::sink(),
    };
    crate::storage::testing::block_on(async {
        let app = ground.app().expect("the node opens");
        let made = crate::operations::node::ensure_keys(&app.forum).await;
        made.expect("keys are made");
    });
}

#[test]
fn the_doctor_names_what_is_broken_and_fails() {
    let site = Site::new(TestDatabase::empty_sqlite()).set("LIMITS__WRITE", "1");
    let report = site.run("doctor --json");
    assert_eq!(verdict(&report.json(), "configuration"), "failed");
    report.refused("configuration");
    let site = Site::new(TestDatabase::empty_sqlite());
    std::fs::write(
        site.database.file().expect("a file"),
        "this is no database at all",
    )
    .expect("written");
    let report = site.run("doctor --json");
    assert_eq!(verdict(&report.json(), "database"), "failed");
    report.refused("database");
}

#[test]
fn keys_are_replaced_by_command_under_the_same_names() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        let rotate = |command: &str| {
            let object = site.run(&format!("{command} --json")).done().json();
            let keys = object["keys"].as_array().expect("keys").clone();
            (object["uri"].clone(), keys)
        };
        for (command, uri) in [
            (
                "organisation rotate-keys --handle moj",
                "https://n.example/orgs/moj",
            ),
            ("node rotate-keys", "https://n.example/actor"),
        ] {
            let (first, second) = (rotate(command), rotate(command));
            assert_eq!(first.0, uri);
            assert_eq!(first.1.len(), 2);
            for (old, new) in first.1.iter().zip(&second.1) {
                assert_eq!(old["id"], new["id"]);
                assert_ne!(old["public_key"], new["public_key"]);
            }
        }
        site.run("organisation rotate-keys --handle nobody")
            .refused("there is no such organisation");
    }
}

#[test]
fn decisions_are_listed_and_the_log_is_verified_by_command_and_by_doctor() {
    for site in Site::migrated() {
        let site = site.set("SERVER__PUBLIC_URL", "http://n.localhost:9");
        site.run(CREATE).done();
        site.run("organisation suspend --handle moj").done();
        let listed = site.run("audit list --json").done().json();
        let words: Vec<&Value> = listed["decisions"]
            .as_array()
            .expect("decisions")
            .iter()
            .map(|one| &one["decision"])
            .collect();
        assert_eq!(words, ["organisation-suspended", "organisation-created"]);
        assert_eq!(listed["decisions"][0]["subject"], "organisation moj");
        assert_eq!(listed["decisions"][0]["by"], Value::Null);
        let first = listed["decisions"][1]["hash"].as_str().expect("a hash");
        let verified = site.run(&format!("audit verify --seen {first} --json"));
        let verified = verified.done().json();
        assert_eq!(verified["records"], 2);
        assert_eq!(verified["newest"], listed["decisions"][0]["hash"]);
        site.run("audit verify --seen nonsense").refused("noted");
        let checks = site.run("doctor --json").json();
        let log = checks["checks"].as_array().expect("checks").iter();
        let mut log = log.filter(|one| one["check"] == "audit log");
        let detail = log.next().expect("the log is checked")["detail"].as_str();
        assert!(detail.is_some_and(|text| text.contains("whole, 2 records")));
    }
}

#[test]
fn sign_ins_end_links_are_made_and_second_factors_are_reset_by_command() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        site.run("user create --organisation moj --role editor --email a@moj.example")
            .done();
        site.run("token create --email a@moj.example").done();
        let link = site.run("user link --email A@moj.example --json");
        let link = link.done().json();
        assert!(
            link["link"]
                .as_str()
                .is_some_and(|link| link.starts_with("https://n.example/links/"))
        );
        let ended = site.run("user sign-out --email a@moj.example --json");
        assert_eq!(ended.done().json()["tokens"], 1);
        let reset = site.run("user reset-second-factor --email a@moj.example");
        reset.done();
        let listed = site.run("audit list --limit 3 --json").done().json();
        let words = ["second-factor-reset", "sessions-ended", "link-made"];
        for (place, word) in words.into_iter().enumerate() {
            assert_eq!(listed["decisions"][place]["decision"], word);
        }
        for command in ["link", "sign-out", "reset-second-factor"] {
            site.run(&format!("user {command} --email nobody@moj.example"))
                .refused("no such account");
        }
    }
}
