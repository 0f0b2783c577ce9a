//! The rest of a conversation of which one entry arrived.

use axum::http::Method;
use serde_json::json;

use super::*;
use crate::storage::testing::on_both;

/// She is followed, and her history is empty.
async fn following(db: Db) -> Scene {
    let scene = Scene::new(db).await;
    scene.accepted(1).await;
    scene.read_all().await;
    scene
}

async fn arrives(scene: &Scene, number: u32, note: &Value) {
    let create = scene.her.activity(number, "Create", note.clone());
    scene.receive(&scene.her, &create).await;
}

/// `(text, text that it answers)` of all entries, the oldest first.
async fn threads(scene: &Scene) -> Vec<(String, Option<String>)> {
    let entries = scene.entries().await;
    let text = |id| {
        let found = entries.iter().find(|one| Some(one.id) == id);
        found.map(|one| one.html.clone())
    };
    entries
        .iter()
        .map(|one| (one.html.clone(), text(one.thread.in_reply_to)))
        .collect()
}

#[test]
fn what_an_entry_answers_is_read_up_to_the_beginning() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let first = note(&him, 1);
        let second = answer(&him, 2, &first);
        let third = answer(&scene.her, 3, &second);
        scene.server.put(&first);
        scene.server.put(&second);
        arrives(&scene, 2, &third).await;
        for end in scene.read_all().await {
            assert_eq!(end.expect("read"), Reading::Done);
        }
        let expected = [
            (html(1), None),
            (html(2), Some(html(1))),
            (html(3), Some(html(2))),
        ];
        assert_eq!(threads(&scene).await, expected);
        let entries = scene.entries().await;
        let roots: Vec<_> = entries.iter().map(|one| one.thread.root).collect();
        assert_eq!(roots, [entries[0].id; 3]);
        let path = format!("/api/v1/statuses/{}/context", entries[2].id);
        let context = scene.node.get(&path, None).await.json();
        assert_eq!(context["ancestors"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn the_collection_of_a_conversation_brings_what_else_was_said() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let mut first = note(&him, 1);
        let context = format!("{}/notes/1/context", him.uri);
        first["context"] = json!(context);
        // Not asked for where the whole is listed.
        first["replies"] = json!(format!("{}/notes/1/replies", him.uri));
        scene.server.put(&first);
        let by_id = answer(&scene.her, 4, &first);
        scene.server.put(&by_id);
        let deeper = answer(&him, 5, &by_id);
        let elsewhere = answer(&him, 6, &json!({"id": "https://unknown.example/1"}));
        scene.server.put(&json!({
            "id": context, "type": "OrderedCollection",
            // Not in their order, and one of another conversation.
            "orderedItems": [deeper, elsewhere, by_id["id"], first["id"]],
        }));
        arrives(&scene, 2, &answer(&scene.her, 3, &first)).await;
        scene.read_all().await;
        let expected = [
            (html(1), None),
            (html(3), Some(html(1))),
            (html(4), Some(html(1))),
            (html(5), Some(html(4))),
        ];
        assert_eq!(threads(&scene).await, expected);
        assert_eq!(scene.server.asked_for("/users/him/notes/1/replies"), 0);
    });
}

#[test]
fn without_such_a_collection_the_replies_are_followed_downwards() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let mut first = note(&him, 1);
        // As some servers name a conversation: there is nothing to read.
        first["context"] = json!(format!("{}/contexts/77", him.uri));
        first["replies"] = json!({
            "id": format!("{}/notes/1/replies", him.uri), "type": "Collection",
            "first": {"type": "CollectionPage",
                "items": [format!("{}/notes/2", him.uri)]},
        });
        let mut second = answer(&him, 2, &first);
        second["replies"] = json!(format!("{}/notes/2/replies", him.uri));
        scene.server.put(&first);
        scene.server.put(&second);
        scene.server.put(&json!({
            "id": second["replies"], "type": "Collection", "items": [answer(&him, 3, &second)],
        }));
        arrives(&scene, 2, &answer(&scene.her, 4, &first)).await;
        scene.read_all().await;
        let expected = [
            (html(1), None),
            (html(2), Some(html(1))),
            (html(3), Some(html(2))),
            (html(4), Some(html(1))),
        ];
        assert_eq!(threads(&scene).await, expected);
    });
}

#[test]
fn who_looks_an_entry_up_gets_its_conversation_too() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let him = scene.neighbour().await;
        let mut first = note(&him, 1);
        first["replies"] = json!({"type": "Collection", "items": [answer(&him, 2, &first)]});
        scene.server.put(&first);
        let address = first["id"].as_str().expect("an id");
        let path = format!("/api/v2/search?resolve=true&q={address}");
        let found = scene
            .node
            .call(Method::GET, &path, Some(&scene.token), None)
            .await;
        assert_eq!(
            found.json()["statuses"][0]["uri"],
            address,
            "{}",
            found.body
        );
        scene.read_all().await;
        assert_eq!(scene.texts().await, [html(1), html(2)]);
    });
}

