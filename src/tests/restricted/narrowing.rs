//! An entry that is taken from some of its readers.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Scene;
use crate::{
    domain::{
        account::Role,
        activity::ActivityKind,
        audience::{AudienceKind, Tier},
        entry::Entry,
        organisation::Category,
        reaction::ReactionKind,
    },
    forum_api::PREFIX,
    operations::{pins, reactions},
    storage::{self, schema, testing::on_both},
    tests::browser::Browser,
};

use AudienceKind::{Members, Named, Preferential, Public};

impl Scene {
    pub(super) async fn patch(&self, entry: &Entry, body: Value) -> crate::tests::test_app::Answer {
        self.node.pass(chrono::TimeDelta::seconds(1));
        let token = self.node.token("moj", Role::FocalPoint, "read write").await;
        let path = format!("{PREFIX}/entries/{}", entry.id);
        self.node
            .call(Method::PATCH, &path, Some(&token), Some(body))
            .await
    }

    /// The address of the newest activity of a kind.
    async fn newest(&self, kind: ActivityKind) -> String {
        use diesel::prelude::*;
        use schema::activities;
        let read = self.node.app.forum.db.read(move |conn| {
            let found: i64 = activities::table
                .filter(activities::kind.eq(kind.as_str()))
                .order(activities::id.desc())
                .select(activities::id)
                .first(conn)?;
            Ok::<_, storage::Error>(found)
        });
        format!("/activities/{}", read.await.expect("an activity"))
    }

    /// Hosts that are told by activities of this kind.
    pub(super) async fn told_by(
        &self,
        entry: &Entry,
        kind: ActivityKind,
    ) -> BTreeMap<String, String> {
        use diesel::prelude::*;
        use schema::{activities, deliveries};
        self.node.told().await;
        let id = entry.id.0;
        let read = self.node.app.forum.db.read(move |conn| {
            let rows: Vec<(String, Option<String>)> = deliveries::table
                .inner_join(activities::table)
                .filter(activities::entry_id.eq(id))
                .filter(activities::kind.eq(kind.as_str()))
                .select((deliveries::host, activities::document))
                .load(conn)?;
            Ok::<_, storage::Error>(rows)
        });
        let rows = read.await.expect("storage works").into_iter();
        rows.map(|(host, document)| (host, document.unwrap_or_default()))
            .collect()
    }
}

#[test]
fn those_who_remain_get_an_update_and_those_removed_a_delete() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let wide = Some(Tier::Preferential);
        scene
            .foreign("gov.example", Some(Category::Government), wide)
            .await;
        let cso = scene
            .foreign("cso.example", Some(Category::CivilSociety), wide)
            .await;
        let entry = scene.publish(Members, &[]).await;
        assert_eq!(scene.told(entry.id).await.len(), 2);
        let narrowed = scene
            .patch(&entry, json!({"audience": "preferential"}))
            .await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        assert_eq!(narrowed.json()["audience"], "preferential");
        let updates = scene.told_by(&entry, ActivityKind::Update).await;
        assert_eq!(updates.keys().collect::<Vec<_>>(), ["gov.example"]);
        assert!(updates["gov.example"].contains("canary"));
        let deletes = scene.told_by(&entry, ActivityKind::Delete).await;
        assert_eq!(deletes.keys().collect::<Vec<_>>(), ["cso.example"]);
        assert!(!deletes["cso.example"].contains("canary"));
        let path = format!("/entries/{}", entry.id);
        assert_eq!(
            scene.get(Some(&cso), &path).await.status,
            StatusCode::NOT_FOUND
        );
        // And back never.
        for wider in ["members", "public"] {
            let refused = scene.patch(&entry, json!({"audience": wider})).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wider}");
            assert!(
                refused.body.contains("publish a new entry"),
                "{}",
                refused.body
            );
        }
    });
}

#[test]
fn of_a_narrowed_entry_no_boost_and_no_pin_can_be_read_any_more() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let wide = Some(Tier::Preferential);
        let gov = scene
            .foreign("gov.example", Some(Category::Government), wide)
            .await;
        let entry = scene.publish(Public, &[]).await;
        let forum = &scene.node.app.forum;
        let boosted = reactions::react(forum, &scene.ngo, ReactionKind::Boost, entry.id).await;
        boosted.expect("boosted");
        let pinned = pins::pin(forum, &scene.moj, entry.id).await;
        pinned.expect("pinned");
        let mut paths = Vec::new();
        for kind in [ActivityKind::Announce, ActivityKind::Add] {
            paths.push(scene.newest(kind).await);
        }
        for path in &paths {
            let shown = scene.get(None, path).await;
            assert_eq!(shown.status, StatusCode::OK, "{path}");
        }
        let narrowed = scene
            .patch(&entry, json!({"audience": "preferential"}))
            .await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        for reader in [None, Some(&gov)] {
            let absent = scene.get(reader, "/activities/1").await;
            for path in &paths {
                let answer = scene.get(reader, path).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
                assert_eq!(answer.body, absent.body, "{path}");
                assert_eq!(answer.headers, absent.headers, "{path}");
            }
        }
        let path = format!("/entries/{}", entry.id);
        assert_eq!(scene.get(Some(&gov), &path).await.status, StatusCode::OK);
    });
}

