//! Keys that are too weak to be believed: RSA below 2048 bits, published by a
//! peer.

use federation_tests::{database::Store, message::Message, on_both_databases, rogue, signing::Key};
use serde_json::{Value, json};

use super::{Scene, scene};

impl Scene {
    /// A Create of an actor that nobody here follows; it is kept all the same,
    /// as it names the organisation here.
    fn create_of(&self, name: &str) -> Value {
        let actor = self.remote.at(&format!("/users/{name}"));
        let mut create = self.create(name);
        create["actor"] = json!(actor);
        create["cc"] = json!([self.member.uri]);
        create["object"]["attributedTo"] = json!(actor);
        create["object"]["cc"] = json!([self.member.uri]);
        create
    }

    /// Signs it both ways, and has it refused both times.
    async fn assert_signs_nothing(&self, name: &str, key: &Key) {
        let create = self.create_of(name);
        let reply = self.deliver_as(name, key, &create).await;
        assert_eq!(reply.status, 401, "{name}: {}", reply.text());
        let body = create.to_string().into_bytes();
        let mut message = Message::new(&self.remote, &self.node.origin(), body);
        message.key_id = self.remote.at(&format!("/users/{name}#main-key"));
        let lines = message.lines(&message.signature(key));
        let node = self.node.plan.socket();
        let said = rogue::post(&node, "/inbox", &lines, &message.body).await;
        assert_eq!(said.status, 401, "{name}: {}", said.text);
    }
}

async fn an_rsa_key_below_2048_bits_signs_nothing(store: Store) {
    let scene = scene(store).await;
    for bits in [1_024, 2_047] {
        let (name, key) = (format!("weak-{bits}"), Key::of_bits(bits));
        scene.remote.introduce(&name, &key);
        scene.assert_signs_nothing(&name, &key).await;
    }
    scene.assert_nothing_but(&[]).await;
    // With the smallest that is enough all is well: it was the size.
    let key = Key::of_bits(2_048);
    scene.remote.introduce("enough", &key);
    let create = scene.create_of("enough");
    scene.deliver_as("enough", &key, &create).await.success();
    scene
        .assert_nothing_but(&[scene.remote.at("/notes/enough")])
        .await;
}

async fn nobody_changes_to_a_weak_key(store: Store) {
    let scene = scene(store).await;
    let weak = Key::of_bits(1_024);
    let mut actor = scene.remote.actor_document("mallory", &weak);
    actor["name"] = json!("With a weak key");
    let update = scene.remote.activity("weaken", "Update", &actor);
    scene
        .remote
        .deliver(&scene.node.origin(), &update)
        .await
        .expect(400);
    scene.assert_signs_nothing("mallory", &weak).await;
    scene.assert_nothing_but(&[]).await;
    // Nor is the one that it had forgotten.
    scene.prove_the_door_open().await;
}

on_both_databases! {
    an_rsa_key_below_2048_bits_signs_nothing,
    nobody_changes_to_a_weak_key,
}
