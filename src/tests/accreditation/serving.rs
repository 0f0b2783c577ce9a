//! What other servers read about accreditations here.

use axum::{
    body::Body,
    http::{Request as HttpRequest, StatusCode, header},
};
use serde_json::{Value, json};

use super::{Authority, own_anchor};
use crate::{
    domain::{
        accreditation::{About, Request},
        audience::Tier,
        organisation::Category,
    },
    operations::{
        accreditations::{issue, revoke, take_list},
        node::ensure_keys,
    },
    storage::{Db, testing::on_both},
    tests::test_app::{Answer, TestApp},
};

async fn document(node: &TestApp, path: &str) -> Answer {
    let request = HttpRequest::get(path)
        .header(header::HOST, "n.example")
        .header(header::ACCEPT, "application/activity+json")
        .body(Body::empty());
    node.send(request.expect("a request")).await
}

async fn scene(db: Db) -> (TestApp, Value) {
    let node = own_anchor(db).await;
    ensure_keys(&node.app.forum).await.expect("keys");
    let moj = node.organisation("moj", Category::Government).await;
    let request = Request {
        subject: moj.uri,
        about: About::Organisation {
            category: Category::Government,
            country: Some("AL".into()),
        },
        days: 90,
    };
    let (_, credential) = issue(&node.app.forum, None, request).await.expect("issued");
    (node, credential)
}

#[test]
fn an_organisation_shows_its_credentials_whole_and_a_field_for_people() {
    on_both(async |db| {
        let (node, credential) = scene(db).await;
        let actor = document(&node, "/orgs/moj").await.json();
        let address = "https://n.example/orgs/moj/accreditations";
        assert_eq!(actor["accreditations"], address);
        let field = json!({"type": "PropertyValue", "name": "Accreditation",
            "value": "Government, accredited by Anchor until 2027-02-20"});
        assert_eq!(actor["attachment"], json!([field]));
        let answer = document(&node, "/orgs/moj/accreditations").await;
        let kind = &answer.headers[header::CONTENT_TYPE];
        assert!(
            kind.to_str()
                .expect("text")
                .starts_with("application/activity+json")
        );
        let shown = answer.json();
        assert_eq!(shown["type"], "Collection");
        assert_eq!(shown["id"], address);
        assert_eq!(shown["totalItems"], 1);
        assert_eq!(shown["items"], json!([credential]));
        let none = document(&node, "/orgs/nobody/accreditations").await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        // What is revoked is shown no longer.
        let id = credential["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        revoke(&node.app.forum, None, &id, "")
            .await
            .expect("revoked");
        let shown = document(&node, "/orgs/moj/accreditations").await.json();
        assert_eq!(shown["items"], json!([]));
    });
}

#[test]
fn the_node_shows_its_membership() {
    on_both(async |db| {
        let (node, _) = scene(db).await;
        let actor = document(&node, "/actor").await.json();
        let address = "https://n.example/actor/accreditations";
        assert_eq!(actor["accreditations"], address);
        let request = Request {
            subject: node.app.forum.urls.node_actor(),
            about: About::Node {
                audience: Tier::Preferential,
            },
            days: 30,
        };
        let (_, credential) = issue(&node.app.forum, None, request).await.expect("issued");
        let shown = document(&node, "/actor/accreditations").await.json();
        assert_eq!(shown["items"], json!([credential]));
    });
}

#[test]
fn our_list_is_handed_out_and_so_is_the_newest_of_others() {
    on_both(async |db| {
        let (node, credential) = scene(db).await;
        let status = &credential["credentialStatus"];
        let list = "https://n.example/.well-known/virtual-forum/status-lists/1";
        assert_eq!(status["statusListCredential"], list);
        let answer = node
            .get(list.trim_start_matches("https://n.example"), None)
            .await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/vc");
        assert_eq!(answer.json()["id"], list);
        let forum = &node.app.forum;
        let read = forum.notary.read_status_list(&answer.json(), forum.now());
        let index: u32 = status["statusListIndex"]
            .as_str()
            .expect("text")
            .parse()
            .expect("a number");
        assert!(!read.expect("it verifies").revokes(index));
        for absent in ["2", "0", "-1", "x", "1/1"] {
            let path = format!("/.well-known/virtual-forum/status-lists/{absent}");
            assert_eq!(
                node.get(&path, None).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }

        let authority = Authority::new("https://hub.example/status/1");
        let mirror =
            "/.well-known/virtual-forum/status-lists?of=https%3A%2F%2Fhub.example%2Fstatus%2F1";
        assert_eq!(node.get(mirror, None).await.status, StatusCode::NOT_FOUND);
        let now = forum.now();
        let newer = authority.signed_list(&[7], now);
        let older = authority.signed_list(&[], now - chrono::TimeDelta::hours(1));
        let forger = Authority::new("https://hub.example/status/1");
        let forged = forger.signed_list(&[], now + chrono::TimeDelta::seconds(1));
        let ahead = authority.signed_list(&[], now + chrono::TimeDelta::minutes(11));
        for (document, is_good) in [
            (&newer, true),
            // Rolled back: known to be good, and not taken.
            (&older, true),
            (&forged, false),
            (&ahead, false),
            (&json!({}), false),
        ] {
            let taken = take_list(forum, authority.did(), &authority.list, document.clone());
            assert_eq!(taken.await.expect("storage works"), is_good);
        }
        assert_eq!(node.get(mirror, None).await.json(), newer);
        for (did, status) in [(authority.did(), 200), (forger.did(), 404)] {
            let by = format!("{mirror}&by={did}");
            assert_eq!(node.get(&by, None).await.status, status);
        }
        let nobody = node.get(&format!("{mirror}&by=x"), None).await;
        assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
        let without = node
            .get("/.well-known/virtual-forum/status-lists", None)
            .await;
        assert_eq!(without.status, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn accreditations_stay_readable_where_every_fetch_is_to_be_signed() {
    on_both(async |db| {
        let (_, _) = scene(db.clone()).await;
        let node = TestApp::with(
            db,
            &[("VIRTUAL_FORUM_FEDERATION__AUTHORIZED_FETCH", "true")],
        );
        for (path, status) in [
            ("/orgs/moj/accreditations", 200),
            ("/actor/accreditations", 200),
            ("/.well-known/virtual-forum/status-lists/1", 200),
            ("/orgs/moj/outbox", 401),
        ] {
            assert_eq!(document(&node, path).await.status, status, "{path}");
        }
    });
}
