//! Servers that know an entry only because one of our organisations boosted or
//! answered it: they are told what becomes of it, too.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Scene;
use crate::{
    domain::{
        account::Role,
        activity::ActivityKind,
        audience::{AudienceKind, Tier},
        entry::Entry,
        id::DeliveryId,
        organisation::{Category, OrganisationState},
        reaction::ReactionKind::Boost,
    },
    forum_api::PREFIX,
    operations::{
        entries::publish,
        organisations::set_state,
        reactions::{react, take_back},
    },
    storage::{self, Db, deliveries, deliveries::Clearance, schema, testing::on_both},
    tests::{audience::draft, foreign::Foreign},
};

use AudienceKind::{Members, Public};

/// A server that follows the civil society organisation, and not the ministry.
async fn followed(db: Db) -> (Scene, Foreign) {
    let scene = Scene::new(db).await;
    let far = scene.foreign("far.example", None, None).await;
    let follow = far.activity(90, "Follow", json!(scene.ngo.organisation.uri));
    let answer = far.send(&scene.node, &follow).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    (scene, far)
}

impl Scene {
    async fn boost(&self, entry: &Entry) {
        let boosted = react(&self.node.app.forum, &self.ngo, Boost, entry.id).await;
        boosted.expect("boosted");
        self.node.told().await;
    }

    /// May what was queued of this kind about an entry leave now?
    async fn leaves(&self, entry: &Entry, kind: ActivityKind) -> Vec<bool> {
        use diesel::prelude::*;
        use schema::{activities, deliveries as rows};
        let id = entry.id.0;
        let read = self.node.app.forum.db.read(move |conn| {
            let ids: Vec<i64> = rows::table
                .inner_join(activities::table)
                .filter(activities::entry_id.eq(id))
                .filter(activities::kind.eq(kind.as_str()))
                .select(rows::id)
                .load(conn)?;
            let mut leaves = Vec::new();
            for id in ids {
                let cleared = deliveries::clear(conn, DeliveryId(id), false)?;
                leaves.push(matches!(cleared, Clearance::Send { .. }));
            }
            Ok::<_, storage::Error>(leaves)
        });
        read.await.expect("storage works")
    }

    async fn delete(&self, entry: &Entry) {
        let token = self.node.token("moj", Role::FocalPoint, "read write").await;
        let path = format!("{PREFIX}/entries/{}", entry.id);
        let gone = self
            .node
            .call(Method::DELETE, &path, Some(&token), None)
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    }
}

#[test]
fn whoever_was_told_by_a_boost_is_told_of_the_deletion() {
    on_both(async |db| {
        let (scene, far) = followed(db).await;
        let entry = scene.publish(Public, &[]).await;
        scene.boost(&entry).await;
        assert_eq!(
            scene.told(entry.id).await,
            [far.organisation.endpoints.inbox.as_str()]
        );
        scene.delete(&entry).await;
        let deletes = scene.told_by(&entry, ActivityKind::Delete).await;
        assert_eq!(deletes.keys().collect::<Vec<_>>(), ["far.example"]);
        assert!(deletes["far.example"].contains(scene.moj.organisation.uri.as_str()));
    });
}

#[test]
fn whoever_was_told_by_a_boost_is_told_when_it_is_for_fewer() {
    on_both(async |db| {
        let (scene, _far) = followed(db).await;
        let entry = scene.publish(Public, &[]).await;
        scene.boost(&entry).await;
        assert_eq!(scene.leaves(&entry, ActivityKind::Announce).await, [true]);
        let narrowed = scene.patch(&entry, json!({"audience": "members"})).await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        // The boost still waited: it must not point anybody to it now.
        assert_eq!(scene.leaves(&entry, ActivityKind::Announce).await, [false]);
        let deletes = scene.told_by(&entry, ActivityKind::Delete).await;
        assert_eq!(deletes.keys().collect::<Vec<_>>(), ["far.example"]);
        assert!(!deletes["far.example"].contains("canary"));
    });
}

#[test]
fn a_boost_that_was_taken_back_does_not_leave_any_more() {
    on_both(async |db| {
        let (scene, _far) = followed(db).await;
        let entry = scene.publish(Public, &[]).await;
        scene.boost(&entry).await;
        let undone = take_back(&scene.node.app.forum, &scene.ngo, Boost, entry.id).await;
        undone.expect("taken back");
        assert_eq!(scene.leaves(&entry, ActivityKind::Announce).await, [false]);
    });
}

#[test]
fn what_a_suspended_organisation_said_waits_for_nobody() {
    on_both(async |db| {
        let (scene, _far) = followed(db).await;
        let entry = scene.publish_by(&scene.ngo, Public, &[]).await;
        scene.node.told().await;
        assert_eq!(scene.leaves(&entry, ActivityKind::Create).await, [true]);
        let forum = &scene.node.app.forum;
        for (state, leaves) in [
            (OrganisationState::Suspended, false),
            (OrganisationState::Active, true),
        ] {
            set_state(forum, None, "ngo", state).await.expect("set");
            assert_eq!(scene.leaves(&entry, ActivityKind::Create).await, [leaves]);
        }
    });
}

#[test]
fn our_answers_are_taken_from_those_who_may_no_longer_read_what_they_answer() {
    on_both(async |db| {
        let (scene, far) = followed(db).await;
        let wide = Some(Tier::Preferential);
        scene
            .foreign("gov.example", Some(Category::Government), wide)
            .await;
        let entry = scene.publish(Public, &[]).await;
        scene.node.pass(chrono::TimeDelta::seconds(1));
        let mut answer = draft("canary-answer", Public);
        answer.in_reply_to = Some(entry.id);
        let answer = publish(&scene.node.app.forum, &scene.ngo, answer).await;
        let answer = answer.expect("published");
        assert_eq!(
            scene.told(answer.id).await,
            [far.organisation.endpoints.inbox.as_str()]
        );
        let narrowed = scene.patch(&entry, json!({"audience": "members"})).await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        let kept = scene.kept(answer.uri.as_str()).await;
        assert_eq!(kept.map(|kept| kept.kind()), Some(Members));
        let deletes = scene.told_by(&answer, ActivityKind::Delete).await;
        assert_eq!(deletes.keys().collect::<Vec<_>>(), ["far.example"]);
        assert!(!deletes["far.example"].contains("canary"));
        // Members get it as a version of their own, younger than the public one.
        let updates = scene.told_by(&answer, ActivityKind::Update).await;
        assert_eq!(updates.keys().collect::<Vec<_>>(), ["gov.example"]);
        assert!(updates["gov.example"].contains("\"updated\""));
    });
}
