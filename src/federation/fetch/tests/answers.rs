use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::*;
use crate::federation::{
    json::JsonError,
    origin::Origin,
    signatures::{self, Received},
};

async fn answered(step: Step) -> Result<Fetched, FetchError> {
    answered_in(vec![step], Duration::from_secs(5)).await
}

async fn answered_in(steps: Vec<Step>, limit: Duration) -> Result<Fetched, FetchError> {
    let server = Server::start(move |_| steps.clone()).await;
    let client = client_of(&FetchSettings {
        allowed_addresses: vec![server.authority()],
        total_timeout: limit,
        ..settings()
    });
    get(&client, &server.url("/x")).await
}

fn head(headers: &str) -> Step {
    Step::Send(
        format!("HTTP/1.1 200 OK\r\ncontent-type: {ACTIVITY_JSON}\r\n{headers}\r\n").into_bytes(),
    )
}

#[tokio::test]
async fn a_request_says_who_asks_and_for_what_and_asks_for_nothing_compressed() {
    let server = Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        vec![document(&format!(r#"{{"id":"http://{host}/x","n":1}}"#))]
    })
    .await;
    let client = client_for(&[&server]);
    let fetched = get(&client, &server.url("/x#me"))
        .await
        .expect("a document");
    assert_eq!(fetched.url, server.url("/x"));
    assert_eq!(fetched.json["n"], 1);
    assert_eq!(fetched.content_type, ACTIVITY_JSON);
    let request = &server.requests()[0];
    assert!(request.starts_with("GET /x HTTP/1.1\r\n"), "{request}");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        header(request, "user-agent"),
        Some(format!("VirtualForum/{version} (+https://node.example)"))
    );
    let accept = header(request, "accept").expect("an Accept header");
    assert!(accept.starts_with("application/activity+json, application/ld+json;"));
    assert_eq!(header(request, "accept-encoding"), None);
    assert_eq!(header(request, "signature"), None);
}

