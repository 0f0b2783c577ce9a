use axum::http::StatusCode;
use serde_json::Value;

use super::{Scene, content};
use crate::{
    domain::{
        account::Role,
        activity::ActivityKind,
        audience::AudienceKind,
        entry::Kind,
        id::ActivityId,
        organisation::{Category, OrganisationState},
        reaction::ReactionKind,
    },
    operations::{entries, follows, organisations, pins, reactions},
    storage::{schema, testing::on_both},
};

/// The newest activity of a kind.
pub async fn newest(scene: &Scene, kind: ActivityKind) -> ActivityId {
    use diesel::prelude::*;
    let read = scene.node.app.forum.db.read(move |conn| {
        schema::activities::table
            .filter(schema::activities::kind.eq(kind.as_str()))
            .select(schema::activities::id)
            .order(schema::activities::id.desc())
            .first::<i64>(conn)
            .map_err(crate::storage::Error::from)
    });
    ActivityId(read.await.expect("an activity"))
}

async fn read(scene: &Scene, kind: ActivityKind) -> (StatusCode, Value) {
    let id = newest(scene, kind).await;
    let answer = scene.fetch(&format!("/activities/{id}")).await;
    (answer.status, answer.json())
}

#[test]
fn activities_about_a_public_entry_show_it_as_it_is_now() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let mut changed = content(Kind::Request);
        changed.title = "Longer training".into();
        let edit = entries::Edit {
            content: changed,
            partners: vec![],
            audience: None,
        };
        entries::edit(&scene.node.app.forum, &scene.person, entry.id, edit)
            .await
            .expect("edited");
        for kind in [ActivityKind::Create, ActivityKind::Update] {
            let (status, activity) = read(&scene, kind).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(activity["type"], kind.as_str());
            assert_eq!(activity["object"]["id"], entry.uri.as_str());
            assert_eq!(activity["object"]["name"], "Longer training");
        }
        scene.delete(entry.id).await;
        for kind in [ActivityKind::Create, ActivityKind::Update] {
            let (status, tombstone) = read(&scene, kind).await;
            assert_eq!(status, StatusCode::GONE);
            assert_eq!(tombstone["type"], "Tombstone");
        }
        let (status, delete) = read(&scene, ActivityKind::Delete).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(delete["object"]["id"], entry.uri.as_str());
        assert!(!delete.to_string().contains("training"));
    });
}

#[test]
fn a_boost_and_a_pin_are_gone_with_what_they_are_about() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let (forum, me) = (&scene.node.app.forum, &scene.person);
        let boosted = reactions::react(forum, me, ReactionKind::Boost, entry.id).await;
        boosted.expect("boosted");
        pins::pin(forum, me, entry.id).await.expect("pinned");
        pins::unpin(forum, me, entry.id).await.expect("unpinned");
        let kinds = [
            ActivityKind::Announce,
            ActivityKind::Add,
            ActivityKind::Remove,
        ];
        for kind in kinds {
            let (status, activity) = read(&scene, kind).await;
            assert_eq!(status, StatusCode::OK, "{kind:?}");
            assert_eq!(activity["object"], entry.uri.as_str());
        }
        scene.delete(entry.id).await;
        let gone = scene.fetch(&format!("/entries/{}", entry.id)).await;
        assert_eq!(gone.status, StatusCode::GONE);
        for kind in kinds {
            assert_eq!(read(&scene, kind).await, (gone.status, gone.json()));
        }
    });
}

/// Whom a document is addressed to beside the public, and whom it mentions.
fn addressed(document: &Value) -> (Vec<&str>, Vec<&str>) {
    let cc = document["cc"].as_array().expect("a list");
    let tags = document["tag"].as_array().into_iter().flatten();
    let mentions = tags.filter(|tag| tag["type"] == "Mention");
    (
        cc.iter().filter_map(Value::as_str).collect(),
        mentions.filter_map(|tag| tag["name"].as_str()).collect(),
    )
}

#[test]
fn a_reply_is_addressed_to_whom_it_answers_and_mentions_them() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene.node.organisation("ngo", Category::CivilSociety).await;
        let token = scene.node.token("ngo", Role::FocalPoint, "write").await;
        let ngo = scene.node.person(&token).await;
        let asked = scene.publish(AudienceKind::Public).await;
        let answer = scene.reply_by(&ngo, asked.id).await;
        let (ours, theirs) = (
            "https://n.example/orgs/moj/followers",
            "https://n.example/orgs/ngo/followers",
        );
        let note = scene.fetch(&format!("/entries/{}", answer.id)).await.json();
        let everybody = vec![theirs, "https://n.example/orgs/moj"];
        assert_eq!(addressed(&note), (everybody, vec!["@moj@n.example"]));
        let (_, create) = read(&scene, ActivityKind::Create).await;
        assert_eq!(create["cc"], note["cc"]);
        assert_eq!(create["object"]["tag"], note["tag"]);

        // Of parent and root, each once, and nobody itself.
        let back = scene.reply(answer.id).await;
        let note = scene.fetch(&format!("/entries/{}", back.id)).await.json();
        let everybody = vec![ours, "https://n.example/orgs/ngo"];
        assert_eq!(addressed(&note), (everybody, vec!["@ngo@n.example"]));
        let note = scene.fetch(&format!("/entries/{}", asked.id)).await.json();
        assert_eq!(addressed(&note), (vec![ours], vec![]));
    });
}

#[test]
fn whom_an_organisation_asks_to_follow_is_not_told() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut other = scene.node.organisation("other", Category::Academia).await;
        // Of another server, so that there is something to send.
        other.host = Some("b.example".into());
        other.uri = crate::storage::samples::url("https://b.example/orgs/other");
        let id = other.id;
        let write = move |conn: &mut _| crate::storage::organisations::update(conn, &other);
        scene.node.app.forum.db.write(write).await.expect("stored");
        follows::follow(&scene.node.app.forum, &scene.person, id)
            .await
            .expect("followed");
        follows::unfollow(&scene.node.app.forum, &scene.person, id)
            .await
            .expect("unfollowed");
        for kind in [ActivityKind::Follow, ActivityKind::Undo] {
            let (status, _) = read(&scene, kind).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{kind:?}");
        }
        for path in ["/activities/1", "/activities/x"] {
            assert_eq!(scene.fetch(path).await.status, StatusCode::NOT_FOUND);
        }
    });
}

#[test]
fn an_organisation_speaks_of_its_own_end_and_of_nothing_else_after_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let forum = &scene.node.app.forum;
        let change = organisations::ProfileChange {
            name: Some("Renamed".into()),
            ..Default::default()
        };
        organisations::edit(forum, &scene.person, change)
            .await
            .expect("edited");
        let (_, update) = read(&scene, ActivityKind::Update).await;
        assert_eq!(update["object"]["name"], "Renamed");
        organisations::set_state(forum, None, "moj", OrganisationState::Deleted)
            .await
            .expect("deleted");
        let (status, delete) = read(&scene, ActivityKind::Delete).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(delete["object"], "https://n.example/orgs/moj");
        let (status, _) = read(&scene, ActivityKind::Update).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}
