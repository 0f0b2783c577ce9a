//! What people read and write goes by their organisation's standing.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Authority, TRUST, organisation, own_anchor, trusting};
use crate::{
    domain::{
        account::Role,
        accreditation::{About, Request, Weakness},
        audience::{AudienceKind, Tier},
        organisation::Category,
    },
    forum_api::PREFIX,
    operations::{
        accreditations::{AccreditationError, import, issue, revoke},
        entries::publish,
        rotation::rotate,
    },
    storage::testing::on_both,
    tests::{audience::draft, browser::Browser, test_app::TestApp},
};

fn government() -> About {
    About::Organisation {
        category: Category::Government,
        country: None,
    }
}

#[test]
fn with_anchors_a_claim_without_a_credential_counts_for_nothing() {
    on_both(async |db| {
        let alone = TestApp::new(db.clone());
        let moj = alone.organisation("moj", Category::Government).await;
        let token = alone.token("moj", Role::FocalPoint, "read write").await;
        assert_eq!(alone.tier_of(&moj).await, Tier::Preferential);
        let person = alone.person(&token).await;
        let entry = publish(
            &alone.app.forum,
            &person,
            draft("x", AudienceKind::Preferential),
        );
        let path = format!("{PREFIX}/entries/{}", entry.await.expect("published").id);
        assert_eq!(alone.get(&path, Some(&token)).await.status, StatusCode::OK);
        // The same node, once its operator trusts somebody.
        let authority = Authority::new("https://hub.example/status/1");
        let trust = trusting(&[authority.did()]);
        let node = TestApp::with(db, &[(TRUST, &trust)]);
        assert_eq!(node.tier_of(&moj).await, Tier::Public);
        node.organisation("other", Category::Government).await;
        let other = node.token("other", Role::FocalPoint, "read write").await;
        let hidden = node.get(&path, Some(&other)).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        // Its own entries it keeps reading, and it writes for everybody.
        assert_eq!(node.get(&path, Some(&token)).await.status, StatusCode::OK);
        for (audience, status) in [("members", 422), ("preferential", 422), ("public", 201)] {
            let entry = json!({"kind": "note", "title": "t", "body": "b", "language": "en",
                "audience": audience});
            let path = format!("{PREFIX}/entries");
            let sent = node.call(Method::POST, &path, Some(&other), Some(entry));
            assert_eq!(sent.await.status, status, "{audience}");
        }
    });
}

#[test]
fn an_accreditation_opens_and_its_revocation_closes_at_the_next_request() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let moj = node.organisation("moj", Category::Government).await;
        let reader = node
            .organisation("io", Category::InternationalOrganisation)
            .await;
        let request = |subject| Request {
            subject,
            about: government(),
            days: 90,
        };
        let forum = &node.app.forum;
        issue(forum, None, request(moj.uri.clone()))
            .await
            .expect("issued");
        let author = node.token("moj", Role::FocalPoint, "read write").await;
        let author = node.person(&author).await;
        let entry = publish(forum, &author, draft("x", AudienceKind::Preferential)).await;
        let path = format!("{PREFIX}/entries/{}", entry.expect("published").id);
        let token = node.token("io", Role::Reader, "read").await;
        let mut browser = Browser::signed_in(&node, "io", Role::Reader).await;
        let statuses = async |browser: &mut Browser<'_>| {
            let page = path.trim_start_matches(PREFIX);
            [
                node.get(&path, Some(&token)).await.status.as_u16(),
                browser.open(page).await.status.as_u16(),
            ]
        };
        assert_eq!(statuses(&mut browser).await, [404, 404]);
        let (issued, _) = issue(forum, None, request(reader.uri.clone()))
            .await
            .expect("issued");
        assert_eq!(statuses(&mut browser).await, [200, 200]);
        let id = &issued.held.credential.id;
        revoke(forum, None, id, "by mistake")
            .await
            .expect("revoked");
        assert_eq!(statuses(&mut browser).await, [404, 404]);
        // Not the other one, and not for ever.
        assert_eq!(node.tier_of(&moj).await, Tier::Preferential);
        issue(forum, None, request(reader.uri))
            .await
            .expect("issued");
        assert_eq!(statuses(&mut browser).await, [200, 200]);
    });
}

