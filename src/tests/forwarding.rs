//! What somebody hands on who did not say it (inbox forwarding, relays), and
//! integrity proofs on what is received. On both databases; each refusal
//! asserts that nothing changed.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    foreign::Foreign,
    server::Server,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    domain::{
        account::Role,
        audience::Viewer,
        entry::Entry,
        organisation::{Category, OrganisationState},
        page::Window,
    },
    federation::{
        proofs,
        signatures::cavage::{Query, sign},
    },
    operations::follows,
    storage::{
        self, Db, entries,
        hosts::{HostPolicy, Policy},
        testing::on_both,
    },
};

/// A node whose `moj` follows `her`, and a relay that hands on.
struct Scene {
    node: TestApp,
    /// Where `her` lives.
    origin: Server,
    her: Foreign,
    relay: Foreign,
}

impl Scene {
    async fn new(db: Db) -> Self {
        let origin = Server::start().await;
        let node = origin.node(db);
        node.organisation("moj", Category::Government).await;
        let token = node
            .token("moj", Role::FocalPoint, "read write follow")
            .await;
        let person = node.person(&token).await;
        let her = Foreign::at(&node, &origin.base(), "her").await;
        let relay = Foreign::new(&node, "relay.example", "relay").await;
        let forum = &node.app.forum;
        follows::follow(forum, &person, her.organisation.id)
            .await
            .expect("asked");
        let (me, other) = (person.organisation.id, her.organisation.id);
        let read = forum
            .db
            .read(move |conn| storage::follows::find(conn, me, other));
        let follow = read.await.expect("storage").expect("a follow");
        let accept = her.activity(1, "Accept", json!(follow.activity_uri));
        assert_eq!(her.send(&node, &accept).await.status, StatusCode::ACCEPTED);
        Self {
            node,
            origin,
            her,
            relay,
        }
    }

    /// Handed on by the relay, which signs the request.
    async fn relayed(&self, activity: &Value) -> StatusCode {
        self.relay.send(&self.node, activity).await.status
    }

    async fn entries(&self) -> Vec<Entry> {
        let read = self.node.app.forum.db.read(|conn| {
            let all = entries::Filter::default();
            entries::list(conn, &Viewer::Anonymous, &all, Window::first(100))
        });
        read.await.expect("a list")
    }

    /// Is the object of an activity stored, whoever may see it?
    async fn holds(&self, activity: &Value) -> bool {
        let uri = activity["object"]["id"].as_str().expect("an id");
        let uri: url::Url = uri.parse().expect("an address");
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| entries::known(conn, &uri));
        let known = read.await.expect("storage");
        known.is_some_and(|entry| entry.deleted_at.is_none())
    }

    async fn state_of_her(&self) -> OrganisationState {
        let id = self.her.organisation.id;
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| storage::organisations::find(conn, id));
        read.await.expect("storage").expect("known").state
    }

    fn create(&self, number: u32) -> Value {
        let note = self.her.note(number, "her words");
        self.her.activity(number, "Create", note)
    }

    /// The decision alone, without what it hides, so that the door is tested.
    async fn block(&self, host: &str) {
        let decision = HostPolicy {
            host: host.to_owned(),
            policy: Policy::Block,
            reason: "test".to_owned(),
            created_at: self.node.app.forum.now(),
        };
        let write = move |conn: &mut _| storage::hosts::put(conn, &decision);
        let written = self.node.app.forum.db.write(write).await;
        written.expect("blocked");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
}

#[test]
fn what_is_handed_on_with_its_actors_proof_counts_as_the_actors_own_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let create = scene.her.proven(&scene.node, scene.create(10));
        for _ in 0..2 {
            assert_eq!(scene.relayed(&create).await, StatusCode::ACCEPTED);
        }
        let found = scene.entries().await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].author.uri, scene.her.uri);
        let delete = scene
            .her
            .activity(11, "Delete", create["object"]["id"].clone());
        let delete = scene.her.proven(&scene.node, delete);
        assert_eq!(scene.relayed(&delete).await, StatusCode::ACCEPTED);
        assert_eq!(scene.entries().await, []);
        assert_eq!(scene.origin.asked(), 0, "a proof needs nobody else");
    });
}

