use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{PUBLIC, Scene, path};
use crate::{
    domain::{
        audience::AudienceKind, follow::FollowState, id::FollowId, organisation::Category,
        organisation::OrganisationState,
    },
    operations::organisations,
    storage::{self, follows, testing::on_both},
};

/// Every item of a collection, page by page, each page checked.
async fn walk(scene: &Scene, address: &str) -> (Value, Vec<Value>) {
    let answer = scene.fetch(address).await;
    assert_eq!(answer.status, StatusCode::OK, "{address}");
    assert!(
        answer.headers["content-type"]
            .to_str()
            .expect("text")
            .starts_with("application/activity+json")
    );
    let whole = answer.json();
    let mut items = vec![];
    let mut next = whole["first"].clone();
    while next.is_string() {
        let page = scene.fetch(&path(&next)).await.json();
        assert_eq!(page["id"], next);
        assert_eq!(page["partOf"], whole["id"]);
        let kind = format!("{}Page", whole["type"].as_str().expect("a type"));
        assert_eq!(page["type"], kind);
        let listed = page["orderedItems"].as_array().or(page["items"].as_array());
        items.extend(listed.expect("items").iter().cloned());
        next = page["next"].clone();
    }
    (whole, items)
}

#[test]
fn an_outbox_holds_the_creates_of_public_entries_newest_first() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut published = vec![];
        for _ in 0..45 {
            let entry = scene.publish(AudienceKind::Public).await;
            published.insert(0, entry.uri.to_string());
        }
        scene.publish(AudienceKind::Members).await;
        scene.publish(AudienceKind::Preferential).await;
        let (whole, items) = walk(&scene, "/orgs/moj/outbox").await;
        assert_eq!(whole["type"], "OrderedCollection");
        assert_eq!(whole["totalItems"], 45);
        let objects: Vec<&str> = items
            .iter()
            .filter_map(|item| item["object"]["id"].as_str())
            .collect();
        assert_eq!(objects, published);
        for item in &items {
            assert_eq!(item["type"], "Create");
            assert_eq!(item["actor"], "https://n.example/orgs/moj");
            assert_eq!(item["to"], json!([PUBLIC]));
            let mut fetched = scene.fetch(&path(&item["id"])).await.json();
            // In a list, which is read at its origin, nothing needs a proof.
            let object = fetched["object"].as_object_mut().expect("a note");
            assert!(object.shift_remove("proof").is_some());
            assert_eq!(fetched["object"], item["object"]);
        }
    });
}

#[test]
fn an_old_page_of_an_outbox_stays_the_same_when_something_is_published() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for _ in 0..25 {
            scene.publish(AudienceKind::Public).await;
        }
        let first = scene.fetch("/orgs/moj/outbox?page=true").await.json();
        let second = path(&first["next"]);
        let before = scene.fetch(&second).await.json();
        assert_eq!(before["orderedItems"].as_array().map(Vec::len), Some(5));
        scene.publish(AudienceKind::Public).await;
        assert_eq!(scene.fetch(&second).await.json(), before);
        let wrong = scene.fetch("/orgs/moj/outbox?page=x").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn followers_and_followed_are_those_accepted() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let me = scene.person.organisation.id;
        for (number, (handle, state)) in (1..).zip([
            ("one", FollowState::Accepted),
            ("two", FollowState::Pending),
            ("three", FollowState::Accepted),
        ]) {
            let other = scene.node.organisation(handle, Category::Academia).await;
            let follow =
                |id: i64, follower, followed| storage_follow(id, follower, followed, state);
            let to_me = follow(number * 2, other.id, me);
            let by_me = follow(number * 2 + 1, me, other.id);
            let db = &scene.node.app.forum.db;
            db.write(move |conn| {
                follows::insert(conn, &to_me)?;
                follows::insert(conn, &by_me)
            })
            .await
            .expect("stored");
        }
        for part in ["followers", "following"] {
            let (whole, items) = walk(&scene, &format!("/orgs/moj/{part}")).await;
            assert_eq!(whole["type"], "OrderedCollection");
            assert_eq!(whole["totalItems"], 2);
            assert_eq!(
                items,
                ["https://n.example/orgs/three", "https://n.example/orgs/one"]
            );
        }
    });
}

