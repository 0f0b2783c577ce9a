//! What applicants do, known by the secret in their link alone.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use utoipa::ToSchema;

use super::document::{OwnDocument, category_words, function_words};
use crate::{
    app::App,
    domain::application::Draft,
    forum_api::{
        body::JsonObject,
        caller::Client,
        fields::{Fields, only_text},
        problem::{Problem, ProblemDetails, Refused},
    },
    operations::applications as verbs,
};

/// An application to be sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct ApplicationInput {
    /// One line of at most 200 characters.
    name: String,
    /// 1 to 30 of a-z, 0-9, - and _.
    handle: String,
    #[schema(schema_with = category_words)]
    category: String,
    /// ISO 3166-1 alpha-2. Needed of governments.
    country: Option<String>,
    /// http or https.
    website: Option<String>,
    /// Plain text of at most 5,000 characters.
    reason: String,
    /// An organisation of the Forum by handle or address, or another body by
    /// name. Needed of individuals.
    referee: Option<String>,
    /// Of the focal point.
    email: String,
    /// The office that the focal point of a government holds.
    #[schema(schema_with = function_words)]
    function: Option<String>,
}

const FIELDS: [&str; 9] = [
    "name", "handle", "category", "country", "website", "reason", "referee", "email", "function",
];

/// Applies for membership.
///
/// Needs no token. The `link` in the answer is told once: with it the
/// applicant follows the application.
#[utoipa::path(
    post,
    path = "/applications",
    tag = "membership",
    request_body(content = ApplicationInput, content_type = "application/json"),
    responses(
        (status = 201, body = OwnDocument),
        (status = 403, description = "This node takes no applications", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "Too many applications are open", body = ProblemDetails, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn apply(
    State(app): State<App>,
    Client(client): Client,
    JsonObject(members): JsonObject,
) -> Result<Response, Problem> {
    if let Some(client) = client {
        app.limits.applications.check(&client)?;
    }
    let mut fields = Fields::new(members, &FIELDS, &[]);
    let mut text = |name: &str| fields.text(name).value().unwrap_or_default();
    let draft = Draft {
        name: text("name"),
        handle: text("handle"),
        category: text("category"),
        country: text("country"),
        website: text("website"),
        reason: text("reason"),
        referee: text("referee"),
        email: text("email"),
        function: text("function"),
    };
    fields.finish()?;
    let (_, secret) = verbs::apply(&app.forum, &app.config, &draft).await?;
    let followed = verbs::follow(&app.forum, &secret.0).await?;
    let link = app.forum.urls.application(&secret.0).to_string();
    let headers = [(header::LOCATION, link.clone())];
    let body = Json(OwnDocument::new(&followed, link));
    Ok((StatusCode::CREATED, headers, body).into_response())
}

/// An applicant's own application.
#[utoipa::path(
    get,
    path = "/applications/by-link/{token}",
    tag = "membership",
    params(("token" = String, Path, description = "The last part of the applicant's link")),
    responses(
        (status = 200, body = OwnDocument),
        Refused<404>,
    ),
)]
pub(super) async fn follow(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Json<OwnDocument>, Problem> {
    let followed = verbs::follow(&app.forum, &token).await?;
    Ok(own(&app, &followed, &token))
}

fn own(app: &App, followed: &verbs::Followed, token: &str) -> Json<OwnDocument> {
    let link = app.forum.urls.application(token).into();
    Json(OwnDocument::new(followed, link))
}

/// An answer to the organisers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct AnswerInput {
    /// Plain text of at most 5,000 characters.
    answer: String,
}

/// Answers the organisers' question.
#[utoipa::path(
    post,
    path = "/applications/by-link/{token}/answer",
    tag = "membership",
    params(("token" = String, Path, description = "The last part of the applicant's link")),
    request_body(content = AnswerInput, content_type = "application/json"),
    responses(
        (status = 200, body = OwnDocument),
        Refused<404, 409>,
    ),
)]
pub(super) async fn answer(
    State(app): State<App>,
    Path(token): Path<String>,
    JsonObject(members): JsonObject,
) -> Result<Json<OwnDocument>, Problem> {
    let text = only_text(members, "answer")?.unwrap_or_default();
    let followed = verbs::answer(&app.forum, &token, &text).await?;
    Ok(own(&app, &followed, &token))
}

/// Takes an application back.
#[utoipa::path(
    post,
    path = "/applications/by-link/{token}/withdraw",
    tag = "membership",
    params(("token" = String, Path, description = "The last part of the applicant's link")),
    responses(
        (status = 200, body = OwnDocument),
        Refused<404, 409>,
    ),
)]
pub(super) async fn withdraw(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Json<OwnDocument>, Problem> {
    let followed = verbs::withdraw(&app.forum, &token).await?;
    Ok(own(&app, &followed, &token))
}
