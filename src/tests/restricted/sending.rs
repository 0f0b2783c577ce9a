//! Who is sent what is not public: each of its audience, on servers that may
//! store it, in its own inbox; and at every try anew.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Scene, canary};
use crate::{
    config::Mode,
    domain::{
        audience::{Audience, AudienceKind, Tier},
        delivery::{Delivery, Outcome},
        entry::Entry,
        id::{ActivityId, DeliveryId, OrganisationId},
        organisation::Category,
    },
    operations::{
        blocks,
        entries::{self, reach},
        hosts,
    },
    storage::{
        self,
        deliveries::{self, Clearance},
        hosts::Policy,
        schema,
        testing::on_both,
    },
    tests::{audience::draft, foreign::Foreign, test_app::TestApp},
};

use AudienceKind::{Members, Named, Preferential};

/// An organisation elsewhere, and what the anchor says of it and of its node.
struct Known {
    foreign: Foreign,
    category: Option<Category>,
    node: Option<Tier>,
}

impl Known {
    /// The rule once more, in other words than the program's.
    fn is_to_have(&self, audience: AudienceKind, named: &[OrganisationId]) -> bool {
        let (Some(category), Some(node)) = (self.category, self.node) else {
            return false;
        };
        let is_wide = matches!(
            category,
            Category::Government | Category::InternationalOrganisation
        );
        match audience {
            AudienceKind::Public => false,
            Members => node >= Tier::Members,
            Preferential => is_wide && node == Tier::Preferential,
            Named => node >= Tier::Members && named.contains(&self.foreign.organisation.id),
        }
    }
}

async fn everybody(scene: &Scene) -> Vec<Known> {
    let mut all = Vec::new();
    let categories = [
        None,
        Some(Category::Government),
        Some(Category::InternationalOrganisation),
        Some(Category::CivilSociety),
        Some(Category::Media),
    ];
    let nodes = [None, Some(Tier::Members), Some(Tier::Preferential)];
    for (number, category) in categories.into_iter().enumerate() {
        for (place, node) in nodes.into_iter().enumerate() {
            let host = format!("h{number}{place}.example");
            let foreign = scene.foreign(&host, category, node).await;
            all.push(Known {
                foreign,
                category,
                node,
            });
        }
    }
    all
}

fn inboxes<'a>(readers: impl IntoIterator<Item = &'a Foreign>) -> BTreeSet<String> {
    let inbox = |one: &Foreign| format!("{}/inbox", one.uri);
    readers.into_iter().map(inbox).collect()
}

/// The deliveries of one kind about an entry: inbox, recipient, text.
async fn queued(
    node: &TestApp,
    entry: &Entry,
    kind: &'static str,
) -> Vec<(Delivery, Option<i64>, String)> {
    use diesel::prelude::*;
    use schema::{activities, deliveries};
    type Row = (i64, i64, i64, String, String, Option<i64>, Option<String>);
    let id = entry.id.0;
    let read = node.app.forum.db.read(move |conn| {
        let rows: Vec<Row> = deliveries::table
            .inner_join(activities::table)
            .filter(activities::entry_id.eq(id))
            .filter(activities::kind.eq(kind))
            .select((
                deliveries::id,
                deliveries::activity_id,
                deliveries::sender_id,
                deliveries::inbox,
                deliveries::order_key,
                deliveries::recipient_id,
                activities::document,
            ))
            .load(conn)?;
        Ok::<_, storage::Error>(rows)
    });
    let rows = read.await.expect("storage works");
    rows.into_iter()
        .map(
            |(id, activity, sender, inbox, order_key, recipient, document)| {
                let delivery = Delivery {
                    id: DeliveryId(id),
                    activity: ActivityId(activity),
                    sender: OrganisationId(sender),
                    inbox: inbox.parse().expect("an address"),
                    order_key,
                    attempts: 0,
                };
                (delivery, recipient, document.unwrap_or_default())
            },
        )
        .collect()
}

fn sent_to(queued: &[(Delivery, Option<i64>, String)]) -> BTreeSet<String> {
    queued
        .iter()
        .map(|(one, _, _)| one.inbox.to_string())
        .collect()
}

