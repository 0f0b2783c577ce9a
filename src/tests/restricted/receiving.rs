//! Whose entries are kept that are not for everybody, for whom, and what of
//! them is shown to whom.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Scene, create, note_id, term};
use crate::{
    domain::{
        account::Role,
        accreditation::Credential,
        audience::{Audience, AudienceKind, Tier},
        organisation::Category,
    },
    federation::addressed::{MEMBERS, PREFERENTIAL},
    forum_api::PREFIX,
    storage::testing::on_both,
    tests::{accreditation::Authority, foreign::Foreign, test_app::ORIGIN},
};

use AudienceKind::{Members, Named, Preferential};

const RESTRICTED: [AudienceKind; 3] = [Members, Preferential, Named];

async fn accredited(scene: &Scene, host: &str, category: Category) -> Foreign {
    scene
        .foreign(host, Some(category), Some(Tier::Preferential))
        .await
}

/// Sends a Create, which is acknowledged whatever becomes of it.
async fn send(scene: &Scene, author: &Foreign, activity: &Value) {
    let answer = author.send(&scene.node, activity).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
}

#[test]
fn an_accredited_author_is_kept_for_its_own_audiences_without_being_followed() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let cso = accredited(&scene, "cso.example", Category::CivilSociety).await;
        for (number, audience) in (1..).zip(RESTRICTED) {
            for (author, may) in [(&gov, true), (&cso, audience != Preferential)] {
                send(&scene, author, &create(author, number, term(audience))).await;
                let kept = scene.kept(&note_id(author, number)).await;
                let kept = kept.map(|kept| kept.kind());
                assert_eq!(kept, may.then_some(audience), "{audience} {}", author.uri);
            }
        }
    });
}

#[test]
fn whoever_cannot_prove_to_be_accredited_stores_nothing() {
    type Change = fn(&mut Credential);
    const FAULTS: [Change; 5] = [
        |one| one.valid_until = one.valid_from + chrono::TimeDelta::seconds(1),
        |one| one.valid_from += chrono::TimeDelta::days(1),
        |one| one.assertion_key = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp".into(),
        |one| one.valid_until = one.valid_from + chrono::TimeDelta::days(181),
        |one| one.status.index = 99,
    ];
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut liars = vec![scene.foreign("none.example", None, None).await];
        for (number, fault) in FAULTS.into_iter().enumerate() {
            let liar = scene
                .foreign(&format!("l{number}.example"), None, None)
                .await;
            scene.accredit(&liar, fault, Category::Government).await;
            liars.push(liar);
        }
        let unknown = scene.foreign("unknown.example", None, None).await;
        let forger = Authority::new("https://hub.example/status/1");
        let key = unknown.prover.key.public().expect("public").to_multibase();
        let claim = crate::tests::accreditation::organisation(Category::Government);
        let now = scene.node.app.forum.now();
        let by_forger = forger.claim(&unknown.uri, &key.expect("Ed25519"), claim, now);
        scene.show(&unknown.uri, forger.sign(&by_forger)).await;
        let mut in_its_name = forger.sign(&by_forger);
        in_its_name["issuer"] = json!(scene.authority.did().as_str());
        scene.show(&unknown.uri, in_its_name).await;
        liars.push(unknown);
        scene.node.pass(chrono::TimeDelta::seconds(2));
        scene.revoke(99).await;
        for liar in &liars {
            for (number, audience) in (1..).zip(RESTRICTED) {
                send(&scene, liar, &create(liar, number, term(audience))).await;
                assert_eq!(
                    scene.kept(&note_id(liar, number)).await,
                    None,
                    "{}",
                    liar.uri
                );
            }
        }
    });
}

#[test]
fn a_node_keeps_no_more_than_its_own_membership_says() {
    for (own, expected) in [
        (None, vec![]),
        (Some(Tier::Members), vec![Members, Named]),
        (Some(Tier::Preferential), vec![Members, Preferential, Named]),
    ] {
        on_both(async |db| {
            let scene = Scene::on_node_for(db, own).await;
            let gov = accredited(&scene, "gov.example", Category::Government).await;
            for (number, audience) in (1..).zip(RESTRICTED) {
                send(&scene, &gov, &create(&gov, number, term(audience))).await;
                let kept = scene.kept(&note_id(&gov, number)).await.is_some();
                assert_eq!(kept, expected.contains(&audience), "{own:?} {audience}");
            }
        });
    }
}

#[test]
fn what_is_addressed_to_anything_else_is_for_nobody() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let public = "https://www.w3.org/ns/activitystreams#Public";
        let moj = format!("{ORIGIN}/orgs/moj");
        let wrong = [
            json!([]),
            json!([format!("{}/followers", gov.uri)]),
            json!([moj, format!("{}/followers", gov.uri)]),
            json!([MEMBERS, PREFERENTIAL]),
            json!([MEMBERS, public]),
            json!([MEMBERS, moj]),
            json!(["https://w3id.org/virtual-forum/ns#Everybody"]),
            // None of ours, or none that is there.
            json!([gov.uri]),
            json!([format!("{ORIGIN}/orgs/nobody")]),
            json!([moj, format!("{ORIGIN}/orgs/nobody")]),
            json!([moj, format!("{ORIGIN}/orgs/moj/followers")]),
            json!([ORIGIN]),
        ];
        for (number, to) in (1..).zip(wrong) {
            send(&scene, &gov, &create(&gov, number, to.clone())).await;
            assert_eq!(scene.kept(&note_id(&gov, number)).await, None, "{to}");
        }
    });
}

