//! `/accreditations`: what anchors say of the caller's organisation, and, for
//! administrators, what this node's anchor says of others.

mod document;
mod proposals;
#[cfg(test)]
mod tests;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::MaybeJsonObject,
    caller::Caller,
    fields::{only_text, sentence},
    page::{self, Page, Paging},
    path,
    problem::{Invalid, Problem, Refused},
    query,
};
use crate::{
    app::App,
    domain::page::Window,
    operations::accreditations::{self as verbs, AccreditationError},
    storage::{self, accreditations::Issued},
};
use document::AccreditationDocument;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .merge(proposals::router())
        .routes(routes!(renew))
        .routes(routes!(revoke))
}

/// For an administrator whose token covers `admin:read`: everything that this
/// node's anchor has issued, newest first. For everybody else: what their own
/// organisation holds.
#[utoipa::path(
    get,
    path = "/accreditations",
    tag = "accreditations",
    params(Paging),
    responses(
        (status = 200, body = Page<AccreditationDocument>),
    ),
    security(("token" = ["read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<AccreditationDocument>>, Problem> {
    let runs_the_node = caller.clone().administers("admin:read").is_ok();
    let scope = if runs_the_node { "admin:read" } else { "read" };
    let person = caller.signed_in(scope)?;
    let window = query::window(raw.as_deref())?;
    let page = match runs_the_node {
        true => {
            let from = Window::before(Some(page::before(window)), window.limit);
            let issued = verbs::issued(&app.forum, from).await?;
            Page::by_count(issued, window).map(|one| document(&app, &one))
        }
        false => Page::of_all(held(&app, person.organisation.uri).await?, window),
    };
    Ok(Json(page))
}

async fn held(app: &App, actor: Url) -> Result<Vec<AccreditationDocument>, storage::Error> {
    let forum = app.forum.clone();
    let weighed = app
        .forum
        .db
        .read(move |conn| verbs::weighed_of(conn, &forum, &actor));
    Ok(weighed
        .await?
        .iter()
        .map(|(held, weight)| {
            let by = app.forum.trust.name(&held.credential.issuer);
            AccreditationDocument::held(held, *weight, by.map(str::to_owned))
        })
        .collect())
}

/// What this node's anchor issued.
fn document(app: &App, issued: &Issued) -> AccreditationDocument {
    let by = app.forum.trust.name(&issued.held.credential.issuer);
    AccreditationDocument::issued(issued, by.map(str::to_owned), app.forum.now())
}

/// What was issued just now, with the signed document.
fn created(
    app: &App,
    issued: &Issued,
    credential: Value,
) -> (StatusCode, Json<AccreditationDocument>) {
    let mut document = document(app, issued);
    document.credential = Some(credential);
    (StatusCode::CREATED, Json(document))
}

/// Issues the same again, for as long as before.
#[utoipa::path(
    post,
    path = "/admin/accreditations/{id}/renew",
    tag = "administration",
    params(("id" = String, Path, description = "urn:uuid:…")),
    responses(
        (status = 201, body = AccreditationDocument),
        Refused<404, 409, 422>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn renew(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<AccreditationDocument>), Problem> {
    let me = Some(caller.administers("admin:write")?.user.id);
    let (issued, credential) = verbs::renew(&app.forum, me, &path::id(&id)?).await?;
    Ok(created(&app, &issued, credential))
}

/// Why it is revoked.
#[derive(ToSchema)]
#[schema(as = RevocationInput)]
#[expect(dead_code, reason = "only its description is used")]
struct Reason {
    /// For administrators.
    reason: Option<String>,
}

/// Revokes an accreditation, and what renewed it.
#[utoipa::path(
    post,
    path = "/admin/accreditations/{id}/revoke",
    tag = "administration",
    params(("id" = String, Path, description = "urn:uuid:…")),
    request_body(content = Reason, content_type = "application/json"),
    responses(
        (status = 200, body = AccreditationDocument),
        Refused<404>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    MaybeJsonObject(members): MaybeJsonObject,
) -> Result<Json<AccreditationDocument>, Problem> {
    let me = Some(caller.administers("admin:write")?.user.id);
    let reason = only_text(members, "reason")?.unwrap_or_default();
    let revoked = verbs::revoke(&app.forum, me, &path::id(&id)?, &reason).await?;
    Ok(Json(document(&app, &revoked)))
}

impl From<AccreditationError> for Problem {
    fn from(error: AccreditationError) -> Self {
        let field = match error {
            AccreditationError::Storage(error) => return error.into(),
            AccreditationError::CannotSign(reason) => {
                tracing::error!(%reason, "the anchor cannot sign");
                return Self::Internal;
            }
            AccreditationError::NotIssued | AccreditationError::NoSuchProposal => {
                return Self::NotFound;
            }
            AccreditationError::OwnProposal(_)
            | AccreditationError::TooManyProposals
            | AccreditationError::NoAnchor
            | AccreditationError::AnchorExists(_)
            | AccreditationError::KeyChanged
            | AccreditationError::Revoked
            | AccreditationError::Over => return Self::Conflict(sentence(&error)),
            AccreditationError::InvalidDays => "days",
            AccreditationError::InvalidAudience => "audience",
            AccreditationError::Country(_) => "country",
            AccreditationError::NotANode | AccreditationError::NotAnOrganisation => "actor",
            AccreditationError::InvalidName
            | AccreditationError::NoSuchOrganisation
            | AccreditationError::NoKey
            | AccreditationError::NotOurs(_)
            | AccreditationError::Worthless(_)
            | AccreditationError::Unreadable(_) => "actor",
        };
        Self::Invalid(vec![Invalid::new(field, sentence(&error))])
    }
}
