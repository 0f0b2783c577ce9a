//! What holds for the whole API: refusals, tokens, and its description.

mod description;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};

pub use description::assert_described;

use super::PREFIX;
use crate::{
    domain::{account::Role, organisation::Category},
    storage::testing::on_both,
    tests::test_app::{Answer, TestApp},
};

/// Is it a problem document with this status?
pub fn assert_problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let body = answer.json();
    assert_eq!(body["status"], status);
    for member in ["type", "title", "detail"] {
        let text = body[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{member}: {body}");
    }
    body
}

/// The fields that a 422 names, in order, each once.
pub fn faults(answer: &Answer) -> Vec<String> {
    let body = assert_problem(answer, 422);
    let mut fields: Vec<String> = Vec::new();
    for error in body["errors"].as_array().expect("a list of errors") {
        let field = error["field"].as_str().expect("a field").to_owned();
        assert!(error["message"].as_str().is_some_and(|text| text.len() > 5));
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

#[test]
fn what_does_not_exist_is_a_problem_document() {
    on_both(async |db| {
        let node = TestApp::new(db);
        for path in [
            "",
            "/",
            "/nowhere",
            "/entries/1/nowhere",
            "/entries/x",
            "/v2",
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let answer = node
                    .call(method.clone(), &format!("{PREFIX}{path}"), None, None)
                    .await;
                if answer.status == 405 || answer.status == 401 {
                    // A resource whose id cannot be one.
                    assert_eq!(path, "/entries/x");
                } else {
                    assert_problem(&answer, 404);
                }
            }
        }
    });
}

#[test]
fn a_wrong_method_is_a_problem_document_that_names_the_right_ones() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let answer = node
            .call(Method::PUT, &format!("{PREFIX}/entries"), None, None)
            .await;
        assert_problem(&answer, 405);
        let allow = answer.headers[header::ALLOW].to_str().expect("text");
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    });
}

fn post(token: &str, content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("{PREFIX}/entries"))
        .header(header::HOST, "n.example")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    request.body(body.into()).expect("a request")
}

#[test]
fn a_body_that_cannot_be_read_is_a_problem_document_and_stores_nothing() {
    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_LIMITS__REQUEST_BYTES", "2000")]);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::Editor, "read write").await;
        let json = Some("application/json");
        for (content_type, body, status) in [
            (json, "{\"kind\":", 400),
            (json, "", 400),
            (json, "[1]", 400),
            (json, "\u{0}", 400),
            (json, "{\"kind\":\"\\ud800\"}", 400),
            (Some("text/plain"), "{}", 415),
            (Some("application/x-www-form-urlencoded"), "kind=note", 415),
            (None, "{}", 415),
        ] {
            let answer = node.send(post(&token, content_type, body)).await;
            assert_problem(&answer, status);
        }
        let large = json!({"kind": "note", "body": "x".repeat(2_000)}).to_string();
        assert_problem(&node.send(post(&token, json, large.clone())).await, 413);
        // Without a declared length, too.
        let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(large)]);
        let answer = node
            .send(post(&token, json, Body::from_stream(chunks)))
            .await;
        assert_problem(&answer, 413);
        let list = node.get(&format!("{PREFIX}/entries"), Some(&token)).await;
        assert_eq!(list.json(), json!({"items": [], "next": null}));
    });
}

#[test]
fn a_bad_query_is_refused_with_every_parameter_at_fault() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let query = "kind=poem&country=ZZ&region=1&sector=15162&pillar=x&exploitation=x&activity=x\
                     &stage=x&status=x&category=x&language=xx&seeking_funding=maybe\
                     &closes_before=soon&since=never&limit=0&cursor=x&colour=red";
        let answer = node.get(&format!("{PREFIX}/entries?{query}"), None).await;
        let mut fields = faults(&answer);
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "activity",
                "category",
                "closes_before",
                "colour",
                "country",
                "cursor",
                "exploitation",
                "kind",
                "language",
                "limit",
                "pillar",
                "region",
                "sector",
                "seeking_funding",
                "since",
                "stage",
                "status"
            ]
        );
        let answer = node
            .get(
                &format!("{PREFIX}/organisations?category=x&kind=note"),
                None,
            )
            .await;
        assert_eq!(faults(&answer), ["kind", "category"]);
    });
}

#[test]
fn writing_needs_a_token_that_counts_and_covers_it() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let path = format!("{PREFIX}/entries");
        let note = json!({"kind": "note", "body": "Hello"});
        let write = async |token: Option<&str>| {
            node.call(Method::POST, &path, token, Some(note.clone()))
                .await
        };
        let answer = write(None).await;
        assert_problem(&answer, 401);
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        let answer = write(Some("wrong")).await;
        assert_problem(&answer, 401);
        assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        let reading = node.token("moj", Role::Editor, "read").await;
        assert_problem(&write(Some(&reading)).await, 403);
        let reader = node.token("moj", Role::Reader, "read write").await;
        assert_problem(&write(Some(&reader)).await, 403);
        let writing = node.token("moj", Role::Editor, "write").await;
        assert_eq!(write(Some(&writing)).await.status, 201);
        // A token for writing alone does not read, and a wrong one is refused
        // even where nobody needs one.
        assert_problem(&node.get(&path, Some(&writing)).await, 403);
        assert_problem(&node.get(&path, Some("wrong")).await, 401);
        let list = node.get(&path, Some(&reading)).await.json();
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_disabled_account_loses_its_token_at_once() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::Editor, "read").await;
        let path = format!("{PREFIX}/entries");
        assert_eq!(node.get(&path, Some(&token)).await.status, 200);
        let person = node.person(&token).await;
        crate::operations::people::set_disabled(&node.app.forum, None, person.user.id, true)
            .await
            .expect("disabled");
        assert_problem(&node.get(&path, Some(&token)).await, 401);
    });
}

#[test]
fn changes_have_a_rate_for_each_account() {
    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_LIMITS__WRITE_PER_MINUTE", "2")]);
        node.organisation("moj", Category::Government).await;
        let one = node.token("moj", Role::Editor, "read write").await;
        let other = node.token("moj", Role::FocalPoint, "read write").await;
        let path = format!("{PREFIX}/entries");
        let write = async |token: &str| {
            let note = json!({"kind": "note", "body": "Hello"});
            node.call(Method::POST, &path, Some(token), Some(note))
                .await
        };
        assert_eq!(write(&one).await.status, 201);
        assert_eq!(write(&one).await.status, 201);
        let refused = write(&one).await;
        assert_problem(&refused, 429);
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
        assert_eq!(write(&other).await.status, 201);
    });
}

#[test]
fn answers_may_not_be_kept_by_others_whatever_they_are() {
    on_both(async |db| {
        let node = TestApp::new(db);
        for path in [
            "/entries",
            "/entries/1",
            "/node",
            "/nowhere",
            "/openapi.json",
        ] {
            let answer = node.get(&format!("{PREFIX}{path}"), None).await;
            assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-store");
            let vary = answer.headers[header::VARY].to_str().expect("text");
            assert!(vary.contains("Authorization"), "{vary}");
        }
    });
}
