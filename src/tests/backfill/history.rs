//! What an organisation published before it was followed here.

use serde_json::json;

use super::*;
use crate::{operations::follows::unfollow, storage::testing::on_both};

/// Her outbox in two pages, with these members.
fn put_outbox(scene: &Scene, newest: &[Value], older: &[Value]) {
    let outbox = format!("{}/outbox", scene.her.uri);
    let page = |number: u32| format!("{outbox}?page={number}");
    scene.server.put(&json!({
        "id": outbox, "type": "OrderedCollection", "totalItems": 99, "first": page(1),
    }));
    scene.server.put(&json!({
        "id": page(1), "type": "OrderedCollectionPage", "partOf": outbox,
        "orderedItems": newest, "next": page(2),
    }));
    // A page that leads back to itself.
    scene.server.put(&json!({
        "id": page(2), "type": "OrderedCollectionPage", "partOf": outbox,
        "orderedItems": older, "next": page(2),
    }));
}

fn create(by: &Foreign, number: u32, object: Value) -> Value {
    by.activity(100 + number, "Create", object)
}

#[test]
fn the_first_follow_reads_what_was_published_before() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (her, him) = (&scene.her, scene.neighbour().await);
        let by_id = note(her, 3);
        scene.server.put(&by_id);
        let mut private = note(her, 4);
        private["to"] = json!([format!("{}/followers", her.uri)]);
        let passed_on = note(&him, 5);
        scene.server.put(&passed_on);
        put_outbox(
            &scene,
            &[
                her.activity(50, "Announce", passed_on["id"].clone()),
                // Not hers to publish.
                create(her, 6, note(&him, 6)),
                create(her, 4, private),
                create(her, 3, by_id["id"].clone()),
            ],
            &[create(her, 2, note(her, 2)), create(her, 1, note(her, 1))],
        );
        scene.accepted(1).await;
        for end in scene.read_all().await {
            assert_eq!(end.expect("read"), Reading::Done);
        }
        assert_eq!(scene.texts().await, [html(1), html(2), html(3)]);
        let first = &scene.entries().await[0];
        assert_eq!(first.created_at.to_rfc3339(), "2026-10-01T10:01:00+00:00");

        scene.accepted(2).await;
        assert_eq!(scene.planned().await, [], "it is read once");
    });
}

#[test]
fn an_outbox_without_end_is_read_to_a_bound() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let outbox = format!("{}/outbox", scene.her.uri);
        for number in 0..20 {
            let id = match number {
                0 => outbox.clone(),
                _ => format!("{outbox}?page={number}"),
            };
            scene.server.put(&json!({
                "id": id, "type": "OrderedCollectionPage",
                "orderedItems": [create(&scene.her, number, note(&scene.her, number))],
                "next": format!("{outbox}?page={}", number + 1),
            }));
        }
        scene.accepted(1).await;
        scene.read_all().await;
        assert_eq!(scene.entries().await.len(), 6);
    });
}

#[test]
fn an_outbox_elsewhere_is_not_hers() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let outbox = format!("{}/outbox", scene.her.uri);
        let elsewhere = Server::start().await;
        let page = format!("http://{}/page", elsewhere.authority);
        scene.server.put(&json!({
            "id": outbox, "type": "OrderedCollection", "first": page,
        }));
        scene.accepted(1).await;
        scene.read_all().await;
        assert_eq!(elsewhere.asked(), 0);
        assert_eq!(scene.texts().await, Vec::<String>::new());
    });
}

#[test]
fn nothing_is_read_of_one_who_is_no_longer_followed() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        put_outbox(&scene, &[create(&scene.her, 1, note(&scene.her, 1))], &[]);
        scene.accepted(1).await;
        let (forum, her) = (&scene.node.app.forum, scene.her.organisation.id);
        unfollow(forum, &scene.me, her).await.expect("unfollowed");
        scene.read_all().await;
        assert_eq!(scene.server.asked(), 0);
    });
}

#[test]
fn pins_are_those_of_the_collection_also_when_nobody_told() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (her, him) = (&scene.her, scene.neighbour().await);
        put_outbox(&scene, &[], &[]);
        let featured = |members: Value| {
            scene.server.put(&json!({
                "id": format!("{}/featured", her.uri), "type": "OrderedCollection",
                "orderedItems": members,
            }));
        };
        scene.server.put(&note(her, 2));
        scene.server.put(&note(&him, 3));
        featured(json!([
            note(her, 1),
            note(her, 2)["id"],
            note(&him, 3)["id"]
        ]));
        scene.accepted(1).await;
        scene.read_all().await;
        assert_eq!(pinned(&scene).await, [html(1), html(2)]);

        featured(json!([note(her, 2)["id"]]));
        // Her next word after a day makes the node look at her again.
        scene.node.pass(chrono::TimeDelta::hours(25));
        scene.server.put(&document_of(&scene).await);
        let like = her.activity(9, "Like", json!("https://n.example/entries/1"));
        scene.receive(her, &like).await;
        scene.read_all().await;
        assert_eq!(pinned(&scene).await, [html(2)]);
    });
}

async fn pinned(scene: &Scene) -> Vec<String> {
    let account = scene.her.organisation.id;
    let path = format!("/api/v1/accounts/{account}/statuses?pinned=true");
    let list = scene.node.get(&path, Some(&scene.token)).await.json();
    let list = list.as_array().expect("a list").iter();
    list.map(|one| one["content"].as_str().expect("a text").to_owned())
        .collect()
}

/// Her actor document, as her server gives it out.
async fn document_of(scene: &Scene) -> Value {
    let her = &scene.her;
    let pem = her.signer.key.public().expect("public").to_pem();
    json!({
        "id": her.uri, "type": "Person", "preferredUsername": "her",
        "inbox": format!("{}/inbox", her.uri), "featured": format!("{}/featured", her.uri),
        "publicKey": {"id": her.signer.key_id, "owner": her.uri, "publicKeyPem": pem},
    })
}