fn storage_follow(
    id: i64,
    follower: crate::domain::id::OrganisationId,
    followed: crate::domain::id::OrganisationId,
    state: FollowState,
) -> crate::domain::follow::Follow {
    crate::domain::follow::Follow {
        id: FollowId(id),
        follower,
        followed,
        state,
        activity_uri: storage::samples::url(&format!("https://n.example/activities/{id}")),
        created_at: storage::samples::at(id),
    }
}

#[test]
fn nothing_is_featured_and_the_node_publishes_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for address in ["/orgs/moj/featured", "/actor/outbox"] {
            let list = scene.fetch(address).await.json();
            assert_eq!(list["id"], format!("https://n.example{address}"));
            assert_eq!(list["type"], "OrderedCollection");
            assert_eq!(list["totalItems"], 0);
            assert_eq!(list["orderedItems"], json!([]));
        }
    });
}

#[test]
fn replies_and_conversation_list_what_is_public_oldest_first() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let root = scene.publish(AudienceKind::Public).await;
        let reply = scene.reply(root.id).await;
        let deeper = scene.reply(reply.id).await;
        let deleted = scene.reply(root.id).await;
        scene.delete(deleted.id).await;
        let late = scene.reply(root.id).await;
        let uris = |entries: &[&crate::domain::entry::Entry]| -> Vec<Value> {
            entries.iter().map(|entry| json!(entry.uri)).collect()
        };
        let address = |id, part| format!("/entries/{id}/{part}");
        let (whole, items) = walk(&scene, &address(root.id, "replies")).await;
        assert_eq!(whole["type"], "Collection");
        assert_eq!(whole["totalItems"], 2);
        assert_eq!(items, uris(&[&reply, &late]));
        for id in [root.id, deeper.id] {
            let (whole, items) = walk(&scene, &address(id, "context")).await;
            assert_eq!(
                whole["id"],
                format!("https://n.example/entries/{}/context", root.id)
            );
            assert_eq!(whole["attributedTo"], "https://n.example/orgs/moj");
            assert_eq!(whole["totalItems"], 4);
            assert_eq!(items, uris(&[&root, &reply, &deeper, &late]));
        }
        // The note leads to both.
        let note = scene.fetch(&format!("/entries/{}", deeper.id)).await.json();
        assert_eq!(path(&note["context"]), address(root.id, "context"));
        assert_eq!(path(&note["replies"]), address(deeper.id, "replies"));
    });
}

#[test]
fn long_lists_of_ids_go_on_from_page_to_page() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let root = scene.publish(AudienceKind::Public).await;
        let mut published = vec![json!(root.uri)];
        for _ in 0..103 {
            published.push(json!(scene.reply(root.id).await.uri));
        }
        let (whole, items) = walk(&scene, &format!("/entries/{}/context", root.id)).await;
        assert_eq!(whole["totalItems"], 104);
        assert_eq!(items, published);
    });
}

#[test]
fn nothing_of_a_restricted_entry_can_be_told_from_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut hidden = vec![];
        for audience in [AudienceKind::Members, AudienceKind::Preferential] {
            let root = scene.publish(audience).await;
            let reply = scene.reply(root.id).await;
            let deleted = scene.publish(audience).await;
            scene.delete(deleted.id).await;
            hidden.extend([root.id, reply.id, deleted.id]);
        }
        for part in [
            "",
            "/replies",
            "/context",
            "/proposal",
            "/context?page=true",
        ] {
            let random = scene.fetch(&format!("/entries/123456789{part}")).await;
            assert_eq!(random.status, StatusCode::NOT_FOUND);
            for id in &hidden {
                let answer = scene.fetch(&format!("/entries/{id}{part}")).await;
                assert_eq!(answer.status, random.status, "{part}");
                assert_eq!(answer.body, random.body);
                assert_eq!(answer.headers, random.headers);
                let cache = &answer.headers["cache-control"];
                assert_eq!(cache, "private, no-store");
            }
        }
    });
}

#[test]
fn lists_of_an_organisation_that_is_gone_are_gone_with_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let forum = &scene.node.app.forum;
        organisations::set_state(forum, None, "moj", OrganisationState::Suspended)
            .await
            .expect("suspended");
        for part in ["outbox", "followers", "following", "featured"] {
            let gone = scene.fetch(&format!("/orgs/moj/{part}")).await;
            assert_eq!(gone.status, StatusCode::GONE, "{part}");
            assert_eq!(gone.json()["type"], "Tombstone");
            let unknown = scene.fetch(&format!("/orgs/nobody/{part}")).await;
            assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        }
    });
}
