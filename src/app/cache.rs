//! Answers to readers whom nobody knows, kept for a moment: what a popular
//! entry costs is then no query and no template, but a look into a table.
//!
//! Nothing made for somebody gets in: a request with a token, a cookie or a
//! signature passes by in both directions, and so does every answer that says
//! it is private or sets a cookie. What was read before a commit of this
//! process is never served after it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use moka::sync;

use super::App;
use crate::storage::Db;

/// How long commits of other processes may stay unseen.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// Of all answers kept, in bytes.
const MAX_BYTES: u64 = 16 << 20;
/// Of the body of one of them.
const MAX_BODY_BYTES: usize = 256 << 10;
/// Of the address and the Accept header of a request.
const MAX_KEY_BYTES: usize = 1024;
/// What an answer takes besides its body, roughly.
const OVERHEAD: usize = 1024;

/// With one of these a request may be somebody's.
const PERSONAL: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("signature"),
    HeaderName::from_static("signature-input"),
];

/// A bounded table of answers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Cache {
    kept: sync::Cache<String, Kept>,
    db: Db,
    /// As a Host header names us; requests that name another host or nobody
    /// are none of the cache's business.
    authority: Arc<str>,
}

#[derive(Clone)]
struct Kept {
    /// [`Db::commits`] before the answer was made.
    commits: u64,
    headers: HeaderMap,
    body: Bytes,
}

impl Cache {
    pub(super) fn new(app: &App) -> Self {
        let weigh = |key: &String, kept: &Kept| {
            let bytes = key.len() + kept.body.len() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            kept: sync::Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(weigh)
                .time_to_live(KEPT_FOR)
                .build(),
            db: app.forum.db.clone(),
            authority: app.forum.urls.authority().into(),
        }
    }

    /// The key of an anonymous question; `None` for every other request. The
    /// Accept header is in it as it was sent: whatever an address makes of it,
    /// two callers who say the same get the same.
    fn key(&self, request: &Request) -> Option<String> {
        let headers = request.headers();
        let uri = request.uri();
        let is_anonymous = !PERSONAL.iter().any(|name| headers.contains_key(name))
            // The one other place in which clients send tokens.
            && !uri.query().is_some_and(|query| query.contains("token"));
        let is_for_us = only(headers, &header::HOST) == Some(self.authority.as_bytes())
            && uri.authority().is_none();
        if request.method() != Method::GET || !is_anonymous || !is_for_us {
            return None;
        }
        let accept = match headers.contains_key(header::ACCEPT) {
            true => std::str::from_utf8(only(headers, &header::ACCEPT)?).ok()?,
            false => "",
        };
        let target = uri.path_and_query()?.as_str();
        // No address holds a space.
        (target.len() + accept.len() < MAX_KEY_BYTES).then(|| format!("{target} {accept}"))
    }

    fn find(&self, key: &str, commits: u64) -> Option<Kept> {
        self.kept.get(key).filter(|kept| kept.commits == commits)
    }

    /// Keeps an answer if it is for everybody.
    async fn keep(&self, key: String, commits: u64, response: Response) -> Response {
        if !is_for_everybody(&response) {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let kept = Kept {
            commits,
            headers: parts.headers,
            body,
        };
        self.kept.insert(key, kept.clone());
        kept.into_response()
    }
}

/// The value of a header that was sent once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

/// Is the answer whole, of a known and small size, and does it nowhere say
/// that it is for one reader only?
fn is_for_everybody(response: &Response) -> bool {
    let headers = response.headers();
    let is_private = headers.get_all(header::CACHE_CONTROL).iter().any(|value| {
        value.to_str().is_ok_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("private") || value.contains("no-store")
        })
    });
    let size = response.body().size_hint().exact();
    response.status() == StatusCode::OK
        && !is_private
        && !headers.contains_key(header::SET_COOKIE)
        && size.is_some_and(|size| size <= MAX_BODY_BYTES as u64)
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.headers;
        response
    }
}

