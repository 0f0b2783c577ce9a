//! Comparing followers between servers (FEP-8fcf). On both databases.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    backfill::Scene,
    foreign::Foreign,
    test_app::{Answer, ORIGIN, TestApp},
};
use crate::{
    domain::{follow::Relationship, organisation::Category},
    federation::{
        signatures::cavage::{Query, sign},
        synchronisation::{Header, Ours, digest},
    },
    storage::{follows as stored, testing::on_both},
};

/// What her server says of her followers here.
fn header(her: &Foreign, ids: &[&str]) -> Header {
    Header {
        collection: address(&format!("{}/followers", her.uri)),
        url: address(&format!("{}/followers_synchronization", her.uri)),
        digest: digest(ids.iter().copied()),
    }
}

fn address(text: &str) -> Url {
    text.parse().expect("an address")
}

/// Something of hers arrives with this header.
async fn arrives(scene: &Scene, number: u32, header: &Header) {
    let activity = scene
        .her
        .activity(number, "Like", json!("https://n.example/entries/1"));
    let body = activity.to_string();
    let mut request = scene.her.request(&scene.node, body.as_bytes());
    let value = HeaderValue::try_from(header.word()).expect("a header");
    request
        .headers_mut()
        .insert("collection-synchronization", value);
    let answer = scene.node.send(request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

/// Her server lists these organisations of ours.
fn put_list(scene: &Scene, members: &[&str]) {
    scene.server.put(&json!({
        "id": format!("{}/followers_synchronization", scene.her.uri),
        "type": "OrderedCollection", "orderedItems": members,
    }));
}

/// `moj` follows her, and nothing waits to be read.
async fn following(db: crate::storage::Db) -> Scene {
    let scene = Scene::new(db).await;
    scene.accepted(1).await;
    scene.read_all().await;
    scene
}

async fn moj_stands(scene: &Scene) -> Relationship {
    let (me, her) = (scene.me.organisation.id, scene.her.organisation.id);
    let forum = &scene.node.app.forum;
    let read = forum
        .db
        .read(move |conn| stored::relationships(conn, me, &[her]));
    read.await.expect("read")[&her]
}

const MOJ: &str = "https://n.example/orgs/moj";
const POLICE: &str = "https://n.example/orgs/police";

#[test]
fn servers_that_agree_ask_nothing() {
    on_both(async |db| {
        let scene = following(db).await;
        arrives(&scene, 2, &header(&scene.her, &[MOJ])).await;
        assert_eq!(scene.planned().await, []);
    });
}

#[test]
fn a_follow_that_the_other_server_does_not_know_has_ended() {
    on_both(async |db| {
        let scene = following(db).await;
        put_list(&scene, &[]);
        arrives(&scene, 2, &header(&scene.her, &[])).await;
        // Only once a minute, whatever arrives.
        arrives(&scene, 3, &header(&scene.her, &[])).await;
        assert_eq!(scene.read_all().await.len(), 1);
        assert!(!moj_stands(&scene).await.following);
    });
}

#[test]
fn a_follow_that_only_the_other_server_knows_is_undone_there() {
    on_both(async |db| {
        let scene = following(db).await;
        scene
            .node
            .organisation("police", Category::Government)
            .await;
        scene.node.told().await;
        let nobody = "https://n.example/orgs/nobody";
        put_list(
            &scene,
            &[MOJ, POLICE, nobody, "https://far.example/users/x"],
        );
        arrives(&scene, 2, &header(&scene.her, &[MOJ, POLICE, nobody])).await;
        scene.read_all().await;
        assert!(moj_stands(&scene).await.following);
        let told = scene.node.told().await;
        let [undo] = told.as_slice() else {
            panic!("{told:#?}");
        };
        assert_eq!(undo["type"], "Undo");
        assert_eq!(undo["actor"], POLICE);
        assert_eq!(undo["object"]["type"], "Follow");
        assert_eq!(undo["object"]["object"], json!(scene.her.uri));
    });
}

#[test]
fn an_answer_that_was_lost_is_made_up_for() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        put_list(&scene, &[MOJ]);
        arrives(&scene, 2, &header(&scene.her, &[MOJ])).await;
        scene.read_all().await;
        assert!(moj_stands(&scene).await.following);
    });
}

