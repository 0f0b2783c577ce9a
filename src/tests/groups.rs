//! Groups that write and pass on what their members do: in Mobilizon the
//! members act for the group, and what they make is the group's. On both
//! databases.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{audience::draft, backfill::Scene, foreign::Foreign};
use crate::{
    domain::{
        audience::AudienceKind,
        entry::{Entry, Kind},
    },
    operations::{entries::publish, follows},
    storage::{Db, deliveries, follows as stored, organisations, testing::on_both},
};

/// Her is a group that is followed here, and him a member; they share a server.
struct Group {
    scene: Scene,
    him: Foreign,
}

impl Group {
    async fn new(db: Db) -> Self {
        let scene = Scene::new(db).await;
        let him = scene.neighbour().await;
        let her = scene.her.organisation.id;
        let forum = &scene.node.app.forum;
        let made = forum.db.write(move |conn| {
            let mut group = organisations::find(conn, her)?.expect("she is known");
            group.actor_type = "Group".into();
            organisations::update(conn, &group)
        });
        made.await.expect("a group");
        scene.accepted(1).await;
        scene.read_all().await;
        Self { scene, him }
    }

    /// He is followed here, too.
    async fn follow_him(&self) {
        let (forum, me) = (&self.scene.node.app.forum, &self.scene.me);
        let him = self.him.organisation.id;
        follows::follow(forum, me, him).await.expect("asked");
        let me = me.organisation.id;
        let read = forum.db.read(move |conn| stored::find(conn, me, him));
        let follow = read.await.expect("read").expect("a follow");
        let accept = self.him.activity(100, "Accept", json!(follow.activity_uri));
        self.says(&self.him, &accept).await;
    }

    /// An event of the group that he made.
    fn event(&self, words: &str, updated: Option<&str>) -> Value {
        let mut event = self.scene.her.note(10, words);
        event["type"] = json!("Event");
        event["actor"] = json!(self.him.uri);
        if let Some(updated) = updated {
            event["updated"] = json!(updated);
        }
        event
    }

    async fn says(&self, by: &Foreign, activity: &Value) {
        self.scene.node.pass(TimeDelta::seconds(1));
        self.scene.receive(by, activity).await;
    }

    /// The group passes it on, under an id with this number.
    async fn announces(&self, number: u32, what: Value) {
        let her = &self.scene.her;
        self.says(her, &her.activity(number, "Announce", what))
            .await;
    }

    /// The event as it stands here.
    async fn stored(&self) -> Option<Entry> {
        let event = self.event("", None)["id"].clone();
        let mut found = self.scene.entries().await.into_iter();
        found.find(|entry| json!(entry.uri) == event)
    }

    async fn shown(&self) -> String {
        self.stored().await.expect("an event").html
    }
}

#[test]
fn a_member_changes_and_deletes_for_its_group_what_the_server_confirms() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let first = group.event("<p>At noon</p>", None);
        group.scene.server.put(&first);
        group.announces(2, first["id"].clone()).await;
        assert!(group.shown().await.contains("At noon"));

        let changed = group.event("<p>At one</p>", Some("2026-11-22T11:30:00Z"));
        let him = &group.him;
        let update = him.activity(3, "Update", changed.clone());
        group.says(him, &update).await;
        assert!(group.shown().await.contains("At noon"), "not confirmed");
        group.scene.server.put(&changed);
        group.says(him, &update).await;
        assert!(group.shown().await.contains("At one"));

        let delete = him.activity(4, "Delete", first["id"].clone());
        group.says(him, &delete).await;
        assert!(group.stored().await.is_some(), "it is still there");
        // Not found may also be what a server does not show us.
        group.scene.server.clear();
        let delete = |number: u32| him.activity(number, "Delete", first["id"].clone());
        group.says(him, &delete(5)).await;
        assert!(
            group.stored().await.is_some(),
            "nothing says that it is gone"
        );
        group.scene.server.answer(410, &first);
        group.says(him, &delete(6)).await;
        assert!(group.stored().await.is_none());
    });
}

