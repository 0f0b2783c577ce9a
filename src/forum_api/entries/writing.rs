//! Publishing, editing and deleting entries through the API.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{EntryDocument, drafting, find, one, written};
use crate::{
    app::App,
    domain::entry::Entry,
    forum_api::{
        PREFIX,
        body::JsonObject,
        caller::Caller,
        problem::{Invalid, Problem, ProblemDetails, Refused},
    },
    operations::{
        entries::{self as operations, EntryError},
        people::Person,
    },
};

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::NotAllowed => Self::NotAllowed(
                "Your role, or your organisation, may not write this entry.".to_owned(),
            ),
            EntryError::NotFound => Self::NotFound,
            EntryError::Invalid(errors) => {
                Self::Invalid(errors.into_iter().map(Invalid::from).collect())
            }
            EntryError::Storage(error) => error.into(),
        }
    }
}

/// Publishes an entry of the caller's organisation.
///
/// `kind` and `body` are needed, and a `title` except for notes. `audience` is
/// `members` when absent, or that of the entry answered; `tlp` goes with it.
/// Organisations are named by id, by address or by handle.
#[utoipa::path(
    post,
    path = "/entries",
    tag = "entries",
    request_body(content = super::written::EntryInput, content_type = "application/json"),
    responses(
        (status = 201, body = EntryDocument),
        (status = 400, description = "Not a JSON object", body = ProblemDetails, content_type = "application/problem+json"),
    ),
    security(("token" = ["write"])),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Response, Problem> {
    let person = caller.changes(&app, "write:statuses")?;
    let written = written::new_entry(members);
    let viewer = person.viewer();
    let (draft, mut errors) = app
        .forum
        .db
        .read(move |conn| drafting::draft(conn, &viewer, written))
        .await?;
    if !errors.is_empty() {
        // What the rules say of the rest comes with it, to be mended in one go.
        let rest = operations::preview(&app.forum, &person, draft).await;
        if let Err(EntryError::Invalid(rest)) = rest {
            written::add_untold(&mut errors, rest);
        }
        return Err(Problem::Invalid(errors));
    }
    let entry = operations::publish(&app.forum, &person, draft).await?;
    let place = format!("{PREFIX}/entries/{}", entry.id);
    let document = shown(&app, &person, entry).await?;
    let headers = [(header::LOCATION, place)];
    Ok((StatusCode::CREATED, headers, Json(document)).into_response())
}

/// Changes an entry of the caller's organisation.
///
/// Fields that are absent stay as they are; `null` empties a field. Kind and the
/// entry answered cannot be changed, and the audience only narrowed: those who
/// remain on other servers get an update, those removed a deletion.
#[utoipa::path(
    patch,
    path = "/entries/{id}",
    tag = "entries",
    params(("id" = String, Path)),
    request_body(content = super::written::EntryInput, content_type = "application/json"),
    responses(
        (status = 200, body = EntryDocument),
        Refused<404, 410>,
    ),
    security(("token" = ["write"])),
)]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    JsonObject(members): JsonObject,
) -> Result<Json<EntryDocument>, Problem> {
    let person = caller.changes(&app, "write:statuses")?;
    let viewer = person.viewer();
    let (id, edit) = app
        .forum
        .db
        .read(move |conn| {
            let entry = find(conn, &viewer, &id)?;
            if !viewer.speaks_for(entry.author.id) {
                return Err(Problem::from(EntryError::NotAllowed));
            }
            let written = written::changes(members, &entry);
            Ok((entry.id, drafting::edit(conn, &viewer, written, &entry)?))
        })
        .await?;
    let entry = operations::edit(&app.forum, &person, id, edit).await?;
    Ok(Json(shown(&app, &person, entry).await?))
}

/// Deletes an entry of the caller's organisation.
#[utoipa::path(
    delete,
    path = "/entries/{id}",
    tag = "entries",
    params(("id" = String, Path)),
    responses(
        (status = 204),
        Refused<404, 410>,
    ),
    security(("token" = ["write"])),
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let person = caller.changes(&app, "write:statuses")?;
    let viewer = person.viewer();
    let id = app
        .forum
        .db
        .read(move |conn| find(conn, &viewer, &id).map(|entry| entry.id))
        .await?;
    operations::delete(&app.forum, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(app: &App, person: &Person, entry: Entry) -> Result<EntryDocument, Problem> {
    let viewer = person.viewer();
    app.forum
        .db
        .read(move |conn| one(conn, &viewer, entry))
        .await
}
