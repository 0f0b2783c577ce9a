//! Following and finding what is slow, gone, forbidden, or not what it says.

use std::time::Duration;

use federation_tests::{
    database::Store,
    http::Reply,
    node::{Member, Node, Plan},
    on_both_databases,
    port::Port,
    remote::{Answer, Remote},
    signing::Key,
};
use serde_json::json;

struct Scene {
    _node: Node,
    member: Member,
    remote: Remote,
}

async fn scene(store: Store) -> Scene {
    let remote = Remote::start().await;
    let node = Plan::new(store)
        .reaching(&[remote.authority()])
        .start()
        .await;
    let member = node.member("moj", "Ministry of Justice", "government");
    Scene {
        _node: node,
        member,
        remote,
    }
}

impl Scene {
    async fn search(&self, text: &str) -> Reply {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let path = format!("/api/v2/search?q={query}&resolve=true");
        self.member.mastodon().get(&path).await
    }

    /// Nothing is found, and without a fault of ours.
    async fn assert_not_found(&self, text: &str) {
        let reply = self.search(text).await;
        assert!(
            reply.status < 500,
            "{text}: {} {}",
            reply.status,
            reply.text()
        );
        if reply.status == 200 {
            let found = reply.json();
            assert_eq!(found["accounts"], json!([]), "{text}");
            assert_eq!(found["statuses"], json!([]), "{text}");
        } else {
            assert!(
                reply.json()["error"].is_string(),
                "{text}: {}",
                reply.text()
            );
        }
        let accounts = self
            .member
            .mastodon()
            .get("/api/v1/directory?local=false")
            .await
            .text();
        assert!(
            !accounts.contains("elsewhere"),
            "{text} was stored: {accounts}"
        );
    }
}

async fn hosts_that_are_gone_or_slow_or_forbidden_are_not_found(store: Store) {
    let scene = scene(store).await;
    let gone = Port::reserve().address();
    scene.assert_not_found(&format!("@nobody@{gone}")).await;
    scene
        .assert_not_found(&format!("http://{gone}/users/nobody"))
        .await;
    // Private, and not among the allowed addresses.
    let forbidden = Remote::start().await;
    scene.assert_not_found(&forbidden.actor()).await;
    assert!(
        forbidden.seen().is_empty(),
        "a forbidden address was connected to"
    );
    scene.assert_not_found("@nobody@no-such-host.invalid").await;

    let remote = &scene.remote;
    remote.say("/users/slow", Answer::Late(Duration::from_secs(40)));
    scene.assert_not_found(&remote.at("/users/slow")).await;
    scene.assert_not_found(&remote.at("/users/missing")).await;
    scene
        .assert_not_found(&format!("@missing@{}", remote.authority()))
        .await;
}

async fn hosts_that_lie_are_not_believed(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let key = Key::generate();
    let document = |name: &str| remote.actor_document(name, &key);
    let raw = |kind, body: String| Answer::Raw(200, kind, body.into_bytes());

    let mut other_id = document("other-id");
    other_id["id"] = json!("https://victim.example/users/boss");
    remote.say("/users/other-id", Answer::Document(other_id));
    remote.say(
        "/users/as-html",
        raw("text/html", document("as-html").to_string()),
    );
    remote.say(
        "/users/cut",
        raw("application/activity+json", "{\"id\":".to_owned()),
    );
    remote.say(
        "/users/huge",
        raw(
            "application/activity+json",
            format!("{{\"x\":\"{}\"}}", "x".repeat(3_000_000)),
        ),
    );
    remote.say("/users/loop", Answer::Redirect(remote.at("/users/loop")));
    remote.say(
        "/users/inward",
        Answer::Redirect("http://127.0.0.1:1/".to_owned()),
    );
    remote.say("/users/broken", Answer::Raw(500, "text/plain", Vec::new()));
    let mut no_key = document("no-inbox");
    no_key["inbox"] = json!(null);
    remote.say("/users/no-inbox", Answer::Document(no_key));
    let mut far_inbox = document("far-inbox");
    far_inbox["inbox"] = json!("https://victim.example/inbox");
    remote.say("/users/far-inbox", Answer::Document(far_inbox));
    for name in [
        "other-id",
        "as-html",
        "cut",
        "huge",
        "loop",
        "inward",
        "broken",
        "no-inbox",
        "far-inbox",
    ] {
        scene
            .assert_not_found(&remote.at(&format!("/users/{name}")))
            .await;
    }

    // WebFinger that points at somebody else's actor.
    let jrd = json!({
        "subject": format!("acct:liar@{}", remote.authority()),
        "links": [{"rel": "self", "type": "application/activity+json", "href": "https://victim.example/users/boss"}],
    });
    remote.say(
        "/.well-known/webfinger?liar",
        raw("application/jrd+json", jrd.to_string()),
    );
    scene
        .assert_not_found(&format!("@liar@{}", remote.authority()))
        .await;
}

async fn following_what_is_not_there_is_a_plain_error(store: Store) {
    let scene = scene(store).await;
    let reply = scene
        .member
        .mastodon()
        .post("/api/v1/accounts/1/follow")
        .await
        .expect(404);
    assert!(reply.json()["error"].is_string());
    for text in [
        "@",
        "@@",
        "@moj@",
        "http://",
        "http://[",
        "not a handle",
        "@a@b@c",
        "",
    ] {
        let reply = scene.search(text).await;
        assert!(
            reply.status < 500,
            "{text:?}: {} {}",
            reply.status,
            reply.text()
        );
    }
}

on_both_databases! {
    hosts_that_are_gone_or_slow_or_forbidden_are_not_found,
    hosts_that_lie_are_not_believed,
    following_what_is_not_there_is_a_plain_error,
}
