//! `/admin/deliveries`: how it stands with the servers that we send to.

mod letters;
#[cfg(test)]
mod tests;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::MaybeJsonObject,
    caller::Caller,
    fields::Fields,
    page::{self, Page, Paging},
    problem::Problem,
    query,
    vocabulary::one_of,
};
use crate::{
    app::App,
    domain::delivery::{Lane, LaneState},
    operations::deliveries,
    storage::{self, lanes},
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(replay))
        .routes(routes!(drop_waiting))
        .routes(routes!(letters::list))
}

fn state_words() -> Object {
    let states = [LaneState::Open, LaneState::Held, LaneState::Gone];
    one_of(states.map(LaneState::as_str))
}

/// How it stands with one host.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lane)]
struct LaneDocument {
    host: String,
    /// `held` refuses our signatures and is tried now and then, `gone` said that
    /// it is gone.
    #[schema(schema_with = state_words)]
    state: &'static str,
    /// How many wait.
    pending: i64,
    /// How many were given up and can be replayed.
    dead: i64,
    /// Failures in a row.
    failures: i32,
    /// Since when the oldest waits.
    oldest: Option<DateTime<Utc>>,
    /// When it is tried again, as it asked itself or by our back-off.
    retry_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
}

impl From<Lane> for LaneDocument {
    fn from(lane: Lane) -> Self {
        Self {
            host: lane.host,
            state: lane.state.as_str(),
            pending: lane.pending,
            dead: lane.dead,
            failures: lane.failures,
            oldest: lane.oldest_pending_at,
            retry_at: lane.retry_at,
            last_error: lane.last_error,
            last_success_at: lane.last_success_at,
        }
    }
}

/// How many were queued again.
#[derive(Debug, Serialize, ToSchema)]
struct Replayed {
    replayed: usize,
}

/// Every host that this node sends to, those with trouble first.
#[utoipa::path(
    get,
    path = "/admin/deliveries",
    tag = "administration",
    params(Paging),
    responses(
        (status = 200, body = Page<LaneDocument>),
    ),
    security(("token" = ["admin:read"])),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<LaneDocument>>, Problem> {
    caller.administers("admin:read")?;
    let window = query::window(raw.as_deref())?;
    let before = page::before(window);
    let read = app
        .forum
        .db
        .read(move |conn| lanes::overview(conn, before, window.limit));
    let page = Page::by_count(read.await?, window);
    Ok(Json(page.map(LaneDocument::from)))
}

/// The host to replay; without one, all hosts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct ReplayInput {
    host: Option<String>,
}

/// Queues what was given up again, for one host or for all.
#[utoipa::path(
    post,
    path = "/admin/deliveries/replay",
    tag = "administration",
    request_body(content = Option<ReplayInput>, content_type = "application/json"),
    responses(
        (status = 200, body = Replayed),
    ),
    security(("token" = ["admin:write"])),
)]
async fn replay(
    State(app): State<App>,
    caller: Caller,
    MaybeJsonObject(members): MaybeJsonObject,
) -> Result<Json<Replayed>, Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let mut fields = Fields::new(members, &["host"], &[]);
    let host = known_host(&app, &mut fields).await?;
    fields.finish()?;
    let replayed = deliveries::replay(&app.forum, Some(me), host).await?;
    Ok(Json(Replayed { replayed }))
}

/// The host that is named, if one is; one that nothing was sent to is refused.
async fn known_host(app: &App, fields: &mut Fields) -> Result<Option<String>, Problem> {
    let host = fields.text("host").value();
    if let Some(host) = &host
        && lane(app, host).await?.is_none()
    {
        fields.refuse("host", format!("Nothing was ever sent to {host:?}."));
    }
    Ok(host)
}

async fn lane(app: &App, host: &str) -> Result<Option<Lane>, storage::Error> {
    let host = host.to_owned();
    let found = app.forum.db.read(move |conn| lanes::find(conn, &host));
    found.await
}

/// The host to give up on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct DropInput {
    host: String,
}

/// How many were given up.
#[derive(Debug, Serialize, ToSchema)]
struct Dropped {
    dropped: usize,
}

/// Gives up on all that waits for a host. It is kept for 30 days, and can be
/// replayed.
#[utoipa::path(
    post,
    path = "/admin/deliveries/drop",
    tag = "administration",
    request_body(content = DropInput, content_type = "application/json"),
    responses(
        (status = 200, body = Dropped),
    ),
    security(("token" = ["admin:write"])),
)]
async fn drop_waiting(
    State(app): State<App>,
    caller: Caller,
    MaybeJsonObject(members): MaybeJsonObject,
) -> Result<Json<Dropped>, Problem> {
    let me = caller.administers("admin:write")?.user.id;
    let mut fields = Fields::new(members, &["host"], &[]);
    let host = known_host(&app, &mut fields).await?;
    if host.is_none() {
        fields.refuse("host", "Say which host to give up on.");
    }
    fields.finish()?;
    let dropped = deliveries::give_up(&app.forum, Some(me), host.unwrap_or_default()).await?;
    Ok(Json(Dropped { dropped }))
}