#[test]
fn what_is_handed_on_with_a_proof_that_does_not_fit_stores_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (node, her) = (&scene.node, &scene.her);
        let neighbour = Foreign::at(node, &scene.origin.base(), "neighbour").await;
        // Her own server would confirm each of these without a look at proofs.
        for number in 10..16 {
            scene.origin.put(&scene.create(number));
        }
        let mut altered = her.proven(node, scene.create(10));
        altered["object"]["content"] = json!("not her words");
        let by_the_relay = scene.relay.proven(node, scene.create(11));
        let by_a_neighbour = neighbour.proven(node, scene.create(12));
        let mut renamed = neighbour.proven(node, scene.create(13));
        renamed["proof"]["verificationMethod"] = json!(her.prover.key_id);
        let mut unlisted = her.prover.clone();
        unlisted.key_id.set_fragment(Some("another-key"));
        let mut by_an_unlisted_key = scene.create(14);
        proofs::sign(&mut by_an_unlisted_key, &unlisted, node.app.forum.now()).expect("signed");
        let mut early = scene.create(15);
        let ahead = node.app.forum.now() + TimeDelta::hours(2);
        proofs::sign(&mut early, &her.prover, ahead).expect("signed");
        for activity in [
            altered,
            by_the_relay,
            by_a_neighbour,
            renamed,
            by_an_unlisted_key,
            early,
        ] {
            scene.relayed(&activity).await;
            assert_eq!(scene.entries().await, [], "{activity}");
        }
    });
}

#[test]
fn a_wrong_proof_refuses_also_what_its_actor_sends_and_a_right_one_passes() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (node, her) = (&scene.node, &scene.her);
        let mut altered = her.proven(node, scene.create(10));
        altered["object"]["content"] = json!("other words");
        let mut expired = her.proven(node, scene.create(11));
        expired["proof"]["expires"] = json!("2026-11-22T11:59:59Z");
        let mut purpose = her.proven(node, scene.create(12));
        purpose["proof"]["proofPurpose"] = json!("authentication");
        let foreign_key = scene.relay.proven(node, scene.create(13));
        for (activity, status) in [
            (altered, StatusCode::BAD_REQUEST),
            (expired, StatusCode::BAD_REQUEST),
            (purpose, StatusCode::BAD_REQUEST),
            (foreign_key, StatusCode::FORBIDDEN),
        ] {
            assert_eq!(her.send(node, &activity).await.status, status);
            assert_eq!(scene.entries().await, []);
        }
        let right = her.proven(node, scene.create(14));
        assert_eq!(her.send(node, &right).await.status, StatusCode::ACCEPTED);
        // A suite that we do not know says nothing: her signature counts.
        let mut other_suite = her.proven(node, scene.create(15));
        other_suite["proof"]["cryptosuite"] = json!("mldsa44-jcs-2024");
        her.send(node, &other_suite).await;
        assert_eq!(scene.entries().await.len(), 2);
    });
}

#[test]
fn a_key_that_is_not_listed_for_assertions_signs_requests_and_proves_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (node, her) = (&scene.node, &scene.her);
        let public = her.prover.key.public().expect("public");
        let key =
            json!({"id": her.prover.key_id, "owner": her.uri, "publicKeyPem": public.to_pem()});
        let document = json!({
            "id": her.uri, "type": "Person", "preferredUsername": "her",
            "inbox": format!("{}/inbox", her.uri), "publicKey": key,
        });
        super::foreign::described(node, document).await;
        let proven = her.proven(node, scene.create(10));
        scene.relayed(&proven).await;
        assert_eq!(scene.entries().await, []);
        let url: url::Url = format!("{ORIGIN}/inbox").parse().expect("valid");
        let body = scene.create(11).to_string();
        let now = node.app.forum.now();
        let headers = sign(
            &her.prover,
            &Method::POST,
            &url,
            Query::Signed,
            Some(body.as_bytes()),
            now,
        );
        let mut request = her.request(node, body.as_bytes());
        request.headers_mut().extend(headers.expect("signed"));
        assert_eq!(node.send(request).await.status, StatusCode::ACCEPTED);
        assert_eq!(scene.entries().await.len(), 1);
    });
}

#[test]
fn what_is_handed_on_without_proof_is_believed_in_the_words_of_its_origin() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let create = scene.create(10);
        scene.origin.put(&create);
        let mut altered = create.clone();
        altered["object"]["content"] = json!("not her words");
        assert_eq!(scene.relayed(&altered).await, StatusCode::ACCEPTED);
        let found = scene.entries().await;
        assert_eq!(found.len(), 1);
        assert!(found[0].html.contains("her words") && !found[0].html.contains("not"));

        // Some servers serve only the object, and Updates with a fragment.
        let mut note = create["object"].clone();
        note["content"] = json!("her later words");
        note["updated"] = json!("2026-11-22T11:30:00Z");
        scene.origin.put(&note);
        let mut update = scene.her.activity(11, "Update", create["object"].clone());
        update["id"] = json!(format!("{}#updates/1", note["id"].as_str().expect("an id")));
        assert_eq!(scene.relayed(&update).await, StatusCode::ACCEPTED);
        assert!(scene.entries().await[0].html.contains("later"));
    });
}

