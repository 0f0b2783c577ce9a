use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    operations::people,
    storage::{Db, testing::on_both},
    tests::test_app::{Answer, TestApp},
};

/// `moj` with a focal point, `ngo` with one, and an administrator.
struct World {
    node: TestApp,
    focal: String,
    administrator: String,
    path: String,
}

impl World {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        let moj = node.organisation("moj", Category::Government).await;
        node.organisation("ngo", Category::CivilSociety).await;
        let focal = node.token("moj", Role::FocalPoint, "read write").await;
        let administrator = node
            .token("ngo", Role::Administrator, "read admin:write")
            .await;
        let path = format!("{PREFIX}/organisations/{}/handover", moj.id);
        Self {
            node,
            focal,
            administrator,
            path,
        }
    }

    async fn hand_over(&self, token: &str, body: Value) -> Answer {
        self.node
            .call(Method::POST, &self.path, Some(token), Some(body))
            .await
    }

    async fn cancel(&self, token: &str) -> Answer {
        self.node
            .call(Method::DELETE, &self.path, Some(token), None)
            .await
    }
}

fn secret(answer: &Answer) -> String {
    let link = answer.json()["link"].as_str().map(str::to_owned);
    let link = link.expect("a link");
    let secret = link.strip_prefix("https://n.example/handover/");
    secret.expect("the page of the new one").to_owned()
}

#[test]
fn a_focal_point_hands_over_by_a_link_that_works_once() {
    on_both(async |db| {
        let world = World::new(db).await;
        let body = json!({"to": "new@moj.example"});
        let made = world.hand_over(&world.focal, body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_described(&world.node, "Handover", &made.json()).await;
        assert_eq!(made.json()["at_once"], false);
        // A second one takes the place of the first.
        let second = world.hand_over(&world.focal, body).await;
        let forum = &world.node.app.forum;
        let password = || "a long enough password".to_owned();
        let void = people::accept_handover(forum, &secret(&made), password()).await;
        assert!(matches!(void, Err(people::HandoverError::LinkUsed)));
        let link = secret(&second);
        let new = people::accept_handover(forum, &link, password()).await;
        assert_eq!(new.expect("taken over").role, Role::FocalPoint);
        let again = people::accept_handover(forum, &link, password()).await;
        assert!(matches!(again, Err(people::HandoverError::LinkUsed)));
        let late = world
            .hand_over(&world.focal, json!({"to": "other@moj.example"}))
            .await;
        assert_problem(&late, 401);
    });
}

#[test]
fn a_colleague_with_a_password_takes_over_at_once() {
    on_both(async |db| {
        let world = World::new(db).await;
        let forum = &world.node.app.forum;
        let password = Some("a long enough password".to_owned());
        let to = "colleague@moj.example";
        people::create(forum, None, to, "moj", Role::Editor, password)
            .await
            .expect("an account");
        let done = world
            .hand_over(&world.administrator, json!({ "to": to }))
            .await;
        assert_eq!(done.status, 201, "{}", done.body);
        assert_described(&world.node, "Handover", &done.json()).await;
        assert_eq!(done.json()["at_once"], true);
        let profile = world.path.trim_end_matches("/handover").to_owned();
        assert_problem(&world.node.get(&profile, Some(&world.focal)).await, 401);
    });
}

#[test]
fn addresses_of_others_cannot_take_over() {
    on_both(async |db| {
        let world = World::new(db).await;
        for to in [
            "",
            "nobody",
            "administrator@ngo.example",
            "Focal-Point@moj.example",
            "focal-point+x@moj.example",
        ] {
            let refused = world.hand_over(&world.focal, json!({ "to": to })).await;
            assert_eq!(faults(&refused), ["to"], "{to}");
        }
        let wrong = json!({"to": "new@moj.example", "from": "nobody@moj.example"});
        let refused = world.hand_over(&world.administrator, wrong).await;
        assert_eq!(faults(&refused), ["from"]);
    });
}

#[test]
fn of_several_focal_points_one_must_be_named() {
    on_both(async |db| {
        let world = World::new(db).await;
        let forum = &world.node.app.forum;
        let second = "second@moj.example";
        people::create(forum, None, second, "moj", Role::FocalPoint, None)
            .await
            .expect("an account");
        let unnamed = json!({"to": "new@moj.example"});
        let refused = world.hand_over(&world.administrator, unnamed).await;
        assert_eq!(faults(&refused), ["from"]);
        let named = json!({"to": "new@moj.example", "from": "Second@moj.example"});
        let made = world.hand_over(&world.administrator, named).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let other = json!({"to": "new@moj.example", "from": second});
        let refused = world.hand_over(&world.focal, other).await;
        assert_problem(&refused, 403);
    });
}

#[test]
fn only_its_focal_point_or_an_administrator_hands_over_and_withdraws() {
    on_both(async |db| {
        let world = World::new(db).await;
        let body = || json!({"to": "new@moj.example"});
        let node = &world.node;
        let stranger = node.token("ngo", Role::FocalPoint, "read write").await;
        let editor = node.token("moj", Role::Editor, "read write").await;
        let reading = node.token("moj", Role::FocalPoint, "read").await;
        for token in [&stranger, &editor, &reading] {
            assert_problem(&world.hand_over(token, body()).await, 403);
            assert_problem(&world.cancel(token).await, 403);
        }
        assert_problem(&world.cancel(&world.focal).await, 409);
        let made = world.hand_over(&world.focal, body()).await;
        let link = secret(&made);
        assert_eq!(world.cancel(&world.administrator).await.status, 204);
        let opened = people::open_handover(&node.app.forum, &link).await;
        assert!(matches!(opened, Err(people::HandoverError::LinkUsed)));
        let nowhere = format!("{PREFIX}/organisations/7/handover");
        let missed = node
            .call(
                Method::POST,
                &nowhere,
                Some(&world.administrator),
                Some(body()),
            )
            .await;
        assert_problem(&missed, 404);
    });
}

#[test]
fn of_two_who_use_a_link_at_once_one_takes_over() {
    on_both(async |db| {
        let world = World::new(db).await;
        let made = world
            .hand_over(&world.focal, json!({"to": "new@moj.example"}))
            .await;
        let link = secret(&made);
        let forum = &world.node.app.forum;
        let accept = |password: &str| people::accept_handover(forum, &link, password.into());
        let (one, other) = tokio::join!(
            accept("a long enough password"),
            accept("another long password")
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
        let lost = one.err().or(other.err()).expect("one is too late");
        assert!(matches!(lost, people::HandoverError::LinkUsed), "{lost:?}");
    });
}