/// Checks the request as a server would that takes the query for unsigned
/// (`with_query` false) or signed.
fn verifies(request: &str, signer: &Signer, with_query: bool) -> bool {
    let mut headers = HeaderMap::new();
    for line in request.lines().skip(1) {
        if let Some((name, value)) = line.split_once(": ") {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
    }
    let uri: Uri = path(request).parse().expect("a path");
    let mut received = Received::new(&Method::GET, &uri, &headers, b"");
    if !with_query {
        received.query = None;
    }
    let host = headers["host"].to_str().expect("a host");
    let ours = Origin::of(&url(&format!("http://{host}/"))).expect("an origin");
    let key = signer.key.public().expect("a key");
    signatures::parse(&received, &ours, now())
        .is_ok_and(|unverified| unverified.verify(&key).is_ok())
}

#[tokio::test]
async fn a_signed_request_is_signed_once_more_without_its_query_when_refused() {
    let signer = signer();
    let checker = signer.clone();
    let server = Server::start(move |request| {
        let host = header(request, "host").unwrap_or_default();
        if verifies(request, &checker, false) {
            vec![document(&format!(r#"{{"id":"http://{host}/x?page=1"}}"#))]
        } else {
            vec![answer("401 Unauthorized", &[], "")]
        }
    })
    .await;
    let client = client_for(&[&server]);
    let fetch = async |path: &str| {
        client
            .get_json(
                &server.url(path),
                Accept::ActivityPub,
                Some(&signer),
                &Budget::default(),
            )
            .await
    };
    assert!(fetch("/x?page=1").await.is_ok());
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    // The first signature did cover the query.
    assert!(verifies(&requests[0], &signer, true));
    assert!(fetch("/x").await.is_ok());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_server_that_refuses_the_draft_is_asked_once_more_by_rfc_9421() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let signer = signer();
        let checker = signer.clone();
        let server = Server::start(move |request| {
            let host = header(request, "host").unwrap_or_default();
            let is_newer = header(request, "signature-input").is_some();
            if is_newer && verifies(request, &checker, true) {
                vec![document(&format!(r#"{{"id":"http://{host}/x"}}"#))]
            } else {
                vec![answer(status, &[], "")]
            }
        })
        .await;
        let client = client_for(&[&server]);
        let (url, budget) = (server.url("/x"), Budget::default());
        let fetched = client
            .get_json(&url, Accept::ActivityPub, Some(&signer), &budget)
            .await;
        assert!(fetched.is_ok(), "{fetched:?}");
        assert_eq!(server.requests().len(), 2);
        // Who does not sign has nothing else to try.
        let fetched = get(&client, &url).await;
        assert!(fetched.is_err(), "{fetched:?}");
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn statuses_are_told_with_their_retry_after() {
    let status = |status, retry_after| {
        Err(FetchError::Status {
            status,
            retry_after,
        })
    };
    for (line, headers, expected) in [
        ("404 Not Found", vec![], status(404, None)),
        ("410 Gone", vec![], Err(FetchError::Gone)),
        ("401 Unauthorized", vec![], status(401, None)),
        ("304 Not Modified", vec![], status(304, None)),
        (
            "429 Too Many Requests",
            vec![("retry-after", "120")],
            status(429, Some(Duration::from_secs(120))),
        ),
        (
            "503 Service Unavailable",
            vec![("retry-after", "Sun, 01 Nov 2026 09:01:00 GMT")],
            status(503, Some(Duration::from_secs(60))),
        ),
        (
            "503 Service Unavailable",
            vec![("retry-after", "18446744073709551615")],
            status(503, Some(Duration::from_secs(30 * 24 * 3_600))),
        ),
    ] {
        assert_eq!(
            answered(answer(line, &headers, "")).await,
            expected,
            "{line}"
        );
    }
}

#[tokio::test]
async fn another_content_type_is_not_even_parsed() {
    let body = r#"{"id":"http://127.0.0.1/x"}"#;
    for kind in [
        "application/json",
        "application/ld+json",
        "text/html",
        "image/png",
    ] {
        let step = answer("200 OK", &[("content-type", kind)], body);
        assert_eq!(answered(step).await, Err(FetchError::ContentType), "{kind}");
    }
    let step = answer("200 OK", &[], body);
    assert_eq!(answered(step).await, Err(FetchError::ContentType));
}

#[tokio::test]
async fn a_document_speaks_for_its_own_origin_only() {
    for (body, error) in [
        (
            r#"{"id":"https://victim.example/x"}"#,
            FetchError::ForeignId,
        ),
        (r#"{"id":"http://127.0.0.1:1/x"}"#, FetchError::ForeignId),
        (r#"{"id":"urn:x"}"#, FetchError::ForeignId),
        (r#"{"id":"/x"}"#, FetchError::NoId),
        (r#"{"id":7}"#, FetchError::NoId),
        ("{}", FetchError::NoId),
        ("[]", FetchError::NoId),
        (
            r#"{"id":"https://a/","id":"https://b/"}"#,
            FetchError::Json(JsonError::DuplicateKey),
        ),
        ("{", FetchError::Json(JsonError::Malformed)),
    ] {
        assert_eq!(answered(document(body)).await, Err(error), "{body}");
    }
}

#[tokio::test]
async fn an_endless_or_overlong_answer_is_cut_off() {
    let endless = vec![head(""), Step::Endless(vec![b' '; 65_536])];
    let limit = Duration::from_secs(5);
    assert_eq!(answered_in(endless, limit).await, Err(FetchError::TooLarge));
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat();
    let chunked = vec![head("transfer-encoding: chunked\r\n"), Step::Endless(chunk)];
    assert_eq!(answered_in(chunked, limit).await, Err(FetchError::TooLarge));
    let one_more = format!("100001\r\n{}", " ".repeat(MAX_ANSWER_BYTES + 1));
    let just_over = vec![
        head("transfer-encoding: chunked\r\n"),
        Step::Send(one_more.into_bytes()),
        Step::Hang,
    ];
    assert_eq!(
        answered_in(just_over, limit).await,
        Err(FetchError::TooLarge)
    );
    let announced = vec![head("content-length: 1048577\r\n"), Step::Hang];
    assert_eq!(
        answered_in(announced, limit).await,
        Err(FetchError::TooLarge)
    );
}

#[tokio::test]
async fn a_slow_answer_ends_with_the_time_for_the_whole() {
    let limit = Duration::from_millis(400);
    let pause = Duration::from_millis(20);
    for steps in [
        vec![Step::Hang],
        vec![Step::Drip(b"HTTP/1.1 200 OK\r\n".repeat(10), pause)],
        vec![
            head("content-length: 1000\r\n"),
            Step::Drip(vec![b' '; 1_000], pause),
        ],
        vec![head("content-length: 1000\r\n"), Step::Hang],
    ] {
        assert_eq!(answered_in(steps, limit).await, Err(FetchError::Timeout));
    }
}

#[tokio::test]
async fn time_is_counted_over_all_redirects() {
    let slow = vec![
        Step::Drip(
            b"HTTP/1.1 302 Found\r\n".to_vec(),
            Duration::from_millis(10),
        ),
        Step::Send(b"location: /x\r\ncontent-length: 0\r\n\r\n".to_vec()),
    ];
    let limit = Duration::from_millis(400);
    assert_eq!(answered_in(slow, limit).await, Err(FetchError::Timeout));
}

#[tokio::test]
async fn compressed_answers_are_refused_unread() {
    for encoding in ["gzip", "br", "identity, gzip"] {
        let steps = vec![
            head(&format!("content-encoding: {encoding}\r\n")),
            Step::Hang,
        ];
        let limit = Duration::from_secs(5);
        assert_eq!(
            answered_in(steps, limit).await,
            Err(FetchError::Encoded),
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn too_many_or_too_long_headers_and_other_protocols_are_refused() {
    let long = format!("x: {}\r\n", "a".repeat(200_000));
    let many: String = (0..70).map(|n| format!("x{n}: a\r\n")).collect();
    for steps in [
        vec![head(&long)],
        vec![head(&many)],
        vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())],
        vec![Step::Send(
            b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n".to_vec(),
        )],
    ] {
        let limit = Duration::from_secs(5);
        assert_eq!(answered_in(steps, limit).await, Err(FetchError::Protocol));
    }
}
