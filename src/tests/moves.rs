//! Organisations that move, here and elsewhere. On both databases.

use axum::http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::{foreign::Foreign, test_app::TestApp};
use crate::{
    domain::{account::Role, block::BlockKind, follow::Relationship, organisation::Category},
    operations::{blocks, follows, moves, people::Person},
    storage::{Db, audit, follows as stored, testing::on_both},
};

/// A node with `ngo`, which follows `her` elsewhere, and with `moj`.
struct Scene {
    node: TestApp,
    ngo: Person,
    moj: Person,
    her: Foreign,
}

impl Scene {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        let mut people = Vec::new();
        for (handle, category) in [
            ("ngo", Category::CivilSociety),
            ("moj", Category::Government),
        ] {
            node.organisation(handle, category).await;
            let token = node.token(handle, Role::FocalPoint, "read write follow");
            people.push(node.person(&token.await).await);
        }
        let [ngo, moj] = <[Person; 2]>::try_from(people).expect("two people");
        let her = Foreign::new(&node, "far.example", "her").await;
        follows::follow(&node.app.forum, &ngo, her.organisation.id)
            .await
            .expect("asked");
        Self {
            node,
            ngo,
            moj,
            her,
        }
    }

    /// How `ngo` stands to `(her, moj)`.
    async fn stands(&self) -> (Relationship, Relationship) {
        let (me, her, moj) = (
            self.ngo.organisation.id,
            self.her.organisation.id,
            self.moj.organisation.id,
        );
        let read = self.node.app.forum.db.read(move |conn| {
            let all = stored::relationships(conn, me, &[her, moj])?;
            Ok::<_, crate::storage::Error>((all[&her], all[&moj]))
        });
        read.await.expect("read")
    }

    async fn alias(&self, uri: &Url, add: bool) {
        let by = Some(self.moj.user.id);
        let set = moves::set_alias(&self.node.app.forum, by, "moj", uri.clone(), add);
        set.await.expect("set");
    }

    fn moving(&self, number: u32, object: &Url, target: &Url) -> Value {
        let mut activity = self.her.activity(number, "Move", json!(object));
        activity["target"] = json!(target);
        activity
    }

    async fn send(&self, activity: &Value) -> StatusCode {
        self.her.send(&self.node, activity).await.status
    }

    /// As Mastodon clients see it.
    async fn account(&self, acct: &str) -> Value {
        let path = format!("/api/v1/accounts/lookup?acct={acct}");
        self.node.get(&path, None).await.json()
    }

    async fn document(&self, handle: &str) -> Value {
        let request = axum::http::Request::get(format!("/orgs/{handle}"))
            .header("accept", "application/activity+json")
            .header("host", "n.example")
            .body(axum::body::Body::empty())
            .expect("a request");
        self.node.send(request).await.json()
    }
}

#[test]
fn followers_go_along_to_an_address_that_names_the_old_one() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (old, new) = (&scene.her.uri, &scene.moj.organisation.uri);
        scene.alias(old, true).await;
        let document = scene.document("moj").await;
        assert_eq!(document["alsoKnownAs"], json!([old]));
        let status = scene.send(&scene.moving(1, old, new)).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let (her, moj) = scene.stands().await;
        assert!(!her.following && !her.requested);
        assert!(moj.following);
        let account = scene.account("her@far.example").await;
        assert_eq!(account["moved"]["acct"], "moj");
    });
}

#[test]
fn nobody_is_taken_to_an_address_that_does_not_name_the_old_one() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let (old, new) = (&scene.her.uri, &scene.moj.organisation.uri);
        scene.alias(old, true).await;
        scene.alias(old, false).await;
        let other = Foreign::new(&scene.node, "far.example", "other").await;
        for (activity, status) in [
            (scene.moving(1, old, new), StatusCode::FORBIDDEN),
            (scene.moving(2, &other.uri, new), StatusCode::FORBIDDEN),
            (scene.moving(3, old, old), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(scene.send(&activity).await, status, "{activity}");
        }
        let (her, moj) = scene.stands().await;
        assert!(her.requested && !moj.following);
    });
}

#[test]
fn an_organisation_of_ours_that_moves_says_where_it_went() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let forum = &scene.node.app.forum;
        follows::follow(forum, &scene.ngo, scene.moj.organisation.id)
            .await
            .expect("follows");
        let gone = moves::depart(forum, None, "moj", scene.her.organisation.clone());
        gone.await.expect("moved");
        let document = scene.document("moj").await;
        assert_eq!(document["movedTo"], json!(scene.her.uri));
        let (her, moj) = scene.stands().await;
        assert!(her.requested && !moj.following);
        let page = scene.node.get("/orgs/moj", None).await;
        assert!(page.body.contains("This organisation has moved."));
        assert!(page.body.contains(scene.her.uri.as_str()));
        let account = scene.account("moj").await;
        assert_eq!(account["moved"]["acct"], "her@far.example");
        assert_eq!(account["moved"]["moved"], Value::Null);
        let again = moves::depart(forum, None, "moj", scene.moj.organisation.clone()).await;
        assert!(again.is_err());
    });
}

#[test]
fn nobody_is_taken_to_whom_it_blocks_or_who_blocks_it() {
    for ngo_blocks in [true, false] {
        on_both(async |db| {
            let scene = Scene::new(db).await;
            let (by, other) = match ngo_blocks {
                true => (&scene.ngo, &scene.moj),
                false => (&scene.moj, &scene.ngo),
            };
            let forum = &scene.node.app.forum;
            let block = blocks::set(forum, by, other.organisation.id, BlockKind::Block);
            block.await.expect("blocked");
            let (old, new) = (&scene.her.uri, &scene.moj.organisation.uri);
            scene.alias(old, true).await;
            let status = scene.send(&scene.moving(1, old, new)).await;
            assert_eq!(status, StatusCode::ACCEPTED);
            let (her, moj) = scene.stands().await;
            assert!(!her.following && !her.requested, "she is there no more");
            assert!(!moj.following && !moj.requested, "{ngo_blocks}");
        });
    }
}

#[test]
fn aliases_and_moves_are_in_the_log_of_decisions() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let forum = &scene.node.app.forum;
        let uri = &scene.her.uri;
        // Of two that say the same, the second decides nothing.
        for add in [true, true, false, false] {
            scene.alias(uri, add).await;
        }
        let gone = moves::depart(forum, None, "moj", scene.her.organisation.clone());
        gone.await.expect("moved");
        let all = forum.db.read(|conn| audit::following(conn, 0, 100));
        let all = all.await.expect("read").into_iter();
        let about_moj: Vec<_> = all
            .filter(|one| one.subject == "organisation moj" && one.detail.contains(uri.as_str()))
            .map(|one| (one.by, one.decision, one.detail))
            .collect();
        let by = Some(scene.moj.user.id);
        let decided = |by, word: &str, detail: String| (by, word.to_owned(), detail);
        assert_eq!(
            about_moj,
            [
                decided(by, "alias-added", uri.to_string()),
                decided(by, "alias-removed", uri.to_string()),
                decided(None, "organisation-moved", format!("to {uri}")),
            ]
        );
    });
}
