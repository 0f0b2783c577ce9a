//! Which pages of other origins may call: all of them, since no cookie counts
//! here and a client that runs in a browser shows nothing without.

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

/// For everything under `/api`. The headers are listed one by one: to
/// browsers a wildcard does not include `Authorization`.
pub fn layer() -> CorsLayer {
    CorsLayer::new()
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
        .max_age(std::time::Duration::from_secs(86_400))
}
