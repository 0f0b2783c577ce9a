//! The pages in a real browser: the main job, signing in, and becoming a member.

use federation_tests::{
    database::Store,
    node::{Node, PASSWORD, Plan, text},
    script,
};
use serde_json::json;

pub fn chromium() -> String {
    match std::env::var("VIRTUAL_FORUM_TEST_CHROMIUM") {
        Ok(path) if !path.is_empty() => path,
        _ => panic!("set VIRTUAL_FORUM_TEST_CHROMIUM, or start the tests with ./test"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_published_in_a_browser_is_read_in_one_on_another_node() {
    // Two host names, so that the browser keeps two sets of cookies; it finds
    // every name under localhost on this machine by itself.
    let a = Plan::new(Store::Sqlite).named("ministry.localhost");
    let b = Plan::new(Store::Postgres).named("shelter.localhost");
    let sockets = [&a, &b].map(|plan| plan.authority());
    let names = r#"{"ministry.localhost" = "127.0.0.1", "shelter.localhost" = "127.0.0.1"}"#;
    let start = async |plan: Plan| {
        let addresses = [sockets[0].clone(), sockets[1].clone(), plan.socket()];
        let plan = plan.reaching(&addresses).set("federation.resolve", names);
        plan.start().await
    };
    let (a, b) = (start(a).await, start(b).await);
    let ministry = a.member("moj", "Ministry of Justice", "government");
    let shelter = b.member("shelter", "Shelter for All", "civil_society");

    let plan = json!({
        "a": {"origin": a.origin(), "email": ministry.email, "address": ministry.address()},
        "b": {"origin": b.origin(), "email": shelter.email},
        "password": PASSWORD,
        "title": "Training for border police",
    });
    let mut command = script::node("browser/main_job.js");
    command.args([chromium(), plan.to_string()]);
    let report = script::json(command);
    assert_eq!(report["seen"], "Training for border police", "{report}");
    assert_eq!(
        report["overflow"], false,
        "the entry does not fit on a phone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_added_in_a_browser_signs_in_without_password_or_code() {
    for store in [Store::Sqlite, Store::Postgres] {
        let plan = Plan::new(store).named("forum.localhost");
        let node = plan.set("limits.sign_in_per_minute", "100").start().await;
        let ministry = node.member("moj", "Ministry of Justice", "government");
        let plan = json!({
            "origin": node.origin(), "email": ministry.email, "password": PASSWORD,
        });
        let mut command = script::node("browser/passkeys.js");
        command.args([chromium(), plan.to_string()]);
        let report = script::json(command);
        assert_eq!(report["added"], "My telephone", "{report}");
        assert_eq!(report["codes"], 10, "{report}");
        assert_eq!(report["entered"], "You are signed in.", "{report}");
        assert_eq!(report["instead"], "You are signed in.", "{report}");
        let refused = text(&report, "refused");
        assert!(refused.contains("You are not signed in"), "{report}");
        assert_eq!(report["faults"], json!([]), "{report:#}");
    }
}

/// A node that is an anchor and trusts itself, so that it accredits whom it
/// admits.
pub async fn anchor_node() -> Node {
    let plan = Plan::new(Store::Sqlite).named("forum.localhost");
    let made = plan.run(&["anchor", "create", "--name", "Secretariat", "--json"]);
    let did = text(&made.expect(0).json(), "did");
    let anchors = format!("[{{ name = \"Secretariat\", did = \"{did}\" }}]");
    plan.set("trust.anchors", &anchors).start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_applied_and_was_approved_comes_in_with_a_second_factor_and_reads_its_part() {
    let node = anchor_node().await;
    let secretariat = node.member("hub", "Secretariat", "international_organisation");
    node.command(&[
        "accreditation",
        "issue",
        "--actor",
        &secretariat.uri,
        "--category",
        "international_organisation",
    ]);
    for email in ["one@hub.example", "two@hub.example"] {
        node.user(email, "hub", "administrator");
    }
    let embassy = node.member("embassy", "Embassy", "government");
    node.command(&[
        "accreditation",
        "issue",
        "--actor",
        &embassy.uri,
        "--category",
        "government",
    ]);
    for audience in ["public", "members", "preferential", "named"] {
        let mut entry = json!({
            "kind": "request", "title": format!("For {audience}"), "language": "en",
            "body": "Five days of training.", "status": "open", "audience": audience,
            "countries": ["AL"],
        });
        if audience == "named" {
            entry["named"] = json!([embassy.uri]);
        }
        secretariat.forum().publish(&entry).await;
    }
    let plan = json!({
        "origin": node.origin(),
        "password": PASSWORD,
        "administrators": ["one@hub.example", "two@hub.example"],
        "applicants": [
            {
                "name": "Ministry of Justice", "handle": "moj", "category": "Government",
                "country": "AL", "email": "focal@moj.example",
            },
            {
                "name": "Lantern House", "handle": "lantern", "category": "Civil society",
                "country": "AL", "email": "focal@lantern.example",
            },
        ],
    });
    let mut command = script::node("browser/membership.js");
    command.args([chromium(), plan.to_string()]);
    let report = script::json(command);
    let readers = &report["readers"];
    assert_eq!(
        readers["moj"]["titles"],
        json!(["For members", "For preferential", "For public"]),
        "{report:#}"
    );
    assert_eq!(
        readers["moj"]["steps"],
        json!(["Set up a second factor", "Rules of participation"]),
    );
    assert_eq!(
        readers["lantern"]["titles"],
        json!(["For members", "For public"]),
        "{report:#}"
    );
}
