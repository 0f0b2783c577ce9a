use super::*;
use crate::storage::hosts::{HostPolicy, Policy};

/// Answers `/n` with a redirect to `/n-1`, and `/0` with a document.
async fn stairs() -> Server {
    Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        let step: usize = path(request)[1..].parse().unwrap_or(0);
        match step {
            0 => vec![document(&format!(r#"{{"id":"http://{host}/0"}}"#))],
            step => vec![redirect(&format!("/{}", step - 1))],
        }
    })
    .await
}

#[tokio::test]
async fn two_redirects_are_followed_and_the_last_address_is_told() {
    let server = stairs().await;
    let client = client_for(&[&server]);
    let fetched = get(&client, &server.url("/2")).await.expect("a document");
    assert_eq!(fetched.url, server.url("/0"));
    assert_eq!(fetched.id(), Some(server.url("/0")));
}

#[tokio::test]
async fn a_loop_ends_after_three_requests() {
    let server = Server::start(|_| vec![redirect("/again")]).await;
    let client = client_for(&[&server]);
    for accept in [Accept::ActivityPub, Accept::WebFinger] {
        let before = server.requests().len();
        let fetched = client
            .get_json(&server.url("/"), accept, None, &Budget::default())
            .await;
        assert_eq!(fetched, Err(FetchError::TooManyRedirects));
        assert_eq!(server.requests().len() - before, 3);
    }
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_address_reaches_nobody() {
    let canary = Server::canary().await;
    let port = canary.address.port();
    for host in ["127.0.0.1", "[::1]", "0x7f.1", "localhost", "0.0.0.0"] {
        let target = format!("http://{host}:{port}/");
        let server = Server::start(move |_| vec![redirect(&target)]).await;
        let client = client_for(&[&server]);
        for (accept, error) in [
            (Accept::WebFinger, FetchError::Forbidden),
            (Accept::NodeInfo, FetchError::Forbidden),
            (Accept::ActivityPub, FetchError::CrossOriginRedirect),
        ] {
            let fetched = client
                .get_json(&server.url("/"), accept, None, &Budget::default())
                .await;
            assert_eq!(fetched, Err(error), "{host}");
        }
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn another_origin_speaks_for_webfinger_only() {
    let other = Server::start(|_| {
        let jrd = ("content-type", "application/jrd+json");
        vec![answer("200 OK", &[jrd], r#"{"subject":"acct:a@b"}"#)]
    })
    .await;
    let target = other.url("/x").to_string();
    let server = Server::start(move |_| vec![redirect(&target)]).await;
    let client = client_for(&[&server, &other]);
    let refused = get(&client, &server.url("/x")).await;
    assert_eq!(refused, Err(FetchError::CrossOriginRedirect));
    assert_eq!(other.connections(), 0);
    let fetched = client
        .get_json(
            &server.url("/x"),
            Accept::WebFinger,
            None,
            &Budget::default(),
        )
        .await;
    assert_eq!(fetched.map(|fetched| fetched.url), Ok(other.url("/x")));
}

#[tokio::test]
async fn a_redirect_to_a_blocked_host_reaches_nobody() {
    let canary = Server::canary().await;
    let target = canary.url("/x").to_string();
    let server = Server::start(move |_| vec![redirect(&target)]).await;
    let gate = Gate::default();
    gate.set(Arc::new(vec![HostPolicy {
        host: canary.address.to_string(),
        policy: Policy::Block,
        reason: String::new(),
        created_at: now(),
    }]));
    let addresses = [&server, &canary].map(|one| one.address.to_string());
    let client = client_of(&FetchSettings {
        allowed_addresses: addresses.to_vec(),
        gate,
        ..settings()
    });
    let fetched = client
        .get_json(
            &server.url("/"),
            Accept::WebFinger,
            None,
            &Budget::default(),
        )
        .await;
    assert_eq!(fetched, Err(FetchError::Unreachable));
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn what_is_no_place_to_go_is_refused() {
    for (headers, error) in [
        (vec![], FetchError::BadRedirect),
        (vec![("location", "http://")], FetchError::BadRedirect),
        (
            vec![("location", "/a"), ("location", "/b")],
            FetchError::BadRedirect,
        ),
        (
            vec![("location", "file:///etc/passwd")],
            FetchError::BadAddress,
        ),
        (
            vec![("location", "gopher://a.example/")],
            FetchError::BadAddress,
        ),
    ] {
        let step = answer("302 Found", &headers, "");
        let server = Server::start(move |_| vec![step.clone()]).await;
        let client = client_for(&[&server]);
        let fetched = client
            .get_json(
                &server.url("/"),
                Accept::WebFinger,
                None,
                &Budget::default(),
            )
            .await;
        assert_eq!(fetched, Err(error), "{headers:?}");
    }
}
