//! Membership through the real router, on both databases.

use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    storage::{Db, applications, testing::on_both},
    tests::test_app::{Answer, TestApp},
};

/// A node of two organisations that each have an administrator.
struct World {
    node: TestApp,
    anna: String,
    ben: String,
}

impl World {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        let hub = Category::InternationalOrganisation;
        node.organisation("hub", hub).await;
        node.organisation("second", Category::CivilSociety).await;
        let scopes = "read admin:read admin:write";
        let anna = node.token("hub", Role::Administrator, scopes).await;
        let ben = node.token("second", Role::Administrator, scopes).await;
        Self { node, anna, ben }
    }

    async fn apply(&self, change: Value) -> Answer {
        let mut body = json!({
            "name": "Lantern House", "handle": "lantern", "category": "civil_society",
            "country": "NP", "website": "https://lantern.example/", "reason": "We run shelters.",
            "referee": "@hub", "email": "focal@lantern.example"
        });
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.post("/applications", None, Some(body)).await
    }

    async fn post(&self, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let path = format!("{PREFIX}{path}");
        self.node.call(Method::POST, &path, token, body).await
    }

    async fn list(&self, query: &str) -> Answer {
        let path = format!("{PREFIX}/applications{query}");
        self.node.get(&path, Some(&self.anna)).await
    }

    /// The id of the newest application.
    async fn newest(&self) -> String {
        let list = self.list("?limit=1").await.json();
        list["items"][0]["id"].as_str().expect("an id").to_owned()
    }

    async fn approve(&self, id: &str, token: &str, body: Option<Value>) -> Answer {
        let path = format!("/applications/{id}/approve");
        self.post(&path, Some(token), body).await
    }
}

/// The secret in an applicant's link.
fn secret(answer: &Answer) -> String {
    let answer = answer.json();
    let link = answer["link"].as_str().expect("a link");
    let secret = link.strip_prefix("https://n.example/apply/");
    secret.expect("the page of the applicant").to_owned()
}

fn names(list: &Answer) -> Vec<Value> {
    let list = list.json();
    let items = list["items"].as_array().expect("items");
    items.iter().map(|one| one["name"].clone()).collect()
}

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
fn a_government_needs_two_people_and_nobody_is_two() {
    on_both(async |db| {
        let world = World::new(db).await;
        let ministry = json!({"category": "government", "handle": "moj", "name": "Ministry"});
        assert_eq!(world.apply(ministry).await.status, 201);
        let id = world.newest().await;
        let first = world.approve(&id, &world.anna, Some(json!({}))).await;
        assert_eq!(first.status, 200, "{}", first.body);
        assert_described(&world.node, "Application", &first.json()).await;
        assert_eq!(first.json()["link"], Value::Null);
        assert_eq!(first.json()["state"], "submitted");
        assert_eq!(first.json()["approvals"], 1);
        assert_eq!(
            first.json()["history"][1]["by"],
            "administrator@hub.example"
        );
        assert_problem(&world.approve(&id, &world.anna, None).await, 409);
        let second = world.approve(&id, &world.ben, None).await;
        assert_eq!(second.json()["state"], "approved", "{}", second.body);
        assert!(second.json()["link"].is_string());
    });
}

