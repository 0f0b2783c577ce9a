//! What waits for one host, and what was given up.

use std::str::FromStr;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use super::lane;
use crate::{
    app::App,
    domain::{delivery::DeliveryState, id::DeliveryId},
    forum_api::{
        caller::Caller,
        page::{Page, Paging},
        problem::{Problem, Refused},
        query::Query,
        vocabulary::one_of,
    },
    storage::deliveries::{self, Letter},
};

/// The states that are shown: what has arrived is of no concern any more.
const STATES: [DeliveryState; 2] = [DeliveryState::Pending, DeliveryState::Dead];

fn state_words() -> Object {
    one_of(STATES.map(DeliveryState::as_str))
}

/// One of [`STATES`], from its word.
struct Shown(DeliveryState);

impl FromStr for Shown {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = STATES.into_iter().find(|state| state.as_str() == word);
        found.map(Self).ok_or("use pending or dead")
    }
}

/// One activity on its way to one inbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct LetterDocument {
    id: String,
    /// The activity's address.
    activity: String,
    /// The type of the activity, for example `Create`.
    kind: String,
    /// The id of who sends it.
    actor: String,
    inbox: String,
    #[schema(schema_with = state_words)]
    state: &'static str,
    /// Tries so far.
    attempts: i32,
    last_error: Option<String>,
    /// Since when it waits, or waited.
    queued_at: DateTime<Utc>,
    /// When it was given up.
    given_up_at: Option<DateTime<Utc>>,
}

fn document(app: &App, state: DeliveryState, letter: Letter) -> LetterDocument {
    LetterDocument {
        id: letter.id.to_string(),
        activity: app.forum.urls.activity(letter.activity).into(),
        kind: letter.kind,
        actor: letter.actor,
        inbox: letter.inbox,
        state: state.as_str(),
        attempts: letter.attempts,
        last_error: letter.last_error,
        queued_at: letter.queued_at,
        given_up_at: letter.finished_at,
    }
}

/// What waits for a host, or what was given up, newest first.
#[utoipa::path(
    get,
    path = "/admin/deliveries/{host}",
    tag = "administration",
    params(
        ("host" = String, Path, description = "Host, with the port if it is not the usual one"),
        ("state" = Option<String>, Query, description = "`pending` when absent, or `dead`"),
        Paging,
    ),
    responses(
        (status = 200, body = Page<LetterDocument>),
        Refused<404>,
    ),
    security(("token" = ["admin:read"])),
)]
pub(super) async fn list(
    State(app): State<App>,
    Path(host): Path<String>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<LetterDocument>>, Problem> {
    caller.administers("admin:read")?;
    let mut query = Query::new(raw.as_deref(), &["state"]);
    let window = query.window();
    let states: Vec<Shown> = query.words("state");
    query.finish()?;
    let state = states
        .last()
        .map_or(DeliveryState::Pending, |shown| shown.0);
    if lane(&app, &host).await?.is_none() {
        return Err(Problem::NotFound);
    }
    let before = window.before.map(DeliveryId);
    let read = app
        .forum
        .db
        .read(move |conn| deliveries::letters(conn, &host, state, before, window.limit));
    let page = Page::by_id(read.await?, window, |letter| letter.id.0);
    Ok(Json(page.map(|letter| document(&app, state, letter))))
}
