//! Favourites, boosts and pins: what an organisation does with a status besides
//! answering it.

use axum::{
    Json,
    extract::{OriginalUri, Path, State},
    http::Uri,
};

use super::{
    auth::Caller,
    convert::Renderer,
    entities::{Account, Status},
    error::ApiError,
    extract::Params,
    paging::{self, Page},
    statuses,
};
use crate::{
    app::{App, Auth, Routes},
    domain::{
        entry::Entry,
        id::EntryId,
        organisation::Organisation,
        reaction::{Reaction, ReactionKind},
    },
    operations::{self, people::Person, pins::PinError, reactions::ReactionError},
    storage::{
        entries,
        reactions::{self, By},
        timeline::Item,
    },
};

pub fn routes() -> Routes {
    Routes::new()
        .post("/api/v1/statuses/{id}/favourite", Auth::Bearer, favourite)
        .post(
            "/api/v1/statuses/{id}/unfavourite",
            Auth::Bearer,
            unfavourite,
        )
        .post("/api/v1/statuses/{id}/pin", Auth::Bearer, pin)
        .post("/api/v1/statuses/{id}/unpin", Auth::Bearer, unpin)
        .post("/api/v1/statuses/{id}/reblog", Auth::Bearer, reblog)
        .post("/api/v1/statuses/{id}/unreblog", Auth::Bearer, unreblog)
        .get(
            "/api/v1/statuses/{id}/favourited_by",
            Auth::Optional,
            favourited_by,
        )
        .get(
            "/api/v1/statuses/{id}/reblogged_by",
            Auth::Optional,
            reblogged_by,
        )
        .get("/api/v1/favourites", Auth::Bearer, favourites)
}

impl From<ReactionError> for ApiError {
    fn from(error: ReactionError) -> Self {
        match error {
            ReactionError::NotAllowed => Self::NotAllowed,
            ReactionError::NotFound => Self::NotFound,
            ReactionError::NotPublic => Self::Invalid(error.to_string()),
            ReactionError::Storage(error) => error.into(),
        }
    }
}

impl From<PinError> for ApiError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::NotAllowed => Self::NotAllowed,
            PinError::NotFound => Self::NotFound,
            PinError::NotOurs | PinError::NotPublic | PinError::TooMany => {
                Self::Invalid(error.to_string())
            }
            PinError::Storage(error) => error.into(),
        }
    }
}

async fn favourite(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:favourites").await?;
    operations::reactions::react(&app.forum, person, ReactionKind::Like, id).await?;
    shown(&app, &caller, id, None).await
}

async fn unfavourite(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:favourites").await?;
    operations::reactions::take_back(&app.forum, person, ReactionKind::Like, id).await?;
    shown(&app, &caller, id, None).await
}

/// Answers the boost, with the status in it.
async fn reblog(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:statuses").await?;
    let boost = operations::reactions::react(&app.forum, person, ReactionKind::Boost, id).await?;
    let by = person.organisation.clone();
    shown(&app, &caller, id, Some((boost, by))).await
}

async fn unreblog(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:statuses").await?;
    operations::reactions::take_back(&app.forum, person, ReactionKind::Boost, id).await?;
    shown(&app, &caller, id, None).await
}

async fn pin(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:accounts").await?;
    operations::pins::pin(&app.forum, person, id).await?;
    shown(&app, &caller, id, None).await
}

async fn unpin(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, "write:accounts").await?;
    operations::pins::unpin(&app.forum, person, id).await?;
    shown(&app, &caller, id, None).await
}

/// The caller, and the entry that they decide about; clients also name it by
/// the id of a boost.
async fn decides<'a>(
    app: &App,
    caller: &'a Caller,
    id: &str,
    scope: &str,
) -> Result<(&'a Person, EntryId), ApiError> {
    let person = caller.member(scope)?;
    let rate = app.limits.write.check(&person.user.id.to_string());
    rate.map_err(|too_many| ApiError::too_many(too_many, app.forum.now()))?;
    let (viewer, id) = (caller.viewer().clone(), id.to_owned());
    let item = app
        .forum
        .db
        .read(move |conn| statuses::find_item(conn, &viewer, &id))
        .await?;
    Ok((person, item.entry.id))
}

async fn shown(
    app: &App,
    caller: &Caller,
    id: EntryId,
    boost: Option<(Reaction, Organisation)>,
) -> Result<Json<Status>, ApiError> {
    let (viewer, renderer) = (caller.viewer().clone(), Renderer::of(app));
    let status = app.forum.db.read(move |conn| {
        let entry = entries::find(conn, &viewer, id)?.ok_or(ApiError::NotFound)?;
        let item = Item { entry, boost };
        let shown = renderer.items(conn, &viewer, &[item])?.pop();
        shown.ok_or(ApiError::NotFound)
    });
    Ok(Json(status.await?))
}

async fn favourited_by(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Account>, ApiError> {
    organisations(&app, &uri, id, &caller, &params, ReactionKind::Like).await
}

async fn reblogged_by(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Account>, ApiError> {
    organisations(&app, &uri, id, &caller, &params, ReactionKind::Boost).await
}

/// Who reacted so. The ids of the pages are those of the reactions.
async fn organisations(
    app: &App,
    uri: &Uri,
    id: String,
    caller: &Caller,
    params: &Params,
    kind: ReactionKind,
) -> Result<Page<Account>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    let (renderer, window) = (Renderer::of(app), paging::ACCOUNTS.window(params));
    let (accounts, ids) = app
        .forum
        .db
        .read(move |conn| {
            let entry = statuses::find_item(conn, &viewer, &id)?.entry;
            let found = reactions::organisations(conn, kind, entry.id, window)?;
            let ids = match (found.first(), found.last()) {
                (Some((first, _)), Some((last, _))) => Some((first.0, last.0)),
                _ => None,
            };
            let found: Vec<Organisation> = found.into_iter().map(|(_, one)| one).collect();
            Ok::<_, ApiError>((renderer.accounts(conn, &viewer, &found)?, ids))
        })
        .await?;
    Ok(Page::new(accounts, ids, app.forum.urls.origin(), uri))
}

/// What the caller's organisation favoured, newest favour first.
async fn favourites(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<Status>, ApiError> {
    let me = caller.member("read:favourites")?.organisation.id;
    let viewer = caller.viewer().clone();
    let (renderer, window) = (Renderer::of(&app), paging::STATUSES.window(&params));
    let (statuses, ids) = app
        .forum
        .db
        .read(move |conn| {
            let found = reactions::list(conn, ReactionKind::Like, By::One(me), window)?;
            let ids = match (found.first(), found.last()) {
                (Some(first), Some(last)) => Some((first.id.0, last.id.0)),
                _ => None,
            };
            let liked: Vec<EntryId> = found.iter().map(|like| like.entry).collect();
            let mut entries: Vec<Entry> = entries::find_many(conn, &viewer, &liked)?;
            entries.sort_by_key(|entry| liked.iter().position(|id| *id == entry.id));
            Ok::<_, ApiError>((renderer.statuses(conn, &viewer, &entries)?, ids))
        })
        .await?;
    Ok(Page::new(statuses, ids, app.forum.urls.origin(), &uri))
}
