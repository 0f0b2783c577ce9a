//! What applicants do.

use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{World, secret};
use crate::{
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    storage::{applications, testing::on_both},
    tests::test_app::TestApp,
};

#[test]
fn anybody_applies_and_follows_and_an_organiser_admits() {
    on_both(async |db| {
        let world = World::new(db).await;
        let sent = world.apply(json!({})).await;
        assert_eq!(sent.status, 201, "{}", sent.body);
        assert_described(&world.node, "OwnApplication", &sent.json()).await;
        assert_eq!(
            sent.headers[header::LOCATION],
            sent.json()["link"].as_str().expect("a link")
        );
        let secret = secret(&sent);

        let listed = world.list("?state=open").await.json();
        let one = &listed["items"][0];
        assert_described(&world.node, "Application", one).await;
        assert_eq!(one["state"], "submitted");
        assert_eq!(one["referee_organisation"]["handle"], "hub");
        assert_eq!(one["approvals_needed"], 1);
        let id = one["id"].as_str().expect("an id");

        let ask = format!("/applications/{id}/ask");
        let asked = world
            .post(
                &ask,
                Some(&world.anna),
                Some(json!({"question": "Who pays?"})),
            )
            .await;
        assert_eq!(asked.json()["state"], "asked", "{}", asked.body);
        let again = world
            .post(&ask, Some(&world.anna), Some(json!({"question": "And?"})))
            .await;
        assert_problem(&again, 409);
        let mine = format!("/applications/by-link/{secret}");
        let followed = world.node.get(&format!("{PREFIX}{mine}"), None).await;
        assert_described(&world.node, "OwnApplication", &followed.json()).await;
        assert_eq!(followed.json()["history"][1]["text"], "Who pays?");
        assert_eq!(followed.json()["history"][1]["by"], Value::Null);
        let answer = format!("{mine}/answer");
        let answered = world
            .post(&answer, None, Some(json!({"answer": "Members."})))
            .await;
        assert_eq!(answered.json()["state"], "answered", "{}", answered.body);

        let approved = world.approve(id, &world.anna, None).await;
        assert_eq!(approved.status, 200, "{}", approved.body);
        assert_described(&world.node, "Application", &approved.json()).await;
        let approved = approved.json();
        assert_eq!(approved["state"], "approved");
        assert_eq!(approved["organisation"]["handle"], "lantern");
        let link = approved["link"].as_str().expect("a link");
        assert!(link.starts_with("https://n.example/links/"), "{link}");
        assert_problem(&world.approve(id, &world.anna, None).await, 409);

        let directory = format!("{PREFIX}/organisations?q=lantern");
        let found = world.node.get(&directory, None).await.json();
        assert_eq!(found["items"][0]["category"], "civil_society");
        let page = world.node.get("/orgs/lantern", None).await;
        assert_eq!(page.status, 200);
    });
}

#[test]
fn bad_applications_name_every_field_and_store_nothing() {
    on_both(async |db| {
        let world = World::new(db).await;
        let wrong = json!({
            "name": "\u{202E}\u{200B}", "handle": "not a handle", "category": "bank",
            "country": "ZZ", "website": "javascript:alert(1)", "reason": "x".repeat(5_001),
            "referee": "x".repeat(301), "email": "nobody"
        });
        let mut fields = faults(&world.apply(wrong).await);
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "category", "country", "email", "handle", "name", "reason", "referee", "website"
            ]
        );
        for (change, field) in [
            (json!({"category": "individual", "referee": ""}), "referee"),
            (
                json!({"category": "government", "country": null}),
                "country",
            ),
            (json!({"handle": "HUB"}), "handle"),
            (json!({"audience": "all"}), "audience"),
            (json!({"name": 7}), "name"),
        ] {
            let refused = world.apply(change).await;
            assert!(faults(&refused).contains(&field.to_owned()), "{field}");
        }
        let count = world.node.app.forum.db.read(applications::count_open);
        assert_eq!(count.await.expect("counted"), 0);
    });
}

#[test]
fn a_wrong_link_leads_nowhere() {
    on_both(async |db| {
        let world = World::new(db).await;
        world.apply(json!({})).await;
        let id = world.newest().await;
        for wrong in ["x", &id, "%00", "..%2F"] {
            let path = format!("/applications/by-link/{wrong}");
            assert_problem(&world.node.get(&format!("{PREFIX}{path}"), None).await, 404);
            let answered = world
                .post(
                    &format!("{path}/answer"),
                    None,
                    Some(json!({"answer": "x"})),
                )
                .await;
            assert_problem(&answered, 404);
            assert_problem(
                &world.post(&format!("{path}/withdraw"), None, None).await,
                404,
            );
        }
    });
}

#[test]
fn a_node_may_take_no_applications_and_one_address_only_some() {
    on_both(async |db| {
        let closed = TestApp::with(
            db.clone(),
            &[("VIRTUAL_FORUM_MEMBERSHIP__APPLICATIONS", "false")],
        );
        let body = json!({
            "name": "Lantern House", "handle": "lantern", "category": "media",
            "reason": "We report.", "email": "focal@lantern.example"
        });
        let path = format!("{PREFIX}/applications");
        let refused = closed
            .call(Method::POST, &path, None, Some(body.clone()))
            .await;
        assert_problem(&refused, 403);
        let open = TestApp::new(db);
        for _ in 0..3 {
            let sent = open
                .call(Method::POST, &path, None, Some(body.clone()))
                .await;
            assert_eq!(sent.status, 201, "{}", sent.body);
        }
        let refused = open.call(Method::POST, &path, None, Some(body)).await;
        assert_problem(&refused, 409);
    });
}

#[test]
fn applications_have_a_rate_for_each_network_address() {
    use axum::{body::Body, extract::ConnectInfo, http::Request};
    use std::net::SocketAddr;

    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_LIMITS__APPLICATIONS_PER_HOUR", "2")]);
        let send = async |from: &str| {
            let from: SocketAddr = from.parse().expect("an address");
            let request = Request::post(format!("{PREFIX}/applications"))
                .header(header::HOST, "n.example")
                .header(header::CONTENT_TYPE, "application/json")
                .extension(ConnectInfo(from))
                .body(Body::from("{}"));
            node.send(request.expect("a request")).await
        };
        for _ in 0..2 {
            assert_problem(&send("192.0.2.1:5000").await, 422);
        }
        let refused = send("192.0.2.1:5001").await;
        assert_problem(&refused, 429);
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
        assert_problem(&send("192.0.2.2:5000").await, 422);
    });
}
