//! Whom the caller's organisation blocks and mutes.

use axum::{
    Json,
    extract::{OriginalUri, Path, State},
    http::Uri,
};

use super::{
    auth::Caller,
    convert::Renderer,
    entities::{MutedAccount, Relationship},
    error::ApiError,
    extract::Params,
    paging::{self, Page},
};
use crate::{
    app::{App, Auth, Routes},
    domain::{block::BlockKind, id::OrganisationId, organisation::Organisation},
    operations::{
        blocks::{self, BlockError},
        follows::{self, FollowError},
        people::Person,
    },
    storage,
};

pub fn routes() -> Routes {
    let bearer = Auth::Bearer;
    Routes::new()
        .get("/api/v1/blocks", bearer, blocked)
        .get("/api/v1/mutes", bearer, muted)
        .post("/api/v1/accounts/{id}/block", bearer, block)
        .post("/api/v1/accounts/{id}/unblock", bearer, unblock)
        .post("/api/v1/accounts/{id}/mute", bearer, mute)
        .post("/api/v1/accounts/{id}/unmute", bearer, unmute)
        .post(
            "/api/v1/accounts/{id}/remove_from_followers",
            bearer,
            remove_from_followers,
        )
}

async fn block(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, "write:blocks", &id)?;
    let stands = blocks::set(&app.forum, person, id, BlockKind::Block).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn unblock(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, "write:blocks", &id)?;
    let stands = blocks::withdraw(&app.forum, person, id, BlockKind::Block).await?;
    Ok(Json(Relationship::new(id, stands)))
}

/// For ever: a duration, which some clients send, is not looked at.
async fn mute(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, "write:mutes", &id)?;
    let stands = blocks::set(&app.forum, person, id, BlockKind::Mute).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn unmute(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, "write:mutes", &id)?;
    let stands = blocks::withdraw(&app.forum, person, id, BlockKind::Mute).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn remove_from_followers(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, "write:follows", &id)?;
    let me = person.organisation.id;
    let stands = match follows::refuse(&app.forum, person, id).await {
        // Who does not follow need not be removed.
        Err(FollowError::NotFound) => {
            let read = app.forum.db.read(move |conn| {
                super::accounts::find(conn, &id.to_string())?;
                let all = storage::follows::relationships(conn, me, &[id])?;
                Ok::<_, ApiError>(all.get(&id).copied().unwrap_or_default())
            });
            read.await?
        }
        other => other?,
    };
    Ok(Json(Relationship::new(id, stands)))
}

/// The caller, and the organisation that they decide about.
fn decides<'a>(
    app: &App,
    caller: &'a Caller,
    scope: &str,
    id: &str,
) -> Result<(&'a Person, OrganisationId), ApiError> {
    let person = caller.member(scope)?;
    let rate = app.limits.write.check(&person.user.id.to_string());
    rate.map_err(|too_many| ApiError::too_many(too_many, app.forum.now()))?;
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    Ok((person, id))
}

async fn blocked(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<MutedAccount>, ApiError> {
    list(
        &app,
        &caller,
        "read:blocks",
        BlockKind::Block,
        &params,
        &uri,
    )
    .await
}

async fn muted(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<MutedAccount>, ApiError> {
    list(&app, &caller, "read:mutes", BlockKind::Mute, &params, &uri).await
}

async fn list(
    app: &App,
    caller: &Caller,
    scope: &str,
    kind: BlockKind,
    params: &Params,
    uri: &Uri,
) -> Result<Page<MutedAccount>, ApiError> {
    let me = caller.member(scope)?.organisation.id;
    let viewer = caller.viewer().clone();
    let window = paging::ACCOUNTS.window(params);
    let renderer = Renderer::of(app);
    let read = app.forum.db.read(move |conn| {
        let found = storage::blocks::list(conn, me, kind, window)?;
        let ids = match (found.first(), found.last()) {
            (Some((first, _)), Some((last, _))) => Some((first.0, last.0)),
            _ => None,
        };
        let others: Vec<Organisation> = found.into_iter().map(|(_, other)| other).collect();
        let accounts = renderer.accounts(conn, &viewer, &others)?;
        Ok::<_, storage::Error>((accounts, ids))
    });
    let (accounts, ids) = read.await?;
    let items = accounts.into_iter().map(MutedAccount::for_ever).collect();
    Ok(Page::new(items, ids, app.forum.urls.origin(), uri))
}

impl From<BlockError> for ApiError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NotAllowed => Self::NotAllowed,
            BlockError::NotFound => Self::NotFound,
            BlockError::Myself => Self::Invalid(error.to_string()),
            BlockError::Storage(error) => error.into(),
        }
    }
}
