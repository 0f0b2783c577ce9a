//! Streams of a running node: how clients open them, and what ends them.

use std::time::Duration;

use federation_tests::{
    database::{Database, Store},
    forum::{id, note},
    http,
    node::{Node, Plan},
    on_both_databases,
    stream::{Listener, Told},
    wait,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

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

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn send(socket: &mut Socket, words: &str) {
    let message = Message::Text(words.into());
    socket.send(message).await.expect("the connection is open");
}

/// The next message of the node.
async fn receive(socket: &mut Socket) -> Value {
    let text = async {
        loop {
            let message = socket.next().await.expect("the connection is open");
            if let Message::Text(text) = message.expect("a message") {
                return text;
            }
        }
    };
    let text = timeout(wait::PATIENCE, text).await.expect("a message");
    serde_json::from_str(&text).expect("messages are JSON")
}

/// Asks for a change twice, which is as good as once, and waits until the node
/// has read it.
async fn change(socket: &mut Socket, kind: &str, stream: &str) {
    let wish = json!({"type": kind, "stream": stream, "tag": "heard"}).to_string();
    for words in [&wish, &wish, "nonsense"] {
        send(socket, words).await;
    }
    assert_eq!(receive(socket).await["status"], 400);
}

async fn wrong_words_on_a_websocket_are_answered_and_the_connection_goes_on(store: Store) {
    let node = Node::alone(store).await;
    let author = node.member("moj", "Ministry of Justice", "government");
    let address = node.at("/api/v1/streaming").replacen("http", "ws", 1);
    let (mut socket, _) = connect_async(address).await.expect("the node answers");
    for (words, status) in [
        ("nonsense", 400),
        (r#"{"stream": "public"}"#, 400),
        (r#"{"type": "listen", "stream": "public"}"#, 400),
        (r#"{"type": "subscribe", "stream": "nothing"}"#, 404),
        (
            r#"{"type": "subscribe", "stream": "list", "list": "1"}"#,
            404,
        ),
        (r#"{"type": "subscribe", "stream": "hashtag"}"#, 422),
        (r#"{"type": "subscribe", "stream": "user"}"#, 401),
    ] {
        send(&mut socket, words).await;
        let answer = receive(&mut socket).await;
        assert_eq!(answer["status"], status, "{words}: {answer}");
        assert!(answer["error"].is_string(), "{words}: {answer}");
    }
    let forum = author.forum();
    change(&mut socket, "subscribe", "public:local").await;
    forum.publish(&note("the first #heard", "public")).await;
    let told = receive(&mut socket).await;
    assert_eq!(told["stream"], json!(["public:local"]));
    change(&mut socket, "subscribe", "hashtag").await;
    forum.publish(&note("the second #heard", "public")).await;
    for stream in [json!(["public:local"]), json!(["hashtag", "heard"])] {
        assert_eq!(receive(&mut socket).await["stream"], stream);
    }
    change(&mut socket, "unsubscribe", "public:local").await;
    forum.publish(&note("the third #heard", "public")).await;
    let told = receive(&mut socket).await;
    assert_eq!(told["stream"], json!(["hashtag", "heard"]));
    let payload = told["payload"].as_str().expect("a string");
    assert!(payload.contains("the third"), "{payload}");
}

/// Two processes serve one node from one PostgreSQL database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_commits_is_told_on_the_streams_of_the_other() {
    let one = Node::alone(Store::Postgres).await;
    let author = one.member("moj", "Ministry of Justice", "government");
    let Database::Postgres { url, .. } = one.plan.database() else {
        panic!("it is on PostgreSQL");
    };
    let other = Plan::new(Store::Postgres)
        .set("database.url", url)
        .set("server.public_url", &one.origin());
    let other = other.start().await;
    let listeners = [
        Listener::events(&other.origin(), Some(&author.token), "user").await,
        Listener::events(&other.origin(), None, "public").await,
    ];
    // The processes begin to hear each other within a moment.
    wait::a_while().await;
    let forum = author.forum();
    forum.publish(&note("for members", "members")).await;
    forum.publish(&note("for everybody", "public")).await;
    for listener in &listeners {
        listener.await_words("for everybody").await;
    }
    assert!(listeners[0].has_heard("for members"));
    assert!(!listeners[1].has_heard("for members"));
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
    wrong_words_on_a_websocket_are_answered_and_the_connection_goes_on,
    signing_a_person_out_by_command_ends_their_streams,
    a_node_stops_while_streams_are_open,
}