#[test]
fn each_reader_here_sees_its_part_of_what_arrived() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let to_ngo = json!([format!("{ORIGIN}/orgs/ngo")]);
        for (number, to) in (1..).zip([term(Members), term(Preferential), to_ngo]) {
            send(&scene, &gov, &create(&gov, number, to)).await;
        }
        let node = &scene.node;
        let mut tokens = vec![None];
        for handle in ["moj", "ngo", "other"] {
            let token = node.token(handle, Role::FocalPoint, "read write").await;
            tokens.push(Some(token));
        }
        // Nobody, the ministry, civil society, and one without a credential.
        for (token, expected) in tokens.iter().zip([0, 2, 2, 0]) {
            let token = token.as_deref();
            let list = node.get(&format!("{PREFIX}/entries"), token).await.json();
            let seen = list["items"].as_array().map(Vec::len);
            assert_eq!(seen, Some(expected), "{list}");
            let found = format!("{PREFIX}/entries?q=canary");
            let found = node.get(&found, token).await.json();
            assert_eq!(found["items"].as_array().map(Vec::len), Some(expected));
            for path in [
                "/api/v1/timelines/public".to_owned(),
                format!("/api/v1/accounts/{}/statuses", gov.organisation.id),
            ] {
                let answer = node.get(&path, token).await;
                if answer.status == StatusCode::OK {
                    let count = answer.body.matches("canary-arrived</p>").count();
                    assert!(count <= expected, "{path}: {}", answer.body);
                }
            }
        }
        for path in ["/timeline", "/", "/entries", "/tags/x", "/nodeinfo/2.1"] {
            let page = node.get(path, None).await;
            assert!(!page.body.contains("canary"), "{path}");
        }
    });
}

#[test]
fn a_reply_is_for_those_of_its_root_and_only_by_those_who_read_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let cso = accredited(&scene, "cso.example", Category::CivilSociety).await;
        let public = term(AudienceKind::Public);
        let roots = [
            scene.publish(Members, &[]).await,
            scene.publish(Preferential, &[]).await,
            scene.publish(Named, &[cso.organisation.id]).await,
        ];
        for (number, (root, [by_gov, by_cso])) in
            (1..).zip(
                roots
                    .iter()
                    .zip([[true, true], [true, false], [false, true]]),
            )
        {
            for (author, may) in [(&gov, by_gov), (&cso, by_cso)] {
                // It says that it is for everybody.
                let mut reply = create(author, number, public.clone());
                reply["object"]["inReplyTo"] = json!(root.uri);
                send(&scene, author, &reply).await;
                let kept = scene.kept(&note_id(author, number)).await;
                let kind = kept.as_ref().map(Audience::kind);
                assert_eq!(kind, may.then_some(root.audience.kind()), "{}", author.uri);
            }
        }
    });
}

#[test]
fn an_update_narrows_and_never_widens_and_a_delete_deletes() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let update = |number: u32, minute: u32, to: Value| {
            let mut update = create(&gov, number, to);
            update["type"] = json!("Update");
            update["id"] = json!(format!("{}/updates/{number}-{minute}", gov.uri));
            update["object"]["updated"] = json!(format!("2026-11-22T11:{minute:02}:00Z"));
            update
        };
        send(&scene, &gov, &create(&gov, 1, term(Members))).await;
        let id = note_id(&gov, 1);
        let steps = [
            (AudienceKind::Public, Members),
            (Preferential, Preferential),
            (Members, Preferential),
        ];
        for (minute, (says, expected)) in (1..).zip(steps) {
            send(&scene, &gov, &update(1, minute, term(says))).await;
            let kept = scene.kept(&id).await.map(|kept| kept.kind());
            assert_eq!(kept, Some(expected), "{says}");
        }
        // A public one that becomes one for others only is gone here.
        send(&scene, &gov, &create(&gov, 2, term(Members))).await;
        send(
            &scene,
            &gov,
            &update(2, 9, json!([gov.uri, format!("{ORIGIN}/orgs/ngo")])),
        )
        .await;
        let kept = scene.kept(&note_id(&gov, 2)).await;
        assert_eq!(kept.map(|kept| kept.kind()), Some(Named));
        let mut delete = gov.activity(50, "Delete", json!(id));
        delete["to"] = term(Preferential);
        send(&scene, &gov, &delete).await;
        assert_eq!(scene.kept(&id).await, None);
    });
}

#[test]
fn what_somebody_else_hands_on_is_not_taken_even_with_its_proof() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let gov = accredited(&scene, "gov.example", Category::Government).await;
        let other = accredited(&scene, "other.example", Category::Government).await;
        for (number, activity_to) in [(1, term(Members)), (2, term(AudienceKind::Public))] {
            let mut activity = create(&gov, number, term(Members));
            activity["to"] = activity_to;
            let proven = gov.proven(&scene.node, activity);
            send(&scene, &other, &proven).await;
            assert_eq!(scene.kept(&note_id(&gov, number)).await, None);
        }
        // Nor is it liked, passed on or quoted.
        send(&scene, &gov, &create(&gov, 3, term(Members))).await;
        let uri = note_id(&gov, 3);
        for (number, kind) in [(4, "Announce"), (5, "Like")] {
            send(&scene, &other, &other.activity(number, kind, json!(uri))).await;
        }
        let token = scene.node.token("moj", Role::FocalPoint, "read").await;
        let list = scene
            .node
            .get(&format!("{PREFIX}/entries"), Some(&token))
            .await
            .json();
        let id = list["items"][0]["id"].as_str().expect("an id").to_owned();
        let status = scene
            .node
            .get(&format!("/api/v1/statuses/{id}"), Some(&token))
            .await;
        let status = status.json();
        assert_eq!(
            (&status["reblogs_count"], &status["favourites_count"]),
            (&json!(0), &json!(0))
        );
    });
}
