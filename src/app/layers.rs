//! What stands around every route: a request id, a line in the log, safe
//! headers, a page when a handler panics, a bound on bodies, compression.

use std::{panic::AssertUnwindSafe, time::Instant};

use aws_lc_rs::rand;
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::{Next, from_fn},
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use http_body_util::Limited;
use tower_http::compression::{
    CompressionLayer, DefaultPredicate,
    predicate::{Predicate, SizeAbove},
};
use tracing::Instrument;

use crate::config::Config;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Bodies smaller than this, in bytes, are not worth compressing.
const WORTH_COMPRESSING: u16 = 1024;

/// Headers of every answer whose handler sets no others (SECURITY.md 5). Web
/// pages bring a policy of their own.
const SAFE: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Puts the layers around all routes; the last one added is the outermost.
/// `panicked` makes the answer for a path whose handler panicked.
pub(super) fn wrap<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    config: &Config,
    panicked: fn(&str) -> Response,
) -> Router<S> {
    let most = config.limits.request_bytes;
    let compression = CompressionLayer::new().compress_when(
        DefaultPredicate::new()
            .and(SizeAbove::new(WORTH_COMPRESSING))
            .and(is_for_everybody),
    );
    router
        // `Limited` bounds every body, however its handler reads it.
        .layer(DefaultBodyLimit::disable())
        .layer(compression)
        .layer(from_fn(move |request: Request, next: Next| {
            let request = request.map(|body| Body::new(Limited::new(body, most)));
            trace(request, next, panicked)
        }))
}

/// An answer made for one person is not compressed: its length would tell of
/// the secrets in it, such as form tokens, to who can add text to it (BREACH).
fn is_for_everybody(
    _: StatusCode,
    _: Version,
    headers: &HeaderMap,
    _: &axum::http::Extensions,
) -> bool {
    headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .all(|value| !value.as_bytes().windows(8).any(|part| part == b"no-store"))
}

/// Gives the request an id, which stands in every line of the log about it
/// and goes back with the answer, sees to what every answer has, and logs how it
/// went. One layer does it all: each costs every request several allocations.
async fn trace(mut request: Request, next: Next, panicked: fn(&str) -> Response) -> Response {
    let id = new_id();
    // What a caller claims as its id must not reach the log.
    request.headers_mut().remove(REQUEST_ID);
    let method = request.method().clone();
    let path = loggable_path(&request);
    let span = tracing::info_span!("request", id, %method, path);
    let is_probe = matches!(path.as_str(), "/livez" | "/readyz");
    let begun = Instant::now();
    async move {
        let mut response = catch_panic(request, next, panicked).await;
        make_safe(response.headers_mut());
        let status = response.status().as_u16();
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if is_probe {
            tracing::debug!(status, ms, "answered");
        } else {
            tracing::info!(status, ms, "answered");
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

fn make_safe(headers: &mut HeaderMap) {
    for (name, value) in SAFE {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// 72 random bits.
fn new_id() -> String {
    let mut bytes = [0; 9];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The path without its query, which may hold secrets; of routes with a
/// secret in the path (one-time links), and of addresses that are no route,
/// which may be such ones misspelt, not even that.
fn loggable_path(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(route) if route.as_str().contains("{token}") => route.as_str().to_owned(),
        Some(_) => request.uri().path().to_owned(),
        None => "(no route)".to_owned(),
    }
}

/// A panic in a handler ends its request, not the node.
async fn catch_panic(request: Request, next: Next, panicked: fn(&str) -> Response) -> Response {
    let uri = request.uri().clone();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_logged) => panicked(uri.path()),
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        response::IntoResponse,
        routing::{get, post},
    };
    use tower::ServiceExt;

    use super::*;

    fn router() -> Router {
        let config = Config::load(
            None,
            [(
                "VIRTUAL_FORUM_LIMITS__REQUEST_BYTES".to_owned(),
                "100".to_owned(),
            )],
        )
        .expect("valid settings");
        let private = [(header::CACHE_CONTROL, "private, no-store")];
        let own = [(header::CONTENT_SECURITY_POLICY, "default-src 'self'")];
        let router = Router::new()
            .route("/long", get(|| async { "long ".repeat(1_000) }))
            .route(
                "/mine",
                get(move || async move { (private, "long ".repeat(1_000)) }),
            )
            .route("/page", get(move || async move { (own, "page") }))
            .route("/panic", get(panics))
            .route(
                "/links/{token}",
                get(|request: Request| async move { loggable_path(&request) }),
            )
            .route(
                "/read",
                get(|request: Request| async move { loggable_path(&request) }),
            )
            .route(
                "/length",
                post(|body: String| async move { body.len().to_string() }),
            );
        wrap(router, &config, |path| {
            let words = format!("{path} is at fault");
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        })
    }

    async fn panics() -> &'static str {
        panic!("a test of what happens then")
    }

    async fn send(request: axum::http::request::Builder, body: String) -> Response {
        let request = request
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Body::from(body))
            .expect("a request");
        router().oneshot(request).await.expect("infallible")
    }

    async fn get_path(path: &str) -> Response {
        send(Request::get(path), String::new()).await
    }

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn every_answer_has_an_id_of_our_own_and_safe_headers() {
        let claimed = Request::get("/nowhere").header(REQUEST_ID, "claimed");
        let one = send(claimed, String::new()).await;
        let other = get_path("/long").await;
        let id = |response: &Response| response.headers()[REQUEST_ID].clone();
        assert_ne!(id(&one), id(&other));
        assert_ne!(id(&one), "claimed");
        for response in [one, other] {
            for (name, value) in SAFE {
                assert_eq!(response.headers()[name], value);
            }
        }
    }

    #[tokio::test]
    async fn a_page_keeps_its_own_policy() {
        let response = get_path("/page").await;
        let policies = response.headers().get_all(header::CONTENT_SECURITY_POLICY);
        assert_eq!(Vec::from_iter(policies), ["default-src 'self'"]);
    }

    #[tokio::test]
    async fn what_is_made_for_one_person_is_not_compressed() {
        let shared = get_path("/long").await;
        assert_eq!(shared.headers()[header::CONTENT_ENCODING], "gzip");
        let private = get_path("/mine").await;
        assert!(!private.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused() {
        let fits = send(Request::post("/length"), "x".repeat(100)).await;
        assert_eq!(text(fits).await, "100");
        let large = send(Request::post("/length"), "x".repeat(101)).await;
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_the_words_given_for_its_path() {
        let response = get_path("/panic").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key(REQUEST_ID));
        assert_eq!(text(response).await, "/panic is at fault");
    }

    #[tokio::test]
    async fn secrets_in_addresses_stay_out_of_the_log() {
        assert_eq!(
            text(get_path("/links/secret").await).await,
            "/links/{token}"
        );
        assert_eq!(
            text(get_path("/read?access_token=secret").await).await,
            "/read"
        );
    }
}
