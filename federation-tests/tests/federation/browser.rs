//! The main job in a real browser.

use federation_tests::{
    database::Store,
    node::{PASSWORD, Plan},
    script,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_published_in_a_browser_is_read_in_one_on_another_node() {
    let chromium = match std::env::var("VIRTUAL_FORUM_TEST_CHROMIUM") {
        Ok(path) if !path.is_empty() => path,
        _ => panic!("set VIRTUAL_FORUM_TEST_CHROMIUM, or start the tests with ./test"),
    };
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
    command.args([&chromium, &plan.to_string()]);
    let report = script::json(command);
    assert_eq!(report["seen"], "Training for border police", "{report}");
    assert_eq!(
        report["overflow"], false,
        "the entry does not fit on a phone"
    );
}
