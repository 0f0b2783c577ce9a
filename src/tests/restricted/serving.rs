//! What other servers read, by who signs.

use std::collections::BTreeMap;

use axum::http::StatusCode;

use super::{Scene, canary};
use crate::{
    domain::{
        audience::{AudienceKind, Tier},
        entry::Entry,
        organisation::Category,
    },
    operations::entries,
    storage::{self, testing::on_both},
    tests::foreign::Foreign,
};

use AudienceKind::{Members, Named, Preferential, Public};

/// Everybody who may ask, with the audiences that they are part of.
struct Readers {
    all: Vec<(&'static str, Option<Foreign>, Vec<AudienceKind>)>,
}

impl Readers {
    async fn new(scene: &Scene) -> Self {
        let gov = Some(Category::Government);
        let cso = Some(Category::CivilSociety);
        let (wide, narrow) = (Some(Tier::Preferential), Some(Tier::Members));
        let foreign =
            async |host: &str, category, node| Some(scene.foreign(host, category, node).await);
        let actor = async |host: &str, tier| {
            let id = format!("https://{host}/actor");
            let actor = Foreign::by_id(&scene.node, &id, "node").await;
            scene.admit_key(&actor, tier).await;
            Some(actor)
        };
        let io = Some(Category::InternationalOrganisation);
        let all = vec![
            ("nobody", None, vec![Public]),
            (
                "unaccredited",
                foreign("a.example", None, wide).await,
                vec![Public],
            ),
            (
                "no node",
                foreign("b.example", gov, None).await,
                vec![Public],
            ),
            (
                "cso",
                foreign("c.example", cso, wide).await,
                vec![Public, Members],
            ),
            (
                "company",
                foreign("d.example", Some(Category::PrivateSector), wide).await,
                vec![Public, Members],
            ),
            (
                "gov",
                foreign("e.example", gov, wide).await,
                vec![Public, Members, Preferential],
            ),
            (
                "io",
                foreign("f.example", io, wide).await,
                vec![Public, Members, Preferential],
            ),
            (
                "gov on a node for members",
                foreign("g.example", gov, narrow).await,
                vec![Public, Members],
            ),
            (
                "named",
                foreign("h.example", cso, narrow).await,
                vec![Public, Members, Named],
            ),
            (
                "node",
                actor("i.example", Tier::Preferential).await,
                vec![Public, Members, Preferential],
            ),
            (
                "node for members",
                actor("j.example", Tier::Members).await,
                vec![Public, Members],
            ),
        ];
        Self { all }
    }

    fn named(&self, who: &str) -> &Foreign {
        let found = self.all.iter().find(|(name, _, _)| *name == who);
        found
            .and_then(|(_, reader, _)| reader.as_ref())
            .expect("there")
    }
}

impl Scene {
    /// The node with this actor has a membership, for the key that it has.
    async fn admit_key(&self, actor: &Foreign, tier: Tier) {
        let key = actor.prover.key.public().expect("public").to_multibase();
        let claim = crate::domain::accreditation::Claim::Node { audience: tier };
        let (key, now) = (key.expect("Ed25519"), self.node.app.forum.now());
        let credential = self.authority.claim(&actor.uri, &key, claim, now);
        self.show(&actor.uri, self.authority.sign(&credential))
            .await;
    }

    /// The address of an entry's Create.
    async fn create_of(&self, entry: &Entry) -> String {
        use diesel::prelude::*;
        use storage::schema::activities;
        let id = entry.id.0;
        let read = self.node.app.forum.db.read(move |conn| {
            let found: i64 = activities::table
                .filter(activities::entry_id.eq(id))
                .filter(activities::kind.eq("Create"))
                .select(activities::id)
                .first(conn)?;
            Ok::<_, storage::Error>(found)
        });
        format!("/activities/{}", read.await.expect("a Create"))
    }

    async fn one_of_each(&self, named: &Foreign) -> BTreeMap<&'static str, Entry> {
        let mut entries = BTreeMap::new();
        for audience in AudienceKind::ALL {
            let parties = match audience {
                Named => vec![named.organisation.id],
                Public | Members | Preferential => vec![],
            };
            entries.insert(audience.as_str(), self.publish(audience, &parties).await);
        }
        entries
    }
}