/// Would this one be sent now?
async fn leaves(scene: &Scene, delivery: &Delivery) -> bool {
    let (forum, one) = (scene.node.app.forum.clone(), delivery.clone());
    let read =
        scene
            .node
            .app
            .forum
            .db
            .read(move |conn| match deliveries::clear(conn, one.id, false)? {
                Clearance::Send { .. } => Ok(true),
                Clearance::SendIfAllowed {
                    entry, recipient, ..
                } => reach::may_be_sent(conn, &forum, entry, recipient, &one.inbox),
                Clearance::Drop { .. } => Ok(false),
            });
    let leaves = read.await.expect("storage works");
    // What may not leave is dropped before anybody is asked for an address.
    if !leaves {
        let outcome = scene.node.app.federation.courier().send(delivery).await;
        assert!(matches!(outcome, Outcome::Dropped { .. }), "{outcome:?}");
    }
    leaves
}

fn parsed(document: &str) -> serde_json::Value {
    serde_json::from_str(document).expect("JSON")
}

#[test]
fn what_is_queued_is_for_the_audience_on_servers_that_may_store_it_and_for_nobody_else() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let all = everybody(&scene).await;
        // Every other one is named.
        let named: Vec<_> = all
            .iter()
            .step_by(2)
            .map(|one| one.foreign.organisation.id)
            .collect();
        let none: &[OrganisationId] = &[];
        for (audience, parties) in [
            (Members, none),
            (Preferential, none),
            (Named, named.as_slice()),
        ] {
            let entry = scene.publish(audience, parties).await;
            scene.node.told().await;
            let queued = queued(&scene.node, &entry, "Create").await;
            let readers = all.iter().filter(|one| one.is_to_have(audience, parties));
            let expected = inboxes(readers.map(|one| &one.foreign));
            assert!(!expected.is_empty(), "{audience}");
            assert_eq!(sent_to(&queued), expected, "{audience}");
            for (delivery, recipient, document) in &queued {
                assert!(recipient.is_some(), "{audience}");
                assert!(document.contains(&canary(audience)), "{audience}");
                let policy = &parsed(document)["object"]["interactionPolicy"];
                let alone = json!({"automaticApproval": [scene.moj.organisation.uri]});
                let expected = json!({"canQuote": alone, "canAnnounce": alone});
                assert_eq!(*policy, expected, "{audience}");
                for absent in ["proof", "#Public", "followers", "\"cc\""] {
                    assert!(
                        !document.contains(absent),
                        "{audience} {absent}: {document}"
                    );
                }
                assert!(leaves(&scene, delivery).await, "{audience}");
            }
        }
    });
}

#[test]
fn a_node_that_stands_alone_tells_nobody_of_what_is_not_public() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node
            .token("moj", crate::domain::account::Role::FocalPoint, "write")
            .await;
        let person = node.person(&token).await;
        for audience in [Members, Preferential] {
            let made = entries::publish(&node.app.forum, &person, draft("x", audience)).await;
            made.expect("published");
        }
        assert_eq!(node.told().await, Vec::<serde_json::Value>::new());
    });
}