#[test]
fn what_is_not_public_or_leads_inwards_is_not_read() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let canary = Server::start().await;
        let mut private = note(&him, 1);
        private["to"] = json!([format!("{}/followers", him.uri)]);
        scene.server.put(&private);
        arrives(&scene, 2, &answer(&scene.her, 2, &private)).await;
        let inwards = json!({"id": format!("http://{}/notes/1", canary.authority)});
        arrives(&scene, 3, &answer(&scene.her, 3, &inwards)).await;
        let ours = json!({"id": "https://n.example/entries/77"});
        arrives(&scene, 4, &answer(&scene.her, 4, &ours)).await;
        let gone = json!({"id": format!("{}/notes/99", him.uri)});
        arrives(&scene, 5, &answer(&scene.her, 5, &gone)).await;
        scene.read_all().await;
        assert_eq!(scene.texts().await, [html(2), html(3), html(4), html(5)]);
        assert_eq!(canary.asked(), 0);
    });
}

#[test]
fn answers_in_a_circle_and_chains_without_end_come_to_an_end() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let (one, other) = (note(&him, 1), note(&him, 2));
        scene.server.put(&answer(&him, 1, &other));
        scene.server.put(&answer(&him, 2, &one));
        arrives(&scene, 2, &answer(&scene.her, 3, &one)).await;
        scene.read_all().await;
        assert_eq!(scene.entries().await.len(), 3);

        for number in 10..59 {
            let above = note(&him, number - 1);
            scene.server.put(&answer(&him, number, &above));
        }
        let before = scene.server.asked();
        arrives(&scene, 3, &answer(&scene.her, 59, &note(&him, 58))).await;
        scene.read_all().await;
        let asked = scene.server.asked() - before;
        assert_eq!(asked, 20);
    });
}

#[test]
fn a_list_of_what_others_wrote_makes_nobody_ask_them_without_end() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let mut first = note(&scene.her, 1);
        let listed: Vec<_> = (10..59)
            .map(|number| {
                let mut one = answer(&him, number, &first);
                // A collection of its own, which has to be asked for.
                one["replies"] = json!(format!("{}/notes/{number}/replies", him.uri));
                scene.server.put(&one);
                one["id"].clone()
            })
            .collect();
        first["replies"] = json!({"type": "Collection", "items": listed});
        scene.server.put(&first);
        let before = scene.server.asked();
        arrives(&scene, 2, &answer(&scene.her, 2, &first)).await;
        scene.read_all().await;
        assert_eq!(scene.server.asked() - before, 20);

        // Where the entries are given at once, the pages below them count.
        let mut second = note(&scene.her, 3);
        let embedded: Vec<_> = (10..40)
            .map(|number| {
                let mut one = answer(&scene.her, number, &second);
                one["replies"] = json!(format!("{}/notes/{number}/replies", scene.her.uri));
                one
            })
            .collect();
        second["replies"] = json!({"type": "Collection", "items": embedded});
        scene.server.put(&second);
        let before = scene.server.asked();
        arrives(&scene, 3, &answer(&scene.her, 4, &second)).await;
        scene.read_all().await;
        // The parent, once more as the beginning, and ten pages.
        assert_eq!(scene.server.asked() - before, 12);
    });
}

#[test]
fn another_try_climbs_on_from_where_the_last_one_broke_off() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        let (first, second) = (note(&him, 1), answer(&him, 2, &note(&him, 1)));
        scene.server.put(&second);
        scene.server.answer(503, &first);
        arrives(&scene, 2, &answer(&scene.her, 3, &second)).await;
        let planned = scene.planned().await;
        let [Task::ReadConversation { entry }] = planned[..] else {
            panic!("{planned:?}");
        };
        let wiring = &scene.node.app.federation;
        assert!(read_conversation(wiring, entry).await.is_err());
        assert_eq!(scene.entries().await.len(), 2);
        scene.server.put(&first);
        let read = read_conversation(wiring, entry).await;
        assert_eq!(read.expect("read"), Reading::Done);
        assert_eq!(scene.entries().await.len(), 3);
    });
}

#[test]
fn another_try_goes_on_with_what_the_last_one_left() {
    on_both(async |db| {
        let scene = following(db).await;
        let him = scene.neighbour().await;
        scene.server.fail_with(503);
        let before = scene.server.asked();
        arrives(&scene, 2, &answer(&scene.her, 2, &note(&him, 1))).await;
        let planned = scene.planned().await;
        let [Task::ReadConversation { entry }] = planned[..] else {
            panic!("{planned:?}");
        };
        let mut ends = Vec::new();
        for _ in 0..21 {
            ends.push(read_conversation(&scene.node.app.federation, entry).await);
        }
        assert!(ends[..20].iter().all(Result::is_err), "{ends:?}");
        assert!(matches!(ends[20], Ok(Reading::Done)), "{ends:?}");
        assert_eq!(scene.server.asked() - before, 20);
    });
}

#[test]
fn a_server_that_fails_is_worth_another_try() {
    on_both(async |db| {
        let scene = following(db).await;
        let down = Foreign::at(&scene.node, "http://127.0.0.1:9", "down").await;
        arrives(&scene, 2, &answer(&scene.her, 2, &note(&down, 1))).await;
        // Not allowed here: as if it did not exist, for ever.
        let ends = scene.read_all().await;
        assert!(matches!(ends[..], [Ok(Reading::Done)]), "{ends:?}");

        scene.server.fail_with(503);
        arrives(&scene, 3, &answer(&scene.her, 3, &note(&scene.her, 1))).await;
        let ends = scene.read_all().await;
        assert!(matches!(ends[..], [Err(_)]), "{ends:?}");
    });
}
