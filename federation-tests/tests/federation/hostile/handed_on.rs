//! Activities in the place of another's: handed on by somebody else, old, or
//! under a name that their author has yet to use.

use chrono::TimeDelta;
use federation_tests::{
    credential::SigningKey,
    database::Store,
    forum::{full_request, id, uri},
    node::text,
    on_both_databases,
    remote::{Answer, Remote},
    signing::{Key, sign_linked_data},
    wait,
};
use serde_json::{Value, json};

use super::{Scene, scene_with, served};

/// A scene with a second server, which hands on what is not its own.
async fn with_rival(store: Store) -> (Scene, Remote) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| plan).await;
    (scene, rival)
}

impl Scene {
    async fn await_gone(&self, uri: &str) {
        wait::until(&format!("{uri} to be gone"), || async {
            let found = self.member.forum().find(uri).await;
            found.is_none().then_some(())
        })
        .await;
    }

    async fn await_content(&self, uri: &str, words: &str) {
        wait::until(&format!("{words:?} at {uri}"), || async {
            let found = self.member.forum().find(uri).await?;
            text(&found, "content").contains(words).then_some(())
        })
        .await;
    }

    /// How often an entry of ours is liked.
    async fn likes(&self, entry: &Value) -> Value {
        let status = format!("/api/v1/statuses/{}", id(entry));
        let status = self.node.mastodon().get(&status).await.expect(200);
        status.json()["favourites_count"].clone()
    }

    /// What mallory is called here.
    async fn name(&self) -> String {
        let found = self.member.mastodon().resolve(&self.remote.actor()).await;
        text(&found.expect("mallory is known"), "display_name")
    }
}

async fn nobody_takes_the_ids_of_what_an_author_has_yet_to_say(store: Store) {
    let (scene, rival) = with_rival(store).await;
    let (remote, origin) = (&scene.remote, scene.node.origin());
    for (number, is_known) in [("known", true), ("unknown", false)] {
        let note = served(remote.note(number, "<p>First wording</p>"));
        let uri = remote.at(&format!("/notes/{number}"));
        let path = format!("/notes/{number}");
        remote.say(&path, Answer::Document(note.clone()));
        let create = remote.activity(&format!("create-{number}"), "Create", &note);
        if is_known {
            remote.deliver(&origin, &create).await.success();
            scene.member.forum().await_entry(&uri).await;
        }
        // Mallory's server confirms that the note is there, and it is told
        // under the ids that mallory's Update and Delete are going to have.
        for end in ["update", "delete"] {
            for kind in ["Create", "Update"] {
                let mut early = remote.activity("early", kind, &json!(uri));
                early["id"] = json!(format!("{uri}#{end}"));
                rival.deliver(&origin, &early).await.expect(202);
            }
        }
        wait::a_while().await;
        if !is_known {
            remote.deliver(&origin, &create).await.success();
            scene.member.forum().await_entry(&uri).await;
        }

        let mut note = remote.note(number, "<p>Second wording</p>");
        note["updated"] = json!(wait::now().to_rfc3339());
        let mut update = remote.activity("update", "Update", &note);
        update["id"] = json!(format!("{uri}#update"));
        remote.deliver(&origin, &update).await.success();
        scene.await_content(&uri, "Second wording").await;

        let mut delete = remote.activity("delete", "Delete", &json!(uri));
        delete["id"] = json!(format!("{uri}#delete"));
        remote.deliver(&origin, &delete).await.success();
        scene.await_gone(&uri).await;
    }
    scene.assert_nothing_but(&[]).await;
}

async fn an_undo_of_a_foreign_id_keeps_nothing_from_being_taken_back(store: Store) {
    let (scene, rival) = with_rival(store).await;
    let (remote, origin) = (&scene.remote, scene.node.origin());
    let ours = scene.member.forum().publish(&full_request("Ours")).await;
    let like = remote.activity("like", "Like", &json!(uri(&ours)));
    // The rival takes back what mallory has not even said: notes and a like.
    let kinds = ["", "Follow", "Like", "Announce", "Block"];
    for (number, kind) in kinds.into_iter().enumerate() {
        let note = remote.at(&format!("/notes/early-{number}"));
        let undone = match kind {
            "" => json!(note),
            kind => json!({
                "id": note, "type": kind, "actor": rival.actor(), "object": scene.member.uri,
            }),
        };
        let undo = rival.activity(&format!("undo-{number}"), "Undo", &undone);
        let reply = rival.deliver(&origin, &undo).await;
        assert!(reply.status < 500, "{kind}: {}", reply.text());
    }
    let undo = rival.activity("undo-like", "Undo", &like["id"]);
    let reply = rival.deliver(&origin, &undo).await;
    assert!(reply.status < 500, "{}", reply.text());
    wait::a_while().await;

    // Now mallory's own words overtake each other.
    for number in 0..kinds.len() {
        let note = remote.at(&format!("/notes/early-{number}"));
        let delete = format!("delete-early-{number}");
        let delete = remote.activity(&delete, "Delete", &json!(note));
        remote.deliver(&origin, &delete).await.success();
        let create = scene.create(&format!("early-{number}"));
        remote.deliver(&origin, &create).await.success();
    }
    let undo = remote.activity("undo-like", "Undo", &like);
    remote.deliver(&origin, &undo).await.success();
    remote.deliver(&origin, &like).await.success();
    scene.assert_nothing_but(&[uri(&ours)]).await;
    assert_eq!(scene.likes(&ours).await, 0);

    // What was not taken back counts.
    let again = remote.activity("like-again", "Like", &json!(uri(&ours)));
    remote.deliver(&origin, &again).await.success();
    assert_eq!(scene.likes(&ours).await, 1);
    scene.prove_the_door_open().await;
}