/// Whatever stands there instead of a list changes nothing.
fn changes_nothing(document: fn(&str) -> Value) {
    on_both(async |db| {
        let scene = following(db).await;
        let id = format!("{}/followers_synchronization", scene.her.uri);
        scene.server.put(&document(&id));
        arrives(&scene, 2, &header(&scene.her, &[])).await;
        assert_eq!(scene.read_all().await.len(), 1);
        assert!(moj_stands(&scene).await.following);
    });
}

#[test]
fn of_a_list_that_leads_elsewhere_nothing_follows() {
    changes_nothing(|id| {
        json!({"id": id, "type": "OrderedCollection", "orderedItems": [],
            "first": "https://elsewhere.example/followers"})
    });
}

#[test]
fn of_a_list_whose_next_page_is_gone_nothing_follows() {
    changes_nothing(|id| {
        json!({"id": id, "type": "OrderedCollection", "orderedItems": [POLICE],
            "next": format!("{id}?page=2")})
    });
}

#[test]
fn of_what_is_no_list_nothing_follows() {
    changes_nothing(|id| json!({"id": id, "type": "Note"}));
}

#[test]
fn nobody_speaks_for_the_followers_of_another() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        arrives(&scene, 2, &header(&him, &[])).await;
        let mut elsewhere = header(&scene.her, &[]);
        elsewhere.url = address("https://elsewhere.example/list");
        arrives(&scene, 3, &elsewhere).await;
        assert_eq!(scene.planned().await, []);
    });
}

/// A node whose `moj` is followed by two of `far.example` and one of
/// `other.example`.
async fn followed(db: crate::storage::Db) -> (TestApp, Foreign) {
    let node = TestApp::new(db);
    let me = node.organisation("moj", Category::Government).await;
    let her = Foreign::new(&node, "far.example", "her").await;
    let mut all = vec![
        Foreign::new(&node, "far.example", "a_b").await,
        Foreign::new(&node, "other.example", "x").await,
    ];
    all.push(her);
    for one in &all {
        let follow = one.activity(1, "Follow", json!(me.uri));
        assert_eq!(one.send(&node, &follow).await.status, StatusCode::ACCEPTED);
    }
    (node, all.pop().expect("her"))
}

async fn reads(node: &TestApp, reader: Option<&Foreign>) -> Answer {
    let path = "/orgs/moj/followers_synchronization";
    let mut request = Request::get(path)
        .header("host", "n.example")
        .body(Body::empty())
        .expect("a request");
    if let Some(reader) = reader {
        let url = address(&format!("{ORIGIN}{path}"));
        let now = node.app.forum.now();
        let signed = sign(&reader.signer, &Method::GET, &url, Query::Signed, None, now);
        request.headers_mut().extend(signed.expect("signed"));
        request.headers_mut().remove("host");
        let host = HeaderValue::from_static("n.example");
        request.headers_mut().insert("host", host);
    }
    node.send(request).await
}

#[test]
fn a_server_reads_its_own_part_of_the_followers_and_nobody_else_does() {
    on_both(async |db| {
        let (node, her) = followed(db).await;
        let answer = reads(&node, Some(&her)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let list: Value = answer.json();
        assert_eq!(
            list["orderedItems"],
            json!([
                "https://far.example/users/a_b",
                "https://far.example/users/her"
            ])
        );
        assert_eq!(answer.headers["cache-control"], "private, no-store");
        let unsigned = reads(&node, None).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
        assert!(unsigned.headers.contains_key("accept-signature"));
    });
}

#[test]
fn what_is_addressed_to_followers_says_who_they_are_at_the_receiver() {
    on_both(async |db| {
        let (node, her) = followed(db).await;
        let inbox = address("https://far.example/inbox");
        let header = async |document: &'static str| {
            let (ours, inbox, me) = (Ours::default(), inbox.clone(), address(MOJ));
            let read = node
                .app
                .forum
                .db
                .read(move |conn| ours.header(conn, &me, &inbox, document));
            let header = read.await.expect("read");
            header.map(|value| value.to_str().expect("a text").to_owned())
        };
        let to_followers = header(r#"{"cc":["https://n.example/orgs/moj/followers"]}"#).await;
        let read = Header::read(&to_followers.expect("a header")).expect("well-formed");
        assert_eq!(read.collection.as_str(), format!("{MOJ}/followers"));
        let url = format!("{MOJ}/followers_synchronization");
        assert_eq!(read.url.as_str(), url);
        let ids = ["https://far.example/users/a_b", her.uri.as_str()];
        assert_eq!(read.digest, digest(ids));
        assert_eq!(
            header(r#"{"to":["https://far.example/users/her"]}"#).await,
            None
        );
    });
}
