//! Whom the caller's organisation follows, and who asks to follow it.

use axum::{
    Json,
    extract::{OriginalUri, Path, State},
};

use super::{
    accounts::{self, Ends},
    auth::Caller,
    convert::Renderer,
    entities::{Account, FamiliarFollowers, Relationship},
    error::ApiError,
    extract::Params,
    paging::{self, Page},
};
use crate::{
    app::{App, Auth, Routes},
    domain::{follow::FollowState, id::OrganisationId, organisation::Organisation, page::Window},
    operations::{self, people::Person},
    storage::{
        follows::{self, Side},
        organisations,
    },
};

/// Most accounts asked about at once.
const MANY: usize = 40;
/// How many of the caller's follows are looked at for acquaintances.
const ACQUAINTANCES: i64 = 500;

pub fn routes() -> Routes {
    Routes::new()
        .get(
            "/api/v1/accounts/relationships",
            Auth::Bearer,
            relationships,
        )
        .get(
            "/api/v1/accounts/familiar_followers",
            Auth::Bearer,
            familiar_followers,
        )
        .post("/api/v1/accounts/{id}/follow", Auth::Bearer, follow)
        .post("/api/v1/accounts/{id}/unfollow", Auth::Bearer, unfollow)
        .get("/api/v1/follow_requests", Auth::Bearer, requests)
        .post(
            "/api/v1/follow_requests/{id}/authorize",
            Auth::Bearer,
            authorize,
        )
        .post("/api/v1/follow_requests/{id}/reject", Auth::Bearer, reject)
}

/// How the caller's organisation stands to others; unknown ids are left out.
async fn relationships(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Relationship>>, ApiError> {
    let me = caller.member("read:follows")?.organisation.id;
    let mut ids: Vec<OrganisationId> = params.ids("id");
    ids.truncate(MANY);
    let found = app
        .forum
        .db
        .read(move |conn| {
            let known = organisations::find_many(conn, &ids)?;
            ids.retain(|id| known.get(id).is_some_and(accounts::is_active));
            let stands = follows::relationships(conn, me, &ids)?;
            let of = |id| stands.get(&id).copied().unwrap_or_default();
            Ok::<_, ApiError>(
                ids.iter()
                    .map(|id| Relationship::new(*id, of(*id)))
                    .collect(),
            )
        })
        .await?;
    Ok(Json(found))
}

/// For each account asked about, those of its followers whom the caller's
/// organisation follows.
async fn familiar_followers(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<FamiliarFollowers>>, ApiError> {
    let me = caller.member("read:follows")?.organisation.id;
    let viewer = caller.viewer().clone();
    let mut ids: Vec<OrganisationId> = params.ids("id");
    ids.truncate(MANY);
    let renderer = Renderer::of(&app);
    let found = app
        .forum
        .db
        .read(move |conn| {
            let window = Window::first(ACQUAINTANCES);
            let followed = follows::list(conn, me, Side::Following, FollowState::Accepted, window)?;
            let followed: Vec<Organisation> = followed.into_iter().map(|(_, one)| one).collect();
            let their_ids: Vec<OrganisationId> = followed.iter().map(|one| one.id).collect();
            let mut answer = Vec::new();
            for id in ids {
                let stands = follows::relationships(conn, id, &their_ids)?;
                let familiar: Vec<Organisation> = followed
                    .iter()
                    .filter(|one| stands.get(&one.id).is_some_and(|stands| stands.followed_by))
                    .cloned()
                    .collect();
                answer.push(FamiliarFollowers {
                    id,
                    accounts: renderer.accounts(conn, &viewer, &familiar)?,
                });
            }
            Ok::<_, ApiError>(answer)
        })
        .await?;
    Ok(Json(found))
}

/// Follows, if the caller may decide that for their organisation. Doing it
/// again changes nothing.
async fn follow(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, &id)?;
    let stands = operations::follows::follow(&app.forum, person, id).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn unfollow(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, &id)?;
    let stands = operations::follows::unfollow(&app.forum, person, id).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn authorize(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, &id)?;
    let stands = operations::follows::approve(&app.forum, person, id).await?;
    Ok(Json(Relationship::new(id, stands)))
}

async fn reject(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Relationship>, ApiError> {
    let (person, id) = decides(&app, &caller, &id)?;
    let stands = operations::follows::refuse(&app.forum, person, id).await?;
    Ok(Json(Relationship::new(id, stands)))
}

/// The caller, and the organisation that they decide about.
fn decides<'a>(
    app: &App,
    caller: &'a Caller,
    id: &str,
) -> Result<(&'a Person, OrganisationId), ApiError> {
    let person = caller.member("write:follows")?;
    let rate = app.limits.write.check(&person.user.id.to_string());
    rate.map_err(|too_many| ApiError::too_many(too_many, app.forum.now()))?;
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    Ok((person, id))
}

/// Who asks to follow the caller's organisation and waits for an answer.
async fn requests(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<Account>, ApiError> {
    let waiting = Ends {
        of: caller.member("read:follows")?.organisation.id,
        side: Side::Followers,
        state: FollowState::Pending,
    };
    let window = paging::ACCOUNTS.window(&params);
    waiting.page(&app, caller.viewer(), window, &uri).await
}
