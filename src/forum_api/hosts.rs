//! `/admin/hosts`: other servers that are blocked, or allowed by name.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::JsonObject,
    caller::Caller,
    fields::{Fields, sentence},
    page::{Page, Paging},
    problem::{Invalid, Problem, Refused},
    query,
    vocabulary::one_of,
};
use crate::{
    app::App,
    operations::hosts::{self as verbs, HostError},
    storage::hosts::{self, HostPolicy, Policy},
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, decide))
        .routes(routes!(withdraw))
}

const POLICIES: [Policy; 2] = [Policy::Block, Policy::Allow];

fn policy_words() -> Object {
    one_of(POLICIES.map(Policy::as_str))
}

/// What was decided about a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Host)]
struct HostDocument {
    /// Lower case and in punycode; with a port when it is about that port
    /// alone. A block covers every host below.
    host: String,
    #[schema(schema_with = policy_words)]
    policy: &'static str,
    /// For administrators.
    reason: String,
    created_at: DateTime<Utc>,
}

impl From<HostPolicy> for HostDocument {
    fn from(decision: HostPolicy) -> Self {
        Self {
            host: decision.host,
            policy: decision.policy.as_str(),
            reason: decision.reason,
            created_at: decision.created_at,
        }
    }
}

/// Every server that something was decided about, by host.
#[utoipa::path(
    get,
    path = "/admin/hosts",
    tag = "administration",
    params(Paging),
    responses(
        (status = 200, body = Page<HostDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<HostDocument>>, Problem> {
    caller.administers("admin:read")?;
    let window = query::window(raw.as_deref())?;
    let all = app.forum.db.read(hosts::list).await?;
    Ok(Json(Page::of_all(all, window).map(HostDocument::from)))
}

/// A decision about a server.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct HostInput {
    /// `forum.example`, or `forum.example:8443` for one port.
    host: String,
    #[schema(schema_with = policy_words)]
    policy: String,
    reason: Option<String>,
}

/// Blocks or allows a server, in place of what was decided before.
#[utoipa::path(
    post,
    path = "/admin/hosts",
    tag = "administration",
    request_body(content = HostInput, content_type = "application/json"),
    responses(
        (status = 200, body = HostDocument),
    ),
    security(("token" = ["admin:write"])),
)]
async fn decide(
    State(app): State<App>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Json<HostDocument>, Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let mut fields = Fields::new(members, &["host", "policy", "reason"], &[]);
    let host = fields.text("host").value().unwrap_or_default();
    let reason = fields.text("reason").value().unwrap_or_default();
    let word = fields.text("policy").value().unwrap_or_default();
    let policy = POLICIES.into_iter().find(|one| one.as_str() == word);
    if policy.is_none() && !fields.has_error("policy") {
        fields.refuse("policy", "This must be block or allow.");
    }
    fields.finish()?;
    let policy = policy.expect("its absence was refused");
    let mode = app.config.federation.mode;
    let decided = verbs::decide(&app.forum, Some(me), mode, &host, policy, &reason).await?;
    Ok(Json(decided.into()))
}

/// Withdraws what was decided about a server.
#[utoipa::path(
    delete,
    path = "/admin/hosts/{host}",
    tag = "administration",
    params(("host" = String, Path, description = "As in the list")),
    responses(
        (status = 204),
        Refused<404>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn withdraw(
    State(app): State<App>,
    Path(host): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let mode = app.config.federation.mode;
    match verbs::withdraw(&app.forum, Some(me), mode, &host).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(HostError::Invalid(_)) => Err(Problem::NotFound),
        Err(error) => Err(error.into()),
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        match error {
            HostError::NotFound(_) => Self::NotFound,
            HostError::Invalid(_) | HostError::Ours => {
                Self::Invalid(vec![Invalid::new("host", sentence(&error))])
            }
            HostError::Storage(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::{Value, json};

    use crate::{
        domain::{account::Role, organisation::Category},
        forum_api::{
            PREFIX,
            tests::{assert_described, assert_problem, faults},
        },
        storage::testing::on_both,
        tests::test_app::{Answer, TestApp},
    };

    async fn post(node: &TestApp, token: &str, body: Value) -> Answer {
        let path = format!("{PREFIX}/admin/hosts");
        node.call(Method::POST, &path, Some(token), Some(body))
            .await
    }

    async fn list(node: &TestApp, token: &str, query: &str) -> Answer {
        node.get(&format!("{PREFIX}/admin/hosts{query}"), Some(token))
            .await
    }

    #[test]
    fn administrators_block_allow_list_and_forget_servers() {
        on_both(async |db| {
            let node = TestApp::new(db);
            node.organisation("moj", Category::Government).await;
            let scopes = "admin:read admin:write";
            let token = node.token("moj", Role::Administrator, scopes).await;
            let block = json!({"host": "Bücher.Example.", "policy": "block", "reason": "Spam"});
            let blocked = post(&node, &token, block).await.json();
            assert_described(&node, "Host", &blocked).await;
            assert_eq!(blocked["host"], "xn--bcher-kva.example");
            post(
                &node,
                &token,
                json!({"host": "z.example", "policy": "allow"}),
            )
            .await;
            let first = list(&node, &token, "?limit=1").await.json();
            assert_eq!(first["items"][0]["reason"], "Spam");
            let rest = list(&node, &token, "?limit=1&cursor=1").await.json();
            assert_eq!(rest["items"][0]["host"], "z.example");
            assert_eq!(rest["next"], Value::Null);
            for (body, field) in [
                (json!({"host": "n.example", "policy": "block"}), "host"),
                (json!({"host": "a b", "policy": "block"}), "host"),
                (json!({"host": "a.example", "policy": "hide"}), "policy"),
            ] {
                assert_eq!(faults(&post(&node, &token, body).await), [field]);
            }
            let path = format!("{PREFIX}/admin/hosts/xn--bcher-kva.example");
            for status in [204, 404] {
                let gone = node.call(Method::DELETE, &path, Some(&token), None).await;
                assert_eq!(gone.status, status);
            }
            let left = list(&node, &token, "").await.json();
            assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
        });
    }

    #[test]
    fn only_administrators_with_the_scope_see_or_decide_about_servers() {
        on_both(async |db| {
            let node = TestApp::new(db);
            node.organisation("moj", Category::Government).await;
            let scopes = "admin:read admin:write";
            let focal_point = node.token("moj", Role::FocalPoint, scopes).await;
            let reading = node.token("moj", Role::Administrator, "admin:read").await;
            let block = json!({"host": "a.example", "policy": "block"});
            assert_problem(&list(&node, &focal_point, "").await, 403);
            for token in [&focal_point, &reading] {
                assert_problem(&post(&node, token, block.clone()).await, 403);
                let path = format!("{PREFIX}/admin/hosts/a.example");
                let delete = node.call(Method::DELETE, &path, Some(token), None).await;
                assert_problem(&delete, 403);
            }
            assert_eq!(list(&node, &reading, "").await.json()["items"], json!([]));
        });
    }
}