#[test]
fn parties_are_taken_off_and_never_put_on() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let wide = Some(Tier::Preferential);
        let one = scene
            .foreign("a.example", Some(Category::Media), wide)
            .await;
        let other = scene
            .foreign("b.example", Some(Category::Media), wide)
            .await;
        let both = [one.organisation.id, other.organisation.id];
        let entry = scene.publish(Named, &both).await;
        assert_eq!(scene.told(entry.id).await.len(), 2);
        let narrowed = scene.patch(&entry, json!({"named": [one.uri]})).await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        let deletes = scene.told_by(&entry, ActivityKind::Delete).await;
        assert_eq!(deletes.keys().collect::<Vec<_>>(), ["b.example"]);
        // Whoever is left is nobody's business.
        assert!(!deletes["b.example"].contains("a.example"), "{deletes:?}");
        let refused = scene
            .patch(&entry, json!({"named": [one.uri, other.uri]}))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn what_was_public_loses_its_boosts_and_its_answers_go_with_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let far = scene.foreign("far.example", None, None).await;
        let entry = scene.publish(Public, &[]).await;
        far.send(&scene.node, &far.activity(1, "Announce", json!(entry.uri)))
            .await;
        let mut reply = super::create(&far, 2, super::term(Public));
        reply["object"]["inReplyTo"] = json!(entry.uri);
        far.send(&scene.node, &reply).await;
        let id = super::note_id(&far, 2);
        assert!(scene.kept(&id).await.is_some_and(|kept| kept.is_public()));
        let narrowed = scene.patch(&entry, json!({"audience": "members"})).await;
        assert_eq!(narrowed.status, StatusCode::OK, "{}", narrowed.body);
        let kept = scene.kept(&id).await.map(|kept| kept.kind());
        assert_eq!(kept, Some(Members));
        let path = format!("/entries/{}", entry.id);
        assert_eq!(scene.get(None, &path).await.status, StatusCode::NOT_FOUND);
    });
}

const FORM: &str = "/compose?kind=request";

fn form<'a>(audience: &'a str, what: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("kind", "request"),
        ("title", "Training"),
        ("body", "Five days."),
        ("language", "en"),
        ("status", "open"),
        ("audience", audience),
        ("do", what),
    ]
}

#[test]
fn the_author_is_told_who_will_see_it_by_page_and_api() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let wide = Some(Tier::Preferential);
        let gov = scene
            .foreign("gov.example", Some(Category::Government), wide)
            .await;
        let lone = scene.foreign("lone.example", None, None).await;
        let mut editor = Browser::signed_in(&scene.node, "moj", Role::Editor).await;
        for (audience, expected) in [
            ("members", "2 other organisations on 2 nodes will see this"),
            (
                "preferential",
                "1 other organisation on 1 node will see this",
            ),
        ] {
            let page = editor
                .submit(FORM, "/compose", &form(audience, "preview"))
                .await;
            assert!(page.body.contains(expected), "{audience}: {}", page.body);
        }
        let token = scene.node.token("moj", Role::Reader, "read").await;
        let ask = async |body: Value| {
            let path = format!("{PREFIX}/entries/audience");
            scene
                .node
                .call(Method::POST, &path, Some(&token), Some(body))
                .await
        };
        let members = ask(json!({"audience": "members"})).await.json();
        assert_eq!(members["organisations"], 2);
        assert_eq!(members["nodes"], 2);
        let named = json!({"audience": "named", "named": [gov.uri, lone.uri]});
        let named = ask(named).await.json();
        assert_eq!(named["organisations"], 1);
        assert_eq!(named["unreached"], json!([lone.uri]));
        let nobody = ask(json!({"audience": "named"})).await;
        assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn the_page_of_an_entry_narrows_it_and_offers_nothing_wider() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(Members, &[]).await;
        let edit = format!("/entries/{}/edit", entry.id);
        let mut editor = Browser::signed_in(&scene.node, "moj", Role::Editor).await;
        let page = editor.open(&edit).await.body;
        assert!(page.contains("value=\"preferential\"") && !page.contains("value=\"public\""));
        let wider = editor
            .submit(&edit, &edit, &form("public", "publish"))
            .await;
        assert_eq!(wider.status, StatusCode::UNPROCESSABLE_ENTITY);
        let saved = editor
            .submit(&edit, &edit, &form("preferential", "publish"))
            .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let kept = scene.kept(entry.uri.as_str()).await;
        assert_eq!(kept.map(|kept| kept.kind()), Some(Preferential));
    });
}
