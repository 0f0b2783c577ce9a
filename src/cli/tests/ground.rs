//! What every command stands on: arguments, settings, data directory, database.

use super::site::Site;
use crate::storage::testing::{TestDatabase, block_on};

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
        block_on(db.write(|conn| {
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
        "anchor",
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
fn the_demo_takes_a_configuration_and_says_what_it_ignores() {
    let site = Site::new(TestDatabase::empty_sqlite());
    let file = site.folder.path().join("forum.toml");
    let text = "[log]\nfilter = \"error\"\n[server]\npublic_url = \"https://forum.example\"\n";
    std::fs::write(&file, text).expect("written");
    // It goes as far as the ports, which are taken.
    let taken = ["127.0.0.1:0"; 3].map(std::net::TcpListener::bind);
    let port = taken.iter().find_map(|one| {
        let port = one.as_ref().ok()?.local_addr().ok()?.port();
        (port <= 65_533).then_some(port)
    });
    let port = port.expect("a port with two after it");
    let (dir, file) = (site.folder.path().join("demo"), file.display());
    let command = format!("demo --dir {} --port {port} --config {file}", dir.display());
    let outcome = site.run(&command);
    assert_eq!(outcome.status, 1);
    let lines: Vec<&str> = outcome.err.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("ignores server"), "{lines:?}");
    assert!(
        lines[1].contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{lines:?}"
    );
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
