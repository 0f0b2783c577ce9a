//! Likes and boosts, in and out, through the wire, the Mastodon API and the
//! pages. On both databases.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    audience::draft,
    foreign::Foreign,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    domain::{account::Role, audience::AudienceKind, entry::Entry, organisation::Category},
    operations::{entries::publish, follows},
    storage::testing::on_both,
};

/// A node with a government that published something public, and an
/// organisation of another server that follows it.
struct Scene {
    node: TestApp,
    token: String,
    entry: Entry,
    her: Foreign,
}

impl Scene {
    async fn new(db: crate::storage::Db) -> Self {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node
            .token("moj", Role::FocalPoint, "read write follow")
            .await;
        let person = node.person(&token).await;
        let published = publish(
            &node.app.forum,
            &person,
            draft("Open", AudienceKind::Public),
        )
        .await;
        let entry = published.expect("published");
        let her = Foreign::new(&node, "far.example", "her").await;
        let follow = her.activity(90, "Follow", json!(person.organisation.uri));
        let answer = her.send(&node, &follow).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        Self {
            node,
            token,
            entry,
            her,
        }
    }

    async fn receive(&self, activity: &Value) {
        let answer = self.her.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{activity}");
    }

    /// `(likes, boosts)` of the entry as everybody sees them.
    async fn counts(&self) -> (i64, i64) {
        let path = format!("/api/v1/statuses/{}", self.entry.id);
        let status = self.get(&path, None).await;
        let count = |key: &str| status[key].as_i64().expect("a count");
        (count("favourites_count"), count("reblogs_count"))
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Value {
        let answer = self.node.get(path, token).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    async fn post(&self, path: &str) -> Value {
        let answer = self
            .node
            .call(Method::POST, path, Some(&self.token), None)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    async fn undo(&self, number: u32, undone: &Value) {
        let undo = self.her.activity(number, "Undo", undone.clone());
        self.receive(&undo).await;
    }
}

#[test]
fn a_like_and_a_boost_count_once_and_end_with_their_undo() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let her = &scene.her;
        let like = her.activity(1, "Like", json!(scene.entry.uri));
        let emoji = her.activity(2, "EmojiReact", json!(scene.entry.uri));
        let boost = her.activity(3, "Announce", json!(scene.entry.uri));
        for activity in [&like, &like, &emoji, &boost, &boost] {
            scene.receive(activity).await;
        }
        assert_eq!(scene.counts().await, (1, 1));
        let by = format!("/api/v1/statuses/{}/reblogged_by", scene.entry.id);
        assert_eq!(scene.get(&by, None).await[0]["acct"], "her@far.example");

        scene.undo(4, &json!(boost["id"])).await;
        assert_eq!(scene.counts().await, (1, 0));
        // Some servers give no id of what they undo.
        let nameless = json!({"type": "Like", "actor": her.uri, "object": scene.entry.uri});
        scene.undo(5, &nameless).await;
        assert_eq!(scene.counts().await, (0, 0));
    });
}

#[test]
fn an_undo_that_overtakes_its_activity_wins() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for (number, kind) in [(1, "Like"), (2, "Announce")] {
            let activity = scene.her.activity(number, kind, json!(scene.entry.uri));
            scene.undo(number + 10, &activity).await;
            scene.receive(&activity).await;
        }
        assert_eq!(scene.counts().await, (0, 0));
    });
}

#[test]
fn nobody_undoes_what_another_did() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let like = scene.her.activity(1, "Like", json!(scene.entry.uri));
        scene.receive(&like).await;
        let him = Foreign::new(&scene.node, "far.example", "him").await;
        let undo = him.activity(2, "Undo", json!(like["id"]));
        him.send(&scene.node, &undo).await;
        assert_eq!(scene.counts().await, (1, 0));
    });
}