#[test]
fn what_its_origin_does_not_confirm_is_acknowledged_and_forgotten() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        // Nothing there.
        assert_eq!(scene.relayed(&scene.create(10)).await, StatusCode::ACCEPTED);
        // Of somebody else on the same server.
        let neighbour = Foreign::at(&scene.node, &scene.origin.base(), "neighbour").await;
        let mut posing = scene.create(11);
        posing["id"] = json!(format!("{}/activities/11", neighbour.uri));
        posing["object"] = neighbour.note(11, "a neighbour's words");
        let theirs = neighbour.activity(11, "Create", posing["object"].clone());
        scene.origin.put(&theirs);
        scene.origin.put(&theirs["object"]);
        assert_eq!(scene.relayed(&posing).await, StatusCode::ACCEPTED);
        // Something else at its address.
        let delete = scene
            .her
            .activity(12, "Delete", json!("https://x.example/"));
        scene.origin.put(&delete);
        assert_eq!(scene.relayed(&scene.create(12)).await, StatusCode::ACCEPTED);
        assert_eq!(scene.entries().await, []);
    });
}

#[test]
fn of_other_things_that_are_handed_on_nothing_is_asked_and_nothing_believed() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut private = scene.create(10);
        private["to"] = json!([format!("{}/followers", scene.her.uri)]);
        let moj = json!(format!("{ORIGIN}/orgs/moj"));
        let ours = json!({
            "id": format!("{ORIGIN}/activities/1"), "type": "Create", "actor": moj,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "object": {"id": format!("{ORIGIN}/entries/1"), "type": "Note", "attributedTo": moj,
                "content": "x", "to": ["https://www.w3.org/ns/activitystreams#Public"]},
        });
        for activity in [
            private,
            ours,
            scene.her.activity(11, "Follow", moj),
            scene
                .her
                .activity(12, "Like", json!(format!("{ORIGIN}/entries/1"))),
        ] {
            scene.origin.put(&activity);
            assert_eq!(scene.relayed(&activity).await, StatusCode::ACCEPTED);
        }
        assert_eq!(scene.origin.asked(), 0);
        assert_eq!(scene.entries().await, []);
        let her = scene.her.organisation.id;
        let read = scene.node.app.forum.db.read(move |conn| {
            storage::follows::count(conn, her, storage::follows::Side::Following)
        });
        assert_eq!(read.await.expect("a count"), 0);
    });
}

#[test]
fn a_delete_that_is_handed_on_without_proof_is_believed_when_its_object_is_gone() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (node, her) = (&scene.node, &scene.her);
        for (number, status, left) in [(10, 200, true), (11, 500, true), (12, 410, false)] {
            let create = scene.create(number);
            her.send(node, &create).await;
            scene.origin.answer(status, &create["object"]);
            let object = create["object"]["id"].clone();
            let delete = her.activity(number + 100, "Delete", object.clone());
            assert_eq!(scene.relayed(&delete).await, StatusCode::ACCEPTED);
            let found = scene.entries().await;
            let is_left = found.iter().any(|entry| entry.uri.as_str() == object);
            assert_eq!(is_left, left, "{status}");
        }
        // Nothing at its address, and a Tombstone with status 200.
        for number in [13, 14] {
            let create = scene.create(number);
            her.send(node, &create).await;
            if number == 14 {
                let tombstone = json!({"id": create["object"]["id"], "type": "Tombstone"});
                scene.origin.put(&tombstone);
            }
            let delete = her.activity(number + 100, "Delete", create["object"]["id"].clone());
            scene.relayed(&delete).await;
        }
        assert_eq!(scene.entries().await.len(), 2);
        // What is not stored here is not asked for.
        let asked = scene.origin.asked();
        let unknown = her.activity(200, "Delete", json!(format!("{}/notes/99", her.uri)));
        scene.relayed(&unknown).await;
        assert_eq!(scene.origin.asked(), asked);
    });
}

#[test]
fn the_end_of_an_organisation_that_is_handed_on_needs_more_than_a_missing_page() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let uri = json!(scene.her.uri);
        scene
            .relayed(&scene.her.activity(10, "Delete", uri.clone()))
            .await;
        assert_eq!(scene.state_of_her().await, OrganisationState::Active);
        scene
            .origin
            .answer(410, &json!({"id": uri, "type": "Tombstone"}));
        scene.relayed(&scene.her.activity(11, "Delete", uri)).await;
        assert_eq!(scene.state_of_her().await, OrganisationState::Deleted);
    });
}

