//! What points to a server that does not answer is acknowledged, and read when
//! that server answers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Foreign, Reading, Scene, Task, WireError, stored, take_again};
use crate::{
    config::Mode,
    operations::hosts,
    storage::{hosts::Policy, organisations, testing::on_both},
};

/// Her followers' node, with nothing planned.
async fn followed(db: crate::storage::Db) -> Scene {
    let scene = Scene::new(db).await;
    scene.accepted(1).await;
    scene.planned().await;
    scene
}

impl Scene {
    /// Takes in once more what is planned, which is one thing.
    async fn again(&self, planned: &[Task]) -> Result<Reading, WireError> {
        let [Task::TakeAgain { sender, activity }] = planned else {
            panic!("{planned:?}");
        };
        take_again(&self.node.app.federation, *sender, activity.clone()).await
    }

    async fn boosts(&self) -> Vec<i64> {
        let entries = self.entries().await.into_iter();
        entries.map(|entry| entry.counts.boosts).collect()
    }
}

#[test]
fn a_boost_of_what_cannot_be_read_now_is_acknowledged_and_counts_later() {
    on_both(async |db| {
        let scene = followed(db).await;
        let him = scene.neighbour().await;
        let note = him.note(1, "his words");
        scene.server.answer(503, &note);
        let boost = scene.her.activity(2, "Announce", note["id"].clone());
        // The second is a replay.
        scene.receive(&scene.her, &boost).await;
        scene.receive(&scene.her, &boost).await;
        let planned = scene.planned().await;
        assert!(scene.again(&planned).await.is_err(), "still not there");
        assert_eq!(scene.boosts().await, [0; 0]);
        scene.server.put(&note);
        assert!(matches!(scene.again(&planned).await, Ok(Reading::Done)));
        assert_eq!(scene.boosts().await, [1]);
        // Done once more, as after a crash.
        assert!(matches!(scene.again(&planned).await, Ok(Reading::Done)));
        assert_eq!(scene.boosts().await, [1]);
    });
}

#[test]
fn a_boost_that_was_taken_back_meanwhile_does_not_count() {
    on_both(async |db| {
        let scene = followed(db).await;
        let him = scene.neighbour().await;
        let note = him.note(1, "his words");
        scene.server.answer(503, &note);
        let boost = scene.her.activity(2, "Announce", note["id"].clone());
        scene.receive(&scene.her, &boost).await;
        let undo = scene.her.activity(3, "Undo", boost);
        scene.receive(&scene.her, &undo).await;
        scene.server.put(&note);
        let planned = scene.planned().await;
        assert!(matches!(scene.again(&planned).await, Ok(Reading::Done)));
        assert_eq!(scene.boosts().await, [0; 0]);
    });
}

#[test]
fn a_move_to_a_server_that_does_not_answer_takes_its_followers_along_later() {
    on_both(async |db| {
        let scene = followed(db).await;
        let new = scene.server.url("/users/new");
        let actor = json!({
            "id": new, "type": "Person", "preferredUsername": "new",
            "inbox": format!("{new}/inbox"), "alsoKnownAs": [scene.her.uri],
        });
        scene.server.answer(502, &actor);
        let mut moving = scene.her.activity(2, "Move", json!(scene.her.uri));
        moving["target"] = json!(new);
        scene.receive(&scene.her, &moving).await;
        let planned = scene.planned().await;
        scene.server.put(&actor);
        assert!(matches!(scene.again(&planned).await, Ok(Reading::Done)));
        let me = scene.me.organisation.id;
        let read = scene.node.app.forum.db.read(move |conn| {
            let new = organisations::find_by_uri(conn, &new)?.expect("known");
            stored::find(conn, me, new.id)
        });
        assert!(read.await.expect("storage").is_some());
    });
}

#[test]
fn a_pin_that_cannot_be_read_now_has_all_pins_read_later() {
    on_both(async |db| {
        let scene = followed(db).await;
        let note = scene.her.note(1, "pinned");
        scene.server.answer(503, &note);
        let mut add = scene.her.activity(2, "Add", note["id"].clone());
        add["target"] = json!(format!("{}/featured", scene.her.uri));
        scene.receive(&scene.her, &add).await;
        let organisation = scene.her.organisation.id;
        assert_eq!(scene.planned().await, [Task::ReadPins { organisation }]);
    });
}

/// Else the answer would tell what is blocked, and others would wait for it.
#[test]
fn whatever_is_pointed_to_the_answer_is_the_same() {
    on_both(async |db| {
        let scene = followed(db).await;
        let forum = &scene.node.app.forum;
        let (mode, policy) = (Mode::Open, Policy::Block);
        let blocked = hosts::decide(forum, None, mode, "blocked.example", policy, "").await;
        blocked.expect("blocked");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let him = scene.neighbour().await;
        let (gone, odd) = (him.note(1, ""), him.note(2, ""));
        scene.server.answer(410, &gone);
        let mut elsewhere = odd.clone();
        elsewhere["attributedTo"] = json!(scene.server.url("/users/nobody"));
        scene.server.put(&elsewhere);
        let stranger = Foreign::new(&scene.node, "other.example", "stranger").await;
        let places: [(Value, bool); 4] = [
            (json!("https://blocked.example/notes/1"), false),
            (json!("https://nobody.invalid/notes/1"), true),
            (gone["id"].clone(), false),
            (odd["id"].clone(), false),
        ];
        for (number, (place, is_tried)) in (10..).zip(places) {
            let boost = scene.her.activity(number, "Announce", place.clone());
            scene.receive(&scene.her, &boost).await;
            let planned = scene.planned().await;
            assert_eq!(!planned.is_empty(), is_tried, "{place}");
            // Of whom nobody here follows nothing is tried again.
            let mut moving = stranger.activity(number, "Move", json!(stranger.uri));
            moving["target"] = place.clone();
            scene.receive(&stranger, &moving).await;
            assert_eq!(scene.planned().await, [], "{place}");
            // Nobody asks for others' objects in his own name.
            let create = stranger.activity(number + 10, "Create", place.clone());
            let status = stranger.send(&scene.node, &create).await.status;
            assert_eq!(status, StatusCode::FORBIDDEN, "{place}");
        }
        assert_eq!(scene.boosts().await, [0; 0]);
    });
}