#[test]
fn each_reader_is_served_its_part_and_the_rest_is_absent_like_a_random_address() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let readers = Readers::new(&scene).await;
        let entries = scene.one_of_each(readers.named("named")).await;
        for (who, reader, part) in &readers.all {
            let reader = reader.as_ref();
            let absent = scene.get(reader, "/entries/1").await;
            assert_eq!(absent.status, StatusCode::NOT_FOUND);
            for audience in AudienceKind::ALL {
                let entry = &entries[audience.as_str()];
                let id = entry.id;
                let mut paths: Vec<String> = ["", "/proposal", "/replies", "/context"]
                    .map(|part| format!("/entries/{id}{part}"))
                    .into();
                paths.push(scene.create_of(entry).await);
                for path in paths {
                    let answer = scene.get(reader, &path).await;
                    if !part.contains(&audience) {
                        assert_eq!(answer.status, absent.status, "{who} {audience} {path}");
                        assert_eq!(answer.body, absent.body, "{who} {audience} {path}");
                        assert_eq!(answer.headers, absent.headers, "{who} {audience} {path}");
                        continue;
                    }
                    assert_eq!(answer.status, StatusCode::OK, "{who} {audience} {path}");
                    if audience != Public {
                        let keep = &answer.headers["cache-control"];
                        assert_eq!(keep, "private, no-store", "{who} {path}");
                        assert!(!answer.body.contains("proof"), "{who} {path}");
                        assert!(!answer.body.contains("#Public"), "{who} {path}");
                        assert!(!answer.body.contains("followers"), "{who} {path}");
                    }
                    let vary = answer.headers["vary"].to_str().expect("text");
                    assert!(vary.contains("Signature, Signature-Input"), "{vary}");
                }
            }
            // Lists and their counts hold the same part.
            let whole = scene.get(reader, "/orgs/moj/outbox").await.json();
            assert_eq!(whole["totalItems"], part.len(), "{who}");
            let page = scene.get(reader, "/orgs/moj/outbox?page=true").await;
            for audience in AudienceKind::ALL {
                let shown = page.body.contains(&canary(audience));
                assert_eq!(shown, part.contains(&audience), "{who} {audience}");
            }
            assert_eq!(
                page.json()["orderedItems"].as_array().map(Vec::len),
                Some(part.len())
            );
        }
        // What somebody was served is not kept for the next.
        for (audience, entry) in &entries {
            if *audience != "public" {
                let answer = scene.get(None, &format!("/entries/{}", entry.id)).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{audience}");
            }
        }
    });
}

#[test]
fn a_revocation_closes_at_once_and_so_does_a_signature_that_does_not_fit() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = scene
            .foreign("e.example", None, Some(Tier::Preferential))
            .await;
        let revocable = |one: &mut crate::domain::accreditation::Credential| one.status.index = 99;
        scene.accredit(&gov, revocable, Category::Government).await;
        let entry = scene.publish(Preferential, &[]).await;
        let path = format!("/entries/{}", entry.id);
        assert_eq!(scene.get(Some(&gov), &path).await.status, StatusCode::OK);
        let mut forger = Foreign::new(&scene.node, "a.example", "x").await;
        forger.signer.key_id = gov.signer.key_id.clone();
        let refused = scene.get(Some(&forger), &path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        scene.node.pass(chrono::TimeDelta::seconds(1));
        scene.revoke(99).await;
        let refused = scene.get(Some(&gov), &path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn of_a_deleted_entry_only_those_who_could_read_it_learn_that_it_is_gone() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let readers = Readers::new(&scene).await;
        let made = scene.one_of_each(readers.named("named")).await;
        for entry in made.values() {
            let deleted = entries::delete(&scene.node.app.forum, &scene.moj, entry.id).await;
            deleted.expect("deleted");
        }
        for (who, reader, part) in &readers.all {
            for audience in AudienceKind::ALL {
                let path = format!("/entries/{}", made[audience.as_str()].id);
                let answer = scene.get(reader.as_ref(), &path).await;
                let expected = match part.contains(&audience) {
                    true => StatusCode::GONE,
                    false => StatusCode::NOT_FOUND,
                };
                assert_eq!(answer.status, expected, "{who} {audience}");
                assert!(!answer.body.contains("canary"), "{who} {audience}");
            }
        }
    });
}

#[test]
fn replies_are_listed_for_those_who_may_read_them() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = scene
            .foreign(
                "e.example",
                Some(Category::Government),
                Some(Tier::Preferential),
            )
            .await;
        let asked = scene.publish(Members, &[]).await;
        let mut reply = crate::tests::audience::draft("", Members);
        reply.content.kind = crate::domain::entry::Kind::Note;
        reply.content.status = None;
        reply.audience = None;
        reply.in_reply_to = Some(asked.id);
        let reply = entries::publish(&scene.node.app.forum, &scene.ngo, reply).await;
        let reply = reply.expect("published");
        let path = format!("/entries/{}/replies", asked.id);
        let listed = scene
            .get(Some(&gov), &format!("{path}?page=true"))
            .await
            .json();
        assert_eq!(listed["items"], serde_json::json!([reply.uri]));
        assert_eq!(scene.get(Some(&gov), &path).await.json()["totalItems"], 1);
        assert_eq!(scene.get(None, &path).await.status, StatusCode::NOT_FOUND);
    });
}
