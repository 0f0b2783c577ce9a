//! `/applications`: applying for membership, and deciding about it.

mod applying;
mod document;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::{JsonObject, MaybeJsonObject},
    caller::Caller,
    fields::{only_text, sentence},
    page::{Page, Paging},
    path,
    problem::{Problem, Refused},
    query::Query,
};
use crate::{
    app::App,
    domain::{
        application::{StepError, Which},
        id::ApplicationId,
    },
    operations::applications::{self as verbs, ApplicationError, Decided},
    storage::applications,
};
use document::ApplicationDocument;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(applying::apply, list))
        .routes(routes!(one))
        .routes(routes!(approve))
        .routes(routes!(refuse))
        .routes(routes!(ask))
        .routes(routes!(applying::follow))
        .routes(routes!(applying::answer))
        .routes(routes!(applying::withdraw))
}

impl From<ApplicationError> for Problem {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::NotFound => Self::NotFound,
            ApplicationError::Closed | ApplicationError::Step(StepError::OwnApplication) => {
                Self::NotAllowed(sentence(&error))
            }
            ApplicationError::TooManyOpen(_)
            | ApplicationError::Full
            | ApplicationError::Step(
                StepError::Approved
                | StepError::Refused
                | StepError::Withdrawn
                | StepError::AlreadyAsked
                | StepError::NotAsked
                | StepError::SamePerson,
            ) => Self::Conflict(sentence(&error)),
            ApplicationError::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(Into::into).collect())
            }
            ApplicationError::Storage(error) => error.into(),
        }
    }
}

/// Applications, newest first, each with its warnings and its history.
#[utoipa::path(
    get,
    path = "/applications",
    tag = "membership",
    params(
        ("state" = Option<String>, Query, description = "`open` (submitted, asked, answered), or one of the states; all when absent"),
        Paging,
    ),
    responses(
        (status = 200, body = Page<ApplicationDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<ApplicationDocument>>, Problem> {
    caller.administers("admin:read")?;
    let mut query = Query::new(raw.as_deref(), &["state"]);
    let window = query.window();
    let which: Option<Which> = query.words("state").pop();
    query.finish()?;
    let page = app.forum.db.read(move |conn| {
        let found = applications::list(conn, which, window)?;
        let page = Page::by_id(found, window, |one| one.id.0);
        page.try_map_all(|found| verbs::see(conn, found))
    });
    Ok(Json(page.await?.map(ApplicationDocument::from)))
}

async fn seen(app: &App, id: ApplicationId) -> Result<ApplicationDocument, Problem> {
    Ok(verbs::look(&app.forum, id).await?.into())
}

/// One application.
#[utoipa::path(
    get,
    path = "/applications/{id}",
    tag = "membership",
    params(("id" = String, Path, description = "Of the application")),
    responses(
        (status = 200, body = ApplicationDocument),
        Refused<404>,
    ),
    security(("token" = ["admin:read"])),
)]
async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<ApplicationDocument>, Problem> {
    caller.administers("admin:read")?;
    Ok(Json(seen(&app, path::id(&id)?).await?))
}

/// How an application is approved. The body may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct ApprovalInput {
    /// In place of the wished handle, for example because that was taken
    /// meanwhile.
    handle: Option<String>,
}

/// Approves an application.
///
/// Governments and international organisations need two approvals, of
/// different people: after the first, the application stays open. With the
/// last the organisation is made, and `link` is the one-time link of its focal
/// point, unless it is sent by mail. Nobody approves twice (409), or an application of their own address
/// (403).
#[utoipa::path(
    post,
    path = "/applications/{id}/approve",
    tag = "membership",
    params(("id" = String, Path, description = "Of the application")),
    request_body(content = ApprovalInput, content_type = "application/json"),
    responses(
        (status = 200, body = ApplicationDocument),
        Refused<404, 409>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    MaybeJsonObject(members): MaybeJsonObject,
) -> Result<Json<ApplicationDocument>, Problem> {
    let person = caller.administers("admin:write")?;
    let handle = only_text(members, "handle")?;
    let id = path::id(&id)?;
    let decided = verbs::approve(&app.forum, id, Some(person), handle.as_deref()).await?;
    let link = match decided {
        Decided::First(_) => None,
        Decided::Admitted(member) => member
            .link
            .map(|link| app.forum.urls.one_time_link(&link.0).into()),
    };
    let mut document = seen(&app, id).await?;
    document.link = link;
    Ok(Json(document))
}

/// Why an application is refused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct RefusalInput {
    /// Plain text of at most 2,000 characters; the applicant reads it.
    reason: String,
}

/// Refuses an application.
#[utoipa::path(
    post,
    path = "/applications/{id}/refuse",
    tag = "membership",
    params(("id" = String, Path, description = "Of the application")),
    request_body(content = RefusalInput, content_type = "application/json"),
    responses(
        (status = 200, body = ApplicationDocument),
        Refused<404, 409>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Json<ApplicationDocument>, Problem> {
    let person = caller.administers("admin:write")?;
    let reason = only_text(members, "reason")?.unwrap_or_default();
    let id = path::id(&id)?;
    verbs::refuse(&app.forum, id, Some(person), &reason).await?;
    Ok(Json(seen(&app, id).await?))
}

/// A question to an applicant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct QuestionInput {
    /// Plain text of at most 2,000 characters.
    question: String,
}

/// Asks the applicant something. A first approval becomes void.
#[utoipa::path(
    post,
    path = "/applications/{id}/ask",
    tag = "membership",
    params(("id" = String, Path, description = "Of the application")),
    request_body(content = QuestionInput, content_type = "application/json"),
    responses(
        (status = 200, body = ApplicationDocument),
        Refused<404, 409>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn ask(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Json<ApplicationDocument>, Problem> {
    let person = caller.administers("admin:write")?;
    let question = only_text(members, "question")?.unwrap_or_default();
    let id = path::id(&id)?;
    verbs::ask(&app.forum, id, Some(person), &question).await?;
    Ok(Json(seen(&app, id).await?))
}

#[cfg(test)]
mod tests;
