//! Whose key is it? Keys that are not the actor's, not listed, not where they
//! should be, or behind servers that answer badly.

use std::time::Duration;

use federation_tests::{
    database::Store,
    http::Reply,
    on_both_databases,
    remote::{self, Answer, Remote},
    rogue::{self, Rogue, Step},
    signing::Key,
};
use serde_json::{Value, json};

use super::{Scene, scene, scene_with};

const ACTIVITY_JSON: &str = "content-type: application/activity+json";

impl Scene {
    /// A Create that is signed with a key of this id, in the name of an actor.
    async fn sign_as(&self, key_id: &str, key: &Key, actor: &str) -> Reply {
        let mut create = self.create("bad");
        create["actor"] = json!(actor);
        let body = create.to_string().into_bytes();
        let mut delivery = self.remote.delivery(&self.node.origin(), body);
        delivery.key_id = key_id.to_owned();
        remote::send(&delivery, Some(&delivery.signature(key))).await
    }

    /// Neither believed nor, when its server is at fault, refused for good.
    async fn assert_no_key(&self, what: &str, key_id: &str, key: &Key, actor: &str) {
        let reply = self.sign_as(key_id, key, actor).await;
        assert!(
            matches!(reply.status, 401 | 403 | 503),
            "{what}: {} {}",
            reply.status,
            reply.text()
        );
    }

    /// How often a path of the scripted server was asked for.
    fn asked(&self, path: &str) -> usize {
        let seen = self.remote.seen();
        seen.iter().filter(|seen| seen.path == path).count()
    }
}

fn key_document(id: &str, owner: &str, key: &Key) -> Value {
    json!({
        "@context": "https://w3id.org/security/v1", "id": id, "type": "CryptographicKey",
        "owner": owner, "publicKeyPem": key.public_pem(),
    })
}

async fn a_key_speaks_for_its_owner_only(store: Store) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| plan).await;
    let (remote, stray) = (&scene.remote, Key::generate());
    let mallory = remote.actor();

    let claiming = remote.at("/keys/claiming");
    let document = key_document(&claiming, &mallory, &stray);
    remote.say("/keys/claiming", Answer::Document(document));
    scene
        .assert_no_key("that its owner does not list", &claiming, &stray, &mallory)
        .await;
    let foreign = rival.at("/keys/foreign");
    let document = key_document(&foreign, &mallory, &stray);
    rival.say("/keys/foreign", Answer::Document(document));
    scene
        .assert_no_key("of an owner elsewhere", &foreign, &stray, &mallory)
        .await;
    let mut actor = remote.actor_document("trudy", &stray);
    actor["publicKey"]["owner"] = json!(mallory);
    remote.say("/users/trudy", Answer::Document(actor));
    let trudy = remote.at("/users/trudy#main-key");
    scene
        .assert_no_key("listed as another's", &trudy, &stray, &mallory)
        .await;
    let mut actor = remote.actor_document("carol", &stray);
    actor["publicKey"]["id"] = json!(rival.at("/users/carol#main-key"));
    remote.say("/users/carol", Answer::Document(actor));
    let carol = remote.at("/users/carol#main-key");
    scene
        .assert_no_key("with an id elsewhere", &carol, &stray, &mallory)
        .await;
    remote.introduce("neighbour", &stray);
    // These are keys, though not the actor's: taken for handing on what its
    // origin does not confirm, which is acknowledged and forgotten.
    let neighbour = remote.at("/users/neighbour#main-key");
    for (id, key) in [(neighbour, &stray), (rival.key_id(), &rival.key)] {
        let reply = scene.sign_as(&id, key, &mallory).await;
        assert!(reply.status < 500, "{id}: {}", reply.text());
    }
    for ours in ["/orgs/moj#main-key", "/actor#main-key", "/keys/x"] {
        let ours = scene.node.at(ours);
        scene
            .assert_no_key("of the node", &ours, &stray, &mallory)
            .await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn nothing_is_fetched_for_what_is_refused_by_itself(store: Store) {
    let scene = scene(store).await;
    let trudy = Key::generate();
    scene.remote.introduce("trudy", &trudy);
    let good = || {
        let body = scene.create("bad").to_string().into_bytes();
        let mut delivery = scene.remote.delivery(&scene.node.origin(), body);
        delivery.key_id = scene.remote.at("/users/trudy#main-key");
        delivery
    };
    let mut cases = vec![good(), good(), good(), good()];
    cases[0].date -= chrono::TimeDelta::hours(13);
    cases[1].digest = "SHA-256=AAAA".to_owned();
    cases[2].headers.retain(|name| *name != "host");
    cases[3].algorithm = "rsa-sha1";
    for delivery in &cases {
        let signature = delivery.signature(&trudy);
        scene
            .refuse("refused by itself", delivery, Some(&signature))
            .await;
    }
    scene.refuse("unsigned", &good(), None).await;
    assert_eq!(scene.asked("/users/trudy"), 0);

    // And for what does not fit its key, once.
    let before = scene.asked("/users/mallory");
    let stranger = Key::generate();
    for _ in 0..5 {
        let (id, actor) = (scene.remote.key_id(), scene.remote.actor());
        scene.assert_no_key("forged", &id, &stranger, &actor).await;
    }
    let fetched = scene.asked("/users/mallory") - before;
    assert!(fetched <= 1, "fetched {fetched} times");
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

/// What a rogue server answers where a key should be, and what is wrong.
fn bad_answers(target: &str, here: &str) -> Vec<(&'static str, Vec<Step>)> {
    let actor = format!("{{\"id\":\"{here}\",\"type\":\"Person\"}}");
    let body = actor.as_bytes();
    let moved = format!("location: {target}");
    let head = |lines: &str| {
        Step::Send(format!("HTTP/1.1 200 OK\r\n{ACTIVITY_JSON}\r\n{lines}\r\n\r\n").into())
    };
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat();
    let ok = |lines: &[&str], body: &[u8]| rogue::http("200 OK", lines, body);
    let deep = format!(
        "{{\"id\":\"{here}\",\"x\":{}{}}}",
        "[".repeat(65),
        "]".repeat(65)
    );
    vec![
        ("redirect", rogue::http("302 Found", &[&moved], b"")),
        (
            "lasting redirect",
            rogue::http("308 Permanent Redirect", &[&moved], b""),
        ),
        ("loop", rogue::http("302 Found", &["location: /loop"], b"")),
        ("plain JSON", ok(&["content-type: application/json"], body)),
        ("a page", ok(&["content-type: text/html"], body)),
        ("no type", ok(&[], body)),
        (
            "two types",
            ok(&[ACTIVITY_JSON, "content-type: text/html"], body),
        ),
        (
            "compressed",
            ok(
                &[ACTIVITY_JSON, "content-encoding: gzip"],
                include_bytes!("spaces.gz"),
            ),
        ),
        ("too large", ok(&[ACTIVITY_JSON], &vec![b' '; 1_100_000])),
        (
            "endless",
            vec![head("transfer-encoding: chunked"), Step::Endless(chunk)],
        ),
        ("too deep", ok(&[ACTIVITY_JSON], deep.as_bytes())),
        (
            "a key twice",
            ok(
                &[ACTIVITY_JSON],
                format!("{{\"id\":\"{here}\",\"id\":\"{here}\"}}").as_bytes(),
            ),
        ),
        ("cut short", ok(&[ACTIVITY_JSON], &body[..body.len() / 2])),
        (
            "of another origin",
            ok(&[ACTIVITY_JSON], b"{\"id\":\"https://victim.example/u\"}"),
        ),
        (
            "no HTTP",
            vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())],
        ),
        ("too many headers", ok(&vec!["x: y"; 200], body)),
        ("silent", vec![Step::Hang]),
        (
            "a slow head",
            vec![Step::Drip(
                b"HTTP/1.1 200 OK\r\n".repeat(9),
                Duration::from_millis(500),
            )],
        ),
        (
            "a slow body",
            vec![
                head("content-length: 900"),
                Step::Drip(vec![b' '; 900], Duration::from_millis(500)),
            ],
        ),
    ]
}

