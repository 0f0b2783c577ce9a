//! What `doctor` finds.

use serde_json::Value;

use super::{CREATE, site::Site};
use crate::{
    cli::Ground,
    storage::testing::{TestDatabase, block_on},
};

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

#[test]
fn the_doctor_says_whom_the_node_trusts_and_what_it_may_store() {
    for site in Site::migrated() {
        let said = |site: &Site| {
            let report = site.run("doctor --json").json();
            let checks = report["checks"].as_array().expect("a list");
            let found = checks.iter().find(|one| one["check"] == "accreditation");
            found.expect("looked at").clone()
        };
        site.run(CREATE).done();
        make_node_keys(&site);
        assert_eq!(said(&site)["verdict"], "ok");
        let made = site.run("anchor create --name A --json").done().json();
        let untrusted = said(&site);
        assert_eq!(untrusted["verdict"], "warning");
        let detail = untrusted["detail"].as_str().expect("text");
        assert!(detail.contains("does not trust its own anchor"), "{detail}");

        let did = made["did"].as_str().expect("a did");
        let anchors = format!("[{{name = \"A\", did = \"{did}\"}}]");
        let site = site.set("TRUST__ANCHORS", &anchors);
        let alone = said(&site);
        assert_eq!(alone["verdict"], "warning");
        let detail = alone["detail"].as_str().expect("text");
        assert!(detail.contains("no membership"), "{detail}");
        site.run("accreditation issue --node https://n.example/actor --audience members")
            .done();
        let member = said(&site);
        assert_eq!(member["verdict"], "ok");
        let detail = member["detail"].as_str().expect("text");
        assert!(detail.contains("members"), "{detail}");
    }
}

fn make_node_keys(site: &Site) {
    let ground = Ground {
        file: None,
        environment: site.settings.clone(),
        as_json: false,
        input: &mut std::io::empty(),
        out: &mut std::io::sink(),
        err: &mut std::io::sink(),
    };
    block_on(async {
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
