//! The log of decisions by command.

use serde_json::Value;

use super::{CREATE, site::Site};

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
