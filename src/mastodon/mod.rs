//! The Mastodon client API: organisations as accounts, entries as statuses.
//!
//! Ordinary Mastodon apps read this node through it. What each of them
//! depends on is written at the rule it shaped; `entities` are the documented
//! shapes, `convert` fills them, and each file of routes holds one group.

mod accounts;
mod apps;
mod auth;
mod blocks;
mod caching;
mod convert;
mod empty;
pub mod entities;
pub mod error;
pub mod extract;
mod finding;
mod follows;
mod instance;
pub mod paging;
mod reactions;
mod reports;
mod statuses;
mod streaming;
mod tags;
mod timelines;

use axum::{Router, middleware, routing::any};

use crate::app::{App, Routes};

/// Everything under `/api/v1` and `/api/v2`, with refusals in JSON for every
/// other address and method there.
pub fn routes() -> Routes {
    Routes::new()
        .merge(accounts::routes())
        .merge(apps::routes())
        .merge(blocks::routes())
        .merge(empty::routes())
        .merge(finding::routes())
        .merge(follows::routes())
        .merge(instance::routes())
        .merge(reactions::routes())
        .merge(reports::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
        .map(close)
}

fn close(mut router: Router<App>) -> Router<App> {
    for version in ["/api/v1", "/api/v2"] {
        router = router
            .route(version, any(error::not_found))
            .route(&format!("{version}/{{*rest}}"), any(error::not_found));
    }
    router
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(middleware::from_fn(caching::mark))
}
