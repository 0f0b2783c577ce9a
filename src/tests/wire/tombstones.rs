use axum::http::StatusCode;

use super::Scene;
use crate::{
    domain::{audience::AudienceKind, organisation::OrganisationState},
    operations::organisations,
    storage::{deliveries, testing::on_both},
    tests::foreign::Foreign,
};

#[test]
fn a_deleted_public_entry_is_a_tombstone_that_tells_nothing_else() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let address = format!("/entries/{}", entry.id);
        assert_eq!(scene.fetch(&address).await.json()["type"], "Note");
        scene.node.pass(chrono::TimeDelta::minutes(5));
        scene.delete(entry.id).await;
        for part in ["", "/proposal", "/replies", "/context"] {
            let gone = scene.fetch(&format!("{address}{part}")).await;
            assert_eq!(gone.status, StatusCode::GONE, "{part}");
            let tombstone = gone.json();
            let mut keys: Vec<&str> = tombstone
                .as_object()
                .expect("an object")
                .keys()
                .map(String::as_str)
                .collect();
            keys.sort_unstable();
            assert_eq!(keys, ["@context", "deleted", "formerType", "id", "type"]);
            assert_eq!(tombstone["id"], entry.uri.as_str());
            assert_eq!(tombstone["formerType"], "Note");
            assert_eq!(tombstone["deleted"], "2026-11-22T12:05:01Z");
        }
    });
}

#[test]
fn a_suspended_organisation_is_a_tombstone_until_it_is_restored() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let hidden = scene.publish(AudienceKind::Members).await;
        let (of_entry, of_hidden) = (
            format!("/entries/{}", entry.id),
            format!("/entries/{}", hidden.id),
        );
        let set = async |state| {
            organisations::set_state(&scene.node.app.forum, None, "moj", state)
                .await
                .expect("set")
        };
        set(OrganisationState::Suspended).await;
        let gone = scene.fetch("/orgs/moj").await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert_eq!(gone.json()["type"], "Tombstone");
        assert_eq!(gone.json()["formerType"], "Organization");
        assert_eq!(gone.json()["id"], "https://n.example/orgs/moj");
        assert_eq!(scene.fetch(&of_entry).await.status, StatusCode::GONE);
        assert_eq!(scene.fetch(&of_hidden).await.status, StatusCode::NOT_FOUND);
        set(OrganisationState::Active).await;
        assert_eq!(
            scene.fetch("/orgs/moj").await.json()["type"],
            "Organization"
        );
        assert_eq!(scene.fetch(&of_entry).await.json()["type"], "Note");
        set(OrganisationState::Deleted).await;
        assert_eq!(scene.fetch("/orgs/moj").await.status, StatusCode::GONE);
    });
}

#[test]
fn that_an_organisation_is_deleted_is_told_to_every_server_that_is_known() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        // Nothing of what it was sent is on record any more.
        let her = Foreign::new(&scene.node, "far.example", "her").await;
        scene.node.told().await;
        let forum = &scene.node.app.forum;
        let deleted = organisations::set_state(forum, None, "moj", OrganisationState::Deleted);
        deleted.await.expect("deleted");
        let told = scene.node.told().await;
        assert_eq!(told[0]["type"], "Delete");
        let moj = scene.person.organisation.id;
        let read = forum
            .db
            .read(move |conn| deliveries::inboxes_told_by(conn, moj));
        let inboxes = read.await.expect("read");
        assert_eq!(inboxes, [her.organisation.endpoints.inbox]);
    });
}
