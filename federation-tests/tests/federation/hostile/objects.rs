//! Documents that only look like ones: names that are no addresses, files that
//! are served as something else, contexts that ask to be fetched.

use federation_tests::{
    database::Store,
    on_both_databases,
    remote::Answer,
    rogue::{self, Rogue},
};
use serde_json::{Value, json};

use super::{Scene, scene, scene_with, served};

/// What is no http address, in every form in which one is expected.
fn no_addresses(canary: &Rogue) -> Vec<Value> {
    let port = canary.port();
    let mut all = [
        "",
        " ",
        "mallory",
        "/users/mallory",
        "//a.example/users/mallory",
        "http//a.example/users/mallory",
        "http://",
        "http://[",
        "http://a b/",
        "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "acct:mallory@a.example",
        "data:application/activity+json,{}",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ]
    .map(Value::from)
    .to_vec();
    for scheme in ["ftp", "gopher", "ws", "wss"] {
        all.push(json!(format!("{scheme}://127.0.0.1:{port}/1")));
    }
    all.extend([json!(7), json!(true), json!({})]);
    all.push(json!({"id": "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e"}));
    all
}

impl Scene {
    /// A Create with something else at this place of it.
    fn create_with(&self, place: &str, value: &Value) -> Value {
        let mut create = self.create("bad");
        *create.pointer_mut(place).expect("a Create has this") = value.clone();
        create
    }
}

async fn names_that_are_no_addresses_are_refused(store: Store) {
    let scene = scene(store).await;
    let (canary, remote) = (Rogue::canary().await, &scene.remote);
    let asked = scene.asked_at_rest().await.len();
    for value in no_addresses(&canary) {
        let places = [
            "/id",
            "/actor",
            "/object",
            "/object/id",
            "/object/attributedTo",
        ];
        for place in places {
            // An entry that is embedded is one: its id is another place.
            if place == "/object" && value.is_object() {
                continue;
            }
            let create = scene.create_with(place, &value);
            let reply = remote.deliver(&scene.node.origin(), &create).await;
            assert_eq!(reply.status, 400, "{place} {value}: {}", reply.text());
        }
        for kind in ["Update", "Delete", "Announce", "Like", "Follow", "Undo"] {
            let activity = remote.activity("bad", kind, &value);
            let reply = remote.deliver(&scene.node.origin(), &activity).await;
            assert_eq!(reply.status, 400, "{kind} of {value}: {}", reply.text());
        }
    }
    scene.assert_nothing_but(&[]).await;
    let fetched = scene.asked_at_rest().await.split_off(asked);
    assert_eq!(fetched, Vec::<String>::new());
    assert_eq!(canary.connections(), 0);
    // None of them has taken the ids that were right.
    let create = scene.create("bad");
    remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    scene.assert_nothing_but(&[remote.at("/notes/bad")]).await;
}

async fn what_is_served_as_another_type_is_no_object(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let upload = |name: &str, kind: &'static str| {
        let note = served(remote.note(name, "<p>A file that somebody uploaded</p>"));
        let answer = Answer::Raw(200, kind, note.to_string().into_bytes());
        remote.say(&format!("/notes/{name}"), answer);
        remote.activity(&format!("boost-{name}"), "Announce", &note["id"])
    };
    let kinds = [
        "application/json",
        "application/ld+json",
        "application/octet-stream",
        "image/png",
        "text/html",
        "text/plain; profile=application/activity+json",
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        let boost = upload(&format!("file-{number}"), kind);
        let reply = remote.deliver(&scene.node.origin(), &boost).await;
        assert!(reply.status < 500, "{kind}: {}", reply.text());
        let file = remote.at(&format!("/notes/file-{number}"));
        let found = scene.search(&file).await;
        assert!(found.status < 500, "{kind}: {}", found.text());
    }
    scene.assert_nothing_but(&[]).await;

    let boost = upload("right", "application/activity+json");
    remote.deliver(&scene.node.origin(), &boost).await.success();
    let right = remote.at("/notes/right");
    scene.member.forum().await_entry(&right).await;
    scene.assert_nothing_but(&[right]).await;
}

async fn a_context_is_never_fetched(store: Store) {
    let canary = Rogue::canary().await;
    let library = Rogue::start(|_| {
        let kind = ["content-type: application/ld+json"];
        rogue::http("200 OK", &kind, br#"{"@context": {"content": "as:name"}}"#)
    })
    .await;
    let also = std::slice::from_ref(&library.authority);
    let scene = scene_with(store, also, |plan| plan).await;
    let remote = &scene.remote;
    let streams = "https://www.w3.org/ns/activitystreams";
    let contexts = [
        json!([streams, library.at("/context"), canary.at("/context")]),
        json!(library.at("/context")),
        json!([streams, {"@version": 1.1, "@import": library.at("/context")}]),
        json!([streams, {"deep": {"@id": "as:deep", "@context": canary.at("/context")}}]),
    ];
    let mut kept = Vec::new();
    for (number, context) in contexts.iter().enumerate() {
        let mut create = scene.create(&format!("context-{number}"));
        create["@context"] = context.clone();
        create["object"]["@context"] = context.clone();
        remote
            .deliver(&scene.node.origin(), &create)
            .await
            .success();
        let name = format!("served-{number}");
        let mut note = remote.note(&name, "<p>Served</p>");
        note["@context"] = context.clone();
        let boost = remote.activity(&format!("boost-{number}"), "Announce", &note["id"]);
        remote.say(&format!("/notes/{name}"), Answer::Document(note));
        remote.deliver(&scene.node.origin(), &boost).await.success();
        kept.push(remote.at(&format!("/notes/context-{number}")));
        kept.push(remote.at(&format!("/notes/{name}")));
    }
    for uri in &kept {
        scene.member.forum().await_entry(uri).await;
    }
    assert_eq!((library.connections(), canary.connections()), (0, 0));
}

on_both_databases! {
    names_that_are_no_addresses_are_refused,
    what_is_served_as_another_type_is_no_object,
    a_context_is_never_fetched,
}