#[test]
fn a_client_sees_the_accreditation_that_counts_now_and_never_the_operators_word() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let moj = node.organisation("moj", Category::Government).await;
        let accreditation = async || {
            let path = format!("/api/v1/accounts/{}", moj.id);
            node.get(&path, None).await.json()["forum"]["accreditation"].clone()
        };
        assert_eq!(accreditation().await, Value::Null);
        let forum = &node.app.forum;
        let request = Request {
            subject: moj.uri.clone(),
            about: government(),
            days: 90,
        };
        let (issued, _) = issue(forum, None, request).await.expect("issued");
        let credential = &issued.held.credential;
        assert_eq!(
            accreditation().await,
            json!({"state": "valid", "since": credential.valid_from, "until": credential.valid_until})
        );
        revoke(forum, None, &credential.id, "by mistake")
            .await
            .expect("revoked");
        assert_eq!(accreditation().await, Value::Null);
    });
}

#[test]
fn an_accreditation_is_bound_to_the_key() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let moj = node.organisation("moj", Category::Government).await;
        let request = Request {
            subject: moj.uri.clone(),
            about: government(),
            days: 90,
        };
        issue(&node.app.forum, None, request).await.expect("issued");
        assert_eq!(node.tier_of(&moj).await, Tier::Preferential);
        rotate(&node.app.forum, None, "moj").await.expect("rotated");
        assert_eq!(node.tier_of(&moj).await, Tier::Public);
    });
}

#[test]
fn credentials_of_another_anchor_are_imported_and_forged_ones_are_not() {
    on_both(async |db| {
        let authority = Authority::new("https://hub.example/status/1");
        let trust = trusting(&[authority.did()]);
        let node = TestApp::with(db, &[(TRUST, &trust)]);
        let forum = &node.app.forum;
        let moj = node.organisation("moj", Category::CivilSociety).await;
        let key = node.key_of(&moj.uri).await;
        let now = forum.now();
        let good = authority.claim(&moj.uri, &key, organisation(Category::Government), now);

        let mut altered = authority.sign(&good);
        altered["credentialSubject"]["category"] = json!("internationalOrganisation");
        let forger = Authority::new("https://hub.example/status/1");
        let mut in_anothers_name =
            forger.sign(&forger.claim(&moj.uri, &key, organisation(Category::Government), now));
        in_anothers_name["issuer"] = json!(authority.did().as_str());
        for forged in [altered, in_anothers_name, json!({}), json!("text")] {
            let refused = import(forum, forged).await;
            assert!(
                matches!(refused, Err(AccreditationError::Unreadable(_))),
                "{refused:?}"
            );
        }
        let with = |change: &dyn Fn(&mut crate::domain::accreditation::Credential)| {
            let mut credential = good.clone();
            change(&mut credential);
            authority.sign(&credential)
        };
        let expired = with(&|one| {
            one.valid_from = now - TimeDelta::days(90);
            one.valid_until = now;
        });
        let too_long = with(&|one| one.valid_until = now + TimeDelta::days(181));
        let wrong_key = with(&|one| one.assertion_key = authority.did().multikey().to_owned());
        for (document, expected) in [
            (expired, Weakness::Expired),
            (too_long, Weakness::TooLong),
            (wrong_key, Weakness::WrongKey),
        ] {
            let refused = import(forum, document).await;
            match refused {
                Err(AccreditationError::Worthless(weakness)) => assert_eq!(weakness, expected),
                other => panic!("{other:?}"),
            }
        }
        let elsewhere = with(&|one| {
            one.subject = "https://far.example/orgs/moj".parse().expect("an address");
        });
        let refused = import(forum, elsewhere).await;
        assert!(matches!(refused, Err(AccreditationError::NotOurs(_))));
        assert_eq!(node.tier_of(&moj).await, Tier::Public);

        // Of an anchor that nobody trusts here: kept for others, worth nothing.
        let unknown = forger.claim(&moj.uri, &key, organisation(Category::Government), now);
        let kept = import(forum, forger.sign(&unknown)).await.expect("kept");
        assert_eq!(kept.weakness, Some(Weakness::UnknownIssuer));
        assert_eq!(node.tier_of(&moj).await, Tier::Public);

        let taken = import(forum, authority.sign(&good)).await.expect("taken");
        assert_eq!(taken.weakness, None);
        assert_eq!(node.tier_of(&moj).await, Tier::Preferential);
    });
}

