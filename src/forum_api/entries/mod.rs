//! `/entries`: what organisations post, for reading and for writing.

mod around;
mod document;
mod drafting;
mod filter;
mod reach;
mod writing;
mod written;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use document::EntryDocument;

use super::{
    caller::Caller,
    page::{Page, Paging},
    path,
    problem::{Problem, ProblemDetails},
};
use crate::{
    app::App,
    domain::{audience::Viewer, entry::Entry, id::EntryId},
    storage::{Conn, Error, entries},
};
use around::Around;
use filter::find_organisation;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, writing::create))
        .routes(routes!(reach::audience))
        .routes(routes!(show, writing::change, writing::remove))
}

/// Entries with all that they refer to, in the caller's words.
fn documents(
    conn: &mut Conn,
    viewer: &Viewer,
    found: Vec<Entry>,
) -> Result<Vec<EntryDocument>, Error> {
    let around = Around::load(conn, viewer, &found)?;
    Ok(found
        .into_iter()
        .map(|entry| EntryDocument::new(entry, &around))
        .collect())
}

/// An entry that the viewer may see. What was deleted is said to be gone only
/// to those who could read it.
fn find(conn: &mut Conn, viewer: &Viewer, id: &str) -> Result<Entry, Problem> {
    let id: EntryId = path::id(id)?;
    if let Some(entry) = entries::find(conn, viewer, id)? {
        return Ok(entry);
    }
    match entries::known_id(conn, id)? {
        Some(known) if known.deleted_at.is_some() && entries::was_for(conn, viewer, id)? => {
            Err(Problem::Gone)
        }
        Some(_) | None => Err(Problem::NotFound),
    }
}

/// Entries that the caller may see, newest first.
///
/// Parameters may repeat, or hold several values parted by commas: any of them
/// matches. Different parameters must all match.
#[utoipa::path(
    get,
    path = "/entries",
    tag = "entries",
    params(
        ("kind" = Option<String>, Query, description = "request, project, offer or note"),
        ("country" = Option<String>, Query, description = "Names this country, or no country and a region around it"),
        ("region" = Option<String>, Query, description = "Names this region, one inside it, or a country inside it"),
        ("sector" = Option<String>, Query, description = "OECD DAC CRS purpose code"),
        ("pillar" = Option<String>, Query, description = "prevention, protection, prosecution or partnership"),
        ("exploitation" = Option<String>, Query, description = "This form, or `all` forms"),
        ("activity" = Option<String>, Query, description = "For example training"),
        ("stage" = Option<String>, Query, description = "Of projects"),
        ("status" = Option<String>, Query, description = "Of requests and offers"),
        ("category" = Option<String>, Query, description = "Of the author"),
        ("language" = Option<String>, Query, description = "BCP 47; `pt` also finds `pt-BR`"),
        ("author" = Option<String>, Query, description = "Id, actor address or handle"),
        ("q" = Option<String>, Query, description = "Words in the title, the text or the names of codes"),
        ("seeking_funding" = Option<bool>, Query, description = "Only projects with a funding gap that are not yet under way to an end"),
        ("closes_before" = Option<String>, Query, description = "Date or RFC 3339 time"),
        ("since" = Option<String>, Query, description = "Created at or after this date or RFC 3339 time"),
        Paging,
    ),
    responses(
        (status = 200, body = Page<EntryDocument>),
    ),
    security((), ("token" = ["read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<EntryDocument>>, Problem> {
    let viewer = caller.reads("read:statuses")?;
    let asked = filter::read(query.as_deref())?;
    let page = app
        .forum
        .db
        .read(move |conn| -> Result<_, Error> {
            let mut wanted = asked.filter;
            if let Some(author) = asked.author {
                match find_organisation(conn, &author)? {
                    Some(id) => wanted.author = vec![id],
                    None => return Ok(Page::whole(Vec::new())),
                }
            }
            let found = entries::list(conn, &viewer, &wanted, asked.window)?;
            let page = Page::by_id(found, asked.window, |entry| entry.id.0);
            page.try_map_all(|found| documents(conn, &viewer, found))
        })
        .await?;
    Ok(Json(page))
}

/// One entry.
#[utoipa::path(
    get,
    path = "/entries/{id}",
    tag = "entries",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EntryDocument),
        (status = 404, description = "Not there, or not for the caller", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 410, description = "Deleted", body = ProblemDetails, content_type = "application/problem+json"),
    ),
    security((), ("token" = ["read"])),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<EntryDocument>, Problem> {
    let viewer = caller.reads("read:statuses")?;
    let document = app
        .forum
        .db
        .read(move |conn| {
            let entry = find(conn, &viewer, &id)?;
            one(conn, &viewer, entry)
        })
        .await?;
    Ok(Json(document))
}

fn one(conn: &mut Conn, viewer: &Viewer, entry: Entry) -> Result<EntryDocument, Problem> {
    let document = documents(conn, viewer, vec![entry])?.pop();
    document.ok_or(Problem::NotFound)
}

#[cfg(test)]
mod tests;
