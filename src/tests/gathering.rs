//! Creates that arrive at the same time are stored together: each once, by the
//! same rules as alone, and none for want of another. On both databases.

use std::cell::Cell;

use axum::http::StatusCode;
use diesel::connection::SimpleConnection;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{
    foreign::Foreign,
    inbox::{entries_of, following},
    restricted::{Scene, create, note_id, term},
    test_app::{Answer, ORIGIN, TestApp},
};
use crate::{
    domain::{
        account::Role,
        audience::{Audience, AudienceKind, Tier},
        organisation::Category,
    },
    forum_api::PREFIX,
    storage::{Conn, Error, testing::on_both},
};

/// Lets these arrive while something is being stored, in their order. Some may
/// be answered without being stored.
async fn at_once(node: &TestApp, all: &[(&Foreign, Value)]) -> Vec<Answer> {
    let gathering = &node.app.federation.gathering;
    let turn = gathering.hold().await;
    let answered = Cell::new(0);
    let sent = join_all(all.iter().map(async |(by, activity)| {
        let answer = by.send(node, activity).await;
        answered.set(answered.get() + 1);
        answer
    }));
    let gathered = async {
        while gathering.waiting() + answered.get() < all.len() {
            tokio::task::yield_now().await;
        }
        drop(turn);
    };
    join(sent, gathered).await.0
}

fn answering(mut note: Value, parent: &Value) -> Value {
    note["inReplyTo"] = parent["id"].clone();
    note
}

#[test]
fn what_arrives_at_once_is_stored_once_by_the_rules_and_in_one_transaction() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let stranger = Foreign::new(&node, "other.example", "stranger").await;
        let notes: Vec<Value> = (1..=20)
            .map(|number| her.note(number, "<p>A</p>"))
            .collect();
        let buried = her.note(30, "<p>Gone</p>");
        her.send(&node, &her.activity(3, "Delete", buried["id"].clone()))
            .await;
        let early = answering(her.note(31, "<p>Early</p>"), &notes[2]);
        her.send(&node, &her.activity(2, "Create", early)).await;
        let (reply, answer) = (
            answering(her.note(32, "<p>Reply</p>"), &notes[3]),
            answering(stranger.note(33, "<p>Answer</p>"), &notes[4]),
        );
        // The stranger is heard of before, so that this is not written then.
        let spam = stranger.activity(4, "Create", stranger.note(35, "<p>Spam</p>"));
        stranger.send(&node, &spam).await;
        let mut all = vec![
            (&her, her.activity(100, "Create", reply)),
            (&stranger, stranger.activity(101, "Create", answer)),
            (&her, her.activity(102, "Create", buried)),
            (&her, her.activity(103, "Create", notes[5].clone())),
            (
                &stranger,
                stranger.activity(104, "Create", stranger.note(34, "<p>Spam</p>")),
            ),
        ];
        for (number, note) in (200..).zip(&notes) {
            let create = her.activity(number, "Create", note.clone());
            all.extend([(&her, create.clone()), (&her, create)]);
        }
        let before = node.app.forum.db.commits();
        for answer in at_once(&node, &all).await {
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        assert_eq!(node.app.forum.db.commits() - before, 1);

        let found = entries_of(&node).await;
        let of = |id: &Value| found.iter().filter(|one| json!(one.uri) == *id).count();
        assert!(notes.iter().all(|note| of(&note["id"]) == 1));
        let parent_of = |text: &str| {
            let one = found.iter().find(|one| one.html.contains(text));
            one.expect("stored").thread.in_reply_to
        };
        for (text, note) in [("Early", 2), ("Reply", 3), ("Answer", 4)] {
            let parent = found.iter().find(|one| json!(one.uri) == notes[note]["id"]);
            assert_eq!(parent_of(text), parent.map(|one| one.id), "{text}");
        }
        assert_eq!(found.len(), notes.len() + 3);
    });
}

