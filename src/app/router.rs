//! The doors put together.

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Response},
};
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;

use super::{App, Auth, Routes, cache, cors, layers, negotiate};
use crate::{
    federation::{readers::only_readers, reply::Refusal, routes as wire},
    forum_api,
    mastodon::{self, error::ApiError},
    web::{self, error::PageError},
};

/// Every route of the node.
pub fn routes() -> Routes {
    doors(|wire| wire)
}

/// All doors; `guard` is laid around the wire.
fn doors(guard: impl FnOnce(Router<App>) -> Router<App>) -> Routes {
    Routes::new()
        .merge(health())
        .merge(shared())
        .merge(wire::routes().map(guard))
        .merge(forum_api::routes())
        .merge(mastodon::routes())
        .merge(web::routes::routes())
}

fn health() -> Routes {
    Routes::new()
        .get("/livez", Auth::None, || async { "alive\n" })
        .get("/readyz", Auth::None, ready)
        .map(|router| router.layer(map_response(never_kept)))
}

/// Ready means able to serve writes.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stopping.is_cancelled() {
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

async fn never_kept(response: Response) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], response).into_response()
}

/// Addresses for people and for servers.
fn shared() -> Routes {
    Routes::new()
        .get("/orgs/{handle}", Auth::Optional, negotiate::organisation)
        .get("/entries/{id}", Auth::Optional, negotiate::entry)
        .get("/@{handle}", Auth::None, negotiate::organisation_by_handle)
        .get("/@{handle}/{id}", Auth::None, negotiate::entry_by_handle)
}

/// The service that answers every request.
pub fn router(app: App) -> Router {
    let guard = from_fn_with_state(app.clone(), wire::only_our_host);
    let readers = from_fn_with_state(app.clone(), only_readers);
    let cache = cache::Cache::new(&app);
    let served = doors(|wire| wire.layer(readers).layer(guard))
        .into_router()
        .fallback(nowhere)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(from_fn_with_state(app.clone(), web::routes::dress))
        .layer(from_fn_with_state(cache, cache::serve))
        .layer(from_fn_with_state(cors::layer(), cors::share));
    let served = layers::wrap(served, &app.config, panicked).with_state(app);
    // Around the router, because inside it the route is found already: some
    // clients end every address with a slash (MASTODON.md 1.1).
    let trimmed = NormalizePathLayer::trim_trailing_slash().layer(served);
    Router::new().fallback_service(trimmed)
}

/// Whose words an address is answered in, also where nothing is.
enum Door {
    ForumApi,
    Mastodon,
    Wire,
    Pages,
}

impl Door {
    fn of(path: &str) -> Self {
        let is_under = |start: &str| {
            path.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_under("/api/forum") {
            Self::ForumApi
        } else if is_under("/api") || is_under("/oauth") {
            Self::Mastodon
        } else if is_under("/.well-known") || is_under("/nodeinfo") {
            Self::Wire
        } else {
            Self::Pages
        }
    }
}

async fn nowhere(request: Request) -> Response {
    match Door::of(request.uri().path()) {
        Door::ForumApi => forum_api::not_found(),
        Door::Mastodon => ApiError::NotFound.into_response(),
        Door::Wire => Refusal::NotFound.into_response(),
        Door::Pages => negotiate::nothing(request.headers()),
    }
}

/// The answer when a handler panicked; what it was stands in the log only.
fn panicked(path: &str) -> Response {
    match Door::of(path) {
        Door::ForumApi => forum_api::internal_error(),
        Door::Mastodon => ApiError::Internal.into_response(),
        Door::Wire | Door::Pages => {
            PageError::Internal("a handler panicked".to_owned()).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types by which handlers learn who asks.
    const WHO_ASKS: [&str; 5] = [
        "federation::readers::Asker",
        "mastodon::auth::Caller",
        "mastodon::streaming::opening::Opening",
        "web::visit::Visit",
        "web::visit::Submission",
    ];

    #[test]
    fn a_route_is_labelled_by_whether_its_handler_looks_at_who_asks() {
        let all = routes().list();
        for who in WHO_ASKS {
            // Else the type has gone elsewhere, and this test sees nothing.
            let is_taken = all.iter().any(|route| route.takes.contains(who));
            assert!(is_taken, "{who}");
        }
        for route in all {
            let looks = WHO_ASKS.iter().any(|who| route.takes.contains(who));
            match route.auth {
                Auth::None => assert!(!looks, "{route:?}"),
                // The Forum API is held by a test of its own; who is given the whole
                // request looks for itself.
                Auth::Optional => assert!(
                    looks || route.takes.is_empty() || route.takes.contains("http::request::"),
                    "{route:?}"
                ),
                Auth::Session
                | Auth::Bearer
                | Auth::Signature
                | Auth::Link
                | Auth::Administrator => {}
            }
        }
    }

    #[test]
    fn a_panic_is_told_in_the_words_of_its_door_and_not_what_it_was() {
        for (path, content_type) in [
            ("/api/forum/v1/entries", "application/problem+json"),
            ("/api/v1/timelines/home", "application/json"),
            ("/oauth/token", "application/json"),
            ("/entries/1", "text/html; charset=utf-8"),
            ("/apiary", "text/html; charset=utf-8"),
        ] {
            let answer = panicked(path);
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(
                answer.headers()[header::CONTENT_TYPE],
                content_type,
                "{path}"
            );
        }
    }
}
