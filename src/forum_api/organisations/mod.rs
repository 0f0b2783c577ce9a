//! `/organisations`: the directory.

mod document;
mod handover;
mod profile;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use document::{Author, OrganisationDocument};

use super::{
    caller::Caller,
    page::{Page, Paging},
    path,
    problem::{Problem, ProblemDetails, Refused},
    query::Query,
};
use crate::{
    app::App,
    domain::{
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
        taxonomy::Scheme,
    },
    storage::{
        Conn,
        organisations::{self, Filter},
    },
};

/// Every parameter of the list beside `limit` and `cursor`.
const PARAMETERS: [&str; 5] = ["category", "country", "region", "sector", "q"];

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, profile::change))
        .routes(routes!(handover::hand_over, handover::cancel))
}

/// An organisation that takes part.
fn find(conn: &mut Conn, id: &str) -> Result<Organisation, Problem> {
    let id: OrganisationId = path::id(id)?;
    let found = organisations::find(conn, id)?.ok_or(Problem::NotFound)?;
    match found.state {
        OrganisationState::Active => Ok(found),
        // That we do not speak with its server is nobody's business.
        OrganisationState::Suspended if !found.is_local() => Err(Problem::NotFound),
        OrganisationState::Suspended | OrganisationState::Deleted => Err(Problem::Gone),
    }
}

/// Organisations of this node and those it knows of others, newest first.
#[utoipa::path(
    get,
    path = "/organisations",
    tag = "organisations",
    params(
        ("category" = Option<String>, Query, description = "For example government"),
        ("country" = Option<String>, Query, description = "Seated or working in this country"),
        ("region" = Option<String>, Query, description = "Working in this region, or seated or working in a country inside it"),
        ("sector" = Option<String>, Query, description = "OECD DAC CRS purpose code"),
        ("q" = Option<String>, Query, description = "Part of the name or the handle"),
        Paging,
    ),
    responses(
        (status = 200, body = Page<OrganisationDocument>),
    ),
    security((), ("token" = ["read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<OrganisationDocument>>, Problem> {
    caller.reads("read:accounts")?;
    let mut query = Query::new(raw.as_deref(), &PARAMETERS);
    let filter = Filter {
        category: query.words("category"),
        countries: query.codes("country", Scheme::Country),
        regions: query.codes("region", Scheme::Region),
        sectors: query.codes("sector", Scheme::Sector),
        text: query.text("q"),
        ..Filter::default()
    };
    let window = query.window();
    query.finish()?;
    let found = app
        .forum
        .db
        .read(move |conn| organisations::list(conn, &filter, window))
        .await?;
    let page = Page::by_id(found, window, |organisation| organisation.id.0);
    Ok(Json(page.map(OrganisationDocument::from)))
}

/// One organisation.
#[utoipa::path(
    get,
    path = "/organisations/{id}",
    tag = "organisations",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = OrganisationDocument),
        (status = 410, description = "Suspended or deleted", body = ProblemDetails, content_type = "application/problem+json"),
        Refused<404>,
    ),
    security((), ("token" = ["read"])),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OrganisationDocument>, Problem> {
    caller.reads("read:accounts")?;
    let organisation = app.forum.db.read(move |conn| find(conn, &id)).await?;
    Ok(Json(organisation.into()))
}

#[cfg(test)]
mod tests;
