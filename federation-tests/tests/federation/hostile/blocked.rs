//! Servers that the operator blocked: nothing of theirs comes in by any way,
//! nobody asks them anything, and nobody can tell that they are blocked.

use federation_tests::{
    database::Store,
    forum::Forum,
    http::Reply,
    node::Plan,
    on_both_databases,
    port::Port,
    remote::{self, Answer, Remote},
    rogue::{Rogue, Step},
    signing::Key,
    wait,
};
use serde_json::{Value, json};

use super::{Scene, scene_with, served};

/// Makes names lead to this machine that are no names elsewhere.
fn named(plan: Plan) -> Plan {
    let names = ["shut.test", "below.shut.test", "known.test"];
    let names = names.map(|name| format!("\"{name}\" = \"127.0.0.1\""));
    plan.set("federation.resolve", &format!("{{{}}}", names.join(", ")))
}

/// What tells one answer from another: all but its time and its number.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

impl Told {
    fn by(reply: &Reply) -> Self {
        let mut headers: Vec<(String, String)> = reply
            .headers
            .keys()
            .map(|name| (name.to_string(), reply.header(name.as_str()).to_owned()))
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .collect();
        headers.sort();
        Self {
            status: reply.status,
            headers,
            text: reply.text(),
        }
    }
}

impl Scene {
    async fn block_by_command(&self, host: &str) {
        self.node.command(&["node", "block", host]);
        // A running node notices within a second.
        wait::a_while().await;
    }

    async fn block_by_api(&self, host: &str) {
        let email = "admin@moj.example";
        self.node.user(email, "moj", "administrator");
        let token = self.node.token(email, "read write admin:read admin:write");
        let forum = Forum::with_token(&self.node.origin(), &token);
        let decision = json!({"host": host, "policy": "block"});
        forum.post("/admin/hosts", &decision).await.expect(200);
        wait::a_while().await;
    }

    /// Has a Create signed with a key of this id, in the name of the actor that
    /// it seems to belong to.
    async fn knock(&self, key_id: &str, key: &Key) -> Reply {
        let actor = key_id.split('#').next().unwrap_or_default();
        let mut create = self.create("bad");
        create["id"] = json!(format!("{actor}/create"));
        create["actor"] = json!(actor);
        create["cc"] = json!([self.member.uri]);
        create["object"]["id"] = json!(format!("{actor}/note"));
        create["object"]["attributedTo"] = json!(actor);
        let body = create.to_string().into_bytes();
        let mut delivery = self.remote.delivery(&self.node.origin(), body);
        delivery.key_id = key_id.to_owned();
        remote::send(&delivery, Some(&delivery.signature(key))).await
    }
}

async fn a_key_of_a_blocked_host_is_neither_believed_nor_asked_for(store: Store) {
    let known = Remote::named("known.test").await;
    let fresh = Remote::named("shut.test").await;
    let below = fresh.authority().replace("shut.test", "below.shut.test");
    let also = [known.authority(), fresh.authority(), below.clone()];
    let scene = scene_with(store, &also, named).await;
    // Its key is known before it is blocked.
    let reply = scene.knock(&known.key_id(), &known.key).await;
    reply.success();
    let kept = format!("{}/note", known.actor());
    scene.member.forum().await_entry(&kept).await;

    scene.block_by_command("shut.test").await;
    scene.block_by_api("known.test").await;
    let asked = known.seen().len();
    let shouted = fresh.key_id().replace("shut.test", "SHUT.test.");
    for (key_id, key) in [
        (known.key_id(), &known.key),
        (known.at("/users/other#main-key"), &known.key),
        (fresh.key_id(), &fresh.key),
        (fresh.at("/keys/1"), &fresh.key),
        (shouted, &fresh.key),
        (format!("http://{below}/users/mallory#main-key"), &fresh.key),
    ] {
        let reply = scene.knock(&key_id, key).await;
        assert!(
            matches!(reply.status, 401 | 503),
            "{key_id}: {} {}",
            reply.status,
            reply.text()
        );
    }
    // Nor is it heard of through others, though its own server confirms it.
    let mut note = served(fresh.note("1", "<p>Blocked</p>"));
    note["cc"] = json!([scene.member.uri]);
    let handed_on = fresh.activity("1", "Create", &note);
    fresh.say("/notes/1", Answer::Document(note));
    let reply = scene.remote.deliver(&scene.node.origin(), &handed_on).await;
    reply.expect(202);

    scene.assert_nothing_but(&[]).await;
    assert_eq!(fresh.seen().len(), 0, "{:?}", fresh.seen());
    assert_eq!(known.seen().len(), asked, "{:?}", known.seen());
    scene.prove_the_door_open().await;
}

