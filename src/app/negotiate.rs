//! The addresses that people and servers share. `federation` speaks to
//! servers, `web` to people; only here do the two meet.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::App;
use crate::{
    domain::{id::EntryId, organisation::Handle},
    federation::{
        documents,
        negotiation::{Negotiated, wants_activity},
        readers::{self, NotAReader},
        reply::Refusal,
        routes::is_for_us,
    },
    storage::organisations,
    web::{error::PageError, pages, visit::Visit},
};

/// `/orgs/{handle}`.
pub(super) async fn organisation(
    State(app): State<App>,
    Path(handle): Path<String>,
    parts: Parts,
) -> Response {
    match face(&app, &parts) {
        Ok(Face::Document) => match readers::check(&app, &parts).await {
            Ok(()) => documents::organisation(&app.federation, &handle).await,
            Err(NotAReader::Unsigned) => documents::keys_of(&app.federation, &handle).await,
            Err(NotAReader::Refused(refusal)) => Err(refusal),
        }
        .into_response(),
        Ok(Face::Page) => match visit(&app, &parts).await {
            Ok(visit) => pages::organisation::show(visit, Path(handle))
                .await
                .into_response(),
            Err(error) => error.into_response(),
        },
        Err(refusal) => refusal.into_response(),
    }
}

/// `/entries/{id}`.
pub(super) async fn entry(
    State(app): State<App>,
    Path(id): Path<String>,
    parts: Parts,
) -> Response {
    match face(&app, &parts) {
        Ok(Face::Document) => match readers::check(&app, &parts).await {
            Ok(()) => match readers::viewer(&app, &parts).await {
                Ok(viewer) => documents::entry(&app.federation, viewer, &id).await,
                Err(refusal) => Err(refusal),
            },
            Err(reason) => Err(reason.into()),
        }
        .into_response(),
        Ok(Face::Page) => match visit(&app, &parts).await {
            Ok(visit) => pages::entry::show(visit, Path(id)).await.into_response(),
            Err(error) => error.into_response(),
        },
        Err(refusal) => refusal.into_response(),
    }
}

async fn visit(app: &App, parts: &Parts) -> Result<Visit, PageError> {
    Visit::of(app, &parts.headers, &parts.uri).await
}

/// Which of its two faces an address shows.
enum Face {
    Document,
    Page,
}

/// Documents are for whoever asks by our own name; pages for everybody.
fn face(app: &App, parts: &Parts) -> Result<Face, Refusal> {
    match wants_activity(&parts.headers) {
        Negotiated::Activity if is_for_us(&app.federation, &parts.uri, &parts.headers) => {
            Ok(Face::Document)
        }
        Negotiated::Activity => Err(Refusal::Misdirected),
        Negotiated::Html => Ok(Face::Page),
        Negotiated::NeitherAcceptable => Err(Refusal::NotAcceptable),
    }
}

/// `/@{handle}`, as users of Mastodon expect.
pub(super) async fn organisation_by_handle(
    State(app): State<App>,
    Path(handle): Path<String>,
    parts: Parts,
) -> Response {
    let Ok(handle) = handle.parse::<Handle>() else {
        return nothing(&parts.headers);
    };
    let name = handle.to_string();
    let found = app
        .forum
        .db
        .read(move |conn| organisations::find_local(conn, &name))
        .await;
    match found {
        Ok(Some(found)) => Redirect::permanent(found.uri.as_str()).into_response(),
        Ok(None) => nothing(&parts.headers),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// `/@{handle}/{id}`. Whether there is such an entry is told where it leads.
pub(super) async fn entry_by_handle(
    State(app): State<App>,
    Path((handle, id)): Path<(String, String)>,
    parts: Parts,
) -> Response {
    match (handle.parse::<Handle>(), id.parse::<EntryId>()) {
        (Ok(_), Ok(id)) => Redirect::permanent(app.forum.urls.entry(id).as_str()).into_response(),
        _ => nothing(&parts.headers),
    }
}

/// What an address answers at which nothing is: a page to people, a line of
/// JSON to everybody else.
pub(super) fn nothing(headers: &HeaderMap) -> Response {
    match wants_activity(headers) {
        Negotiated::Html => PageError::NotFound.into_response(),
        Negotiated::Activity | Negotiated::NeitherAcceptable => Refusal::NotFound.into_response(),
    }
}
