//! The doors put together.

use std::sync::atomic::Ordering;

use axum::{Router, extract::State, http::StatusCode, middleware::from_fn_with_state};

use super::{App, Auth, Routes, layers};
use crate::{
    federation::inbox,
    forum_api, mastodon,
    web::{self, pages},
};

/// Every route of the node.
pub fn routes() -> Routes {
    Routes::new()
        .get("/livez", Auth::None, || async { "alive\n" })
        .get("/readyz", Auth::None, ready)
        .merge(forum_api::routes())
        .merge(mastodon::routes())
        .merge(web::routes::routes())
        .post("/inbox", Auth::Signature, inbox::shared)
        .post("/orgs/{handle}/inbox", Auth::Signature, inbox::own)
        .get("/entries/{id}", Auth::Optional, pages::entry::show)
        .get("/orgs/{handle}", Auth::Optional, pages::organisation::show)
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
    let served = routes()
        .into_router()
        .fallback(web::routes::not_found)
        .layer(from_fn_with_state(app.clone(), web::routes::dress));
    layers::wrap(served, &app.config).with_state(app)
}