#[test]
fn each_of_what_arrives_at_once_is_for_its_own_readers() {
    use AudienceKind::{Members, Preferential, Public};
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let node = &scene.node;
        let tier = Some(Tier::Preferential);
        let government = Some(Category::Government);
        let gov = scene.foreign("gov.example", government, tier).await;
        let society = Some(Category::CivilSociety);
        let cso = scene.foreign("cso.example", society, tier).await;
        let to_ngo = json!([format!("{ORIGIN}/orgs/ngo")]);
        let mut to_all = term(Public);
        let addressed = json!(format!("{ORIGIN}/orgs/moj"));
        to_all.as_array_mut().expect("a list").push(addressed);
        let all = [
            (&gov, create(&gov, 1, term(Preferential))),
            (&gov, create(&gov, 2, to_all)),
            // No audience of its author's.
            (&cso, create(&cso, 3, term(Preferential))),
            (&gov, create(&gov, 4, to_ngo)),
            (&gov, create(&gov, 5, term(Members))),
        ];
        for answer in at_once(node, &all).await {
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        let for_ngo = Audience::Named(vec![scene.ngo.organisation.id]);
        for (author, number, audience) in [
            (&gov, 1, Some(Audience::Preferential)),
            (&gov, 2, Some(Audience::Public)),
            (&cso, 3, None),
            (&gov, 4, Some(for_ngo)),
            (&gov, 5, Some(Audience::Members)),
        ] {
            assert_eq!(
                scene.kept(&note_id(author, number)).await,
                audience,
                "{number}"
            );
        }
        let seen = async |token: Option<&str>| {
            let list = node.get(&format!("{PREFIX}/entries?q=canary"), token).await;
            list.json()["items"].as_array().map(Vec::len)
        };
        assert_eq!(seen(None).await, Some(1));
        // The ministry, civil society, and one without a credential.
        for (handle, expected) in [("moj", 3), ("ngo", 3), ("other", 1)] {
            let token = node.token(handle, Role::FocalPoint, "read").await;
            assert_eq!(seen(Some(&token)).await, Some(expected), "{handle}");
        }
    });
}

/// Has the database refuse entries with "poison" in them.
fn refuse_poison(conn: &mut Conn) -> Result<(), Error> {
    let refuse = match conn {
        Conn::Sqlite(_) => {
            "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.html LIKE '%poison%' \
             BEGIN SELECT RAISE(ABORT, 'poison'); END"
        }
        Conn::Postgres(_) => {
            "ALTER TABLE entries ADD CONSTRAINT poison CHECK (html NOT LIKE '%poison%')"
        }
    };
    Ok(conn.batch_execute(refuse)?)
}

#[test]
fn what_cannot_be_stored_keeps_nothing_else_from_being_stored() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let refused = node.app.forum.db.write(refuse_poison).await;
        refused.expect("the rule is made");
        let texts = ["one", "two", "poison", "four", "five"];
        let all: Vec<(&Foreign, Value)> = (1..)
            .zip(texts)
            .map(|(number, text)| {
                let note = her.note(number, text);
                (&her, her.activity(10 + number, "Create", note))
            })
            .collect();
        let answers = at_once(&node, &all).await;
        let statuses: Vec<StatusCode> = answers.iter().map(|answer| answer.status).collect();
        let (taken, failed) = (StatusCode::ACCEPTED, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(statuses, [taken, taken, failed, taken, taken]);
        let found = entries_of(&node).await;
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|one| !one.html.contains("poison")));
    });
}

#[test]
fn who_leaves_before_the_turn_holds_nobody_up() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let gathering = &node.app.federation.gathering;
        let turn = gathering.hold().await;
        let first = her.activity(11, "Create", her.note(1, "<p>First</p>"));
        let gone = async {
            while gathering.waiting() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = her.send(&node, &first) => panic!("it was not its turn"),
            () = gone => {}
        }
        drop(turn);
        let second = her.activity(12, "Create", her.note(2, "<p>Second</p>"));
        let answer = her.send(&node, &second).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(gathering.waiting(), 0);
        let found = entries_of(&node).await;
        assert_eq!(found.len(), 1);
        assert!(found[0].html.contains("Second"));
    });
}

#[test]
fn more_than_are_stored_together_are_all_stored() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let all: Vec<(&Foreign, Value)> = (1..=99)
            .map(|number| {
                let note = her.note(number, "<p>One of many</p>");
                (&her, her.activity(number + 10, "Create", note))
            })
            .collect();
        for answer in at_once(&node, &all).await {
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        assert_eq!(entries_of(&node).await.len(), 99);
    });
}