#[test]
fn an_unknown_status_is_borne_for_thirty_days_and_said_on_the_page() {
    on_both(async |db| {
        let authority = Authority::new("https://hub.example/status/1");
        let trust = trusting(&[authority.did()]);
        let node = TestApp::with(db, &[(TRUST, &trust)]);
        let forum = &node.app.forum;
        let moj = node.organisation("moj", Category::Government).await;
        let key = node.key_of(&moj.uri).await;
        let claim = organisation(Category::Government);
        let credential = authority.claim(&moj.uri, &key, claim, forum.now());
        import(forum, authority.sign(&credential))
            .await
            .expect("taken");
        let says = async || {
            let mut browser = Browser::new(&node);
            let page = browser.open("/orgs/moj").await.body;
            (
                node.tier_of(&moj).await,
                page.contains("counts for 30 days"),
                page.contains("only what is for all members"),
                page.contains("Not accredited"),
            )
        };
        node.pass(TimeDelta::minutes(1));
        assert_eq!(says().await, (Tier::Preferential, true, false, false));
        node.pass(TimeDelta::days(31));
        assert_eq!(says().await, (Tier::Members, false, true, false));
        node.pass(TimeDelta::days(60));
        assert_eq!(says().await, (Tier::Public, false, false, true));
    });
}

#[test]
fn only_what_can_be_accredited_is() {
    on_both(async |db| {
        let node = own_anchor(db.clone()).await;
        let forum = &node.app.forum;
        let moj = node.organisation("moj", Category::Government).await;
        let actor = forum.urls.node_actor();
        let node_of = |audience| About::Node { audience };
        let unknown = "https://far.example/orgs/x".parse().expect("an address");
        let ours_that_is_not = forum.urls.organisation("nobody");
        for (subject, about, days, expected) in [
            (&moj.uri, government(), 0, "1 to 180 days"),
            (&moj.uri, government(), 181, "1 to 180 days"),
            (&moj.uri, node_of(Tier::Members), 90, "Application"),
            (&actor, government(), 90, "membership"),
            (&actor, node_of(Tier::Public), 90, "up to members"),
            (&unknown, government(), 90, "no such organisation"),
            (&ours_that_is_not, government(), 90, "no such organisation"),
        ] {
            let request = Request {
                subject: subject.clone(),
                about,
                days,
            };
            let refused = issue(forum, None, request)
                .await
                .expect_err(expected)
                .to_string();
            assert!(refused.contains(expected), "{refused}");
        }
        let request = Request {
            subject: actor.clone(),
            about: node_of(Tier::Members),
            days: 90,
        };
        let (issued, document) = issue(forum, None, request).await.expect("issued");
        assert_eq!(document["type"][1], "NodeMembership");
        assert_eq!(issued.held.credential.subject, actor);
        let (looking, at) = (forum.clone(), forum.urls.shared_inbox());
        let read = forum
            .db
            .read(move |conn| crate::operations::accreditations::storable_at(conn, &looking, &at));
        assert_eq!(read.await.expect("read"), Tier::Members);
    });
}
