//! Organisations as accounts, and what they published.

use axum::{
    Json,
    extract::{OriginalUri, Path, State},
    http::Uri,
};
use serde_json::{Value, json};

use super::{
    auth::Caller,
    convert::{self, Renderer},
    entities::{Account, CredentialAccount, Role, Source, Status},
    error::ApiError,
    extract::Params,
    finding,
    paging::{self, Page},
    statuses, timelines,
};
use crate::{
    app::{App, Auth, Routes},
    domain::{
        audience::Viewer,
        follow::FollowState,
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
        page::Window,
    },
    storage::{
        self, Conn,
        entries::Filter,
        follows::{self, Side},
        organisations, pins,
        reactions::By,
        timeline,
    },
};

/// Most accounts asked for by id at once.
const MANY: usize = 40;
/// How far the directory can be leafed through.
const DIRECTORY_DEPTH: i64 = 10_000;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/accounts", Auth::Optional, several)
        .get("/api/v1/accounts/lookup", Auth::Optional, lookup)
        .get("/api/v1/accounts/search", Auth::Bearer, search)
        .get(
            "/api/v1/accounts/verify_credentials",
            Auth::Bearer,
            verify_credentials,
        )
        .get("/api/v1/accounts/{id}", Auth::Optional, show)
        .get("/api/v1/accounts/{id}/statuses", Auth::Optional, published)
        .get("/api/v1/accounts/{id}/followers", Auth::Optional, followers)
        .get("/api/v1/accounts/{id}/following", Auth::Optional, following)
        .get(
            "/api/v1/accounts/{id}/featured_tags",
            Auth::Optional,
            nothing,
        )
        .get(
            "/api/v1/accounts/{id}/endorsements",
            Auth::Optional,
            nothing,
        )
        .get("/api/v1/accounts/{id}/lists", Auth::Optional, nothing)
        .get("/api/v1/directory", Auth::Optional, directory)
}

/// An organisation that takes part. Others are not there.
pub fn find(conn: &mut Conn, id: &str) -> Result<Organisation, ApiError> {
    let id: OrganisationId = id.parse().map_err(|_| ApiError::NotFound)?;
    organisations::find(conn, id)?
        .filter(is_active)
        .ok_or(ApiError::NotFound)
}

pub fn is_active(organisation: &Organisation) -> bool {
    organisation.state == OrganisationState::Active
}

async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Account>, ApiError> {
    let viewer = caller.reads("read:accounts")?.clone();
    let renderer = Renderer::of(&app);
    let account = app
        .forum
        .db
        .read(move |conn| {
            let organisation = find(conn, &id)?;
            Ok::<_, ApiError>(renderer.account(conn, &viewer, &organisation)?)
        })
        .await?;
    Ok(Json(account))
}

