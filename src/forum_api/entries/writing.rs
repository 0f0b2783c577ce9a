//! Publishing, editing and deleting entries through the API.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use url::Url;

use super::{
    EntryDocument, find, find_organisation, one,
    written::{self, Written},
};
use crate::{
    app::App,
    domain::{
        audience::{Audience, AudienceKind, Viewer},
        entry::{Draft, Entry},
        id::{EntryId, OrganisationId},
    },
    forum_api::{
        PREFIX,
        body::JsonObject,
        caller::Caller,
        fields::{Change, sentence},
        problem::{Invalid, Problem, ProblemDetails, Refused},
    },
    operations::{
        entries::{self as operations, Edit, EntryError},
        people::Person,
    },
    storage::{Conn, Error, entries},
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
        Refused<401, 403, 422>,
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
        .read(move |conn| resolve(conn, &viewer, written))
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
        Refused<403, 404, 422>,
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
            Ok((entry.id, changed(conn, &viewer, written, &entry)?))
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
        Refused<403, 404>,
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

/// A draft, with what it names looked up; and everything wrong with it.
fn resolve(
    conn: &mut Conn,
    viewer: &Viewer,
    written: Written,
) -> Result<(Draft, Vec<Invalid>), Error> {
    let mut errors = written.errors;
    let parent = match written.in_reply_to.value() {
        Some(named) => {
            let found = find_entry(conn, viewer, &named)?;
            if found.is_none() {
                errors.push(Invalid::new(
                    "in_reply_to",
                    "There is no such entry to reply to.",
                ));
            }
            found
        }
        None => None,
    };
    let named = written.named.value().unwrap_or_default();
    let partners = written.partners.value().unwrap_or_default();
    let audience = written.audience.value();
    let mut content = written.content;
    content.tlp = written.tlp.value().unwrap_or_else(|| {
        let by_parent = parent.as_ref().map(|parent| parent.audience.kind());
        audience.or(by_parent).unwrap_or_default().default_tlp()
    });
    let draft = Draft {
        content,
        audience,
        named: find_organisations(conn, "named", &named, &mut errors)?,
        partners: find_organisations(conn, "partners", &partners, &mut errors)?,
        in_reply_to: parent.map(|parent| parent.id),
    };
    Ok((draft, errors))
}

/// An entry that the viewer may see, by id or by address.
fn find_entry(conn: &mut Conn, viewer: &Viewer, named: &str) -> Result<Option<Entry>, Error> {
    match (named.parse::<EntryId>(), Url::parse(named)) {
        (Ok(id), _) => entries::find(conn, viewer, id),
        (Err(_), Ok(uri)) => entries::find_by_uri(conn, viewer, &uri),
        (Err(_), Err(_)) => Ok(None),
    }
}

pub(super) fn find_organisations(
    conn: &mut Conn,
    field: &str,
    named: &[String],
    errors: &mut Vec<Invalid>,
) -> Result<Vec<OrganisationId>, Error> {
    let mut ids = Vec::new();
    for one in named {
        match find_organisation(conn, one)? {
            Some(id) => ids.push(id),
            None => {
                let shown = sentence(&format!("no organisation {one:?} is known here"));
                errors.push(Invalid::new(field, shown));
            }
        }
    }
    Ok(ids)
}

/// What the edit makes of the entry. What cannot change may be sent back as it
/// is.
fn changed(
    conn: &mut Conn,
    viewer: &Viewer,
    written: Written,
    entry: &Entry,
) -> Result<Edit, Problem> {
    let mut errors = written.errors;
    let kind = match written.audience {
        Change::Set(wanted) => wanted,
        Change::Keep | Change::Clear => entry.audience.kind(),
    };
    let named = match written.named {
        Change::Set(wanted) => find_organisations(conn, "named", &wanted, &mut errors)?,
        Change::Keep => entry.audience.named().to_vec(),
        Change::Clear => Vec::new(),
    };
    if kind != AudienceKind::Named && kind == entry.audience.kind() && !named.is_empty() {
        errors.push(Invalid::new(
            "named",
            "Organisations are named only with the audience named.",
        ));
    }
    let wanted = match kind {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(named),
    };
    if let Change::Set(wanted) = written.in_reply_to {
        let parent = find_entry(conn, viewer, &wanted)?.map(|parent| parent.id);
        let by_address = entry.thread.in_reply_to_uri.as_ref().map(Url::as_str);
        if (parent.is_none() || parent != entry.thread.in_reply_to)
            && by_address != Some(wanted.as_str())
        {
            errors.push(Invalid::new(
                "in_reply_to",
                "The entry answered cannot be changed; publish a new entry.",
            ));
        }
    }
    let mut content = written.content;
    match written.tlp {
        // The usual mark goes with the audience.
        Change::Keep if content.tlp == entry.audience.kind().default_tlp() => {
            content.tlp = kind.default_tlp();
        }
        Change::Keep => {}
        Change::Clear => content.tlp = kind.default_tlp(),
        Change::Set(tlp) => content.tlp = tlp,
    }
    let partners = match written.partners {
        Change::Keep => entry.partners.clone(),
        Change::Clear => Vec::new(),
        Change::Set(wanted) => find_organisations(conn, "partners", &wanted, &mut errors)?,
    };
    if errors.is_empty() {
        Ok(Edit {
            content,
            partners,
            audience: Some(wanted),
        })
    } else {
        Err(Problem::Invalid(errors))
    }
}
