//! Handing over to a new focal point.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{account::Role, id::OrganisationId},
    forum_api::{
        body::JsonObject,
        caller::Caller,
        fields::{Fields, sentence},
        path,
        problem::{Invalid, Problem, Refused},
    },
    operations::people::{self, HandedOver, Handing, HandoverError, Person},
    storage::organisations,
};

/// A hand-over.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct HandoverInput {
    /// E-mail address of the new focal point.
    to: String,
    /// E-mail address of the focal point whose access ends; may be left out
    /// where there is only one.
    from: Option<String>,
}

/// What a hand-over came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
pub(super) struct HandoverDocument {
    /// E-mail address of the new focal point.
    to: String,
    /// The new focal point had an account of the organisation: they took over,
    /// and the access of the old one has ended.
    at_once: bool,
    /// Else: the one-time link of the new focal point, told once. The access
    /// of the old one ends when it is used.
    link: Option<String>,
    expires_at: Option<DateTime<Utc>>,
}

impl From<HandoverError> for Problem {
    fn from(error: HandoverError) -> Self {
        match error {
            HandoverError::NotFound => Self::NotFound,
            HandoverError::NotAllowed => Self::NotAllowed(sentence(&error)),
            HandoverError::NothingWaits | HandoverError::LinkUsed => {
                Self::Conflict(sentence(&error))
            }
            HandoverError::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(Into::into).collect())
            }
            HandoverError::Password(_) => {
                Self::Invalid(vec![Invalid::new("password", sentence(&error))])
            }
            HandoverError::Storage(error) => error.into(),
        }
    }
}

/// Focal points with `write` hand over their own place, administrators with
/// `admin:write` that of any organisation of the node.
fn handing(app: &App, caller: Caller) -> Result<Handing, Problem> {
    if let Ok(person) = caller.clone().administers("admin:write") {
        return Ok(Handing::Administrator(person));
    }
    let person: Person = caller.changes(app, "write")?;
    match person.user.role {
        Role::FocalPoint => Ok(Handing::FocalPoint(person)),
        Role::Administrator | Role::Editor | Role::Reader => {
            Err(Problem::NotAllowed(sentence(&HandoverError::NotAllowed)))
        }
    }
}

/// The handle of a local organisation. Focal points know only their own.
async fn handle_of(app: &App, by: &Handing, id: &str) -> Result<String, Problem> {
    let id: OrganisationId = path::id(id)?;
    if let Handing::FocalPoint(person) = by
        && person.organisation.id != id
    {
        return Err(Problem::NotAllowed(sentence(&HandoverError::NotAllowed)));
    }
    let found = app
        .forum
        .db
        .read(move |conn| organisations::find(conn, id))
        .await?;
    match found {
        Some(one) if one.is_local() => Ok(one.handle),
        Some(_) | None => Err(Problem::NotFound),
    }
}

/// Hands an organisation over to a new focal point.
///
/// The focal point itself, with the scope `write`; or an administrator of the
/// node, with `admin:write`. The old one keeps their access until the new one
/// is in.
#[utoipa::path(
    post,
    path = "/organisations/{id}/handover",
    tag = "membership",
    params(("id" = String, Path, description = "Of the organisation")),
    request_body(content = HandoverInput, content_type = "application/json"),
    responses(
        (status = 201, body = HandoverDocument),
        Refused<404>,
    ),
    security(("token" = ["write"])),
)]
pub(super) async fn hand_over(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Response, Problem> {
    let by = handing(&app, caller)?;
    let handle = handle_of(&app, &by, &id).await?;
    let mut fields = Fields::new(members, &["to", "from"], &[]);
    let to = fields.text("to").value().unwrap_or_default();
    let from = fields.text("from").value();
    fields.finish()?;
    let done = people::hand_over(&app.forum, by, &handle, from.as_deref(), &to).await?;
    let document = match done {
        HandedOver::Invited { handover, link } => HandoverDocument {
            to: handover.email,
            at_once: false,
            link: Some(app.forum.urls.handover(&link.0).into()),
            expires_at: Some(handover.expires_at),
        },
        HandedOver::AtOnce(user) => HandoverDocument {
            to: user.email,
            at_once: true,
            link: None,
            expires_at: None,
        },
    };
    Ok((StatusCode::CREATED, Json(document)).into_response())
}

/// Withdraws the hand-overs that wait: their links do not work any more.
#[utoipa::path(
    delete,
    path = "/organisations/{id}/handover",
    tag = "membership",
    params(("id" = String, Path, description = "Of the organisation")),
    responses(
        (status = 204),
        Refused<404, 409>,
    ),
    security(("token" = ["write"])),
)]
pub(super) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let by = handing(&app, caller)?;
    let handle = handle_of(&app, &by, &id).await?;
    people::cancel_handover(&app.forum, by, &handle).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
