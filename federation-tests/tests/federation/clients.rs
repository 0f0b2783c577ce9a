//! Real Mastodon clients that read from a node, anonymously and with a token.

use federation_tests::{
    database::Store,
    forum::{full_request, uri},
    node::{self, Member, Node},
    on_both_databases, script,
};

struct Scene {
    _author_node: Node,
    node: Node,
    reader: Member,
    author: Member,
    entry: String,
}

/// A node whose organisation follows one elsewhere that has posted.
async fn scene(store: Store) -> Scene {
    let [a, b] = node::network(store, &[]).await;
    let author = a.member("moj", "Ministry of Justice", "government");
    let reader = b.member("shelter", "Shelter for All", "civil_society");
    reader.mastodon().follow(&author.address()).await;
    let entry = author
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    reader.mastodon().await_home(&uri(&entry)).await;
    Scene {
        _author_node: a,
        node: b,
        reader,
        author,
        entry: uri(&entry),
    }
}

async fn toot_reads_the_home_and_public_timelines_and_follows(store: Store) {
    let scene = scene(store).await;
    let home = tempfile::tempdir().expect("a directory can be made");
    let toot = |arguments: &[&str]| {
        let mut command = script::python_tool("toot");
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", home.path())
            .env("NO_COLOR", "1");
        script::text(command)
    };
    let config = serde_json::json!({
        "apps": {scene.node.plan.authority(): {
            "instance": scene.node.plan.authority(), "base_url": scene.node.origin(),
            "client_id": "-", "client_secret": "-",
        }},
        "users": {format!("shelter@{}", scene.node.plan.authority()): {
            "instance": scene.node.plan.authority(), "username": "shelter",
            "access_token": scene.reader.token,
        }},
        "active_user": format!("shelter@{}", scene.node.plan.authority()),
    });
    std::fs::create_dir_all(home.path().join("toot")).expect("a directory can be made");
    std::fs::write(home.path().join("toot/config.json"), config.to_string())
        .expect("a file can be written");

    for timeline in [&["timelines", "home"][..], &["timelines", "public"]] {
        let text = toot(&[timeline, &["--no-pager", "--no-clear"]].concat());
        assert!(
            text.contains("Training for border police"),
            "{timeline:?}: {text}"
        );
    }
    assert!(toot(&["whoami"]).contains("@shelter"));
    let found = toot(&["search", &scene.author.address()]);
    assert!(found.contains("moj"), "{found}");
    let account = scene.author.address();
    let account = account.trim_start_matches('@');
    assert!(toot(&["unfollow", account]).contains("no longer following"));
    assert!(toot(&["follow", account]).contains("now following"));
    assert!(toot(&["instance"]).contains("Virtual Forum"));
}

async fn mastodon_py_reads_everything_it_knows(store: Store) {
    let scene = scene(store).await;
    let mut command = script::python("clients/mastodon_py.py");
    command.args([
        &scene.node.origin(),
        &scene.reader.token,
        &scene.author.address(),
        &scene.entry,
    ]);
    let report = script::json(command);
    assert_eq!(report["failed"], serde_json::json!({}), "{report:#}");
    assert!(
        report["passed"]
            .as_array()
            .is_some_and(|passed| passed.len() > 20),
        "{report:#}"
    );
}

async fn masto_and_megalodon_read_the_timelines(store: Store) {
    let scene = scene(store).await;
    for client in ["masto.js", "megalodon.js"] {
        let mut command = script::node(&format!("clients/{client}"));
        command.args([
            &scene.node.origin(),
            &scene.reader.token,
            &scene.author.address(),
            &scene.entry,
        ]);
        let report = script::json(command);
        assert_eq!(
            report["failed"],
            serde_json::json!({}),
            "{client}: {report:#}"
        );
    }
}

on_both_databases! {
    toot_reads_the_home_and_public_timelines_and_follows,
    mastodon_py_reads_everything_it_knows,
    masto_and_megalodon_read_the_timelines,
}
