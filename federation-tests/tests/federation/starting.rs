//! The ways to start wrongly: each is refused in one clear line.

use std::{fs, os::unix::fs::PermissionsExt};

use federation_tests::{
    database::{Database, Store},
    node::{Node, Plan},
    on_both_databases, wait,
};

async fn migrating_twice_is_fine_and_a_newer_database_is_refused(store: Store) {
    let plan = Plan::new(store);
    plan.run(&["migrate", "--json"]).expect(0).json();
    plan.run(&["migrate"]).expect(0);
    plan.database().execute(
        "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('99991231000000', CURRENT_TIMESTAMP)",
    );
    for command in ["migrate", "serve"] {
        let refused = plan.run(&[command]).expect(1);
        assert!(
            refused.stderr.contains("newer"),
            "{command}: {}",
            refused.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_is_refused_in_one_clear_line() {
    let cases = [
        (
            "server.lissten",
            "127.0.0.1:1",
            &["server.lissten", "server.listen"][..],
        ),
        ("server.listen", "nowhere", &["server.listen"]),
        (
            "server.public_url",
            "ftp://forum.example",
            &["server.public_url"],
        ),
        ("database.url", "mysql://forum", &["database.url"]),
        (
            "delivery.retry_after",
            "[\"soon\"]",
            &["delivery.retry_after"],
        ),
        ("federation.mode", "closed", &["federation.mode"]),
        (
            "federation.allowed_addresses",
            "[\"nowhere\"]",
            &["federation.allowed_addresses"],
        ),
    ];
    for (key, value, words) in cases {
        let plan = Plan::new(Store::Sqlite).set(key, value);
        for command in ["migrate", "serve"] {
            let refused = plan.run(&[command]).expect(1);
            for word in words {
                assert!(refused.stderr.contains(word), "{key}: {}", refused.stderr);
            }
        }
    }
    let plan = Plan::new(Store::Sqlite);
    let file = plan.data_dir().join("forum.toml");
    fs::write(&file, "[server]\nlisten_on = \"x\"\n").expect("a file can be written");
    let file = file.display().to_string();
    let refused = plan.run(&["migrate", "--config", &file]).expect(1);
    assert!(
        refused.stderr.contains("listen_on") && refused.stderr.contains("server.listen"),
        "{}",
        refused.stderr
    );
    let refused = plan
        .run(&["migrate", "--config", "/nonexistent.toml"])
        .expect(1);
    assert!(
        refused.stderr.contains("/nonexistent.toml"),
        "{}",
        refused.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named() {
    let node = Node::alone(Store::Sqlite).await;
    let second = Plan::new(Store::Sqlite).set("server.listen", &node.plan.socket());
    let refused = second.run(&["serve"]).expect(1);
    assert!(
        refused.stderr.contains(&node.plan.socket()),
        "{}",
        refused.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_that_cannot_be_written_is_named() {
    // A file where the directory should be: refused even to root.
    let plan = Plan::new(Store::Sqlite);
    let file = plan.data_dir().join("file");
    fs::write(&file, "").expect("a file can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("its mode can be set");
    let inside = file.join("data").display().to_string();
    let plan = plan.set("data_dir", &inside);
    let refused = plan.run(&["serve"]).expect(1);
    assert!(
        refused.stderr.contains(&inside) || refused.stderr.contains("data_dir"),
        "{}",
        refused.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_down_is_refused_at_the_start_without_its_password() {
    let plan = Plan::new(Store::Sqlite).set(
        "database.url",
        "postgres://forum:secretcanary@127.0.0.1:1/forum",
    );
    for command in ["migrate", "serve"] {
        let refused = plan.run(&[command]).expect(1);
        assert!(
            refused.stderr.to_lowercase().contains("database"),
            "{}",
            refused.stderr
        );
        assert!(
            !refused.stderr.contains("secretcanary"),
            "{}",
            refused.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_lost_while_serving_is_503_and_comes_back_without_a_restart() {
    let node = Node::alone(Store::Postgres).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let Database::Postgres { name, .. } = node.plan.database() else {
        unreachable!("asked for PostgreSQL");
    };
    let away = format!("{name}_away");
    node.plan.database().rename(name, &away);
    let entry = federation_tests::forum::note("Hello", "public");
    let refused = member.forum().post("/entries", &entry).await;
    let ready = node.get("/readyz").send().await;
    let live = node.get("/livez").send().await;
    node.plan.database().rename(&away, name);
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert_eq!(live.status, 200);
    wait::until("the node to recover", || async {
        (node.get("/readyz").send().await.status == 200).then_some(())
    })
    .await;
    member.forum().publish(&entry).await;
}

on_both_databases! {
    migrating_twice_is_fine_and_a_newer_database_is_refused,
}
