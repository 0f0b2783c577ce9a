use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    operations::accreditations::create_anchor,
    storage::testing::on_both,
    tests::{
        accreditation::own_anchor,
        test_app::{Answer, TestApp},
    },
};

const MOJ: &str = "https://n.example/orgs/moj";

async fn post(node: &TestApp, path: &str, token: &str, body: Value) -> Answer {
    let path = format!("{PREFIX}/admin/accreditations{path}");
    node.call(Method::POST, &path, Some(token), Some(body))
        .await
}

/// What one administrator proposes and another approves.
async fn issue(node: &TestApp, token: &str, body: Value) -> Value {
    let proposed = post(node, "", token, body).await;
    assert_eq!(proposed.status, 202, "{}", proposed.body);
    let proposal = proposed.json();
    assert_described(node, "AccreditationProposal", &proposal).await;
    let id = proposal["id"].as_str().expect("an id");
    let approve = format!("/proposals/{id}/approve");
    let own = post(node, &approve, token, json!({})).await;
    assert_problem(&own, 409);
    let other = second(node).await;
    let waiting = proposals(node, &other).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["own"], false);
    let issued = post(node, &approve, &other, json!({})).await;
    assert_eq!(issued.status, 201, "{}", issued.body);
    assert!(proposals(node, &other).await.is_empty());
    assert_problem(&post(node, &approve, &other, json!({})).await, 404);
    issued.json()
}

async fn proposals(node: &TestApp, token: &str) -> Vec<Value> {
    let path = format!("{PREFIX}/admin/accreditations/proposals");
    let listed = node.get(&path, Some(token)).await.json();
    listed["items"].as_array().cloned().expect("a list")
}

/// Another administrator.
async fn second(node: &TestApp) -> String {
    node.organisation("second", Category::Academia).await;
    let scopes = "admin:read admin:write";
    node.token("second", Role::Administrator, scopes).await
}

async fn list(node: &TestApp, token: &str, query: &str) -> Answer {
    node.get(&format!("{PREFIX}/accreditations{query}"), Some(token))
        .await
}

async fn administrator(node: &TestApp) -> String {
    node.organisation("hub", Category::InternationalOrganisation)
        .await;
    let scopes = "read admin:read admin:write";
    node.token("hub", Role::Administrator, scopes).await
}

#[test]
fn administrators_issue_renew_revoke_and_list_and_holders_see_their_own() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let holder = node.token("moj", Role::Reader, "read").await;
        assert_eq!(list(&node, &holder, "").await.json()["items"], json!([]));
        let new = json!({"actor": MOJ, "category": "government", "country": "AL", "days": 30});
        let mut issued = issue(&node, &token, new).await;
        let credential = issued["credential"].take();
        assert_eq!(credential["credentialSubject"]["id"], MOJ);
        // A credential is described by the W3C, not here.
        issued
            .as_object_mut()
            .expect("an object")
            .shift_remove("credential");
        assert_described(&node, "Accreditation", &issued).await;
        assert_eq!(
            (&issued["state"], &issued["issuer_name"]),
            (&json!("valid"), &json!("Anchor"))
        );
        let id = issued["id"].as_str().expect("an id");
        let renewed = post(&node, &format!("/{id}/renew"), &token, json!({})).await;
        assert_eq!(renewed.status, 201);
        assert_ne!(renewed.json()["id"], issued["id"]);

        let first = list(&node, &token, "?limit=1").await.json();
        assert_described(&node, "Accreditation", &first["items"][0]).await;
        assert_eq!(first["next"], "1");
        let rest = list(&node, &token, "?limit=1&cursor=1").await.json();
        assert_eq!(rest["next"], Value::Null);
        assert_ne!(first["items"][0]["id"], rest["items"][0]["id"]);
        let own = list(&node, &holder, "").await.json();
        assert_eq!(own["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(own["items"][0]["state"], "valid");

        let revoke = format!("/{id}/revoke");
        let revoked = post(&node, &revoke, &token, json!({"reason": "left"}))
            .await
            .json();
        assert_eq!(revoked["state"], "revoked");
        let own = list(&node, &holder, "").await.json();
        for item in own["items"].as_array().expect("items") {
            assert_eq!(item["state"], "revoked");
        }
        let again = post(&node, &format!("/{id}/renew"), &token, json!({})).await;
        assert_problem(&again, 409);
    });
}

