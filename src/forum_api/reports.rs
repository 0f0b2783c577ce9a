//! `/admin/reports`: what people here and other servers reported.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    caller::Caller,
    organisations::Author,
    page::{Page, Paging},
    path,
    problem::{Problem, Refused},
    query::Query,
    vocabulary::one_of,
};
use crate::{
    app::App,
    domain::{
        audience::Viewer,
        id::ReportId,
        report::{Report, ReportCategory, ReportState},
    },
    operations::reports::{self as verbs, ReportError},
    storage::{self, Conn, entries, organisations, reports},
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(resolve))
}

fn state_words() -> Object {
    one_of(ReportState::ALL.map(ReportState::as_str))
}

fn category_words() -> Object {
    one_of(ReportCategory::ALL.map(ReportCategory::as_str))
}

/// A reported entry, in short.
#[derive(Debug, Serialize, ToSchema)]
struct ReportedEntry {
    id: String,
    uri: String,
    title: String,
}

/// A report to the administrators.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
struct ReportDocument {
    id: String,
    #[schema(schema_with = state_words)]
    state: &'static str,
    /// Who reported; for one of another server, that server's actor.
    reporter: Option<Author>,
    reported: Option<Author>,
    /// The entries that are still there and that the caller may see.
    entries: Vec<ReportedEntry>,
    #[schema(schema_with = category_words)]
    category: &'static str,
    /// The texts of the node's rules that the reporter cited.
    rules: Vec<String>,
    /// Plain text.
    comment: String,
    /// Was the server of the reported organisation told?
    forwarded: bool,
    created_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

fn documents(
    conn: &mut Conn,
    viewer: &Viewer,
    found: Vec<Report>,
) -> Result<Vec<ReportDocument>, storage::Error> {
    let ends: Vec<_> = found
        .iter()
        .flat_map(|one| [one.reporter, one.reported])
        .collect();
    let known = organisations::find_many(conn, &ends)?;
    found
        .into_iter()
        .map(|report| {
            let entries = entries::find_many(conn, viewer, &report.entries)?;
            Ok(ReportDocument {
                id: report.id.to_string(),
                state: report.state().as_str(),
                reporter: known.get(&report.reporter).map(Author::new),
                reported: known.get(&report.reported).map(Author::new),
                entries: entries
                    .into_iter()
                    .map(|entry| ReportedEntry {
                        id: entry.id.to_string(),
                        uri: entry.uri.to_string(),
                        title: entry.content.title,
                    })
                    .collect(),
                category: report.category.as_str(),
                rules: report.rules,
                comment: report.comment,
                forwarded: report.forwarded,
                created_at: report.created_at,
                resolved_at: report.resolved_at,
            })
        })
        .collect()
}

/// Reports, newest first.
#[utoipa::path(
    get,
    path = "/admin/reports",
    tag = "administration",
    params(
        ("state" = Option<String>, Query, description = "`open` or `resolved`; all when absent"),
        Paging,
    ),
    responses(
        (status = 200, body = Page<ReportDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<ReportDocument>>, Problem> {
    let viewer = caller.administers("admin:read")?.viewer();
    let mut query = Query::new(raw.as_deref(), &["state"]);
    let window = query.window();
    let states: Vec<ReportState> = query.words("state");
    query.finish()?;
    // Both words are as good as none.
    let state = match states.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let page = app.forum.db.read(move |conn| {
        let found = reports::list(conn, state, window)?;
        let page = Page::by_id(found, window, |one| one.id.0);
        page.try_map_all(|found| documents(conn, &viewer, found))
    });
    Ok(Json(page.await?))
}

/// Marks a report as dealt with. Doing it again changes nothing.
#[utoipa::path(
    post,
    path = "/admin/reports/{id}/resolve",
    tag = "administration",
    params(("id" = String, Path, description = "Of the report")),
    responses(
        (status = 200, body = ReportDocument),
        Refused<404>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn resolve(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<ReportDocument>, Problem> {
    let person = caller.administers("admin:write")?;
    let id: ReportId = path::id(&id)?;
    let report = verbs::resolve(&app.forum, id, Some(person.user.id)).await?;
    let viewer = person.viewer();
    let documents = app
        .forum
        .db
        .read(move |conn| documents(conn, &viewer, vec![report]))
        .await?;
    let document = documents.into_iter().next();
    Ok(Json(document.expect("one report makes one document")))
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::NotFound,
            ReportError::Myself => Self::NotAllowed("You cannot report yourself.".to_owned()),
            ReportError::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(Into::into).collect())
            }
            ReportError::Storage(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::{Value, json};

    use crate::{
        domain::{account::Role, organisation::Category, report::ReportCategory},
        forum_api::{
            PREFIX,
            tests::{assert_described, assert_problem, faults},
        },
        operations::reports::{NewReport, report},
        storage::{Db, testing::on_both},
        tests::test_app::{Answer, TestApp},
    };

    /// Two reports of `moj`, by `ngo`.
    async fn world(db: Db) -> TestApp {
        let node = TestApp::new(db);
        let moj = node.organisation("moj", Category::Government).await;
        node.organisation("ngo", Category::CivilSociety).await;
        let token = node.token("ngo", Role::Reader, "read").await;
        let person = node.person(&token).await;
        for comment in ["one", "two"] {
            let new = NewReport {
                reported: moj.id,
                entries: Vec::new(),
                category: ReportCategory::Legal,
                rules: Vec::new(),
                comment: comment.into(),
                forward: false,
            };
            let made = report(&node.app.forum, &person, new).await;
            made.expect("reported");
        }
        node
    }

    async fn list(node: &TestApp, token: Option<&str>, query: &str) -> Answer {
        node.get(&format!("{PREFIX}/admin/reports{query}"), token)
            .await
    }

    async fn resolve(node: &TestApp, token: &str, id: &str) -> Answer {
        let path = format!("{PREFIX}/admin/reports/{id}/resolve");
        node.call(Method::POST, &path, Some(token), None).await
    }

    fn comments(answer: &Answer) -> Vec<Value> {
        let list = answer.json();
        let items = list["items"].as_array().expect("items");
        items.iter().map(|one| one["comment"].clone()).collect()
    }

    #[test]
    fn administrators_list_and_resolve_reports() {
        on_both(async |db| {
            let node = world(db).await;
            let token = node
                .token("moj", Role::Administrator, "admin:read admin:write")
                .await;
            let all = list(&node, Some(&token), "").await;
            let newest = all.json()["items"][0].clone();
            assert_described(&node, "Report", &newest).await;
            assert_eq!(newest["reporter"]["handle"], "ngo");
            assert_eq!(newest["state"], "open");
            assert_eq!(newest["category"], "legal");
            assert_eq!(comments(&all), ["two", "one"]);
            let one = list(&node, Some(&token), "?limit=1").await.json();
            let next = one["next"].as_str().expect("more").to_owned();
            let rest = list(&node, Some(&token), &format!("?cursor={next}")).await;
            assert_eq!(comments(&rest), ["one"]);

            let id = newest["id"].as_str().expect("an id");
            let resolved = resolve(&node, &token, id).await.json();
            assert_eq!(resolved["state"], "resolved");
            let again = resolve(&node, &token, id).await.json();
            assert_eq!(again["resolved_at"], resolved["resolved_at"]);
            let open = list(&node, Some(&token), "?state=open").await;
            assert_eq!(comments(&open), ["one"]);
            let closed = list(&node, Some(&token), "?state=resolved").await;
            assert_eq!(comments(&closed), ["two"]);
            let wrong = list(&node, Some(&token), "?state=new").await;
            assert_eq!(faults(&wrong), ["state"]);
            assert_problem(&resolve(&node, &token, "7").await, 404);
        });
    }

    #[test]
    fn only_administrators_with_the_scope_see_or_resolve_reports() {
        on_both(async |db| {
            let node = world(db).await;
            assert_problem(&list(&node, None, "").await, 401);
            let scopes = "admin:read admin:write";
            let focal_point = node.token("moj", Role::FocalPoint, scopes).await;
            assert_problem(&list(&node, Some(&focal_point), "").await, 403);
            assert_problem(&resolve(&node, &focal_point, "7").await, 403);
            let reading = node.token("moj", Role::Administrator, "admin:read").await;
            let all = list(&node, Some(&reading), "").await.json();
            let id = all["items"][0]["id"].as_str().expect("an id").to_owned();
            assert_problem(&resolve(&node, &reading, &id).await, 403);
            let open = list(&node, Some(&reading), "?state=open").await.json();
            assert_eq!(open["items"].as_array().map(Vec::len), Some(2));
            let common = node.token("moj", Role::Administrator, "read write").await;
            assert_problem(&list(&node, Some(&common), "").await, 403);
            assert_eq!(
                list(&node, Some(&common), "").await.json()["status"],
                json!(403)
            );
        });
    }
}
