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
    fields::{Fields, sentence},
    problem::{Invalid, Problem, ProblemDetails},
    query::{Page, Query},
};
use crate::{
    app::App,
    domain::{accreditation::CredentialId, page::Window},
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
    params(
        ("limit" = Option<i64>, Query, description = "1 to 100; 20 when absent", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<AccreditationDocument>),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
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
    let mut query = Query::new(raw.as_deref(), &[]);
    let window = query.window();
    query.finish()?;
    // They have no ids that sort: the cursor counts them.
    let offset = window.before.unwrap_or(0);
    let items = match runs_the_node {
        true => issued(&app, Window::before(Some(offset), window.limit)).await?,
        false => {
            let (actor, from) = (person.organisation.uri, usize::try_from(offset));
            let held = held(&app, actor).await?.into_iter();
            held.skip(from.unwrap_or(usize::MAX)).collect()
        }
    };
    let size = usize::try_from(window.limit - 1).unwrap_or_default();
    let next = (items.len() > size).then(|| (offset + window.limit - 1).to_string());
    Ok(Json(Page {
        items: items.into_iter().take(size).collect(),
        next,
    }))
}

async fn issued(app: &App, window: Window) -> Result<Vec<AccreditationDocument>, storage::Error> {
    let now = app.forum.now();
    let issued = verbs::issued(&app.forum, window).await?;
    let name = |did| app.forum.trust.name(did).map(str::to_owned);
    Ok(issued
        .iter()
        .map(|one| AccreditationDocument::issued(one, name(&one.held.credential.issuer), now))
        .collect())
}

async fn held(app: &App, actor: Url) -> Result<Vec<AccreditationDocument>, storage::Error> {
    let forum = app.forum.clone();
    let weighed = app
        .forum
        .db
        .read(move |conn| verbs::weighed_of(conn, &forum, &actor));
    let name = |did| app.forum.trust.name(did).map(str::to_owned);
    Ok(weighed
        .await?
        .iter()
        .map(|(held, weight)| {
            let by = name(&held.credential.issuer);
            AccreditationDocument::held(held, *weight, by)
        })
        .collect())
}

/// Issues the same again, for as long as before.
#[utoipa::path(
    post,
    path = "/admin/accreditations/{id}/renew",
    tag = "administration",
    params(("id" = String, Path, description = "urn:uuid:…")),
    responses(
        (status = 201, body = AccreditationDocument),
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, body = ProblemDetails, content_type = "application/problem+json"),
    ),
    security(("token" = ["admin:write"])),
)]
async fn renew(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<AccreditationDocument>), Problem> {
    let me = Some(caller.administers("admin:write")?.user.id);
    let id: CredentialId = id.parse().map_err(|_| Problem::NotFound)?;
    let (issued, credential) = verbs::renew(&app.forum, me, &id).await?;
    Ok(created(&app, &issued, credential))
}

/// What was issued just now, with the signed document.
fn created(
    app: &App,
    issued: &Issued,
    credential: Value,
) -> (StatusCode, Json<AccreditationDocument>) {
    let by = app.forum.trust.name(&issued.held.credential.issuer);
    let by = by.map(str::to_owned);
    let mut document = AccreditationDocument::issued(issued, by, app.forum.now());
    document.credential = Some(credential);
    (StatusCode::CREATED, Json(document))
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
        (status = 401, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
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
    let mut fields = Fields::new(members, &["reason"], &[]);
    let reason = fields.text("reason").value().unwrap_or_default();
    fields.finish()?;
    let id: CredentialId = id.parse().map_err(|_| Problem::NotFound)?;
    let revoked = verbs::revoke(&app.forum, me, &id, &reason).await?;
    let by = app.forum.trust.name(&revoked.held.credential.issuer);
    let by = by.map(str::to_owned);
    Ok(Json(AccreditationDocument::issued(
        &revoked,
        by,
        app.forum.now(),
    )))
}

impl From<AccreditationError> for Problem {
    fn from(error: AccreditationError) -> Self {
        let error = match error {
            AccreditationError::Storage(error) => return error.into(),
            other => other,
        };
        let field = match &error {
            AccreditationError::CannotSign(reason) => {
                tracing::error!(%reason, "the anchor cannot sign");
                return Self::Internal;
            }
            AccreditationError::NotIssued | AccreditationError::NoSuchProposal => {
                return Self::NotFound;
            }
            AccreditationError::OwnProposal(_) | AccreditationError::TooManyProposals => {
                return Self::Conflict(sentence(&error));
            }
            AccreditationError::Storage(_) => return Self::Internal,
            AccreditationError::InvalidDays => "days",
            AccreditationError::InvalidAudience => "audience",
            AccreditationError::Country(_) => "country",
            AccreditationError::NotANode | AccreditationError::NotAnOrganisation => "actor",
            AccreditationError::NoAnchor
            | AccreditationError::AnchorExists(_)
            | AccreditationError::InvalidName
            | AccreditationError::NoSuchOrganisation
            | AccreditationError::NoKey
            | AccreditationError::KeyChanged
            | AccreditationError::Revoked
            | AccreditationError::NotOurs(_)
            | AccreditationError::Worthless(_)
            | AccreditationError::Unreadable(_) => "actor",
        };
        Self::Invalid(vec![Invalid::new(field, sentence(&error))])
    }
}
