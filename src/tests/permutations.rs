//! Activities that arrive in another order than they happened, and more than
//! once, each time as they were signed first: whatever the order, what is left is
//! the same. What is signed anew counts again (`repeated`). On both databases.

use axum::http::StatusCode;
use proptest::{
    prelude::{Just, Strategy},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use url::Url;

use super::{audience::draft, foreign::Foreign, test_app::TestApp};
use crate::{
    domain::{
        account::Role,
        audience::{AudienceKind, Viewer},
        entry::Entry,
        organisation::Category,
    },
    operations::{entries::publish, follows, people::Person},
    storage::{self, Conn, Db, entries, follows as stored, testing::on_both},
};

/// Orders that are tried, each with an entry of its own.
const ORDERS: u32 = 25;

/// A node that follows her. Nobody follows him; he likes what she writes, and
/// passes on what the node's organisation wrote.
struct Scene {
    node: TestApp,
    moj: Person,
    ours: Entry,
    her: Foreign,
    him: Foreign,
}

impl Scene {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read write follow");
        let moj = node.person(&token.await).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let him = Foreign::new(&node, "other.example", "him").await;
        let forum = &node.app.forum;
        let asked = follows::follow(forum, &moj, her.organisation.id).await;
        asked.expect("asked");
        let ours = publish(forum, &moj, draft("Ours", AudienceKind::Public)).await;
        let (me, followed) = (moj.organisation.id, her.organisation.id);
        let read = forum.db.read(move |conn| stored::find(conn, me, followed));
        let follow = read.await.expect("storage").expect("a follow");
        let scene = Self {
            moj,
            ours: ours.expect("published"),
            node,
            her,
            him,
        };
        let accept = scene.her.activity(1, "Accept", json!(follow.activity_uri));
        scene.arrives(&accept).await;
        scene
    }

    async fn arrives(&self, activity: &Value) {
        let by_her = activity["actor"] == json!(self.her.uri);
        let sender = if by_her { &self.her } else { &self.him };
        let answer = sender.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{activity}");
    }

    /// What she writes and what becomes of it, and what he makes of it; her
    /// Delete comes last.
    fn story(&self, number: u32) -> Vec<Value> {
        let (her, him) = (&self.her, &self.him);
        let version = |text: &str, updated: Option<&str>| {
            let mut note = her.note(number, text);
            note["published"] = json!("2026-11-22T09:00:00Z");
            if let Some(updated) = updated {
                note["updated"] = json!(updated);
            }
            note
        };
        let id = version("", None)["id"].clone();
        let base = 100 * number;
        let like = him.activity(base + 1, "Like", id.clone());
        let boost = him.activity(base + 2, "Announce", json!(self.ours.uri));
        let follow = him.activity(base + 3, "Follow", json!(self.moj.organisation.uri));
        let second = version("<p>Second</p>", Some("2026-11-22T10:00:00Z"));
        let third = version("<p>Third</p>", Some("2026-11-22T11:00:00Z"));
        vec![
            her.activity(base + 11, "Create", version("<p>First</p>", None)),
            her.activity(base + 12, "Update", second),
            her.activity(base + 13, "Update", third),
            him.activity(base + 21, "Undo", like.clone()),
            him.activity(base + 22, "Undo", boost["id"].clone()),
            him.activity(base + 23, "Undo", follow.clone()),
            like,
            boost,
            follow,
            her.activity(base + 14, "Delete", id),
        ]
    }

    async fn entry(&self, number: u32) -> Option<Entry> {
        let uri = self.her.note(number, "")["id"].clone();
        let uri: Url = serde_json::from_value(uri).expect("an address");
        self.read(move |conn| entries::find_by_uri(conn, &Viewer::Anonymous, &uri))
            .await
    }

    /// What is left of his: how often our entry was passed on, and whether he
    /// follows us.
    async fn left_of_him(&self) -> (i64, bool) {
        let (him, moj) = (self.him.organisation.id, self.moj.organisation.id);
        let ours = self.ours.id;
        self.read(move |conn| {
            let ours = entries::find(conn, &Viewer::Anonymous, ours)?;
            let boosts = ours.map_or(0, |entry| entry.counts.boosts);
            Ok((boosts, stored::find(conn, him, moj)?.is_some()))
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn) -> Result<T, storage::Error> + Send + 'static,
    ) -> T {
        self.node.app.forum.db.read(read).await.expect("read")
    }
}

/// Orders of these activities in which each comes twice.
fn orders(story: &[Value], runner: &mut TestRunner) -> Vec<Value> {
    let twice: Vec<Value> = story.iter().chain(story).cloned().collect();
    let shuffled = Just(twice).prop_shuffle().new_tree(runner);
    shuffled.expect("shuffled").current()
}

#[test]
fn in_every_order_the_newest_version_is_left_and_what_was_taken_back_is_not() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut runner = TestRunner::deterministic();
        for number in 1..=ORDERS {
            let mut story = scene.story(number);
            story.pop();
            let order = orders(&story, &mut runner);
            for activity in &order {
                scene.arrives(activity).await;
            }
            let entry = scene.entry(number).await.expect("an entry");
            let left = (entry.html.as_str(), entry.counts.likes);
            assert_eq!(left, ("<p>Third</p>", 0), "{order:#?}");
            assert_eq!(scene.left_of_him().await, (0, false), "{order:#?}");
        }
    });
}

#[test]
fn in_every_order_nothing_is_left_of_what_was_deleted() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut runner = TestRunner::deterministic();
        for number in 1..=ORDERS {
            let order = orders(&scene.story(number), &mut runner);
            for activity in &order {
                scene.arrives(activity).await;
            }
            assert_eq!(scene.entry(number).await, None, "{order:#?}");
            assert_eq!(scene.left_of_him().await, (0, false), "{order:#?}");
        }
    });
}

#[test]
fn in_their_own_order_nothing_is_taken_back_that_nobody_took_back() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let story = scene.story(1);
        let is_undo = |activity: &&Value| !matches!(activity["type"].as_str(), Some("Undo"));
        for activity in story.iter().filter(is_undo).take(6) {
            scene.arrives(activity).await;
            scene.arrives(activity).await;
        }
        let entry = scene.entry(1).await.expect("an entry");
        assert_eq!(entry.counts.likes, 1);
        assert_eq!(scene.left_of_him().await, (1, true));
    });
}