#[test]
fn what_is_not_public_is_neither_liked_nor_boosted() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let person = scene.node.person(&scene.token).await;
        let forum = &scene.node.app.forum;
        let hidden = publish(forum, &person, draft("Hidden", AudienceKind::Members)).await;
        let hidden = hidden.expect("published");
        for (number, kind) in [(1, "Like"), (2, "Announce")] {
            let activity = scene.her.activity(number, kind, json!(hidden.uri));
            scene.receive(&activity).await;
        }
        let mut quiet = scene.her.activity(3, "Announce", json!(scene.entry.uri));
        quiet["to"] = json!([format!("{}/followers", scene.her.uri)]);
        scene.receive(&quiet).await;
        assert_eq!(scene.counts().await, (0, 0));
        scene.node.told().await;
        for word in ["favourite", "reblog"] {
            let path = format!("/api/v1/statuses/{}/{word}", hidden.id);
            let answer = scene
                .node
                .call(Method::POST, &path, Some(&scene.token), None)
                .await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        }
        let shown = format!("/api/v1/statuses/{}", hidden.id);
        let shown = scene.get(&shown, Some(&scene.token)).await;
        assert_eq!(shown["favourites_count"], 0);
        assert!(scene.node.told().await.is_empty());
    });
}

#[test]
fn a_boost_is_told_to_followers_and_taken_back() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene.node.told().await;
        let path = format!("/api/v1/statuses/{}", scene.entry.id);
        let boost = scene.post(&format!("{path}/reblog")).await;
        assert_eq!(boost["reblog"]["id"], scene.entry.id.to_string());
        assert_eq!(boost["reblog"]["reblogged"], true);
        // Again changes nothing.
        scene.post(&format!("{path}/reblog")).await;
        let told = scene.node.told().await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["type"], "Announce");
        assert_eq!(told[0]["object"], json!(scene.entry.uri));
        assert_eq!(told[0]["id"], boost["uri"]);
        let by_boost = format!("/api/v1/statuses/{}", boost["id"].as_str().expect("an id"));
        let again = scene.get(&by_boost, None).await;
        assert_eq!(again["reblog"]["id"], scene.entry.id.to_string());

        // Undone by the id of the boost, as some clients do.
        let status = scene.post(&format!("{by_boost}/unreblog")).await;
        assert_eq!(status["reblogged"], false);
        let told = scene.node.told().await;
        assert_eq!(told[0]["type"], "Undo");
        assert_eq!(told[0]["object"]["type"], "Announce");
        assert_eq!(told[0]["object"]["id"], boost["uri"]);
        assert_eq!(scene.counts().await, (0, 0));
    });
}

#[test]
fn a_like_is_told_to_the_author_alone() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let person = scene.node.person(&scene.token).await;
        let forum = &scene.node.app.forum;
        follows::follow(forum, &person, scene.her.organisation.id)
            .await
            .expect("asked");
        let asked = scene.node.told().await;
        let follow = asked
            .iter()
            .find(|activity| activity["type"] == "Follow")
            .expect("a Follow");
        let accept = scene.her.activity(1, "Accept", follow.clone());
        scene.receive(&accept).await;
        let note = scene.her.note(2, "<p>Hello</p>");
        let create = scene.her.activity(3, "Create", note.clone());
        scene.receive(&create).await;
        let home = scene
            .get("/api/v1/timelines/home", Some(&scene.token))
            .await;
        let status = home
            .as_array()
            .expect("a list")
            .iter()
            .find(|status| status["uri"] == note["id"])
            .expect("the note")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let favourite = format!("/api/v1/statuses/{status}/favourite");
        assert_eq!(scene.post(&favourite).await["favourited"], true);
        let told = scene.node.told().await;
        assert_eq!(told[0]["type"], "Like");
        assert_eq!(told[0]["to"], json!([scene.her.uri]));
        assert!(told[0].get("cc").is_none());
        let favourites = scene.get("/api/v1/favourites", Some(&scene.token)).await;
        assert_eq!(favourites[0]["id"], status);
        scene
            .post(&format!("/api/v1/statuses/{status}/unfavourite"))
            .await;
        let told = scene.node.told().await;
        assert_eq!(told[0]["object"]["type"], "Like");
        let favourites = scene.get("/api/v1/favourites", Some(&scene.token)).await;
        assert_eq!(favourites, json!([]));
    });
}