#[test]
fn a_refusal_needs_a_reason_which_the_applicant_reads() {
    on_both(async |db| {
        let world = World::new(db).await;
        let secret = secret(&world.apply(json!({})).await);
        let id = world.newest().await;
        let path = format!("/applications/{id}/refuse");
        for (body, field) in [
            (json!({}), "reason"),
            (json!({"reason": "x".repeat(2_001)}), "reason"),
            (json!({"reasn": "No."}), "reasn"),
        ] {
            let unreasoned = world.post(&path, Some(&world.anna), Some(body)).await;
            assert!(faults(&unreasoned).contains(&field.to_owned()), "{field}");
        }
        let refused = world
            .post(
                &path,
                Some(&world.anna),
                Some(json!({"reason": "Unknown."})),
            )
            .await;
        assert_eq!(refused.json()["state"], "refused", "{}", refused.body);
        let mine = format!("{PREFIX}/applications/by-link/{secret}");
        let followed = world.node.get(&mine, None).await.json();
        assert_eq!(followed["history"][1]["text"], "Unknown.");
        let late = world.approve(&id, &world.ben, None).await;
        assert_problem(&late, 409);
        let over = world
            .post(
                &format!("/applications/by-link/{secret}/withdraw"),
                None,
                None,
            )
            .await;
        assert_problem(&over, 409);
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
fn a_handle_taken_meanwhile_is_a_fault_of_that_field() {
    on_both(async |db| {
        let world = World::new(db).await;
        world.apply(json!({})).await;
        let id = world.newest().await;
        world.node.organisation("lantern", Category::Media).await;
        let taken = world.approve(&id, &world.anna, None).await;
        assert_eq!(faults(&taken), ["handle"]);
        let other = Some(json!({"handle": "lantern-house"}));
        let approved = world.approve(&id, &world.anna, other).await;
        assert_eq!(approved.json()["organisation"]["handle"], "lantern-house");
    });
}

#[test]
fn look_alikes_are_listed_with_the_reason() {
    on_both(async |db| {
        let world = World::new(db).await;
        world.apply(json!({})).await;
        let id = world.newest().await;
        world.approve(&id, &world.anna, None).await;
        let copy = json!({
            "name": "Lаntern House", "handle": "1antern", "email": "a@lantern-house.example",
            "website": "https://1antern.example", "referee": "The Bar Association"
        });
        assert_eq!(world.apply(copy).await.status, 201);
        let listed = world.list("?state=open").await.json();
        let warnings = listed["items"][0]["warnings"].as_array().expect("warnings");
        let codes: Vec<&str> = warnings
            .iter()
            .filter_map(|one| one["code"].as_str())
            .collect();
        for code in [
            "confusable_name",
            "confusable_handle",
            "similar_domain",
            "mixed_scripts",
            "unknown_referee",
        ] {
            assert!(codes.contains(&code), "{code}: {warnings:#?}");
        }
        let text = warnings[0]["text"].as_str().expect("a text");
        assert!(text.contains("Lantern House (@lantern)"), "{text}");
    });
}

#[test]
fn only_administrators_with_the_scope_see_or_decide() {
    on_both(async |db| {
        let world = World::new(db).await;
        world.apply(json!({})).await;
        let id = world.newest().await;
        let reading = world
            .node
            .token("hub", Role::Administrator, "read admin:read")
            .await;
        let focal = world
            .node
            .token("hub", Role::FocalPoint, "read write admin:read admin:write")
            .await;
        let list = format!("{PREFIX}/applications");
        for path in [list.clone(), format!("{list}/{id}")] {
            assert_problem(&world.node.get(&path, None).await, 401);
            assert_problem(&world.node.get(&path, Some(&focal)).await, 403);
        }
        for action in ["approve", "refuse", "ask"] {
            let path = format!("/applications/{id}/{action}");
            let body = || Some(json!({"reason": "No.", "question": "Why?"}));
            assert_problem(&world.post(&path, None, body()).await, 401);
            assert_problem(&world.post(&path, Some(&reading), body()).await, 403);
            assert_problem(&world.post(&path, Some(&focal), body()).await, 403);
            let unknown = format!("/applications/7/{action}");
            let body = match action {
                "refuse" => json!({"reason": "No."}),
                "ask" => json!({"question": "Why?"}),
                _ => json!({}),
            };
            let nothing = world.post(&unknown, Some(&world.anna), Some(body)).await;
            assert_problem(&nothing, 404);
        }
        let one = world
            .node
            .get(&format!("{list}/{id}"), Some(&reading))
            .await;
        assert_eq!(one.json()["state"], "submitted", "nothing was decided");
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
fn applications_are_listed_by_state_and_page() {
    on_both(async |db| {
        let world = World::new(db).await;
        for (name, handle) in [("One", "one"), ("Two", "two"), ("Three", "three")] {
            let sent = world
                .apply(
                    json!({"name": name, "handle": handle, "email": format!("a@{handle}.example")}),
                )
                .await;
            assert_eq!(sent.status, 201, "{}", sent.body);
        }
        let id = world.newest().await;
        world.approve(&id, &world.anna, None).await;
        assert_eq!(names(&world.list("").await), ["Three", "Two", "One"]);
        assert_eq!(names(&world.list("?state=open").await), ["Two", "One"]);
        assert_eq!(names(&world.list("?state=approved").await), ["Three"]);
        assert_eq!(names(&world.list("?state=refused").await), [""; 0]);
        let page = world.list("?limit=2").await;
        let next = page.json()["next"].as_str().expect("more").to_owned();
        let rest = world.list(&format!("?limit=2&cursor={next}")).await;
        assert_eq!(names(&rest), ["One"]);
        assert_eq!(faults(&world.list("?state=new").await), ["state"]);
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
