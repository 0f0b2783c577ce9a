//! What is said again under the same id, as several families of servers do,
//! and what a copy of a request says. On both databases.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{audience::draft, foreign::Foreign, test_app::TestApp};
use crate::{
    domain::{
        account::Role,
        audience::{AudienceKind, Viewer},
        entry::Entry,
        organisation::Category,
    },
    operations::{entries::publish, people::Person},
    storage::{Db, entries, follows as stored, testing::on_both},
};

/// A node with an organisation that published something, and one elsewhere.
struct Scene {
    node: TestApp,
    moj: Person,
    ours: Entry,
    her: Foreign,
}

impl Scene {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read write follow");
        let moj = node.person(&token.await).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let ours = publish(&node.app.forum, &moj, draft("Ours", AudienceKind::Public)).await;
        node.told().await;
        Self {
            moj,
            ours: ours.expect("published"),
            node,
            her,
        }
    }

    /// She says this a second after what came before.
    async fn says(&self, activity: &Value) {
        self.node.pass(TimeDelta::seconds(1));
        let answer = self.her.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{activity}");
    }

    fn follow(&self, number: u32) -> Value {
        let followed = json!(self.moj.organisation.uri);
        self.her.activity(number, "Follow", followed)
    }

    async fn follows(&self) -> bool {
        let (her, moj) = (self.her.organisation.id, self.moj.organisation.id);
        let forum = &self.node.app.forum;
        let read = forum.db.read(move |conn| stored::find(conn, her, moj));
        read.await.expect("read").is_some()
    }

    /// Likes and boosts of our entry.
    async fn reactions(&self) -> (i64, i64) {
        let ours = self.ours.id;
        let forum = &self.node.app.forum;
        let read = forum
            .db
            .read(move |conn| entries::find(conn, &Viewer::Anonymous, ours));
        let counts = read.await.expect("read").expect("ours").counts;
        (counts.likes, counts.boosts)
    }

    /// The types of what was answered since the last time.
    async fn answers(&self) -> Vec<Value> {
        let told = self.node.told().await.into_iter();
        told.map(|mut activity| activity["type"].take()).collect()
    }
}

#[test]
fn a_follow_counts_again_after_its_undo_and_is_answered_each_time() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let follow = scene.follow(1);
        let undo = scene.her.activity(2, "Undo", follow.clone());
        for _ in 0..3 {
            scene.says(&follow).await;
            assert!(scene.follows().await);
            assert_eq!(scene.answers().await, ["Accept"]);
            scene.says(&follow).await;
            assert_eq!(scene.answers().await, ["Accept"]);
            scene.says(&undo).await;
            assert!(!scene.follows().await);
        }
    });
}

#[test]
fn a_like_and_a_boost_count_again_after_their_undo() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let object = json!(scene.ours.uri);
        let like = scene.her.activity(1, "Like", object.clone());
        let boost = scene.her.activity(2, "Announce", object);
        for _ in 0..2 {
            scene.says(&like).await;
            scene.says(&boost).await;
            assert_eq!(scene.reactions().await, (1, 1));
            for (number, undone) in [(3, &like), (4, &boost)] {
                let undo = scene.her.activity(number, "Undo", undone["id"].clone());
                scene.says(&undo).await;
            }
            assert_eq!(scene.reactions().await, (0, 0));
        }
    });
}

#[test]
fn a_copy_of_a_request_undoes_nothing_that_was_said_after_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let follow = scene.follow(1);
        let undo = scene.her.activity(2, "Undo", follow.clone());
        let copy = |activity: &Value| {
            let body = activity.to_string();
            scene.her.request(&scene.node, body.as_bytes())
        };
        scene.says(&follow).await;
        let old_follow = copy(&follow);
        scene.says(&undo).await;
        let old_undo = copy(&undo);
        scene.node.pass(TimeDelta::hours(1));
        let answer = scene.node.send(old_follow).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert!(!scene.follows().await, "an old Follow");
        scene.says(&follow).await;
        let answer = scene.node.send(old_undo).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert!(scene.follows().await, "an old Undo");
    });
}

#[test]
fn what_others_hand_on_says_nothing_again() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let him = Foreign::new(&scene.node, "other.example", "him").await;
        let follow = scene.her.proven(&scene.node, scene.follow(1));
        scene.says(&follow).await;
        scene
            .says(&scene.her.activity(2, "Undo", json!(follow["id"])))
            .await;
        scene.node.pass(TimeDelta::minutes(1));
        let answer = him.send(&scene.node, &follow).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert!(!scene.follows().await);
    });
}

