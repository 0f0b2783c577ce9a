//! What pages of other origins may call: the APIs and what describes the node.
//! Clients that run in a browser show nothing without (MASTODON.md 1.7).
//! Cookies never count there, so that nothing is lost by it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{Any, CorsLayer};

/// Where the paths begin that are open; pictures are loaded with an Origin too.
const OPEN: [&str; 5] = [
    "/api/",
    "/oauth/",
    "/.well-known/",
    "/nodeinfo/",
    "/assets/",
];

/// Every header by its name: to browsers a wildcard does not include
/// `Authorization`. Shared, because its lists would be copied for each request.
pub(super) fn layer() -> Arc<CorsLayer> {
    let layer = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            header::LINK,
            HeaderName::from_static("x-ratelimit-reset"),
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("mastodon-async-refresh"),
            HeaderName::from_static("deprecation"),
        ])
        .max_age(Duration::from_secs(86_400));
    Arc::new(layer)
}

/// Opens the open paths, also those where nothing is, and no others.
pub(super) async fn share(
    State(layer): State<Arc<CorsLayer>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if !OPEN.iter().any(|start| path.starts_with(start)) {
        return next.run(request).await;
    }
    match layer.layer(next).oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    }
}
