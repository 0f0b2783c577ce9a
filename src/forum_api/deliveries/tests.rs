//! The administrators' doors to the deliveries.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, id::DeliveryId, organisation::Category},
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    storage::{Db, audit, deliveries, lanes, samples, testing::on_both},
    tests::test_app::{Answer, TestApp, noon},
};

/// A dead letter for each of `a.example` and `b.example`, and one that waits
/// for `b.example`, which refuses our signatures.
async fn world(db: Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    samples::prepare(&node.app.forum.db, 2).await;
    samples::write(&node.app.forum.db, |conn| {
        let new = [
            samples::delivery(1, 1, "https://a.example/inbox"),
            samples::delivery(2, 1, "https://b.example/inbox"),
            samples::delivery(3, 2, "https://b.example/inbox"),
        ];
        deliveries::add_many(conn, &new, noon())?;
        deliveries::refused(conn, DeliveryId(1), "400 no", noon())?;
        deliveries::refused(conn, DeliveryId(2), "400 no", noon())?;
        let retry_at = noon() + TimeDelta::hours(6);
        lanes::hold(conn, "b.example", "401 who are you", retry_at)
    })
    .await;
    node
}

async fn list(node: &TestApp, token: Option<&str>) -> Answer {
    node.get(&format!("{PREFIX}/admin/deliveries"), token).await
}

async fn replay(node: &TestApp, token: &str, body: Option<Value>) -> Answer {
    let path = format!("{PREFIX}/admin/deliveries/replay");
    node.call(Method::POST, &path, Some(token), body).await
}

async fn dead(node: &TestApp, token: &str) -> Vec<(String, i64, i64)> {
    let list = list(node, Some(token)).await.json();
    let items = list["items"].as_array().expect("items");
    let mut found: Vec<_> = items
        .iter()
        .map(|lane| {
            let count = |name: &str| lane[name].as_i64().expect("a number");
            let host = lane["host"].as_str().expect("a host").to_owned();
            (host, count("pending"), count("dead"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn administrators_see_how_it_stands_with_each_host() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::Administrator, "admin:read").await;
        let answer = list(&node, Some(&token)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let held = &answer.json()["items"][0];
        assert_described(&node, "Lane", held).await;
        assert_eq!(
            held,
            &json!({"host": "b.example", "state": "held", "pending": 1, "dead": 1,
                    "failures": 1, "oldest": "2026-11-22T12:00:00Z",
                    "retry_at": "2026-11-22T18:00:00Z",
                    "last_error": "401 who are you", "last_success_at": null})
        );
        let one = node
            .get(&format!("{PREFIX}/admin/deliveries?limit=1"), Some(&token))
            .await
            .json();
        let cursor = one["next"].as_str().expect("there is more");
        let path = format!("{PREFIX}/admin/deliveries?limit=1&cursor={cursor}");
        let two = node.get(&path, Some(&token)).await.json();
        assert_eq!(two["items"][0]["host"], "a.example");
        assert_eq!(two["next"], Value::Null);
    });
}

#[test]
fn dead_letters_are_replayed_for_one_host_or_for_all() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node
            .token("moj", Role::Administrator, "admin:read admin:write")
            .await;
        let wrong = json!({"host": "c.example"});
        assert_eq!(faults(&replay(&node, &token, Some(wrong)).await), ["host"]);
        let wrong = json!({"hosts": ["a.example"]});
        assert_eq!(faults(&replay(&node, &token, Some(wrong)).await), ["hosts"]);
        let one = replay(&node, &token, Some(json!({"host": "a.example"}))).await;
        assert_eq!(one.json(), json!({"replayed": 1}));
        assert_eq!(
            dead(&node, &token).await,
            [("a.example".into(), 1, 0), ("b.example".into(), 1, 1)]
        );
        assert_eq!(
            replay(&node, &token, None).await.json(),
            json!({"replayed": 1})
        );
        assert_eq!(
            dead(&node, &token).await,
            [("a.example".into(), 1, 0), ("b.example".into(), 2, 0)]
        );
        assert_eq!(
            replay(&node, &token, None).await.json(),
            json!({"replayed": 0})
        );
    });
}

