//! `/admin/deliveries`: how it stands with the servers that we send to.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::MaybeJsonObject,
    caller::Caller,
    fields::Fields,
    problem::{Problem, ProblemDetails},
    query::{Page, Query},
    vocabulary::one_of,
};
use crate::{
    app::App,
    domain::delivery::{Lane, LaneState},
    operations::deliveries,
    storage::lanes,
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(replay))
}

fn state_words() -> Object {
    let states = [LaneState::Open, LaneState::Held, LaneState::Gone];
    one_of(states.map(LaneState::as_str))
}

/// How it stands with one host.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lane)]
struct LaneDocument {
    host: String,
    /// `held` refuses our signatures, `gone` said that it is gone.
    #[schema(schema_with = state_words)]
    state: &'static str,
    /// How many wait.
    pending: i64,
    /// How many were given up and can be replayed.
    dead: i64,
    /// Failures in a row.
    failures: i32,
    /// Since when the oldest waits.
    oldest: Option<DateTime<Utc>>,
    retry_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
}

impl From<Lane> for LaneDocument {
    fn from(lane: Lane) -> Self {
        Self {
            host: lane.host,
            state: lane.state.as_str(),
            pending: lane.pending,
            dead: lane.dead,
            failures: lane.failures,
            oldest: lane.oldest_pending_at,
            retry_at: lane.retry_at,
            last_error: lane.last_error,
            last_success_at: lane.last_success_at,
        }
    }
}

/// How many were queued again.
#[derive(Debug, Serialize, ToSchema)]
struct Replayed {
    replayed: usize,
}

/// Every host that this node sends to, those with trouble first.
#[utoipa::path(
    get,
    path = "/admin/deliveries",
    tag = "administration",
    params(
        ("limit" = Option<i64>, Query, description = "1 to 100; 20 when absent", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<LaneDocument>),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<LaneDocument>>, Problem> {
    caller.administers("admin:read")?;
    let mut query = Query::new(raw.as_deref(), &[]);
    let window = query.window();
    query.finish()?;
    // Hosts have no ids: the cursor counts them.
    let offset = window.before.unwrap_or(0);
    let mut found = app
        .forum
        .db
        .read(move |conn| lanes::overview(conn, offset, window.limit))
        .await?;
    let size = window.limit - 1;
    let next = (found.len() as i64 > size).then(|| (offset + size).to_string());
    found.truncate(size as usize);
    let items = found.into_iter().map(LaneDocument::from).collect();
    Ok(Json(Page { items, next }))
}

/// The host to replay; without one, all hosts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct ReplayInput {
    host: Option<String>,
}

/// Queues what was given up again, for one host or for all.
#[utoipa::path(
    post,
    path = "/admin/deliveries/replay",
    tag = "administration",
    request_body(content = Option<ReplayInput>, content_type = "application/json"),
    responses(
        (status = 200, body = Replayed),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json"),
    ),
    security(("token" = ["admin:write"])),
)]
async fn replay(
    State(app): State<App>,
    caller: Caller,
    MaybeJsonObject(members): MaybeJsonObject,
) -> Result<Json<Replayed>, Problem> {
    caller.administers("admin:write")?;
    let mut fields = Fields::new(members, &["host"], &[]);
    let host = fields.text("host").value();
    if let Some(host) = &host {
        let name = host.clone();
        let known = app
            .forum
            .db
            .read(move |conn| lanes::find(conn, &name))
            .await?;
        if known.is_none() {
            fields.refuse("host", format!("Nothing was ever sent to {host:?}."));
        }
    }
    fields.finish()?;
    let replayed = deliveries::replay(&app.forum, host).await?;
    Ok(Json(Replayed { replayed }))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::{Value, json};

    use crate::{
        domain::{account::Role, id::DeliveryId, organisation::Category},
        forum_api::{
            PREFIX,
            tests::{assert_described, assert_problem, faults},
        },
        storage::{Db, deliveries, lanes, samples, testing::on_both},
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
            lanes::hold(conn, "b.example", "401 who are you")
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
                        "failures": 0, "oldest": "2026-11-22T12:00:00Z", "retry_at": null,
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
}
