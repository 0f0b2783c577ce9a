//! What operators do beside a running node: decide about other servers, and
//! look whether all is well.

use federation_tests::{
    binary,
    database::Store,
    forum::full_request,
    node::{self, Node},
    on_both_databases, wait,
};

async fn hosts_are_blocked_allowed_and_listed(store: Store) {
    let node = Node::alone(store).await;
    node.command(&["node", "block", "bad.example"]);
    node.command(&["node", "allow", "good.example"]);
    let listed = node.command(&["node", "list"]).to_string();
    assert!(
        listed.contains("bad.example") && listed.contains("good.example"),
        "{listed}"
    );
    node.run(&["node", "block", "not a host"]).expect(1);
}

async fn a_blocked_host_is_not_heard(store: Store) {
    let [a, b] = node::network(store, &[]).await;
    let ministry = a.member("moj", "Ministry of Justice", "government");
    let shelter = b.member("shelter", "Shelter", "civil_society");
    shelter.mastodon().follow(&ministry.address()).await;
    b.run(&["node", "block", &a.plan.authority()]).expect(0);
    // A running node notices within a second what another process decided.
    wait::a_while().await;
    ministry.forum().publish(&full_request("Unheard")).await;
    wait::a_while().await;
    let entries = shelter.forum().all_entries().await;
    assert!(entries.is_empty(), "{entries:?}");
}

async fn the_doctor_finds_a_sound_node_sound_and_a_lost_database_lost(store: Store) {
    let node = Node::alone(store).await;
    let report = node.run(&["doctor"]);
    assert_eq!(report.status, 0, "{report:?}");
    let report = node.command(&["doctor"]);
    assert!(report.is_object(), "{report}");
    let mut environment = node.plan.environment().clone();
    environment.insert(
        "VIRTUAL_FORUM_DATABASE__URL".into(),
        "postgres://forum@127.0.0.1:1/none".into(),
    );
    let sick = binary::run(&environment, &["doctor"], None).expect(1);
    assert!(
        format!("{}{}", sick.stdout, sick.stderr).contains("database"),
        "{sick:?}"
    );
}

on_both_databases! {
    hosts_are_blocked_allowed_and_listed,
    a_blocked_host_is_not_heard,
    the_doctor_finds_a_sound_node_sound_and_a_lost_database_lost,
}
