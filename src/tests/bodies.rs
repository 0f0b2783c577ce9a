//! What is refused of a request before its body is read. On both databases.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Request, StatusCode},
};
use chrono::TimeDelta;
use futures_util::stream;
use tokio::time::timeout;

use super::{foreign::Foreign, test_app::TestApp};
use crate::storage::testing::on_both;

/// A well signed request whose body never comes.
fn announced(her: &Foreign, node: &TestApp) -> Request<Body> {
    let (parts, _) = her.request(node, b"{}").into_parts();
    let never = stream::pending::<Result<Bytes, Infallible>>();
    Request::from_parts(parts, Body::from_stream(never))
}

/// The status of the answer, if it does not wait for the body.
async fn at_once(node: &TestApp, request: Request<Body>, within: Duration) -> Option<StatusCode> {
    let answer = timeout(within, node.send(request)).await;
    answer.ok().map(|answer| answer.status)
}

const SOON: Duration = Duration::from_secs(10);

#[test]
fn what_its_headers_condemn_is_refused_before_its_body_comes() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let her = Foreign::new(&node, "far.example", "her").await;
        let good = announced(&her, &node);
        assert_eq!(at_once(&node, good, Duration::from_millis(300)).await, None);

        for name in ["signature", "digest", "date"] {
            let mut request = announced(&her, &node);
            request.headers_mut().remove(name);
            let status = at_once(&node, request, SOON).await;
            assert_eq!(status, Some(StatusCode::UNAUTHORIZED), "without {name}");
        }
        for (name, value, expected) in [
            ("host", "other.example", StatusCode::MISDIRECTED_REQUEST),
            ("digest", "MD5=AAAA", StatusCode::UNAUTHORIZED),
            ("signature", "keyId", StatusCode::UNAUTHORIZED),
        ] {
            let mut request = announced(&her, &node);
            let value = HeaderValue::from_static(value);
            request.headers_mut().insert(name, value);
            let status = at_once(&node, request, SOON).await;
            assert_eq!(status, Some(expected), "{name}");
        }
        let stale = announced(&her, &node);
        node.pass(TimeDelta::hours(13));
        let status = at_once(&node, stale, SOON).await;
        assert_eq!(status, Some(StatusCode::UNAUTHORIZED));
    });
}