/// Answers from the table, or asks further and fills it.
pub(super) async fn serve(State(cache): State<Cache>, request: Request, next: Next) -> Response {
    let Some(key) = cache.key(&request) else {
        return next.run(request).await;
    };
    // Before anything is read: a commit from now on makes the answer stale.
    let commits = cache.db.commits();
    match cache.find(&key, commits) {
        Some(kept) => kept.into_response(),
        None => cache.keep(key, commits, next.run(request).await).await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::{
        storage::{self, hosts, testing::on_both},
        tests::test_app::TestApp,
    };

    /// A node whose every answer is a new number.
    struct Counting {
        db: Db,
        router: Router,
    }

    impl Counting {
        fn new(db: Db, name: &'static str, value: &'static str) -> Self {
            let cache = Cache::new(&TestApp::new(db.clone()).app);
            let count = Arc::new(AtomicU32::new(0));
            let number = move || {
                let number = count.fetch_add(1, Ordering::Relaxed);
                async move { ([(name, value)], number.to_string()) }
            };
            let router = Router::new()
                .route("/", get(number.clone()).post(number))
                .layer(from_fn_with_state(cache, serve));
            Self { db, router }
        }

        async fn ask(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> String {
            let mut request = Request::builder().method(method).uri(target);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Body::empty()).expect("a request");
            let answer = self.router.clone().oneshot(request).await;
            let body = to_bytes(answer.expect("infallible").into_body(), 100).await;
            String::from_utf8(body.expect("a body").to_vec()).expect("text")
        }

        async fn get(&self, target: &str, headers: &[(&str, &str)]) -> String {
            let headers = [headers, &[("host", "n.example")]].concat();
            self.ask(Method::GET, target, &headers).await
        }

        async fn commit(&self) {
            let write = |conn: &mut storage::Conn| hosts::remove(conn, "nobody.example");
            self.db.write(write).await.expect("written");
        }
    }

    #[test]
    fn the_same_anonymous_question_is_answered_from_the_table_until_something_is_written() {
        on_both(async |db| {
            let node = Counting::new(db, "cache-control", "no-cache");
            let first = node.get("/", &[]).await;
            assert_eq!(node.get("/", &[]).await, first);
            node.commit().await;
            let second = node.get("/", &[]).await;
            assert_ne!(second, first);
            assert_eq!(node.get("/", &[]).await, second);
        });
    }

    #[test]
    fn an_answer_is_kept_no_longer_than_a_moment() {
        on_both(async |db| {
            let node = Counting::new(db, "cache-control", "no-cache");
            let first = node.get("/", &[]).await;
            tokio::time::sleep(KEPT_FOR + Duration::from_millis(200)).await;
            assert_ne!(node.get("/", &[]).await, first);
        });
    }

    #[test]
    fn another_address_or_face_is_another_question() {
        on_both(async |db| {
            let node = Counting::new(db, "cache-control", "no-cache");
            let page = node.get("/", &[("accept", "text/html")]).await;
            let document = node
                .get("/", &[("accept", "application/activity+json")])
                .await;
            let other = node.get("/?page=2", &[("accept", "text/html")]).await;
            assert!(page != document && page != other && document != other);
            assert_eq!(node.get("/", &[("accept", "text/html")]).await, page);
        });
    }

    #[test]
    fn requests_that_may_be_somebodys_pass_by_in_both_directions() {
        on_both(async |db| {
            let node = Counting::new(db, "cache-control", "no-cache");
            let kept = node.get("/", &[]).await;
            for header in [
                ("authorization", "Bearer x"),
                ("cookie", "session=x"),
                ("signature", "keyId=x"),
                ("signature-input", "sig1=()"),
            ] {
                let first = node.get("/", &[header]).await;
                let second = node.get("/", &[header]).await;
                assert!(first != kept && second != first, "{header:?}");
            }
            let target = "/?access_token=x";
            assert_ne!(node.get(target, &[]).await, node.get(target, &[]).await);
            let written = node.ask(Method::POST, "/", &[("host", "n.example")]).await;
            assert_ne!(written, kept);
            for hosts in [vec![("host", "b.example")], vec![]] {
                assert_ne!(node.ask(Method::GET, "/", &hosts).await, kept);
            }
            assert_eq!(node.get("/", &[]).await, kept);
        });
    }

    #[test]
    fn answers_that_are_for_one_reader_are_not_kept() {
        for (name, value) in [
            ("cache-control", "private, no-store"),
            ("cache-control", "Private"),
            ("cache-control", "no-store"),
            ("set-cookie", "session=x"),
        ] {
            on_both(async |db| {
                let node = Counting::new(db, name, value);
                let first = node.get("/", &[]).await;
                assert_ne!(node.get("/", &[]).await, first, "{name}: {value}");
            });
        }
    }
}
