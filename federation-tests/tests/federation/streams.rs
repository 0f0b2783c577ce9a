//! Streams of a running node: how clients open them, and what ends them.

use std::time::Duration;

use federation_tests::{
    database::Store,
    forum::{id, note},
    http,
    node::Node,
    on_both_databases,
    stream::{Listener, Told},
    wait,
};
use serde_json::json;

/// A revocation counts on open streams within this time (SECURITY.md 1).
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// What a stopping node has for everything (INTERFACE.md).
const STOPPED_WITHIN: Duration = Duration::from_secs(25);

/// The close codes of RFC 6455, 7.4.1.
const GOING_AWAY: u16 = 1001;
const POLICY: u16 = 1008;

async fn an_entry_is_told_when_it_is_made_changed_and_deleted(store: Store) {
    let node = Node::alone(store).await;
    let author = node.member("moj", "Ministry of Justice", "government");
    let origin = node.origin();
    let listeners = [
        Listener::events(&origin, None, "public").await,
        Listener::events(&origin, Some(&author.token), "user").await,
        Listener::socket(&origin, None, "public:local").await,
        Listener::socket(&origin, Some(&author.token), "user").await,
    ];
    let forum = author.forum();
    let entry = forum.publish(&note("first wording", "public")).await;
    for listener in &listeners {
        listener.await_words("first wording").await;
    }
    let change = json!({"body": "second wording"});
    forum.edit(&id(&entry), &change).await.success();
    for listener in &listeners {
        listener.await_words("second wording").await;
    }
    forum.delete(&id(&entry)).await.success();
    for listener in &listeners {
        let gone = Told {
            event: "delete".to_owned(),
            payload: id(&entry),
        };
        let what = "the deletion to be told";
        wait::until(what, || async {
            listener.heard().contains(&gone).then_some(())
        })
        .await;
        let told: Vec<String> = listener
            .heard()
            .into_iter()
            .map(|told| told.event)
            .collect();
        assert_eq!(told, ["update", "status.update", "delete"]);
        assert_eq!(listener.heard().pop(), Some(gone));
    }
}

async fn a_stream_is_opened_with_the_token_in_the_query_and_refused_without_one(store: Store) {
    let node = Node::alone(store).await;
    let author = node.member("moj", "Ministry of Justice", "government");
    let origin = node.origin();
    let path = format!("user?access_token={}", author.token);
    let events = Listener::events(&origin, None, &path).await;
    let stream = format!("user&access_token={}", author.token);
    let socket = Listener::socket(&origin, None, &stream).await;
    author
        .forum()
        .publish(&note("heard by both", "members"))
        .await;
    events.await_words("heard by both").await;
    socket.await_words("heard by both").await;
    for path in ["user", "public?access_token=wrong", "?stream=user"] {
        let refused = http::get(&node.at(&format!("/api/v1/streaming/{path}")));
        let refused = refused.send().await.expect(401);
        assert!(refused.json()["error"].is_string());
    }
    assert!(!node.log().contains(&author.token));
}

async fn signing_a_person_out_by_command_ends_their_streams(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let origin = node.origin();
    let events = Listener::events(&origin, Some(&member.token), "user").await;
    let socket = Listener::socket(&origin, Some(&member.token), "public").await;
    let stranger = Listener::events(&origin, None, "public").await;
    node.command(&["user", "sign-out", "--email", &member.email]);
    assert_eq!(events.end(REVOKED_WITHIN).await, None);
    assert_eq!(socket.end(REVOKED_WITHIN).await, Some(POLICY));
    assert!(stranger.heard().is_empty());
}

async fn a_node_stops_while_streams_are_open(store: Store) {
    let mut node = Node::alone(store).await;
    let origin = node.origin();
    let events = Listener::events(&origin, None, "public").await;
    let socket = Listener::socket(&origin, None, "public").await;
    let (code, _) = node.stop();
    assert_eq!(code, Some(0));
    assert_eq!(socket.end(STOPPED_WITHIN).await, Some(GOING_AWAY));
    events.end(STOPPED_WITHIN).await;
    let log = node.log();
    assert!(!log.contains("requests were cut short"), "{log}");
}

on_both_databases! {
    an_entry_is_told_when_it_is_made_changed_and_deleted,
    a_stream_is_opened_with_the_token_in_the_query_and_refused_without_one,
    signing_a_person_out_by_command_ends_their_streams,
    a_node_stops_while_streams_are_open,
}
