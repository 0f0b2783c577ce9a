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
        let issued = post(&node, "", &token, new).await;
        assert_eq!(issued.status, 201);
        let mut issued = issued.json();
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
        assert_eq!(faults(&again), ["actor"]);
    });
}

#[test]
fn what_cannot_be_accredited_is_refused_field_by_field() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let government = json!({"actor": MOJ, "category": "government"});
        assert_eq!(
            faults(&post(&node, "", &token, government).await),
            ["actor"]
        );
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
fn only_administrators_with_the_scope_issue_and_nobody_learns_of_others() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let token = administrator(&node).await;
        node.organisation("moj", Category::Government).await;
        let new = json!({"actor": MOJ, "category": "government"});
        let issued = post(&node, "", &token, new.clone()).await.json();
        let id = issued["id"].as_str().expect("an id");
        let scopes = "read admin:read admin:write";
        let focal_point = node.token("hub", Role::FocalPoint, scopes).await;
        let reading = node.token("hub", Role::Administrator, "admin:read").await;
        for token in [&focal_point, &reading] {
            for (path, body) in [
                (String::new(), new.clone()),
                (format!("/{id}/renew"), json!({})),
                (format!("/{id}/revoke"), json!({})),
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