#[test]
fn a_blocked_host_is_not_heard_through_another_and_the_answer_does_not_tell() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let kept = scene.create(10);
        scene.her.send(&scene.node, &kept).await;
        // Addressed to an organisation here, so that no follow is needed.
        let addressed = |number| {
            let mut create = scene.create(number);
            create["cc"] = json!([format!("{ORIGIN}/orgs/moj")]);
            create
        };
        let proven = scene.her.proven(&scene.node, addressed(11));
        let plain = addressed(12);
        scene.origin.put(&plain);
        let delete = scene
            .her
            .activity(13, "Delete", kept["object"]["id"].clone());
        scene.block("127.0.0.1").await;
        for activity in [&proven, &plain, &delete] {
            assert_eq!(scene.relayed(activity).await, StatusCode::ACCEPTED);
        }
        assert!(scene.holds(&kept).await, "as it was");
        assert!(!scene.holds(&proven).await && !scene.holds(&plain).await);
        assert_eq!(scene.origin.asked(), 0);
    });
}

#[test]
fn whoever_hands_on_does_not_occupy_the_id_of_what_its_actor_will_send() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (node, her) = (&scene.node, &scene.her);
        let notes = [her.note(10, "first"), her.note(11, "second")];
        // So Mastodon names the end of an entry, and of an account.
        let of_entry = format!("{}#delete", notes[0]["id"].as_str().expect("an id"));
        let of_account = format!("{}#delete", her.uri);
        for (note, end) in notes.iter().zip([&of_entry, &of_account]) {
            scene.origin.put(note);
            let mut create = her.activity(1, "Create", note["id"].clone());
            create["id"] = json!(end);
            assert_eq!(scene.relayed(&create).await, StatusCode::ACCEPTED);
        }
        assert_eq!(scene.entries().await.len(), 2);
        // A true deletion, under the name of what she will publish.
        let third = scene.create(12);
        her.send(node, &third).await;
        scene.origin.answer(410, &third["object"]);
        let early = her.activity(13, "Delete", third["object"]["id"].clone());
        assert_eq!(scene.relayed(&early).await, StatusCode::ACCEPTED);
        assert!(!scene.holds(&third).await);
        let fourth = scene.create(13);
        her.send(node, &fourth).await;
        assert!(scene.holds(&fourth).await);

        let mut delete = her.activity(1, "Delete", notes[0]["id"].clone());
        delete["id"] = json!(of_entry);
        assert_eq!(her.send(node, &delete).await.status, StatusCode::ACCEPTED);
        assert_eq!(scene.entries().await.len(), 2);
        delete["id"] = json!(of_account);
        delete["object"] = json!(her.uri);
        assert_eq!(her.send(node, &delete).await.status, StatusCode::ACCEPTED);
        assert_eq!(scene.state_of_her().await, OrganisationState::Deleted);
    });
}

#[test]
fn what_is_known_already_is_not_asked_for_because_others_hand_it_on_again() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let create = scene.create(10);
        scene.origin.put(&create["object"]);
        for _ in 0..3 {
            assert_eq!(scene.relayed(&create).await, StatusCode::ACCEPTED);
        }
        assert_eq!(scene.entries().await.len(), 1);
        // For the activity, which is not there, and for its object.
        assert_eq!(scene.origin.asked(), 2);
    });
}

#[test]
fn a_proof_that_is_older_than_the_memory_for_replays_proves_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let now = scene.node.app.forum.now();
        for (number, days, believed) in [(10, 15, false), (11, 13, true)] {
            let mut create = scene.create(number);
            let created = now - TimeDelta::days(days);
            proofs::sign(&mut create, &scene.her.prover, created).expect("signed");
            assert_eq!(scene.relayed(&create).await, StatusCode::ACCEPTED);
            assert_eq!(scene.holds(&create).await, believed, "{days} days");
        }
    });
}

#[test]
fn an_activity_that_says_to_be_of_somebody_else_is_not_believed_without_signature() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut create = scene.create(10);
        create["attributedTo"] = json!(format!("{}/users/neighbour", scene.origin.base()));
        scene.origin.put(&create);
        assert_eq!(scene.relayed(&create).await, StatusCode::ACCEPTED);
        assert_eq!(scene.entries().await, []);
        // Mobilizon names the actor twice.
        create["attributedTo"] = json!(scene.her.uri);
        scene.origin.put(&create);
        scene.relayed(&create).await;
        assert_eq!(scene.entries().await.len(), 1);
    });
}