#[test]
fn a_followed_organisations_boost_stands_in_the_home_timeline_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene
            .node
            .organisation("shelter", Category::CivilSociety)
            .await;
        let reader = scene
            .node
            .token("shelter", Role::FocalPoint, "read write follow");
        let reader = reader.await;
        scene.node.organisation("ngo", Category::CivilSociety).await;
        let ngo = scene
            .node
            .token("ngo", Role::FocalPoint, "read write follow")
            .await;
        let person = scene.node.person(&reader).await;
        let booster = scene.node.person(&ngo).await.organisation;
        let forum = &scene.node.app.forum;
        follows::follow(forum, &person, booster.id)
            .await
            .expect("follows");
        let reblog = format!("/api/v1/statuses/{}/reblog", scene.entry.id);
        let answer = scene
            .node
            .call(Method::POST, &reblog, Some(&ngo), None)
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        let home = scene.get("/api/v1/timelines/home", Some(&reader)).await;
        assert_eq!(home[0]["account"]["acct"], "ngo");
        assert_eq!(home[0]["reblog"]["id"], scene.entry.id.to_string());
        assert_eq!(home.as_array().expect("a list").len(), 1);
        let id = home[0]["id"].as_str().expect("an id");
        let older = format!("/api/v1/timelines/home?max_id={id}");
        assert_eq!(scene.get(&older, Some(&reader)).await, json!([]));

        // Who follows the author, too, sees the entry and not the boost.
        let moj = scene.node.person(&scene.token).await.organisation;
        follows::follow(forum, &person, moj.id)
            .await
            .expect("follows");
        let home = scene.get("/api/v1/timelines/home", Some(&reader)).await;
        assert_eq!(home.as_array().expect("a list").len(), 1);
        assert_eq!(home[0]["reblog"], Value::Null);
        let of_ngo = format!("/api/v1/accounts/{}/statuses", booster.id);
        let of_ngo = scene.get(&of_ngo, None).await;
        assert_eq!(of_ngo[0]["reblog"]["uri"], json!(scene.entry.uri));
        assert!(scene.entry.uri.as_str().starts_with(ORIGIN));
    });
}

#[test]
fn whoever_asks_may_quote_what_is_public_and_anybody_can_check_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene.node.told().await;
        let person = scene.node.person(&scene.token).await;
        let forum = &scene.node.app.forum;
        let hidden = publish(forum, &person, draft("Hidden", AudienceKind::Members)).await;
        let post = format!("{}/notes/9", scene.her.uri);
        let ask = |number: u32, object: &url::Url, instrument: &str| {
            let mut request = scene.her.activity(number, "QuoteRequest", json!(object));
            request["instrument"] = json!(instrument);
            request
        };
        let elsewhere = "https://other.example/notes/9";
        let refused = scene
            .her
            .send(&scene.node, &ask(1, &scene.entry.uri, elsewhere))
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let hidden = hidden.expect("published").uri;
        scene.receive(&ask(2, &hidden, &post)).await;
        assert!(scene.node.told().await.is_empty());
        let request = ask(3, &scene.entry.uri, &post);
        scene.receive(&request).await;
        let told = scene.node.told().await;
        assert_eq!(told[0]["type"], "Accept");
        assert_eq!(told[0]["object"]["id"], request["id"]);
        let leave = told[0]["result"].as_str().expect("an address");
        let path = leave.strip_prefix(ORIGIN).expect("one of ours");
        let read = |path: String| {
            let request = axum::http::Request::get(path)
                .header("accept", "application/activity+json")
                .header("host", "n.example")
                .body(axum::body::Body::empty())
                .expect("a request");
            scene.node.send(request)
        };
        let stamp = read(path.to_owned()).await.json();
        assert_eq!(stamp["type"], "QuoteAuthorization");
        assert_eq!(stamp["interactingObject"], json!(post));
        assert_eq!(stamp["interactionTarget"], json!(scene.entry.uri));
        let status = format!("/api/v1/statuses/{}", scene.entry.id);
        let status = scene.get(&status, None).await;
        assert_eq!(status["quotes_count"], 1);
        assert_eq!(
            status["quote_approval"],
            json!({"automatic": ["public"], "manual": [], "current_user": "denied"})
        );
        crate::operations::entries::delete(forum, &person, scene.entry.id)
            .await
            .expect("deleted");
        assert_eq!(read(path.to_owned()).await.status, StatusCode::NOT_FOUND);
    });
}
