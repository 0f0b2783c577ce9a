//! Commands, their JSON, and their exit status.

use std::collections::BTreeSet;

use federation_tests::{
    binary::{self, Environment},
    database::Store,
    http::ACTIVITY_JSON,
    node::{Node, Plan, text},
    on_both_databases, wait,
};
use serde_json::{Value, json};

const CREATE: [&str; 8] = [
    "organisation",
    "create",
    "--handle",
    "moj",
    "--name",
    "Ministry of Justice",
    "--category",
    "government",
];

async fn organisations_are_made_listed_suspended_restored_and_deleted(store: Store) {
    let node = Node::alone(store).await;
    let mut create = CREATE.to_vec();
    create.extend(["--country", "AL", "--summary", "We *coordinate*."]);
    let made = node.command(&create);
    for key in ["id", "handle", "uri", "url", "inbox"] {
        assert!(made[key].is_string(), "{key} in {made}");
    }
    assert_eq!(made["uri"], node.at("/orgs/moj").as_str());
    assert_eq!(made["inbox"], node.at("/orgs/moj/inbox").as_str());

    let listed = node.command(&["organisation", "list"]);
    let listed = listed["organisations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["handle"], "moj");

    for (verb, expected) in [("suspend", 410), ("restore", 200), ("delete", 410)] {
        node.command(&["organisation", verb, "--handle", "moj"]);
        // A public answer may be a second old.
        wait::until(&format!("{expected} after {verb}"), || async {
            let actor = node.get("/orgs/moj").accept(ACTIVITY_JSON).send().await;
            (actor.status == expected).then_some(())
        })
        .await;
    }
    node.run(&["organisation", "restore", "--handle", "moj"])
        .expect(1);
    node.run(&CREATE).expect(1);
}

async fn a_refused_organisation_says_why(store: Store) {
    let node = Node::alone(store).await;
    node.command(&CREATE);
    let refused = |changes: [(&str, &str); 1], word: &str| {
        let mut arguments = vec![
            "organisation",
            "create",
            "--handle",
            "other",
            "--name",
            "Other",
            "--category",
            "academia",
        ];
        for (option, value) in changes {
            match arguments.iter().position(|argument| *argument == option) {
                Some(at) => arguments[at + 1] = value,
                None => arguments.extend([option, value]),
            }
        }
        let finished = node.run(&arguments);
        assert!(
            [1, 2].contains(&finished.status),
            "{changes:?}: {finished:?}"
        );
        assert!(
            finished.stderr.to_lowercase().contains(word),
            "{changes:?}: {}",
            finished.stderr
        );
        assert!(finished.stdout.is_empty(), "{}", finished.stdout);
    };
    refused([("--handle", "MOJ")], "taken");
    refused([("--handle", "no spaces")], "handle");
    refused([("--category", "charity")], "category");
    refused([("--country", "XX")], "country");
    refused([("--name", "")], "name");
    let missing = node
        .run(&["organisation", "suspend", "--handle", "nobody"])
        .expect(1);
    assert!(
        missing.stderr.contains("organisation"),
        "{}",
        missing.stderr
    );
}

async fn users_and_tokens_are_made(store: Store) {
    let node = Node::alone(store).await;
    node.command(&CREATE);
    let base = [
        "user",
        "create",
        "--email",
        "a@moj.example",
        "--organisation",
        "moj",
        "--role",
        "editor",
    ];
    let made = node.run(&base).expect(0);
    assert!(
        made.stdout.contains(&node.origin()),
        "no one-time link in {}",
        made.stdout
    );
    let again = node.run(&base).expect(1);
    assert!(again.stderr.contains("e-mail"), "{}", again.stderr);
    node.user("b@moj.example", "moj", "reader");

    let token = node.command(&[
        "token",
        "create",
        "--email",
        "b@moj.example",
        "--scopes",
        "read write follow",
    ]);
    assert_eq!(token["scope"], "read write follow");
    let token = text(&token, "access_token");
    let me = node
        .get("/api/v1/accounts/verify_credentials")
        .bearer(&token)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(me["acct"], "moj");

    for (arguments, word) in [
        (
            ["--email", "nobody@moj.example", "--scopes", "read"],
            "account",
        ),
        (
            ["--email", "b@moj.example", "--scopes", "everything"],
            "scope",
        ),
    ] {
        let finished = node.run(&[&["token", "create"], &arguments[..]].concat());
        assert!([1, 2].contains(&finished.status), "{finished:?}");
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    }
    for (option, value) in [
        ("--role", "king"),
        ("--organisation", "nobody"),
        ("--email", "no-address"),
    ] {
        let mut arguments = base.to_vec();
        let at = arguments
            .iter()
            .position(|argument| *argument == option)
            .expect("an option of base");
        arguments[at + 1] = value;
        let finished = node.run(&arguments);
        assert!([1, 2].contains(&finished.status), "{option}: {finished:?}");
    }
    let short = [
        "user",
        "create",
        "--email",
        "c@moj.example",
        "--organisation",
        "moj",
        "--role",
        "reader",
        "--password-stdin",
    ];
    let finished = binary::run(node.plan.environment(), &short, Some("short\n")).expect(1);
    assert!(finished.stderr.contains("12"), "{}", finished.stderr);
}

async fn a_token_does_only_what_its_scopes_say(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let read = node.token(&member.email, "read");
    let entry = json!({"kind": "note", "title": "", "body": "Hello", "language": "en", "audience": "public"});
    let refused = node
        .post("/api/forum/v1/entries")
        .bearer(&read)
        .json(&entry)
        .send()
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    node.post("/api/forum/v1/entries")
        .json(&entry)
        .send()
        .await
        .expect(401);
    node.post("/api/forum/v1/entries")
        .bearer("wrong")
        .json(&entry)
        .send()
        .await
        .expect(401);
    node.post("/api/forum/v1/entries")
        .bearer(&member.token)
        .json(&entry)
        .send()
        .await
        .success();
}

async fn every_route_is_listed_once_with_what_it_asks_for(store: Store) {
    let plan = Plan::new(store);
    let routes = plan.run(&["routes", "--json"]).expect(0).json();
    let routes = routes["routes"].as_array().cloned().unwrap_or_default();
    let mut seen = BTreeSet::new();
    for route in &routes {
        assert!(
            route["method"].is_string() && route["path"].is_string() && route["auth"].is_string(),
            "{route}"
        );
        assert!(
            seen.insert((route["method"].to_string(), route["path"].to_string())),
            "twice: {route}"
        );
    }
    for path in [
        "/inbox",
        "/orgs/{handle}",
        "/api/forum/v1/entries",
        "/api/v1/timelines/home",
        "/livez",
        "/.well-known/webfinger",
    ] {
        assert!(
            routes.iter().any(|route| route["path"] == path),
            "{path} is missing"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_usage_exits_with_2_and_help_with_0() {
    let plan = Plan::new(Store::Sqlite);
    for arguments in [
        &["frobnicate"][..],
        &["organisation"],
        &["organisation", "create"],
        &["organisation", "create", "--handle"],
        &["token", "create", "--colour", "red"],
        &["--config"],
    ] {
        let finished = plan.run(arguments).expect(2);
        assert!(
            finished.stderr.contains("--help"),
            "{arguments:?}: {}",
            finished.stderr
        );
        assert!(
            finished.stdout.is_empty(),
            "{arguments:?}: {}",
            finished.stdout
        );
    }
    for command in [
        "serve",
        "demo",
        "migrate",
        "organisation",
        "user",
        "token",
        "node",
        "routes",
        "doctor",
    ] {
        let help = plan.run(&[command, "--help"]).expect(0);
        assert!(help.stdout.len() > 100, "{command}: {}", help.stdout);
        let overview = plan.run(&["--help"]).expect(0).stdout;
        assert!(overview.contains(command), "{command} is not in --help");
    }
    for later in ["anchor", "accreditation", "backup", "restore"] {
        plan.run(&[later]).expect(2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_json_exactly_one_object_is_printed() {
    let plan = Plan::new(Store::Sqlite);
    let mut environment: Environment = plan.environment().clone();
    environment.insert("VIRTUAL_FORUM_LOG__FILTER".into(), "debug".into());
    let finished = binary::run(&environment, &["migrate", "--json"], None).expect(0);
    let value: Value = finished.json();
    assert!(value.is_object());
    let failed = plan
        .run(&["organisation", "suspend", "--handle", "nobody", "--json"])
        .expect(1);
    assert!(!failed.stderr.trim().is_empty());
}

on_both_databases! {
    organisations_are_made_listed_suspended_restored_and_deleted,
    a_refused_organisation_says_why,
    users_and_tokens_are_made,
    a_token_does_only_what_its_scopes_say,
    every_route_is_listed_once_with_what_it_asks_for,
}
