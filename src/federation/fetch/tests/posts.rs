use http::HeaderMap;

use super::*;
use crate::federation::signatures::cavage::{Query, sign};

async fn posted(steps: Vec<Step>) -> Result<Response, FetchError> {
    let server = Server::start(move |_| steps.clone()).await;
    let client = client_of(&FetchSettings {
        allowed_addresses: vec![server.authority()],
        total_timeout: Duration::from_millis(500),
        ..settings()
    });
    client
        .post(&server.url("/inbox"), HeaderMap::new(), "{}".into())
        .await
}

#[tokio::test]
async fn a_post_carries_its_signed_headers_and_its_body_byte_for_byte() {
    let server = Server::start(|_| vec![answer("202 Accepted", &[], "")]).await;
    let client = client_for(&[&server]);
    let inbox = server.url("/inbox?shared=1");
    let body = r#"{"type":"Create", "content":"é"}"#;
    let headers = sign(
        &signer(),
        &http::Method::POST,
        &inbox,
        Query::Signed,
        Some(body.as_bytes()),
        now(),
    )
    .expect("signed");
    let answer = client.post(&inbox, headers.clone(), body.into()).await;
    assert_eq!(answer.map(|answer| answer.status.as_u16()), Ok(202));
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /inbox?shared=1 HTTP/1.1\r\n"));
    assert!(request.ends_with(body));
    for name in ["host", "date", "digest", "signature"] {
        let sent = headers[name].to_str().expect("a text").to_owned();
        assert_eq!(header(request, name), Some(sent), "{name}");
    }
    assert_eq!(
        header(request, "content-type").as_deref(),
        Some(ACTIVITY_JSON)
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let canary = Server::canary().await;
    let target = canary.url("/").to_string();
    let answer = posted(vec![redirect(&target)]).await;
    assert_eq!(answer.map(|answer| answer.status.as_u16()), Ok(302));
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn refusals_tell_why_and_when_to_come_back() {
    let step = answer(
        "429 Too Many Requests",
        &[("retry-after", "60")],
        "slow\u{7}  down,\nplease",
    );
    let response = posted(vec![step]).await.expect("an answer");
    assert_eq!(response.status.as_u16(), 429);
    assert_eq!(response.retry_after, Some(Duration::from_secs(60)));
    assert_eq!(response.excerpt, "slow down, please");
    let long = answer("400 Bad Request", &[], &"x".repeat(10_000));
    let response = posted(vec![long]).await.expect("an answer");
    assert_eq!(response.excerpt.chars().count(), 300);
}

#[tokio::test]
async fn an_answer_counts_though_its_text_never_ends() {
    let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 100000000\r\n\r\n".to_vec();
    for rest in [Step::Hang, Step::Endless(vec![b'x'; 65_536])] {
        let response = posted(vec![Step::Send(accepted.clone()), rest]).await;
        let response = response.expect("an answer");
        assert_eq!(response.status.as_u16(), 202);
    }
}

#[tokio::test]
async fn a_silent_inbox_times_out() {
    assert_eq!(posted(vec![Step::Hang]).await, Err(FetchError::Timeout));
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let server = Server::start(|_| vec![answer("202 Accepted", &[], "ok")]).await;
    let client = client_for(&[&server]);
    for _ in 0..5 {
        let answer = client
            .post(&server.url("/inbox"), HeaderMap::new(), "{}".into())
            .await;
        assert_eq!(answer.map(|answer| answer.excerpt), Ok("ok".to_owned()));
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 1));
}

#[tokio::test]
async fn idle_connections_never_take_the_last_ones() {
    let mut servers = Vec::new();
    for _ in 0..6 {
        servers.push(Server::start(|_| vec![answer("202 Accepted", &[], "")]).await);
    }
    let client = client_of(&FetchSettings {
        allowed_addresses: servers.iter().map(Server::authority).collect(),
        max_connections: 3,
        ..settings()
    });
    for server in &servers {
        let answer = client
            .post(&server.url("/inbox"), HeaderMap::new(), "{}".into())
            .await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}