#[test]
fn an_undo_that_came_first_wins_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let follow = scene.follow(1);
        scene
            .says(&scene.her.activity(2, "Undo", follow.clone()))
            .await;
        scene.says(&follow).await;
        assert!(!scene.follows().await);
        scene.says(&follow).await;
        assert!(scene.follows().await);
    });
}

#[test]
fn the_undo_of_an_older_activity_leaves_its_successor() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let undo = async |number: u32, undone: &Value| {
            let undo = scene.her.activity(number, "Undo", undone.clone());
            scene.says(&undo).await;
        };
        let follows = [scene.follow(1), scene.follow(2)];
        let object = json!(scene.ours.uri);
        let likes = [
            scene.her.activity(3, "Like", object.clone()),
            scene.her.activity(4, "EmojiReact", object.clone()),
        ];
        for activity in follows.iter().chain(&likes) {
            scene.says(activity).await;
        }
        undo(11, &follows[0]).await;
        undo(12, &likes[0]).await;
        // Again, because its server missed our answer.
        undo(11, &follows[0]).await;
        undo(12, &likes[0]).await;
        assert!(scene.follows().await);
        assert_eq!(scene.reactions().await, (1, 0));
        undo(13, &follows[1]).await;
        undo(14, &likes[1]).await;
        assert!(!scene.follows().await);
        assert_eq!(scene.reactions().await, (0, 0));

        // Lemmy gives what it undoes an id that nobody has seen.
        scene.says(&scene.follow(5)).await;
        scene.says(&scene.her.activity(6, "Like", object)).await;
        let mut unseen = [scene.follow(7), likes[0].clone()];
        unseen[1]["id"] = json!(format!("{}/activities/8", scene.her.uri));
        undo(15, &unseen[0]).await;
        undo(16, &unseen[1]).await;
        assert!(!scene.follows().await);
        assert_eq!(scene.reactions().await, (0, 0));
    });
}

#[test]
fn one_id_does_not_stand_for_two_things() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let forum = &scene.node.app.forum;
        let second = publish(forum, &scene.moj, draft("Second", AudienceKind::Public)).await;
        let second = second.expect("published").uri;
        let other = scene.node.organisation("ngo", Category::CivilSociety).await;
        scene
            .says(&scene.her.activity(1, "Like", json!(second)))
            .await;
        for (number, object) in [(2, json!(scene.ours.uri)), (2, json!(second))] {
            scene
                .says(&scene.her.activity(number, "Like", object))
                .await;
        }
        assert_eq!(scene.reactions().await, (1, 0));
        scene.says(&scene.follow(3)).await;
        let mut elsewhere = scene.follow(3);
        elsewhere["object"] = json!(other.uri);
        scene.says(&elsewhere).await;
        assert!(scene.follows().await);
        let (her, other) = (scene.her.organisation.id, other.id);
        let read = forum.db.read(move |conn| stored::find(conn, her, other));
        assert!(read.await.expect("read").is_none());
    });
}

#[test]
fn a_ban_from_a_community_is_no_block() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene.says(&scene.follow(1)).await;
        let moj = json!(scene.moj.organisation.uri);
        let mut ban = scene.her.activity(2, "Block", moj.clone());
        ban["target"] = json!("https://far.example/c/community");
        scene.says(&ban).await;
        assert!(scene.follows().await);
        // Nor does its end lift one.
        scene.says(&scene.her.activity(3, "Block", moj)).await;
        assert!(!scene.follows().await);
        scene.says(&scene.her.activity(4, "Undo", ban)).await;
        let (her, moj) = (scene.her.organisation.id, scene.moj.organisation.id);
        let forum = &scene.node.app.forum;
        let read = forum
            .db
            .read(move |conn| crate::storage::blocks::is_blocked(conn, her, moj));
        assert!(read.await.expect("read"));
    });
}

#[test]
fn a_featured_hashtag_is_acknowledged() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let hashtag = json!({"type": "Hashtag", "name": "#shelter",
            "href": "https://far.example/tags/shelter"});
        for (number, kind) in [(1, "Add"), (2, "Remove")] {
            let mut activity = scene.her.activity(number, kind, hashtag.clone());
            activity["target"] = json!(scene.her.organisation.endpoints.featured);
            scene.says(&activity).await;
        }
    });
}
