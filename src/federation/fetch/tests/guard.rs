use std::net::IpAddr;

use tower::Service;

use super::*;
use crate::federation::{
    fetch::{
        connector::{ConnectError, Connector, Places},
        policy::Policy,
    },
    origin::Origin,
};

/// Loopback and the unspecified address in every spelling that a parser, a
/// resolver or a network stack might understand.
const SPELLINGS: [&str; 24] = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "2130706433",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "\u{2460}\u{2461}\u{2466}\u{3002}0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "localhost",
    "LOCALHOST.",
    "mapped.test",
];

fn guarded() -> GuardedClient {
    let mut settings = settings();
    settings
        .resolve
        .insert("mapped.test".into(), IpAddr::from([127, 0, 0, 1]));
    client_of(&settings)
}

#[tokio::test]
async fn no_spelling_of_loopback_is_ever_connected_to() {
    let canary = Server::canary().await;
    let client = guarded();
    for host in SPELLINGS {
        let url = url(&format!("http://{host}:{}/x", canary.address.port()));
        for accept in [Accept::ActivityPub, Accept::WebFinger, Accept::NodeInfo] {
            let fetched = client
                .get_json(&url, accept, Some(&signer()), &Budget::default())
                .await;
            assert_eq!(fetched, Err(FetchError::Forbidden), "{host}");
        }
        let posted = client.post(&url, Default::default(), "{}".into()).await;
        assert_eq!(posted, Err(FetchError::Forbidden), "{host}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn an_exemption_is_for_one_host_and_one_port() {
    let server = Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        vec![document(&format!(r#"{{"id":"http://{host}/x"}}"#))]
    })
    .await;
    let canary = Server::canary().await;
    let client = client_for(&[&server]);
    assert!(get(&client, &server.url("/x")).await.is_ok());
    let port = server.address.port();
    for host in ["localhost", "127.0.0.2", "[::1]", "0.0.0.0"] {
        let other = url(&format!("http://{host}:{port}/x"));
        assert_eq!(
            get(&client, &other).await,
            Err(FetchError::Forbidden),
            "{host}"
        );
    }
    let other = get(&client, &canary.url("/x")).await;
    assert_eq!(other, Err(FetchError::Forbidden));
    assert_eq!((server.connections(), canary.connections()), (1, 0));
}

#[tokio::test]
async fn a_static_name_leads_where_it_is_allowed_to() {
    let server = Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        vec![document(&format!(r#"{{"id":"http://{host}/x"}}"#))]
    })
    .await;
    let port = server.address.port();
    let mut settings = settings();
    settings
        .resolve
        .insert("A.test".into(), server.address.ip());
    settings.allowed_addresses = vec![format!("a.TEST:{port}")];
    let client = client_of(&settings);
    let fetched = get(&client, &url(&format!("http://a.test:{port}/x#me"))).await;
    let fetched = fetched.expect("a document");
    assert_eq!(fetched.url, url(&format!("http://a.test:{port}/x")));
}

#[tokio::test]
async fn http_credentials_and_other_schemes_are_refused_before_connecting() {
    let canary = Server::canary().await;
    let authority = canary.authority();
    let mut settings = settings();
    settings.allowed_addresses = vec![authority.clone()];
    let client = client_of(&settings);
    for text in [
        format!("http://user@{authority}/"),
        format!("http://:secret@{authority}/"),
        format!("ftp://{authority}/"),
        format!("http://{authority}/{}", "a".repeat(3_000)),
        "http://127.0.0.1:0/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
    ] {
        let fetched = get(&client, &url(&text)).await;
        assert_eq!(fetched, Err(FetchError::BadAddress), "{text}");
    }
    settings.allow_http = false;
    let strict = client_of(&settings);
    let fetched = get(&strict, &canary.url("/")).await;
    assert_eq!(fetched, Err(FetchError::NotHttps));
    assert_eq!(canary.connections(), 0);
}

#[test]
fn of_mixed_answers_only_the_public_ones_are_kept() {
    let policy = Policy::new(&settings());
    let origin = Origin::of(&url("https://mixed.example")).expect("an origin");
    let answers = ["127.0.0.1", "1.1.1.1", "10.0.0.1", "::1", "2606:4700::1"]
        .map(|text| text.parse().expect("an address"));
    let admitted: Vec<String> = policy
        .admitted(&origin, &answers)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(admitted, ["1.1.1.1:443", "[2606:4700::1]:443"]);
    assert!(policy.admitted(&origin, &answers[..1]).is_empty());
}

#[tokio::test]
async fn names_that_do_not_exist_and_closed_ports_are_told_apart() {
    let closed = Server::canary().await;
    let closed_url = closed.url("/");
    let client = client_for(&[&closed]);
    drop(closed);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        get(&client, &closed_url).await,
        Err(FetchError::Unreachable)
    );
    let unknown = url("https://does-not-exist.invalid/");
    assert_eq!(get(&client, &unknown).await, Err(FetchError::Unresolved));
}

#[tokio::test]
async fn open_connections_are_bounded() {
    let server = Server::start(|_| vec![Step::Hang]).await;
    let settings = FetchSettings {
        allowed_addresses: vec![server.authority()],
        ..settings()
    };
    let mut connector = Connector::new(
        Arc::new(Policy::new(&settings)),
        Places::new(1, 1, Duration::from_millis(100)),
        Duration::from_secs(1),
    );
    let uri: http::Uri = server.url("/").as_str().parse().expect("a URI");
    let first = connector.call(uri.clone()).await.expect("a connection");
    let second = connector.call(uri.clone()).await;
    assert_eq!(second.map(|_| ()).err(), Some(ConnectError::Busy));
    drop(first);
    assert!(connector.call(uri).await.is_ok());
}

#[tokio::test]
async fn a_spent_budget_sends_nothing() {
    let server = Server::start(|request| match path(request) {
        "/away" => vec![redirect("/x")],
        path => {
            let host = header(request, "host").unwrap_or_default();
            vec![document(&format!(r#"{{"id":"http://{host}{path}"}}"#))]
        }
    })
    .await;
    let client = client_for(&[&server]);
    let budget = Budget::new(3);
    let fetch = |path: &str| {
        let (client, budget, url) = (client.clone(), budget.clone(), server.url(path));
        async move {
            client
                .get_json(&url, Accept::ActivityPub, None, &budget)
                .await
        }
    };
    assert!(fetch("/away").await.is_ok());
    assert_eq!(budget.left(), 1);
    assert_eq!(fetch("/away").await, Err(FetchError::BudgetSpent));
    assert_eq!(fetch("/x").await, Err(FetchError::BudgetSpent));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(Budget::default().left(), 20);
}
