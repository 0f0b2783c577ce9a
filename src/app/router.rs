//! The doors put together.

use std::sync::atomic::Ordering;

use axum::{Router, extract::State, http::StatusCode};

use super::{App, Auth, Routes, layers};
use crate::{forum_api, mastodon};

/// Every route of the node.
pub fn routes() -> Routes {
    Routes::new()
        .get("/livez", Auth::None, || async { "alive\n" })
        .get("/readyz", Auth::None, ready)
        .merge(forum_api::routes())
        .merge(mastodon::routes())
}

/// Ready means able to serve writes.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "the node is stopping\n");
    }
    match app.forum.db.check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database cannot be written to\n",
            )
        }
    }
}

/// The service that answers every request.
pub fn router(app: App) -> Router {
    layers::wrap(routes().into_router(), &app.config).with_state(app)
}