#[test]
fn only_administrators_with_the_scope_see_or_replay_deliveries() {
    on_both(async |db| {
        let node = world(db).await;
        assert_problem(&list(&node, None).await, 401);
        let role = Role::FocalPoint;
        let focal_point = node.token("moj", role, "admin:read admin:write").await;
        assert_problem(&list(&node, Some(&focal_point)).await, 403);
        assert_problem(&replay(&node, &focal_point, None).await, 403);
        let reading = node.token("moj", Role::Administrator, "admin:read").await;
        assert_problem(&replay(&node, &reading, None).await, 403);
        let common = node
            .token("moj", Role::Administrator, "read write follow")
            .await;
        assert_problem(&list(&node, Some(&common)).await, 403);
        assert_eq!(
            dead(&node, &reading).await,
            [("a.example".into(), 0, 1), ("b.example".into(), 1, 1)]
        );
    });
}

#[test]
fn what_waits_and_what_was_given_up_is_listed_one_by_one() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::Administrator, "admin:read").await;
        let letters = async |rest: &str| {
            let path = format!("{PREFIX}/admin/deliveries/{rest}");
            node.get(&path, Some(&token)).await
        };
        let waiting = letters("b.example").await;
        assert_eq!(waiting.status, 200, "{}", waiting.body);
        let waiting = waiting.json();
        let [one] = waiting["items"].as_array().expect("items").as_slice() else {
            panic!("{waiting}");
        };
        assert_described(&node, "Delivery", one).await;
        assert_eq!(one["state"], "pending");
        assert_eq!(one["kind"], "Accept");
        assert_eq!(one["inbox"], "https://b.example/inbox");
        assert_eq!(one["queued_at"], "2026-11-22T12:00:00Z");
        let dead = letters("b.example?state=dead").await.json();
        assert_eq!(dead["items"][0]["last_error"], "400 no");
        assert_eq!(dead["items"][0]["given_up_at"], "2026-11-22T12:00:00Z");
        assert_problem(&letters("c.example").await, 404);
        assert_eq!(
            faults(&letters("b.example?state=delivered").await),
            ["state"]
        );
        let anonymous = format!("{PREFIX}/admin/deliveries/b.example");
        assert_problem(&node.get(&anonymous, None).await, 401);
    });
}

#[test]
fn what_waits_for_a_host_is_given_up_and_can_be_sent_again() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node
            .token("moj", Role::Administrator, "admin:read admin:write")
            .await;
        let drop = async |token: &str, body: Option<Value>| {
            let path = format!("{PREFIX}/admin/deliveries/drop");
            node.call(Method::POST, &path, Some(token), body).await
        };
        assert_eq!(faults(&drop(&token, None).await), ["host"]);
        let wrong = json!({"host": "c.example"});
        assert_eq!(faults(&drop(&token, Some(wrong)).await), ["host"]);
        let right = json!({"host": "b.example"});
        let reading = node.token("moj", Role::Administrator, "admin:read").await;
        assert_problem(&drop(&reading, Some(right.clone())).await, 403);
        let dropped = drop(&token, Some(right.clone())).await;
        assert_eq!(dropped.json(), json!({"dropped": 1}));
        assert_eq!(
            dead(&node, &token).await,
            [("a.example".into(), 0, 1), ("b.example".into(), 0, 2)]
        );
        let again = replay(&node, &token, Some(right)).await;
        assert_eq!(again.json(), json!({"replayed": 2}));
    });
}

#[test]
fn who_replays_is_in_the_log_of_decisions() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node
            .token("moj", Role::Administrator, "admin:read admin:write")
            .await;
        let me = node.person(&token).await.user.id;
        let one = json!({"host": "a.example"});
        assert_eq!(replay(&node, &token, Some(one)).await.status, 200);
        assert_eq!(replay(&node, &token, None).await.status, 200);
        let unknown = json!({"host": "c.example"});
        assert_eq!(
            faults(&replay(&node, &token, Some(unknown)).await),
            ["host"]
        );
        let all = node
            .app
            .forum
            .db
            .read(|conn| audit::following(conn, 0, 100));
        let all = all.await.expect("read").into_iter();
        let replayed: Vec<_> = all
            .filter(|record| record.decision == "deliveries-replayed")
            .map(|record| (record.by, record.subject, record.detail))
            .collect();
        let of = |host: &str| {
            (
                Some(me),
                format!("server {host}"),
                "1 deliveries".to_owned(),
            )
        };
        assert_eq!(replayed, [of("a.example"), of("b.example")]);
    });
}