#[test]
fn what_cannot_be_accredited_is_refused_field_by_field() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let government = json!({"actor": MOJ, "category": "government"});
        assert_problem(&post(&node, "", &token, government).await, 409);
        let anchor = create_anchor(&node.app.forum, None, "Own").await;
        anchor.expect("an anchor");
        for (body, fields) in [
            (json!({}), vec!["actor", "category"]),
            (json!({"actor": "moj", "category": "media"}), vec!["actor"]),
            (json!({"actor": MOJ, "category": "club"}), vec!["category"]),
            (
                json!({"actor": MOJ, "category": "media", "audience": "members"}),
                vec!["category"],
            ),
            (
                json!({"actor": MOJ, "category": "media", "days": 181}),
                vec!["days"],
            ),
            (
                json!({"actor": MOJ, "category": "media", "days": "9"}),
                vec!["days"],
            ),
            (
                json!({"actor": MOJ, "category": "media", "country": "ZZ"}),
                vec!["country"],
            ),
            (json!({"actor": MOJ, "audience": "members"}), vec!["actor"]),
            (
                json!({"actor": "https://n.example/actor", "audience": "public"}),
                vec!["audience"],
            ),
            (
                json!({"actor": "https://n.example/orgs/x", "category": "media"}),
                vec!["actor"],
            ),
        ] {
            let refused = post(&node, "", &token, body.clone()).await;
            assert_eq!(faults(&refused), fields, "{body}");
        }
        assert_eq!(list(&node, &token, "").await.json()["items"], json!([]));
    });
}

#[test]
fn a_proposal_can_be_declined_and_issues_nothing() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let new = json!({"actor": MOJ, "category": "government"});
        let proposal = post(&node, "", &token, new).await.json();
        let id = proposal["id"].as_str().expect("an id");
        let decline = format!("/proposals/{id}/decline");
        let declined = post(&node, &decline, &token, json!({})).await;
        assert_eq!(declined.json()["id"], id);
        assert_problem(&post(&node, &decline, &token, json!({})).await, 404);
        assert!(proposals(&node, &token).await.is_empty());
        assert_eq!(list(&node, &token, "").await.json()["items"], json!([]));
    });
}

#[test]
fn only_administrators_with_the_scope_issue_and_nobody_learns_of_others() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let new = json!({"actor": MOJ, "category": "government"});
        let issued = issue(&node, &token, new.clone()).await;
        let id = issued["id"].as_str().expect("an id");
        let scopes = "read admin:read admin:write";
        let focal_point = node.token("hub", Role::FocalPoint, scopes).await;
        let reading = node.token("hub", Role::Administrator, "admin:read").await;
        for token in [&focal_point, &reading] {
            for (path, body) in [
                (String::new(), new.clone()),
                (format!("/{id}/renew"), json!({})),
                (format!("/{id}/revoke"), json!({})),
                ("/proposals/7/approve".to_owned(), json!({})),
                ("/proposals/7/decline".to_owned(), json!({})),
            ] {
                assert_problem(&post(&node, &path, token, body).await, 403);
            }
        }
        assert_eq!(
            list(&node, &focal_point, "").await.json()["items"],
            json!([])
        );
        let anonymous = node.get(&format!("{PREFIX}/accreditations"), None).await;
        assert_problem(&anonymous, 401);
        for path in [
            "/urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e/renew",
            "/x/revoke",
        ] {
            assert_problem(&post(&node, path, &token, json!({})).await, 404);
        }
    });
}
