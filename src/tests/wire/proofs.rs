//! Proofs on what leaves this node: read as another server reads them, with
//! the key that the author's document lists.

use axum::http::StatusCode;
use serde_json::Value;

use super::{Scene, activities::newest, path};
use crate::{
    domain::{
        activity::ActivityKind,
        audience::AudienceKind,
        organisation::{Category, OrganisationState},
    },
    federation::{outbox::distribute, proofs::Proof, signatures::PublicKey},
    operations::{follows, organisations},
    storage::{activities, testing::on_both},
};

/// Does the document carry a proof by the key of `moj`?
async fn is_proven(scene: &Scene, document: &Value) -> bool {
    let actor = scene.fetch("/orgs/moj").await.json();
    let listed = &actor["assertionMethod"][0];
    let key = listed["publicKeyMultibase"].as_str().expect("a key");
    let key = PublicKey::from_multibase(key).expect("a key");
    let proof = Proof::read(document, scene.node.app.forum.now()).expect("well made");
    proof.is_some_and(|proof| {
        assert_eq!(proof.verification_method(), listed["id"]);
        proof.verify(&key).is_ok()
    })
}

/// The newest activity of a kind as it is delivered.
async fn sent(scene: &Scene, kind: ActivityKind) -> Value {
    let id = newest(scene, kind).await;
    let forum = &scene.node.app.forum;
    distribute(&scene.node.app.federation, id)
        .await
        .expect("distributed");
    let read = forum
        .db
        .read(move |conn| activities::find_outgoing(conn, id));
    let (_, text) = read.await.expect("storage").expect("an activity");
    serde_json::from_str(&text.expect("words")).expect("JSON")
}

#[test]
fn what_is_sent_about_a_public_entry_carries_its_authors_proof() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let create = sent(&scene, ActivityKind::Create).await;
        let contexts = create["@context"].as_array().expect("a list");
        assert_eq!(contexts[0], "https://www.w3.org/ns/activitystreams");
        assert_eq!(contexts[1], "https://w3id.org/security/data-integrity/v2");
        assert_eq!(create["proof"]["@context"], create["@context"]);
        assert_eq!(create["proof"]["proofPurpose"], "assertionMethod");
        assert!(is_proven(&scene, &create).await);
        assert!(is_proven(&scene, &create["object"]).await);
        scene.delete(entry.id).await;
        let delete = sent(&scene, ActivityKind::Delete).await;
        assert!(is_proven(&scene, &delete).await);
        let mut altered = delete;
        altered["object"]["id"] = "https://n.example/entries/1".into();
        assert!(!is_proven(&scene, &altered).await);
    });
}

#[test]
fn an_organisations_change_and_end_are_proven() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let change = organisations::ProfileChange {
            name: Some("Renamed".into()),
            ..Default::default()
        };
        let forum = &scene.node.app.forum;
        organisations::edit(forum, &scene.person, change)
            .await
            .expect("edited");
        assert!(is_proven(&scene, &sent(&scene, ActivityKind::Update).await).await);
        let actor = scene.fetch("/orgs/moj").await.json();
        organisations::set_state(forum, None, "moj", OrganisationState::Deleted)
            .await
            .expect("deleted");
        let delete = sent(&scene, ActivityKind::Delete).await;
        let key = actor["assertionMethod"][0]["publicKeyMultibase"].as_str();
        let key = PublicKey::from_multibase(key.expect("a key")).expect("a key");
        let proof = Proof::read(&delete, forum.now()).expect("well made");
        assert_eq!(proof.expect("a proof").verify(&key), Ok(()));
    });
}

#[test]
fn public_documents_are_served_with_their_authors_proof() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let here = format!("/entries/{}", entry.id);
        let activity = newest(&scene, ActivityKind::Create).await;
        for address in [
            here.clone(),
            format!("{here}/proposal"),
            format!("/activities/{activity}"),
        ] {
            let answer = scene.fetch(&address).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            assert!(is_proven(&scene, &answer.json()).await, "{address}");
        }
    });
}

#[test]
fn what_is_between_two_organisations_carries_no_proof() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut other = scene.node.organisation("other", Category::Academia).await;
        // Of another server, so that there is something to send.
        other.host = Some("b.example".into());
        other.uri = crate::storage::samples::url("https://b.example/orgs/other");
        let id = other.id;
        let write = move |conn: &mut _| crate::storage::organisations::update(conn, &other);
        let forum = &scene.node.app.forum;
        forum.db.write(write).await.expect("stored");
        follows::follow(forum, &scene.person, id)
            .await
            .expect("followed");
        follows::unfollow(forum, &scene.person, id)
            .await
            .expect("unfollowed");
        for kind in [ActivityKind::Follow, ActivityKind::Undo] {
            let activity = sent(&scene, kind).await;
            assert!(activity.get("proof").is_none(), "{activity}");
        }
    });
}

#[test]
fn actors_say_what_the_node_can_do_and_by_which_name_they_are_found() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for (address, name) in [
            ("/orgs/moj", "moj@n.example"),
            ("/actor", "n.example@n.example"),
        ] {
            let actor = scene.fetch(address).await.json();
            assert_eq!(actor["webfinger"], name);
            let query = format!("/.well-known/webfinger?resource=acct:{name}");
            let found = scene.ask(&query, &[]).await.json();
            let links = found["links"].as_array().expect("links");
            let me = links.iter().find(|link| link["rel"] == "self");
            assert_eq!(path(&me.expect("itself")["href"]), address);
            assert_eq!(actor["generator"]["type"], "Application");
            let implements = actor["generator"]["implements"].as_array().expect("a list");
            for capability in [
                "https://datatracker.ietf.org/doc/html/rfc9421",
                "https://w3id.org/fep/8b32",
            ] {
                assert!(implements.iter().any(|link| link["href"] == capability));
            }
        }
        let node = scene.fetch("/actor").await.json();
        assert_eq!(node["implements"], node["generator"]["implements"]);
    });
}