#[test]
fn what_changed_since_it_was_queued_counts_at_every_try() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = Some(Category::Government);
        let wide = Some(Tier::Preferential);
        let steady = scene.foreign("a.example", gov, wide).await;
        let revoked = scene.foreign("b.example", None, wide).await;
        scene
            .accredit(&revoked, |one| one.status.index = 99, Category::Government)
            .await;
        let lapsing = scene.foreign("c.example", None, wide).await;
        let brief = |one: &mut crate::domain::accreditation::Credential| {
            one.valid_until = one.valid_from + chrono::TimeDelta::hours(1);
        };
        scene.accredit(&lapsing, brief, Category::Government).await;
        let blocking = scene.foreign("d.example", gov, wide).await;
        let entry = scene.publish(Preferential, &[]).await;
        scene.node.told().await;
        let all = queued(&scene.node, &entry, "Create").await;
        let everybody = [&steady, &revoked, &lapsing, &blocking];
        assert_eq!(sent_to(&all), inboxes(everybody));
        for (delivery, _, _) in &all {
            assert!(leaves(&scene, delivery).await);
        }
        scene.node.pass(chrono::TimeDelta::hours(2));
        scene.revoke(99).await;
        let (by, of) = (
            blocking.organisation.clone(),
            scene.moj.organisation.uri.clone(),
        );
        let word: url::Url = "https://d.example/blocks/1".parse().expect("an address");
        let blocked = scene
            .node
            .app
            .forum
            .write(move |conn, forum| blocks::receive(conn, forum, &by, &of, &word));
        blocked.await.expect("blocked");
        for (delivery, _, _) in &all {
            let expected = delivery.inbox.as_str().starts_with("https://a.example/");
            assert_eq!(
                leaves(&scene, delivery).await,
                expected,
                "{}",
                delivery.inbox
            );
        }
        // A copy may be there all the same: its deletion is told to all.
        let deleted = entries::delete(&scene.node.app.forum, &scene.moj, entry.id).await;
        deleted.expect("deleted");
        scene.node.told().await;
        for (delivery, _, _) in &all {
            assert!(!leaves(&scene, delivery).await, "deleted");
        }
        let deletes = queued(&scene.node, &entry, "Delete").await;
        assert_eq!(sent_to(&deletes), inboxes(everybody));
        for (delivery, _, document) in &deletes {
            assert!(leaves(&scene, delivery).await);
            assert!(!document.contains("canary") && !document.contains("#Public"));
            let told: serde_json::Value = serde_json::from_str(document).expect("JSON");
            assert_eq!(told["to"], super::term(Preferential));
            assert_eq!(told["object"]["id"], entry.uri.as_str());
        }
    });
}

#[test]
fn nothing_is_queued_for_a_blocked_host_and_a_lost_membership_holds_back_what_is() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = Some(Category::Government);
        scene
            .foreign("a.example", gov, Some(Tier::Preferential))
            .await;
        let other = scene
            .foreign("b.example", gov, Some(Tier::Preferential))
            .await;
        let decided = hosts::decide(
            &scene.node.app.forum,
            None,
            Mode::Open,
            "a.example",
            Policy::Block,
            "test",
        );
        decided.await.expect("blocked");
        let entry = scene.publish(Members, &[]).await;
        scene.node.told().await;
        let all = queued(&scene.node, &entry, "Create").await;
        assert_eq!(sent_to(&all), inboxes([&other]));
        // The membership of its node ends with its days.
        scene.node.pass(chrono::TimeDelta::days(91));
        assert!(!leaves(&scene, &all[0].0).await);
        let waiting = all[0].0.clone();
        let read = scene
            .node
            .app
            .forum
            .db
            .read(move |conn| deliveries::clear(conn, waiting.id, false));
        let clearance = read.await.expect("storage works");
        let may_be = matches!(clearance, Clearance::SendIfAllowed { .. });
        assert!(may_be, "{clearance:?}");
    });
}

#[test]
fn the_author_is_shown_in_numbers_who_will_see_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let all = everybody(&scene).await;
        let (forum, author) = (scene.node.app.forum.clone(), scene.moj.organisation.clone());
        let named = vec![all[0].foreign.organisation.id, scene.ngo.organisation.id];
        let read = scene
            .node
            .app
            .forum
            .db
            .read(move |conn| -> Result<_, storage::Error> {
                let mut count = |audience| reach::reach(conn, &forum, &author, &audience);
                Ok([
                    count(Audience::Public)?,
                    count(Audience::Members)?,
                    count(Audience::Preferential)?,
                    count(Audience::Named(named))?,
                ])
            });
        let [public, members, preferential, named] = read.await.expect("storage works");
        assert!(public.everybody);
        let count = |audience| {
            all.iter()
                .filter(|one| one.is_to_have(audience, &[]))
                .count()
        };
        // The civil society organisation of this node reads along.
        assert_eq!(members.organisations, count(Members) + 1);
        assert_eq!(members.nodes, count(Members) + 1);
        assert_eq!(preferential.organisations, count(Preferential));
        let governments = preferential
            .categories
            .iter()
            .find(|(category, _)| *category == Category::Government);
        assert_eq!(governments.map(|(_, count)| *count), Some(1));
        assert_eq!((named.organisations, named.nodes), (1, 1));
        assert_eq!(named.unreached.len(), 1);
        assert_eq!(named.unreached[0].id, all[0].foreign.organisation.id);
    });
}
