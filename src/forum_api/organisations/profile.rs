//! Changing an organisation's own profile.

use axum::{
    Json,
    extract::{Path, State},
};
use url::Url;
use utoipa::ToSchema;

use super::{OrganisationDocument, find};
use crate::{
    app::App,
    domain::organisation::{Expertise, Organisation},
    forum_api::{
        body::JsonObject,
        caller::Caller,
        fields::{Change, Fields},
        problem::{Invalid, Problem, Refused},
    },
    operations::organisations::{self as operations, OrganisationError, ProfileChange},
};

/// Fields that a focal point may write.
const WRITABLE: [&str; 6] = [
    "name",
    "summary",
    "country",
    "website",
    "locked",
    "expertise",
];
/// Fields of the document that a client may send back as it read them.
const READ_ONLY: [&str; 11] = [
    "id",
    "handle",
    "uri",
    "url",
    "content",
    "category",
    "local",
    "avatar",
    "created_at",
    "updated_at",
    "labels",
];
const EXPERTISE: [&str; 4] = ["countries", "regions", "sectors", "languages"];

impl From<OrganisationError> for Problem {
    fn from(error: OrganisationError) -> Self {
        match error {
            OrganisationError::NotAllowed => Self::NotAllowed(
                "Only its own focal points change an organisation's profile.".to_owned(),
            ),
            OrganisationError::NotFound => Self::NotFound,
            OrganisationError::Deleted => Self::Gone,
            OrganisationError::Invalid(errors) => {
                let path = |error: Invalid| {
                    if EXPERTISE.contains(&error.field.as_str()) {
                        Invalid::new(format!("expertise.{}", error.field), error.message)
                    } else {
                        error
                    }
                };
                Self::Invalid(errors.into_iter().map(Invalid::from).map(path).collect())
            }
            OrganisationError::Storage(error) => error.into(),
        }
    }
}

/// What an organisation offers; absent lists stay as they are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct ExpertiseInput {
    countries: Option<Vec<String>>,
    regions: Option<Vec<String>>,
    sectors: Option<Vec<String>>,
    languages: Option<Vec<String>>,
}

/// The profile of an organisation; absent fields stay as they are.
#[derive(ToSchema)]
#[schema(as = OrganisationInput)]
#[expect(dead_code, reason = "only its description is used")]
pub struct ProfileInput {
    /// At most 200 characters.
    name: Option<String>,
    /// Markdown, at most 5,000 characters.
    summary: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    website: Option<String>,
    /// Follows wait for approval.
    locked: Option<bool>,
    expertise: Option<ExpertiseInput>,
}

/// Changes the profile of the caller's own organisation.
#[utoipa::path(
    patch,
    path = "/organisations/{id}",
    tag = "organisations",
    params(("id" = String, Path)),
    request_body(content = ProfileInput, content_type = "application/json"),
    responses(
        (status = 200, body = OrganisationDocument),
        Refused<404>,
    ),
    security(("token" = ["write"])),
)]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    JsonObject(members): JsonObject,
) -> Result<Json<OrganisationDocument>, Problem> {
    let person = caller.changes(&app, "write:accounts")?;
    let before = app.forum.db.read(move |conn| find(conn, &id)).await?;
    if before.id != person.organisation.id {
        return Err(OrganisationError::NotAllowed.into());
    }
    let mut fields = Fields::new(members, &WRITABLE, &READ_ONLY);
    let change = read(&mut fields, &before);
    fields.finish()?;
    let after = operations::edit(&app.forum, &person, change).await?;
    Ok(Json(after.into()))
}

fn read(fields: &mut Fields, before: &Organisation) -> ProfileChange {
    ProfileChange {
        name: kept_or_text(fields.text("name")),
        summary: kept_or_text(fields.text("summary")),
        country: kept_or_cleared(fields.text("country")),
        website: kept_or_cleared(website(fields)),
        locked: match fields.flag("locked") {
            Change::Keep => None,
            Change::Clear => Some(false),
            Change::Set(locked) => Some(locked),
        },
        expertise: expertise(fields, before),
    }
}

fn kept_or_text(change: Change<String>) -> Option<String> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(String::new()),
        Change::Set(text) => Some(text),
    }
}

fn kept_or_cleared<T>(change: Change<T>) -> Option<Option<T>> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(value) => Some(Some(value)),
    }
}

fn website(fields: &mut Fields) -> Change<Url> {
    match fields.text("website") {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(text) => match text.trim().parse() {
            Ok(url) => Change::Set(url),
            Err(_) => {
                fields.refuse("website", "Give an address such as https://example.org/.");
                Change::Keep
            }
        },
    }
}

fn expertise(fields: &mut Fields, before: &Organisation) -> Option<Expertise> {
    let members = match fields.object("expertise") {
        Change::Keep => return None,
        Change::Clear => return Some(Expertise::default()),
        Change::Set(members) => members,
    };
    let mut inner = Fields::new(members, &EXPERTISE, &[]);
    let mut expertise = before.expertise.clone();
    inner.texts("countries").replace(&mut expertise.countries);
    inner.texts("regions").replace(&mut expertise.regions);
    inner.texts("sectors").replace(&mut expertise.sectors);
    inner.texts("languages").replace(&mut expertise.languages);
    for error in inner.into_errors() {
        fields.refuse(&format!("expertise.{}", error.field), error.message);
    }
    Some(expertise)
}
