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
        .decision("favourite", Decision::React(ReactionKind::Like))
        .decision("unfavourite", Decision::TakeBack(ReactionKind::Like))
        .decision("reblog", Decision::React(ReactionKind::Boost))
        .decision("unreblog", Decision::TakeBack(ReactionKind::Boost))
        .decision("pin", Decision::Pin)
        .decision("unpin", Decision::Unpin)
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

/// What a caller does with a status.
#[derive(Debug, Clone, Copy)]
enum Decision {
    React(ReactionKind),
    TakeBack(ReactionKind),
    Pin,
    Unpin,
}

impl Decision {
    /// The scope that it needs, as Mastodon has it.
    fn scope(self) -> &'static str {
        match self {
            Self::React(ReactionKind::Like) | Self::TakeBack(ReactionKind::Like) => {
                "write:favourites"
            }
            Self::React(ReactionKind::Boost) | Self::TakeBack(ReactionKind::Boost) => {
                "write:statuses"
            }
            Self::Pin | Self::Unpin => "write:accounts",
        }
    }
}

/// Routes of decisions, each at `/api/v1/statuses/{id}/{verb}`.
trait Decisions {
    fn decision(self, verb: &str, decision: Decision) -> Self;
}

impl Decisions for Routes {
    fn decision(self, verb: &str, decision: Decision) -> Self {
        let take = move |app: State<App>, id: Path<String>, caller: Caller| {
            decide(app, id, caller, decision)
        };
        let path = format!("/api/v1/statuses/{{id}}/{verb}");
        self.post(&path, Auth::Bearer, take)
    }
}

/// Answers the status as it is then; after a boost, the boost with it inside.
async fn decide(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    decision: Decision,
) -> Result<Json<Status>, ApiError> {
    let (person, id) = decides(&app, &caller, &id, decision.scope()).await?;
    let forum = &app.forum;
    let mut boost = None;
    match decision {
        Decision::React(kind) => {
            let made = operations::reactions::react(forum, person, kind, id).await?;
            boost = (kind == ReactionKind::Boost).then(|| (made, person.organisation.clone()));
        }
        Decision::TakeBack(kind) => {
            operations::reactions::take_back(forum, person, kind, id).await?;
        }
        Decision::Pin => operations::pins::pin(forum, person, id).await?,
        Decision::Unpin => operations::pins::unpin(forum, person, id).await?,
    }
    shown(&app, &caller, id, boost).await
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
