//! Timelines: newest entries first, in pages.

use axum::extract::{OriginalUri, Path, State};

use super::{
    auth::Caller,
    entities::Status,
    error::ApiError,
    extract::Params,
    paging::{self, Page},
    statuses,
};
use crate::{
    app::{App, Auth, Routes},
    storage::{entries::Filter, timeline},
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/timelines/public", Auth::Optional, public)
        .get("/api/v1/timelines/tag/{tag}", Auth::Optional, tag)
        .get("/api/v1/timelines/home", Auth::Bearer, home)
}

/// Everything that the caller may see, without replies.
async fn public(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<Status>, ApiError> {
    let viewer = caller.reads("read:statuses")?;
    if params.flag("only_media") {
        return Ok(Page::empty());
    }
    let filter = Filter {
        local: origin(&params),
        top_level: true,
        ..Filter::default()
    };
    let window = paging::STATUSES.window(&params);
    statuses::page(&app, viewer, filter, window, &uri).await
}

/// Entries with a hashtag; `any[]`, `all[]` and `none[]` add others.
async fn tag(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(tag): Path<String>,
    caller: Caller,
    params: Params,
) -> Result<Page<Status>, ApiError> {
    let viewer = caller.reads("read:statuses")?;
    if params.flag("only_media") {
        return Ok(Page::empty());
    }
    let tags = |name: &str| -> Vec<String> { params.list(name).into_iter().map(fold).collect() };
    let mut any = tags("any");
    any.push(fold(&tag));
    let filter = Filter {
        tag: any,
        all_tags: tags("all"),
        no_tags: tags("none"),
        local: origin(&params),
        ..Filter::default()
    };
    let window = paging::STATUSES.window(&params);
    statuses::page(&app, viewer, filter, window, &uri).await
}

/// What the caller's organisation and those that it follows posted and
/// boosted.
async fn home(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    caller: Caller,
    params: Params,
) -> Result<Page<Status>, ApiError> {
    let person = caller.member("read:statuses")?;
    let me = person.organisation.id;
    let window = paging::STATUSES.window(&params);
    statuses::timeline(&app, caller.viewer(), &uri, move |conn, viewer| {
        timeline::home(conn, viewer, me, window)
    })
    .await
}

/// Hashtags are stored in lower case and without `#`.
pub fn fold(tag: &str) -> String {
    tag.trim_start_matches('#').to_lowercase()
}

fn origin(params: &Params) -> Option<bool> {
    match (params.flag("local"), params.flag("remote")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) | (true, true) => None,
    }
}
