//! New keys for our own actors. On both databases.

use std::time::Duration;

use super::{
    sending::{Manner, Rig, Server, until},
    test_app::TestApp,
};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        organisation::OrganisationState,
        task::{Pace, Task},
    },
    federation::signatures::{KeyCache, PublicKey},
    operations::{
        node::ensure_keys,
        organisations::{OrganisationError, set_state},
        rotation::{rotate, rotate_node},
    },
    storage::{activities, keys, samples::write, tasks, testing::on_both},
};

async fn rsa_key(rig: &Rig) -> PublicKey {
    let owner = rig.sender.uri.clone();
    let stored = write(&rig.db, move |conn| keys::of_owner(conn, &owner)).await;
    let rsa = stored
        .iter()
        .find(|key| key.uri.fragment() == Some("main-key"));
    let pem = &rsa.expect("a key").public_key;
    KeyCache::default().public(pem).expect("a key")
}

/// What is sent meanwhile is signed with the key that the process still has
/// in memory, until a server says that it does not fit.
#[test]
fn deliveries_after_a_rotation_verify_with_the_new_key() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let rig = Rig::new(db, &[&server]).await;
        let trust = |key: &PublicKey| {
            *server.trusted.lock().expect("not poisoned") = Some(key.clone());
        };
        let old = rsa_key(&rig).await;
        trust(&old);
        rig.queue_one(1, &server).await;
        let runner = rig.start();
        until("the first is taken", async || server.count() == 1).await;
        let handle = rig.sender.handle.clone();
        rotate(&rig.node.app.forum, None, &handle)
            .await
            .expect("rotated");
        let new = rsa_key(&rig).await;
        assert_ne!(new, old);
        trust(&new);
        rig.queue_one(2, &server).await;
        until("the second is taken", async || {
            rig.lane(&server).await.pending == 0 && server.count() > 1
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(server.bodies(), ["activity 1", "activity 2", "activity 2"]);
        assert_eq!(rig.lane(&server).await.dead, 0);
    });
}

#[test]
fn a_rotation_is_told_to_followers_and_published_at_once() {
    on_both(async |db| {
        let rig = Rig::new(db, &[]).await;
        let forum = &rig.node.app.forum;
        let before = document(&rig.node, "/orgs/police").await;
        rig.node.pass(chrono::TimeDelta::seconds(1));
        rotate(forum, None, "POLICE").await.expect("rotated");
        let after = document(&rig.node, "/orgs/police").await;
        let id = |document: &serde_json::Value| document["publicKey"]["id"].clone();
        assert_eq!(id(&before), id(&after));
        for key in ["publicKey", "assertionMethod", "updated"] {
            assert_ne!(before[key], after[key], "{key}");
        }
        let now = forum.now();
        let told = write(&rig.db, move |conn| {
            let tasks = tasks::claim(conn, Pace::Alone, now, 10, Duration::from_secs(60))?;
            let [Task::Distribute { activity }] =
                tasks.iter().map(|one| &one.task).collect::<Vec<_>>()[..]
            else {
                panic!("{tasks:?}");
            };
            activities::find_outgoing(conn, *activity)
        })
        .await;
        let (told, _) = told.expect("an activity");
        assert_eq!(told.kind, ActivityKind::Update);
        assert_eq!(told.subject, Subject::Myself);
        assert_eq!(told.recipients, Recipients::Followers);
        for wrong in ["nobody", ""] {
            let refused = rotate(forum, None, wrong).await;
            assert!(matches!(refused, Err(OrganisationError::NotFound)));
        }
        let deleted = set_state(forum, None, "police", OrganisationState::Deleted).await;
        deleted.expect("deleted");
        let refused = rotate(forum, None, "police").await;
        assert!(matches!(refused, Err(OrganisationError::Deleted)));
    });
}

#[test]
fn the_node_itself_gets_new_keys_too() {
    on_both(async |db| {
        let node = TestApp::new(db);
        ensure_keys(&node.app.forum).await.expect("keys");
        let before = document(&node, "/actor").await;
        let actor = rotate_node(&node.app.forum, None).await.expect("rotated");
        let after = document(&node, "/actor").await;
        assert_eq!(after["id"], actor.as_str());
        assert_eq!(before["publicKey"]["id"], after["publicKey"]["id"]);
        assert_ne!(before["publicKey"], after["publicKey"]);
        assert_ne!(before["assertionMethod"], after["assertionMethod"]);
    });
}

async fn document(node: &TestApp, path: &str) -> serde_json::Value {
    let request = axum::http::Request::get(path)
        .header("host", "n.example")
        .header("accept", "application/activity+json")
        .body(axum::body::Body::empty())
        .expect("a request");
    node.send(request).await.json()
}
