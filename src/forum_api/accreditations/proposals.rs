//! `/admin/accreditations` and `/admin/accreditations/proposals`: two people
//! decide what this node's anchor says.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{created, document::AccreditationDocument};
use crate::{
    app::App,
    domain::{
        accreditation::{About, Proposal, Request, USUAL_DAYS},
        audience::Tier,
        id::UserId,
        organisation::Category,
    },
    federation::lookup::{self, LookupError},
    forum_api::{
        body::JsonObject,
        caller::Caller,
        fields::{Fields, sentence},
        page::Page,
        path,
        problem::{Invalid, Problem, Refused},
        vocabulary::one_of,
    },
    operations::accreditations as verbs,
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(propose))
        .routes(routes!(list))
        .routes(routes!(approve))
        .routes(routes!(decline))
}

/// What this node's anchor is to say: of an organisation (`category`, perhaps
/// `country`) or of a node (`audience`).
#[derive(ToSchema)]
#[schema(as = AccreditationInput)]
#[expect(dead_code, reason = "only its description is used")]
struct Input {
    /// The actor's id.
    actor: String,
    #[schema(schema_with = category_words)]
    category: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    #[schema(schema_with = audience_words)]
    audience: Option<String>,
    /// 1 to 180; 90 when absent.
    days: Option<i64>,
}

fn category_words() -> Object {
    one_of(Category::ALL.map(Category::as_str))
}

fn audience_words() -> Object {
    one_of([Tier::Members.as_str(), Tier::Preferential.as_str()])
}

const FIELDS: [&str; 5] = ["actor", "category", "country", "audience", "days"];

/// An accreditation that waits for a second administrator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccreditationProposal)]
struct ProposalDocument {
    id: String,
    /// The actor that it is about.
    actor: String,
    #[schema(schema_with = category_words)]
    category: Option<&'static str>,
    country: Option<String>,
    /// Up to which audience the node is to store entries.
    audience: Option<&'static str>,
    days: i64,
    proposed_at: DateTime<Utc>,
    /// By the caller, who cannot approve it then.
    own: bool,
}

impl ProposalDocument {
    fn new(proposal: Proposal, caller: UserId) -> Self {
        let (category, country, audience) = match proposal.request.about {
            About::Organisation { category, country } => (Some(category.as_str()), country, None),
            About::Node { audience } => (None, None, Some(audience.as_str())),
        };
        Self {
            id: proposal.id.to_string(),
            actor: proposal.request.subject.into(),
            category,
            country,
            audience,
            days: proposal.request.days,
            proposed_at: proposal.proposed_at,
            own: proposal.proposed_by == caller,
        }
    }
}

/// Proposes that this node's anchor issues an accreditation. Another
/// administrator, or the operator, approves.
#[utoipa::path(
    post,
    path = "/admin/accreditations",
    tag = "administration",
    request_body(content = Input, content_type = "application/json"),
    responses(
        (status = 202, body = ProposalDocument),
        Refused<409>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<(StatusCode, Json<ProposalDocument>), Problem> {
    let me = caller.administers("admin:write")?.user.id;
    app.limits.lookup.check(&me.to_string())?;
    let request = read(members)?;
    let subject = lookup::key_holder(&app.federation, &request.subject)
        .await
        .map_err(not_found)?;
    let request = Request { subject, ..request };
    let proposal = verbs::propose(&app.forum, me, request).await?;
    let document = ProposalDocument::new(proposal, me);
    Ok((StatusCode::ACCEPTED, Json(document)))
}

/// The accreditations that wait for a second administrator, the oldest first:
/// all of them, 200 at most.
#[utoipa::path(
    get,
    path = "/admin/accreditations/proposals",
    tag = "administration",
    responses(
        (status = 200, body = Page<ProposalDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Page<ProposalDocument>>, Problem> {
    let me = caller.administers("admin:read")?.user.id;
    let page = Page::whole(verbs::proposals(&app.forum).await?);
    Ok(Json(page.map(|one| ProposalDocument::new(one, me))))
}

/// Issues what another administrator proposed. The answer's `credential` is to
/// be imported where the actor is at home, if that is not here. Nobody approves
/// their own proposal (409).
#[utoipa::path(
    post,
    path = "/admin/accreditations/proposals/{id}/approve",
    tag = "administration",
    params(("id" = String, Path, description = "Of the proposal")),
    responses(
        (status = 201, body = AccreditationDocument),
        Refused<404, 409, 422>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<(StatusCode, Json<AccreditationDocument>), Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let (issued, credential) = verbs::approve(&app.forum, path::id(&id)?, Some(me)).await?;
    Ok(created(&app, &issued, credential))
}

/// Takes a proposal off the list: another's, or one's own.
#[utoipa::path(
    post,
    path = "/admin/accreditations/proposals/{id}/decline",
    tag = "administration",
    params(("id" = String, Path, description = "Of the proposal")),
    responses(
        (status = 200, body = ProposalDocument),
        Refused<404>,
    ),
    security(("token" = ["admin:write"])),
)]
async fn decline(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<ProposalDocument>, Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let declined = verbs::decline(&app.forum, path::id(&id)?, Some(me)).await?;
    Ok(Json(ProposalDocument::new(declined, me)))
}

fn read(members: Map<String, Value>) -> Result<Request, Problem> {
    let mut fields = Fields::new(members, &FIELDS, &[]);
    let actor: Option<Url> = fields.word("actor").value();
    let category: Option<Category> = fields.word("category").value();
    let audience: Option<Tier> = fields.word("audience").value();
    let country = fields.text("country").value();
    if actor.is_none() && !fields.has_error("actor") {
        fields.refuse("actor", "Give the address of the actor.");
    }
    let days = fields.days("days").value().unwrap_or(USUAL_DAYS);
    let about = match (category, audience) {
        (Some(category), None) => Some(About::Organisation { category, country }),
        (None, Some(audience)) if country.is_none() => Some(About::Node { audience }),
        _ => {
            if !fields.has_error("category") && !fields.has_error("audience") {
                let advice = "Give a category for an organisation, or an audience for a node.";
                fields.refuse("category", advice);
            }
            None
        }
    };
    fields.finish()?;
    Ok(Request {
        subject: actor.expect("its absence was refused"),
        about: about.expect("its absence was refused"),
        days,
    })
}

fn not_found(error: LookupError) -> Problem {
    match error {
        LookupError::Storage(error) => error.into(),
        other @ (LookupError::NotUnderstood
        | LookupError::NotFound
        | LookupError::Unreachable(_)
        | LookupError::Unusable(_)) => {
            Problem::Invalid(vec![Invalid::new("actor", sentence(&other))])
        }
    }
}
