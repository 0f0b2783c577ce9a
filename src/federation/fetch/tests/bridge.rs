use activitypub_federation::{config::FederationConfig, fetch::fetch_object_http};
use serde_json::{Value, json};

use super::*;

async fn actor_server() -> Server {
    Server::start(|request| {
        let host = header(request, "host").unwrap_or_default();
        match path(request) {
            "/gone" => vec![answer("410 Gone", &[], "")],
            "/moved" => vec![redirect("/actor")],
            path => {
                let body = json!({"id": format!("http://{host}{path}"), "type": ["Person"], "to": "Public"});
                vec![document(&body.to_string())]
            }
        }
    })
    .await
}

/// The library as the node would set it up, on our client.
async fn library(client: GuardedClient) -> FederationConfig<()> {
    FederationConfig::builder()
        .domain("node.example")
        .app_data(())
        .debug(true)
        .client(bridged_client(client, Some(signer())).expect("a client"))
        .build()
        .await
        .expect("a configuration")
}

#[tokio::test]
async fn a_library_reads_normalised_documents_through_the_guard() {
    let server = actor_server().await;
    // The library takes names only.
    let authority = format!("a.test:{}", server.address.port());
    let client = client_of(&FetchSettings {
        allowed_addresses: vec![authority.clone()],
        resolve: [("a.test".to_owned(), server.address.ip())].into(),
        ..settings()
    });
    let config = library(client).await;
    let data = config.to_request_data();
    let place = |path: &str| url(&format!("http://{authority}{path}"));
    let fetched = fetch_object_http::<_, Value>(&place("/moved"), &data).await;
    let fetched = fetched.expect("a document");
    assert_eq!(fetched.url, place("/actor"));
    assert_eq!(fetched.object["type"], "Person");
    let public = "https://www.w3.org/ns/activitystreams#Public";
    assert_eq!(fetched.object["to"], json!([public]));
    for request in server.requests() {
        let signature = header(&request, "signature").expect("signed");
        assert!(signature.contains("https://node.example/actor#main-key"));
    }
    let gone = fetch_object_http::<_, Value>(&place("/gone"), &data).await;
    let error = gone.map(|_| ()).expect_err("gone");
    assert!(
        matches!(
            error,
            activitypub_federation::error::Error::ObjectDeleted(_)
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_library_reaches_no_forbidden_address() {
    let canary = Server::canary().await;
    let port = canary.address.port();
    let client = bridged_client(client_for(&[]), None).expect("a client");
    let config = library(client_for(&[])).await;
    for host in ["127.0.0.1", "[::1]", "localhost", "0x7f.1"] {
        let target = url(&format!("http://{host}:{port}/x"));
        let error = client.get(target.clone()).send().await.expect_err(host);
        assert!(error.to_string().contains("not public"), "{error}");
        let data = config.to_request_data();
        let fetched = fetch_object_http::<_, Value>(&target, &data).await;
        assert!(fetched.is_err(), "{host}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_library_only_reads() {
    let server = actor_server().await;
    let client = bridged_client(client_for(&[&server]), None).expect("a client");
    for request in [
        client.post(server.url("/actor")),
        client.put(server.url("/actor")),
        client.head(server.url("/actor")),
    ] {
        assert!(request.send().await.is_err());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_a_library_fetches_is_paid_from_the_budget_around_it() {
    let server = actor_server().await;
    let client = bridged_client(client_for(&[&server]), None).expect("a client");
    let budget = Budget::new(2);
    let fetch = || within(budget.clone(), client.get(server.url("/actor")).send());
    assert!(fetch().await.is_ok());
    assert!(fetch().await.is_ok());
    let error = fetch().await.expect_err("nothing left");
    assert!(error.to_string().contains("more requests"), "{error}");
    assert_eq!(server.requests().len(), 2);
    assert!(client.get(server.url("/actor")).send().await.is_ok());
}
