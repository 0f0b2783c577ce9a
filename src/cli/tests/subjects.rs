//! Organisations, people, tokens, hosts, reports and keys by command.

use serde_json::Value;

use super::{CREATE, site::Site};
use crate::{
    domain::{
        id::ReportId,
        report::{Report, ReportCategory},
    },
    storage::{reports, testing::block_on},
};

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
            category: ReportCategory::Spam,
            rules: Vec::new(),
            comment: "two\nlines".into(),
            forwarded: false,
            created_at: chrono::DateTime::UNIX_EPOCH,
            resolved_at: None,
        };
        let db = site.database.db();
        block_on(db.write(move |conn| reports::insert(conn, &report))).expect("stored");
        let text = site.run("report list").done().out;
        assert!(text.contains("9 open     spam      a reports b (0 entries): two lines"));
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
