//! Hashtags.

use axum::{
    Json,
    extract::{Path, State},
};
use chrono::{DateTime, Days, NaiveTime, Utc};

use super::{
    auth::Caller,
    entities::{Tag, TagDay, TagViewerState},
    error::ApiError,
    timelines,
};
use crate::{
    app::{App, Auth, Routes},
    domain::{audience::Viewer, page::Window, text},
    storage::{
        self, Conn,
        entries::{self, Filter},
    },
    urls::Urls,
};

/// How many days of use a hashtag tells.
const DAYS: u64 = 7;
/// How many of the newest entries are counted.
const COUNTED: i64 = 500;

pub fn routes() -> Routes {
    Routes::new().get("/api/v1/tags/{tag}", Auth::Optional, show)
}

/// Any name is a hashtag, also one that nobody has used: clients offer to
/// follow it.
async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Json<Tag>, ApiError> {
    let viewer = caller.reads("read:follows")?.clone();
    let name = timelines::fold(&name);
    if !text::is_hashtag(&name) {
        return Err(ApiError::NotFound);
    }
    let urls = app.forum.urls.clone();
    let now = app.forum.now();
    let tag = app
        .forum
        .db
        .read(move |conn| with_history(conn, &viewer, &urls, &name, now))
        .await?;
    Ok(Json(tag))
}

/// A hashtag with its use in the last days, if it stands in an entry that the
/// viewer sees.
pub fn find(
    conn: &mut Conn,
    viewer: &Viewer,
    urls: &Urls,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<Tag>, storage::Error> {
    let filter = Filter {
        tag: vec![name.to_owned()],
        ..Filter::default()
    };
    if entries::list(conn, viewer, &filter, Window::first(1))?.is_empty() {
        return Ok(None);
    }
    with_history(conn, viewer, urls, name, now).map(Some)
}

fn with_history(
    conn: &mut Conn,
    viewer: &Viewer,
    urls: &Urls,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Tag, storage::Error> {
    let today = now.date_naive();
    let days: Vec<_> = (0..DAYS)
        .filter_map(|ago| today.checked_sub_days(Days::new(ago)))
        .collect();
    let filter = Filter {
        tag: vec![name.to_owned()],
        since: days
            .last()
            .map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        ..Filter::default()
    };
    let entries = entries::list(conn, viewer, &filter, Window::first(COUNTED))?;
    let history = days
        .into_iter()
        .map(|day| {
            let of_day: Vec<_> = entries
                .iter()
                .filter(|entry| entry.created_at.date_naive() == day)
                .collect();
            let mut authors: Vec<i64> = of_day.iter().map(|entry| entry.author.id.0).collect();
            authors.sort_unstable();
            authors.dedup();
            TagDay {
                day: day
                    .and_time(NaiveTime::MIN)
                    .and_utc()
                    .timestamp()
                    .to_string(),
                uses: of_day.len().to_string(),
                accounts: authors.len().to_string(),
            }
        })
        .collect();
    Ok(Tag {
        id: name.to_owned(),
        name: name.to_owned(),
        url: urls.tag(name).to_string(),
        history,
        viewer: viewer.organisation().map(|_| TagViewerState::default()),
    })
}
