//! Pinned entries, ours and received. On both databases.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{audience::draft, foreign::Foreign, test_app::TestApp};
use crate::{
    domain::{account::Role, audience::AudienceKind, organisation::Category},
    operations::{entries::publish, follows},
    storage::{follows as stored, testing::on_both},
};

async fn pinned(node: &TestApp, account: &str) -> Vec<Value> {
    let path = format!("/api/v1/accounts/{account}/statuses?pinned=true");
    let list = node.get(&path, None).await.json();
    let list = list.as_array().expect("a list").iter();
    list.map(|status| status["uri"].clone()).collect()
}

#[test]
fn an_organisation_pins_its_own_public_entries() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let me = node.organisation("moj", Category::Government).await;
        let token = node
            .token("moj", Role::FocalPoint, "read write follow")
            .await;
        let person = node.person(&token).await;
        let forum = &node.app.forum;
        let mut entries = Vec::new();
        for number in 0..6 {
            let draft = draft(&format!("Entry {number}"), AudienceKind::Public);
            entries.push(publish(forum, &person, draft).await.expect("published"));
        }
        let hidden = publish(forum, &person, draft("Hidden", AudienceKind::Members)).await;
        entries.push(hidden.expect("published"));
        for (number, entry) in entries.iter().enumerate() {
            let path = format!("/api/v1/statuses/{}/pin", entry.id);
            let answer = node.call(Method::POST, &path, Some(&token), None).await;
            let expected = if number < 5 {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            assert_eq!(answer.status, expected, "{number}: {}", answer.body);
        }
        assert_eq!(pinned(&node, &me.id.to_string()).await.len(), 5);
        let path = format!("/api/v1/statuses/{}/unpin", entries[0].id);
        let answer = node.call(Method::POST, &path, Some(&token), None).await;
        assert_eq!(answer.json()["pinned"], false);
        let request = axum::http::Request::get("/orgs/moj/featured")
            .header("accept", "application/activity+json")
            .header("host", "n.example")
            .body(axum::body::Body::empty())
            .expect("a request");
        let collection = node.send(request).await.json();
        assert_eq!(collection["totalItems"], 4);
        assert_eq!(collection["orderedItems"][3], json!(entries[1].uri));
        let page = node.get("/orgs/moj", None).await.body;
        assert!(page.contains("Pinned"));
    });
}

#[test]
fn only_an_author_pins_and_only_to_its_own_collection() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node
            .token("moj", Role::FocalPoint, "read write follow")
            .await;
        let person = node.person(&token).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let him = Foreign::new(&node, "far.example", "him").await;
        let forum = &node.app.forum;
        follows::follow(forum, &person, her.organisation.id)
            .await
            .expect("asked");
        let (me, other) = (person.organisation.id, her.organisation.id);
        let read = forum.db.read(move |conn| stored::find(conn, me, other));
        let follow = read.await.expect("storage").expect("a follow");
        her.send(
            &node,
            &her.activity(1, "Accept", json!(follow.activity_uri)),
        )
        .await;
        let note = her.note(1, "<p>Read this first</p>");
        her.send(&node, &her.activity(2, "Create", note.clone()))
            .await;
        let account = her.organisation.id.to_string();
        let about = |who: &Foreign, number: u32, kind: &str, target: String| {
            let mut activity = who.activity(number, kind, note["id"].clone());
            activity["target"] = json!(target);
            activity
        };
        let featured = format!("{}/featured", her.uri);
        him.send(&node, &about(&him, 1, "Add", featured.clone()))
            .await;
        him.send(
            &node,
            &about(&him, 2, "Add", format!("{}/featured", him.uri)),
        )
        .await;
        her.send(&node, &about(&her, 3, "Add", format!("{}/other", her.uri)))
            .await;
        assert!(pinned(&node, &account).await.is_empty());
        her.send(&node, &about(&her, 4, "Add", featured.clone()))
            .await;
        assert_eq!(pinned(&node, &account).await, [note["id"].clone()]);
        him.send(&node, &about(&him, 3, "Remove", featured.clone()))
            .await;
        assert_eq!(pinned(&node, &account).await.len(), 1);
        her.send(&node, &about(&her, 5, "Remove", featured)).await;
        assert!(pinned(&node, &account).await.is_empty());
    });
}