#[test]
fn a_group_that_passes_its_event_on_again_has_it_read_again() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let first = group.event("<p>At noon</p>", None);
        group.scene.server.put(&first);
        group.announces(2, first["id"].clone()).await;
        let changed = group.event("<p>At one</p>", Some("2026-11-22T11:30:00Z"));
        group.scene.server.put(&changed);
        group.announces(3, changed).await;
        assert!(group.shown().await.contains("At one"));
        group.scene.server.clear();
        group.announces(4, first["id"].clone()).await;
        assert!(group.stored().await.is_none());
    });
}

#[test]
fn what_a_member_makes_for_its_group_is_read_from_the_server_if_the_member_is_followed() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let event = group.event("<p>At noon</p>", None);
        group.scene.server.put(&event);
        let mut forged = event.clone();
        forged["content"] = json!("<p>Forged</p>");
        let him = &group.him;
        group
            .says(him, &him.activity(3, "Create", forged.clone()))
            .await;
        assert!(group.stored().await.is_none(), "nobody follows him");
        group.follow_him().await;
        group
            .says(him, &him.activity(6, "Create", forged.clone()))
            .await;
        assert!(group.shown().await.contains("At noon"));
        // Of another server it is refused.
        let far = Foreign::new(&group.scene.node, "far.example", "far").await;
        let create = far.activity(4, "Create", forged);
        let answer = far.send(&group.scene.node, &create).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn what_a_reply_answers_is_read_when_a_group_passes_the_reply_on() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let old = group.him.note(11, "<p>Old</p>");
        let mut reply = group.him.note(12, "<p>Reply</p>");
        reply["inReplyTo"] = old["id"].clone();
        for note in [&old, &reply] {
            group.scene.server.put(note);
        }
        let create = group.him.activity(5, "Create", reply.clone());
        group.announces(2, create).await;
        let kept = group.scene.entries().await;
        let stored = kept.iter().find(|one| json!(one.uri) == reply["id"]);
        assert_eq!(stored.expect("stored").thread.in_reply_to, None);
        group.scene.read_all().await;
        let all = group.scene.entries().await;
        let find = |note: &Value| all.iter().find(|one| json!(one.uri) == note["id"]);
        let (old, reply) = (find(&old).expect("read"), find(&reply).expect("kept"));
        assert_eq!(reply.thread.in_reply_to, Some(old.id));
    });
}

#[test]
fn what_begins_a_conversation_makes_nothing_be_read() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let note = group.him.note(11, "<p>First</p>");
        group.scene.server.put(&note);
        group
            .announces(2, group.him.activity(5, "Create", note))
            .await;
        assert_eq!(group.scene.entries().await.len(), 1);
        assert!(group.scene.planned().await.is_empty());
    });
}

#[test]
fn an_answer_to_what_a_group_passed_on_goes_to_the_group_too() {
    on_both(async |db| {
        let group = Group::new(db).await;
        let scene = &group.scene;
        let note = group.him.note(11, "<p>Who can help?</p>");
        scene.server.put(&note);
        group
            .announces(2, group.him.activity(5, "Create", note))
            .await;
        let asked = scene.entries().await.remove(0);
        scene.node.told().await;
        let mut answer = draft("", AudienceKind::Public);
        answer.content.kind = Kind::Note;
        answer.content.status = None;
        answer.in_reply_to = Some(asked.id);
        let answered = publish(&scene.node.app.forum, &scene.me, answer).await;
        let answered = answered.expect("published").id;
        let told = scene.node.told().await;
        for uri in [&scene.her.uri, &group.him.uri] {
            for addressed in [&told[0]["cc"], &told[0]["object"]["cc"]] {
                let cc = addressed.as_array().expect("a list");
                assert!(cc.contains(&json!(uri)), "{cc:?}");
            }
        }
        let forum = &scene.node.app.forum;
        let inboxes = forum.db.read(move |conn| deliveries::told(conn, answered));
        let inboxes = inboxes.await.expect("read");
        for one in [&scene.her, &group.him] {
            let inbox = &one.organisation.endpoints.inbox;
            assert!(inboxes.contains_key(inbox), "{inboxes:?}");
        }
    });
}