async fn servers_that_answer_badly_where_a_key_should_be_are_not_believed(store: Store) {
    let canary = Rogue::canary().await;
    let target = canary.at("/key");
    let rogue = Rogue::start(move |path| {
        let number: usize = path.trim_start_matches("/k").parse().unwrap_or(2);
        let mut answers = bad_answers(&target, "http://here.example/");
        answers.swap_remove(number).1
    })
    .await;
    let scene = scene_with(store, std::slice::from_ref(&rogue.authority), |plan| plan).await;
    let key = Key::generate();
    let mut asking = tokio::task::JoinSet::new();
    for (number, (what, _)) in bad_answers("", "").into_iter().enumerate() {
        let key_id = rogue.at(&format!("/k{number}"));
        let body = scene.create("bad").to_string().into_bytes();
        let mut delivery = scene.remote.delivery(&scene.node.origin(), body);
        delivery.key_id = key_id;
        let signature = delivery.signature(&key);
        asking.spawn(async move { (what, remote::send(&delivery, Some(&signature)).await) });
    }
    for (what, reply) in asking.join_all().await {
        let refused = matches!(reply.status, 401 | 403 | 503);
        assert!(refused, "{what}: {} {}", reply.status, reply.text());
    }
    assert!(rogue.connections() >= 19, "{}", rogue.connections());
    assert_eq!(canary.connections(), 0);
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_key_on_a_forbidden_address_is_not_asked_for(store: Store) {
    let canary = Rogue::canary().await;
    let scene = scene_with(store, &[], |plan| {
        plan.set("federation.resolve", r#"{"inward.test" = "127.0.0.1"}"#)
    })
    .await;
    let key = Key::generate();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.2",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST.",
        "inward.test",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        let actor = format!("http://{host}:{}/users/x", canary.port());
        let key_id = format!("{actor}#main-key");
        scene.assert_no_key(host, &key_id, &key, &actor).await;
    }
    assert_eq!(canary.connections(), 0);
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

on_both_databases! {
    a_key_speaks_for_its_owner_only,
    nothing_is_fetched_for_what_is_refused_by_itself,
    servers_that_answer_badly_where_a_key_should_be_are_not_believed,
    a_key_on_a_forbidden_address_is_not_asked_for,
}