/// Mallory as its server describes it: with this name and key, and a key for
/// proofs.
fn described(remote: &Remote, name: &str, key: &Key, proving: &SigningKey) -> Value {
    let mut actor = remote.actor_document("mallory", key);
    actor["name"] = json!(name);
    actor["assertionMethod"] = json!([{
        "id": format!("{}#ed25519-key", remote.actor()),
        "type": "Multikey",
        "controller": remote.actor(),
        "publicKeyMultibase": proving.multikey(),
    }]);
    actor
}

async fn an_old_update_that_is_handed_on_brings_no_old_keys_back(store: Store) {
    let (mut scene, rival) = with_rival(store).await;
    let origin = scene.node.origin();
    let (new, proving) = (Key::generate(), SigningKey::generate());
    let remote = &scene.remote;
    let earlier = wait::now() - TimeDelta::hours(2);
    // Two that mallory sent to others when the old key was not stolen yet.
    let old: Vec<Value> = [Some(earlier), None]
        .into_iter()
        .enumerate()
        .map(|(number, updated)| {
            let mut actor = described(remote, "The old name", &remote.key, &proving);
            if let Some(updated) = updated {
                actor["updated"] = json!(updated.to_rfc3339());
            }
            let update = remote.activity(&format!("old-{number}"), "Update", &actor);
            let key_id = format!("{}#ed25519-key", remote.actor());
            proving.prove(&key_id, &update, earlier)
        })
        .collect();

    let mut actor = described(remote, "The new name", &new, &proving);
    actor["updated"] = json!(wait::now().to_rfc3339());
    remote.say("/users/mallory", Answer::Document(actor.clone()));
    let update = remote.activity("new", "Update", &actor);
    remote.deliver(&origin, &update).await.success();
    assert_eq!(scene.name().await, "The new name");

    for update in &old {
        rival.deliver(&origin, update).await.expect(202);
    }
    wait::a_while().await;
    assert_eq!(scene.name().await, "The new name");
    // What counts is what is stored: nothing of it is in memory now.
    scene.node.restart().await;
    assert_eq!(scene.name().await, "The new name");
    let stolen = scene.create("stolen");
    let reply = scene
        .deliver_as("mallory", &scene.remote.key, &stolen)
        .await;
    assert_eq!(reply.status, 401, "{}", reply.text());
    scene.assert_nothing_but(&[]).await;
    let real = scene.create("real");
    scene.deliver_as("mallory", &new, &real).await.success();
    scene
        .assert_nothing_but(&[scene.remote.at("/notes/real")])
        .await;
}

async fn a_proof_makes_an_activity_its_actors_and_linked_data_does_not(store: Store) {
    let (scene, rival) = with_rival(store).await;
    let (remote, origin) = (&scene.remote, scene.node.origin());
    let proving = SigningKey::generate();
    let actor = described(remote, "With a key for proofs", &remote.key, &proving);
    remote.say("/users/mallory", Answer::Document(actor.clone()));
    let update = remote.activity("update", "Update", &actor);
    remote.deliver(&origin, &update).await.success();
    let ours = scene.member.forum().publish(&full_request("Ours")).await;
    let like = |number: &str| {
        let mut like = remote.activity(number, "Like", &json!(uri(&ours)));
        like.as_object_mut().expect("an object").remove("to");
        like
    };
    let key_id = format!("{}#ed25519-key", remote.actor());

    let plain = like("plain");
    let mut linked = like("linked");
    sign_linked_data(&remote.key, &remote.key_id(), &mut linked);
    let forged = SigningKey::generate().prove(&key_id, &like("forged"), wait::now());
    let theirs = format!("{}#ed25519-key", rival.actor());
    let strange = proving.prove(&theirs, &like("strange"), wait::now());
    let mut changed = proving.prove(&key_id, &like("changed"), wait::now());
    changed["id"] = json!(remote.at("/activities/changed-since"));
    for activity in [&plain, &linked, &forged, &strange, &changed] {
        rival.deliver(&origin, activity).await.expect(202);
    }
    wait::a_while().await;
    assert_eq!(scene.likes(&ours).await, 0);

    // Handed on by the same server, with a proof that is mallory's.
    let proved = proving.prove(&key_id, &like("proved"), wait::now());
    rival.deliver(&origin, &proved).await.expect(202);
    assert_eq!(scene.likes(&ours).await, 1);
}

on_both_databases! {
    nobody_takes_the_ids_of_what_an_author_has_yet_to_say,
    an_undo_of_a_foreign_id_keeps_nothing_from_being_taken_back,
    an_old_update_that_is_handed_on_brings_no_old_keys_back,
    a_proof_makes_an_activity_its_actors_and_linked_data_does_not,
}
