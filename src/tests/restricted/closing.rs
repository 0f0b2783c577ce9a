//! Entries of other servers that become ones for fewer, where this node may not
//! keep them for those.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Scene, create, note_id, term};
use crate::{
    domain::{
        audience::{AudienceKind, Tier},
        id::EntryId,
        organisation::Category,
    },
    forum_api::PREFIX,
    operations::entries::publish,
    storage::{entries, testing::on_both},
    tests::{audience::draft, foreign::Foreign, test_app::ORIGIN},
};

use AudienceKind::{Members, Named, Preferential, Public};

/// A newer version of a note, by the minute, for these.
fn update(author: &Foreign, number: u32, minute: u32, to: Value) -> Value {
    let mut update = create(author, number, to);
    update["type"] = json!("Update");
    update["id"] = json!(format!("{}/updates/{number}-{minute}", author.uri));
    update["object"]["updated"] = json!(format!("2026-11-22T11:{minute:02}:00Z"));
    update
}

/// Public, and of concern to us.
fn public() -> Value {
    let mut to = term(Public);
    let all = to.as_array_mut().expect("a list");
    all.push(json!(format!("{ORIGIN}/orgs/moj")));
    to
}

impl Scene {
    async fn take(&self, author: &Foreign, activity: &Value) {
        let answer = author.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }

    async fn entry(&self, author: &Foreign, number: u32) -> EntryId {
        let uri = note_id(author, number).parse().expect("an address");
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| entries::known(conn, &uri));
        read.await.expect("storage works").expect("known").id
    }

    async fn kept_for(&self, author: &Foreign, number: u32) -> Option<AudienceKind> {
        let kept = self.kept(&note_id(author, number)).await;
        kept.map(|kept| kept.kind())
    }
}

#[test]
fn what_its_author_made_for_fewer_does_not_stay_public_here() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let blogger = scene.foreign("blog.example", None, None).await;
        let fewer = [
            json!([format!("{}/followers", blogger.uri)]),
            json!([format!("{ORIGIN}/orgs/moj")]),
            json!([]),
            json!(["https://w3id.org/virtual-forum/ns#Somebody"]),
            term(Members),
            term(Preferential),
        ];
        for (number, to) in (1..).zip(fewer) {
            scene
                .take(&blogger, &create(&blogger, number, public()))
                .await;
            assert_eq!(scene.kept_for(&blogger, number).await, Some(Public));
            scene
                .take(&blogger, &update(&blogger, number, 5, to.clone()))
                .await;
            assert_eq!(scene.kept_for(&blogger, number).await, None, "{to}");
        }
    });
}

#[test]
fn what_we_answered_to_it_is_no_longer_read_by_strangers_either() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let blogger = scene.foreign("blog.example", None, None).await;
        scene.take(&blogger, &create(&blogger, 1, public())).await;
        let asked = scene.entry(&blogger, 1).await;
        let mut answer = draft("canary-answer", Public);
        answer.in_reply_to = Some(asked);
        let answer = publish(&scene.node.app.forum, &scene.moj, answer).await;
        let answer = answer.expect("an answer").id;
        let paths = [asked, answer].map(|id| format!("{PREFIX}/entries/{id}"));
        for path in &paths {
            assert_eq!(scene.node.get(path, None).await.status, StatusCode::OK);
        }
        let followers = json!([format!("{}/followers", blogger.uri)]);
        scene
            .take(&blogger, &update(&blogger, 1, 5, followers))
            .await;
        for path in &paths {
            let status = scene.node.get(path, None).await.status;
            assert!(
                matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE),
                "{path}: {status}"
            );
        }
        let page = scene.node.get(&format!("/entries/{asked}"), None).await;
        assert!(!page.body.contains("canary-arrived"), "{}", page.body);
    });
}

#[test]
fn what_says_nothing_of_readers_or_is_older_or_of_another_takes_nothing_away() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let blogger = scene.foreign("blog.example", None, None).await;
        let other = scene.foreign("other.example", None, None).await;
        scene.take(&blogger, &create(&blogger, 1, public())).await;
        scene
            .take(&blogger, &update(&blogger, 1, 10, public()))
            .await;
        let mut silent = update(&blogger, 1, 20, json!([]));
        for part in ["/object", ""] {
            let part = silent.pointer_mut(part).and_then(Value::as_object_mut);
            part.expect("an object").remove("to");
        }
        scene.take(&blogger, &silent).await;
        assert_eq!(scene.kept_for(&blogger, 1).await, Some(Public));
        scene
            .take(&blogger, &update(&blogger, 1, 5, json!([])))
            .await;
        assert_eq!(scene.kept_for(&blogger, 1).await, Some(Public));
        let mut foreign = update(&blogger, 1, 30, json!([]));
        foreign["actor"] = json!(other.uri);
        foreign["id"] = json!(format!("{}/updates/1-30", other.uri));
        let answer = other.send(&scene.node, &foreign).await;
        assert!(!answer.status.is_server_error(), "{}", answer.body);
        assert_eq!(scene.kept_for(&blogger, 1).await, Some(Public));
        let mut last = update(&blogger, 1, 40, json!([]));
        last["object"]["content"] = json!("<p>for nobody</p>");
        scene.take(&blogger, &last).await;
        assert_eq!(scene.kept_for(&blogger, 1).await, None);
    });
}

/// Its accreditation may be renewed tomorrow: nothing is lost until then.
#[test]
fn an_author_who_is_not_accredited_now_loses_only_what_it_makes_for_fewer() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let tier = Some(Tier::Preferential);
        let gov = scene.foreign("gov.example", None, tier).await;
        scene
            .accredit(&gov, |one| one.status.index = 99, Category::Government)
            .await;
        let (moj, ngo) = (format!("{ORIGIN}/orgs/moj"), format!("{ORIGIN}/orgs/ngo"));
        let first = [
            term(Members),
            term(Members),
            term(Preferential),
            json!([moj, ngo]),
            json!([moj]),
        ];
        for (number, to) in (1..).zip(first) {
            scene.take(&gov, &create(&gov, number, to)).await;
        }
        scene.node.pass(chrono::TimeDelta::seconds(2));
        scene.revoke(99).await;
        let steps = [
            (term(Members), Some(Members)),
            (term(Preferential), None),
            (term(Members), Some(Preferential)),
            (json!([moj]), Some(Named)),
            (json!([format!("{}/followers", gov.uri)]), None),
        ];
        for (number, (to, expected)) in (1..).zip(steps) {
            scene.take(&gov, &update(&gov, number, 5, to.clone())).await;
            assert_eq!(
                scene.kept_for(&gov, number).await,
                expected,
                "{number} {to}"
            );
        }
    });
}