async fn a_blocked_host_answers_like_one_that_is_not_there(store: Store) {
    let fresh = Remote::named("shut.test").await;
    let scene = scene_with(store, &[fresh.authority()], named).await;
    scene.block_by_command("shut.test").await;
    scene.block_by_command("shut.invalid").await;
    let key = Key::generate();
    for path in ["/users/x#main-key", "/keys/x"] {
        let open = format!("https://nonexistent.open.invalid{path}");
        let open = Told::by(&scene.knock(&open, &key).await);
        for blocked in [
            "https://nonexistent.shut.invalid".to_owned(),
            "https://shut.invalid".to_owned(),
            "https://shut.invalid:8443".to_owned(),
            fresh.origin.clone(),
        ] {
            let key_id = format!("{blocked}{path}");
            let told = Told::by(&scene.knock(&key_id, &key).await);
            assert_eq!(told, open, "{key_id}");
        }
    }
    assert_eq!(fresh.seen().len(), 0, "{:?}", fresh.seen());
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_boost_of_what_cannot_be_had_is_acknowledged_and_keeps_nothing(store: Store) {
    let shut = Remote::named("shut.test").await;
    let silent = Rogue::start(|_| vec![Step::Hang]).await;
    let gone = Port::reserve();
    let also = [shut.authority(), silent.authority.clone(), gone.address()];
    let scene = scene_with(store, &also, named).await;
    let remote = &scene.remote;
    scene.block_by_command("shut.test").await;
    let note = served(shut.note("1", "<p>Blocked</p>"));
    shut.say("/notes/1", Answer::Document(note));

    let mut told = Vec::new();
    for (number, object) in [
        shut.at("/notes/1"),
        format!("http://{}/notes/1", gone.address()),
        "https://nonexistent.open.invalid/notes/1".to_owned(),
        "https://shut.test/notes/1".to_owned(),
        silent.at("/notes/1"),
    ]
    .into_iter()
    .enumerate()
    {
        let boost = remote.activity(&format!("boost-{number}"), "Announce", &json!(object));
        let reply = remote.deliver(&scene.node.origin(), &boost).await;
        assert_eq!(reply.status, 202, "{object}: {}", reply.text());
        told.push(Told::by(&reply));
    }
    // By the answer nobody can tell which of them is blocked.
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    scene.assert_nothing_but(&[]).await;
    let home = scene.member.mastodon().list("/api/v1/timelines/home").await;
    assert_eq!(home, Vec::<Value>::new());
    assert_eq!(shut.seen().len(), 0, "{:?}", shut.seen());

    let note = served(remote.note("good", "<p>Good</p>"));
    remote.say("/notes/good", Answer::Document(note));
    let good = remote.at("/notes/good");
    let boost = remote.activity("boost-good", "Announce", &json!(good));
    remote.deliver(&scene.node.origin(), &boost).await.success();
    scene.member.forum().await_entry(&good).await;
}

async fn what_points_to_a_blocked_host_makes_nobody_ask_it(store: Store) {
    let shut = Remote::named("shut.test").await;
    let scene = scene_with(store, &[shut.authority()], named).await;
    let remote = &scene.remote;
    scene.block_by_command("shut.test").await;
    let target = shut.at("/notes/1");
    let note = served(shut.note("1", "<p>Blocked</p>"));
    shut.say("/notes/1", Answer::Document(note));

    let mut kept = Vec::new();
    for key in ["inReplyTo", "context", "replies", "quote", "quoteUrl"] {
        let mut create = scene.create(key);
        create["object"][key] = json!(target);
        remote
            .deliver(&scene.node.origin(), &create)
            .await
            .success();
        kept.push(remote.at(&format!("/notes/{key}")));
    }
    remote.say("/notes/away", Answer::Redirect(target.clone()));
    for text in [target, shut.actor(), remote.at("/notes/away")] {
        let reply = scene.search(&text).await;
        assert!(reply.status < 500, "{text}: {}", reply.text());
    }
    scene
        .search(&format!("@mallory@{}", shut.authority()))
        .await;
    for uri in &kept {
        scene.member.forum().await_entry(uri).await;
    }
    wait::a_while().await;
    let stored = scene.stored().await;
    assert_eq!(stored.len(), kept.len(), "{stored:?}");
    assert_eq!(shut.seen().len(), 0, "{:?}", shut.seen());
}

on_both_databases! {
    a_key_of_a_blocked_host_is_neither_believed_nor_asked_for,
    a_blocked_host_answers_like_one_that_is_not_there,
    a_boost_of_what_cannot_be_had_is_acknowledged_and_keeps_nothing,
    what_points_to_a_blocked_host_makes_nobody_ask_it,
}