/// Several accounts by id, in the order asked for.
async fn several(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Account>>, ApiError> {
    let viewer = caller.reads("read:accounts")?.clone();
    let mut ids: Vec<OrganisationId> = params.ids("id");
    ids.truncate(MANY);
    let renderer = Renderer::of(&app);
    let accounts = app
        .forum
        .db
        .read(move |conn| {
            let mut found = organisations::find_many(conn, &ids)?;
            let organisations: Vec<Organisation> = ids
                .iter()
                .filter_map(|id| found.remove(id))
                .filter(is_active)
                .collect();
            renderer.accounts(conn, &viewer, &organisations)
        })
        .await?;
    Ok(Json(accounts))
}

/// `acct=handle` or `acct=handle@host`, of what is known here.
async fn lookup(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Account>, ApiError> {
    let viewer = caller.reads("read:accounts")?.clone();
    let acct = params.text("acct").unwrap_or_default().to_owned();
    let renderer = Renderer::of(&app);
    let account = app
        .forum
        .db
        .read(move |conn| {
            let organisation =
                finding::by_acct(conn, &renderer.forum.urls, &acct)?.ok_or(ApiError::NotFound)?;
            Ok::<_, ApiError>(renderer.account(conn, &viewer, &organisation)?)
        })
        .await?;
    Ok(Json(account))
}

/// Finds accounts by part of a name; `resolve` also asks other servers.
async fn search(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Account>>, ApiError> {
    caller.member("read:accounts")?;
    let accounts = finding::accounts(&app, &caller, &params, paging::ACCOUNTS).await?;
    Ok(Json(accounts))
}

/// The caller's own organisation, with what only its people see.
async fn verify_credentials(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<CredentialAccount>, ApiError> {
    let person = caller
        .member_with_any(&["read:accounts", "profile"])?
        .clone();
    let viewer = caller.viewer().clone();
    let renderer = Renderer::of(&app);
    let own = app
        .forum
        .db
        .read(move |conn| {
            let organisation = person.organisation;
            let waiting = follows::list(
                conn,
                organisation.id,
                Side::Followers,
                FollowState::Pending,
                Window::first(paging::ACCOUNTS.most),
            )?;
            Ok::<_, storage::Error>(CredentialAccount {
                account: renderer.account(conn, &viewer, &organisation)?,
                source: source(&organisation, waiting.len()),
                role: Role {
                    id: person.user.role.as_str().to_owned(),
                    name: person.user.role.name().to_owned(),
                    color: convert::BADGE_COLOUR.to_owned(),
                    permissions: "0",
                    highlighted: false,
                    collection_limit: 0,
                },
            })
        })
        .await?;
    Ok(Json(own))
}

fn source(organisation: &Organisation, waiting: usize) -> Source {
    Source {
        note: organisation.summary.clone(),
        fields: convert::fields(organisation),
        privacy: "public",
        sensitive: false,
        language: organisation
            .expertise
            .languages
            .first()
            .cloned()
            .unwrap_or_default(),
        follow_requests_count: waiting.try_into().unwrap_or(i64::MAX),
        hide_collections: false,
        discoverable: true,
        indexable: true,
        attribution_domains: Vec::new(),
        quote_policy: "public",
    }
}

/// What an organisation published, as far as the caller may see it.
async fn published(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Status>, ApiError> {
    let viewer = caller.reads("read:statuses")?;
    let organisation = app.forum.db.read(move |conn| find(conn, &id)).await?;
    // Nothing carries pictures.
    if params.flag("only_media") {
        return Ok(Page::empty());
    }
    if params.flag("pinned") {
        return pinned(&app, viewer, organisation.id).await;
    }
    let tagged = params.text("tagged").map(timelines::fold);
    let filter = Filter {
        author: vec![organisation.id],
        tag: tagged.into_iter().collect(),
        top_level: params.flag("exclude_replies"),
        ..Filter::default()
    };
    let window = paging::STATUSES.window(&params);
    if params.flag("exclude_reblogs") || !filter.tag.is_empty() {
        return statuses::page(&app, viewer, filter, window, &uri).await;
    }
    statuses::timeline(&app, viewer, &uri, move |conn, viewer| {
        timeline::merged(conn, viewer, &filter, By::One(organisation.id), window)
    })
    .await
}

/// Few enough for one page.
async fn pinned(
    app: &App,
    viewer: &Viewer,
    organisation: OrganisationId,
) -> Result<Page<Status>, ApiError> {
    let (viewer, renderer) = (viewer.clone(), Renderer::of(app));
    let statuses = app
        .forum
        .db
        .read(move |conn| {
            let entries = pins::of(conn, &viewer, organisation)?;
            renderer.statuses(conn, &viewer, &entries)
        })
        .await?;
    let origin = app.forum.urls.origin();
    Ok(Page::new(statuses, None, origin, &Uri::default()))
}

async fn followers(
    state: State<App>,
    uri: OriginalUri,
    Path(id): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Account>, ApiError> {
    follows_of(state, uri, id, caller, params, Side::Followers).await
}

async fn following(
    state: State<App>,
    uri: OriginalUri,
    Path(id): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Account>, ApiError> {
    follows_of(state, uri, id, caller, params, Side::Following).await
}

/// The other ends of an organisation's accepted follows.
async fn follows_of(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    id: String,
    caller: Caller,
    params: Params,
    side: Side,
) -> Result<Page<Account>, ApiError> {
    let viewer = caller.reads("read:accounts")?;
    let organisation = app.forum.db.read(move |conn| find(conn, &id)).await?;
    let window = paging::ACCOUNTS.window(&params);
    let ends = Ends {
        of: organisation.id,
        side,
        state: FollowState::Accepted,
    };
    ends.page(&app, viewer, window, &uri).await
}

/// One side of an organisation's follows.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub of: OrganisationId,
    pub side: Side,
    pub state: FollowState,
}

impl Ends {
    /// The organisations at that side, newest follow first. The ids of the
    /// pages are those of the follows, which nobody sees.
    pub async fn page(
        self,
        app: &App,
        viewer: &Viewer,
        window: Window,
        uri: &Uri,
    ) -> Result<Page<Account>, ApiError> {
        let viewer = viewer.clone();
        let renderer = Renderer::of(app);
        let (accounts, ids) = app
            .forum
            .db
            .read(move |conn| {
                let found = follows::list(conn, self.of, self.side, self.state, window)?;
                let ids = match (found.first(), found.last()) {
                    (Some((first, _)), Some((last, _))) => Some((first.0, last.0)),
                    _ => None,
                };
                let active: Vec<Organisation> = found
                    .into_iter()
                    .map(|(_, other)| other)
                    .filter(is_active)
                    .collect();
                Ok::<_, storage::Error>((renderer.accounts(conn, &viewer, &active)?, ids))
            })
            .await?;
        Ok(Page::new(accounts, ids, app.forum.urls.origin(), uri))
    }
}

/// Lists that no organisation has.
async fn nothing(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Value>, ApiError> {
    caller.reads("read:accounts")?;
    app.forum.db.read(move |conn| find(conn, &id)).await?;
    Ok(Json(json!([])))
}

/// The organisations known here, newest first.
async fn directory(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Account>>, ApiError> {
    let viewer = caller.reads("read:accounts")?.clone();
    let limit = paging::ACCOUNTS.limit(&params);
    let offset = params
        .parsed("offset")
        .unwrap_or(0)
        .clamp(0, DIRECTORY_DEPTH);
    let filter = organisations::Filter {
        local: params.flag("local").then_some(true),
        ..organisations::Filter::default()
    };
    let renderer = Renderer::of(&app);
    let accounts = app
        .forum
        .db
        .read(move |conn| {
            let mut found = organisations::list(conn, &filter, Window::first(offset + limit))?;
            let skipped = found
                .len()
                .min(usize::try_from(offset).unwrap_or(usize::MAX));
            found.drain(..skipped);
            renderer.accounts(conn, &viewer, &found)
        })
        .await?;
    Ok(Json(accounts))
}
