//! `/admin/audit`: what was decided about people, organisations and servers.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    caller::Caller,
    page::{Page, Paging},
    problem::Problem,
    query::{self, Query},
    vocabulary::one_of,
};
use crate::{
    app::App,
    domain::audit::Decision,
    operations::audit::{Chain, verify},
    storage::audit::{self, Record},
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(check))
}

fn decision_words() -> Object {
    one_of(Decision::ALL.iter().map(|one| one.as_str()))
}

/// A decision in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
struct DecisionDocument {
    /// 1, 2, 3… without a gap.
    number: i64,
    at: DateTime<Utc>,
    /// Id of the account that decided; `null` for the command line.
    by: Option<String>,
    #[schema(schema_with = decision_words)]
    decision: String,
    /// What it is about by its own reference, for example `organisation moj`.
    subject: String,
    detail: String,
    /// The `hash` of the decision before; empty for the first.
    previous: String,
    /// SHA-256, in base64url, over the canonical JSON (RFC 8785) of the other
    /// members, numbers as strings and the time to the microsecond.
    hash: String,
}

impl From<Record> for DecisionDocument {
    fn from(record: Record) -> Self {
        Self {
            number: record.number,
            at: record.at,
            by: record.by.map(|user| user.to_string()),
            decision: record.decision,
            subject: record.subject,
            detail: record.detail,
            previous: record.previous,
            hash: record.hash,
        }
    }
}

/// The log of decisions, newest first.
#[utoipa::path(
    get,
    path = "/admin/audit",
    tag = "administration",
    params(Paging),
    responses(
        (status = 200, body = Page<DecisionDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<DecisionDocument>>, Problem> {
    caller.administers("admin:read")?;
    let window = query::window(raw.as_deref())?;
    let read = app.forum.db.read(move |conn| audit::list(conn, window));
    let page = Page::by_id(read.await?, window, |one| one.number);
    Ok(Json(page.map(DecisionDocument::from)))
}

/// What walking the log found.
#[derive(Debug, Serialize, ToSchema)]
struct CheckDocument {
    ok: bool,
    /// How many decisions fit; those before the first that does not.
    records: i64,
    /// The hash of the newest one; `null` when the log is broken.
    newest: Option<String>,
    /// Number of the first decision that does not fit.
    broken_at: Option<i64>,
    why: Option<String>,
}

/// Walks the whole log. `seen` is a hash that was noted earlier: the log must
/// still hold it, so that its end was not cut off or written anew.
#[utoipa::path(
    get,
    path = "/admin/audit/check",
    tag = "administration",
    params(("seen" = Option<String>, Query, description = "A `hash` that was noted earlier")),
    responses(
        (status = 200, body = CheckDocument),
    ),
    security(("token" = ["admin:read"])),
)]
async fn check(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<CheckDocument>, Problem> {
    caller.administers("admin:read")?;
    let query = Query::new(raw.as_deref(), &["seen"]);
    let seen = query.text("seen");
    query.finish()?;
    Ok(Json(match verify(&app.forum, seen).await? {
        Chain::Whole { records, newest } => CheckDocument {
            ok: true,
            records,
            newest: Some(newest),
            broken_at: None,
            why: None,
        },
        Chain::Broken { number, why } => CheckDocument {
            ok: false,
            records: number - 1,
            newest: None,
            broken_at: Some(number),
            why: Some(why.to_owned()),
        },
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{
        domain::{account::Role, organisation::Category},
        forum_api::{
            PREFIX,
            tests::{assert_described, assert_problem},
        },
        storage::testing::on_both,
        tests::test_app::TestApp,
    };

    #[test]
    fn administrators_read_the_log_page_by_page_and_check_it() {
        on_both(async |db| {
            let node = TestApp::new(db);
            node.organisation("moj", Category::Government).await;
            let token = node.token("moj", Role::Administrator, "admin:read").await;
            let path = format!("{PREFIX}/admin/audit");
            let all = node.get(&path, Some(&token)).await.json();
            let words: Vec<&Value> = all["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|one| &one["decision"])
                .collect();
            assert_eq!(
                words,
                ["token-made", "account-created", "organisation-created"]
            );
            assert_described(&node, "Decision", &all["items"][0]).await;
            assert_eq!(all["items"][2]["subject"], "organisation moj");
            let first = node.get(&format!("{path}?limit=2"), Some(&token)).await;
            let next = first.json()["next"].as_str().expect("more").to_owned();
            let rest = format!("{path}?cursor={next}");
            let rest = node.get(&rest, Some(&token)).await.json();
            assert_eq!(rest["items"][0], all["items"][2]);

            let check = node.get(&format!("{path}/check"), Some(&token)).await;
            assert_eq!(check.json()["ok"], true);
            assert_eq!(check.json()["records"], 3);
            let hash = all["items"][1]["hash"].as_str().expect("a hash");
            let seen = format!("{path}/check?seen={hash}");
            assert_eq!(node.get(&seen, Some(&token)).await.json()["ok"], true);
            let other = format!("{path}/check?seen=nonsense");
            assert_eq!(node.get(&other, Some(&token)).await.json()["ok"], false);
        });
    }

    #[test]
    fn nobody_else_reads_the_log() {
        on_both(async |db| {
            let node = TestApp::new(db);
            node.organisation("moj", Category::Government).await;
            let reader = node.token("moj", Role::FocalPoint, "admin:read").await;
            let narrow = node.token("moj", Role::Administrator, "read").await;
            for path in ["/admin/audit", "/admin/audit/check"] {
                let path = format!("{PREFIX}{path}");
                assert_problem(&node.get(&path, None).await, 401);
                assert_problem(&node.get(&path, Some(&reader)).await, 403);
                assert_problem(&node.get(&path, Some(&narrow)).await, 403);
            }
        });
    }
}
