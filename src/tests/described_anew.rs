//! Organisations of other servers that describe themselves anew: the newest
//! description is left, whoever brings which. On both databases.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{foreign::Foreign, server::Server, test_app::TestApp};
use crate::storage::{Db, organisations, testing::on_both};

/// A node that knows `her`, whose server gives out what it is given.
struct Scene {
    node: TestApp,
    origin: Server,
    her: Foreign,
    relay: Foreign,
}

impl Scene {
    /// An hour after the node read her document.
    async fn new(db: Db) -> Self {
        let origin = Server::start().await;
        let node = origin.node(db);
        let her = Foreign::at(&node, &origin.base(), "her").await;
        let relay = Foreign::new(&node, "relay.example", "relay").await;
        node.pass(TimeDelta::hours(1));
        Self {
            node,
            origin,
            her,
            relay,
        }
    }

    /// Her document with this name.
    fn actor(&self, name: &str, updated: Option<&str>) -> Value {
        let (her, uri) = (&self.her, &self.her.uri);
        let pem = her.signer.key.public().expect("public").to_pem();
        let multikey = her.prover.key.public().expect("public").to_multibase();
        let mut actor = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": uri, "type": "Person", "preferredUsername": "her", "name": name,
            "inbox": format!("{uri}/inbox"), "outbox": format!("{uri}/outbox"),
            "publicKey": {"id": her.signer.key_id, "owner": uri, "publicKeyPem": pem},
            "assertionMethod": [{"id": her.prover.key_id, "type": "Multikey",
                "controller": uri, "publicKeyMultibase": multikey}],
        });
        if let Some(updated) = updated {
            actor["updated"] = json!(updated);
        }
        actor
    }

    fn update(&self, number: u32, name: &str, updated: Option<&str>) -> Value {
        self.her
            .activity(number, "Update", self.actor(name, updated))
    }

    async fn sends(&self, from: &Foreign, activity: &Value) {
        let answer = from.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }

    async fn name(&self) -> String {
        let id = self.her.organisation.id;
        let db = &self.node.app.forum.db;
        let found = db.read(move |conn| organisations::find(conn, id)).await;
        found.expect("storage").expect("known").name
    }
}

#[test]
fn of_two_descriptions_that_arrive_in_reverse_the_newer_is_left() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let newer = scene.update(2, "Second", Some("2026-11-22T12:40:00Z"));
        let older = scene.update(1, "First", Some("2026-11-22T12:30:00Z"));
        scene.sends(&scene.her, &newer).await;
        assert_eq!(scene.name().await, "Second");
        assert_eq!(scene.origin.asked(), 0, "she says it herself");
        scene.sends(&scene.her, &older).await;
        assert_eq!(scene.name().await, "Second");
        // Where it can be asked, her server has the last word.
        let third = scene.actor("Third", Some("2026-11-22T12:50:00Z"));
        scene.origin.put(&third);
        let older = scene.update(3, "First", Some("2026-11-22T12:30:00Z"));
        scene.sends(&scene.her, &older).await;
        assert_eq!(scene.name().await, "Third");
        // A date in the future orders nothing.
        let ahead = scene.update(4, "Ahead", Some("2027-11-22T12:30:00Z"));
        scene.sends(&scene.her, &ahead).await;
        assert_eq!(scene.name().await, "Third");
    });
}

#[test]
fn a_description_without_a_date_is_read_at_its_server_and_else_believed() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let first = scene.update(1, "First", None);
        scene.sends(&scene.her, &first).await;
        assert_eq!(scene.name().await, "First");
        scene.origin.put(&scene.actor("Served", None));
        let second = scene.update(2, "Second", None);
        scene.sends(&scene.her, &second).await;
        assert_eq!(scene.name().await, "Served");
    });
}

#[test]
fn an_old_description_that_is_handed_on_does_not_come_back() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let proven = |number, updated| {
            let update = scene.update(number, "Old", updated);
            scene.her.proven(&scene.node, update)
        };
        // Nobody can be asked: it is dropped, whatever its date.
        scene.sends(&scene.relay, &proven(1, None)).await;
        let dated = proven(2, Some("2026-11-22T12:30:00Z"));
        scene.sends(&scene.relay, &dated).await;
        assert_eq!(scene.name().await, "her");
        scene.origin.put(&scene.actor("Now", None));
        scene.sends(&scene.relay, &proven(3, None)).await;
        assert_eq!(scene.name().await, "Now");
    });
}
