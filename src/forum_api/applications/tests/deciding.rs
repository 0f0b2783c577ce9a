//! What organisers see and decide.

use serde_json::{Value, json};

use super::{World, names, secret};
use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    storage::testing::on_both,
};

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
