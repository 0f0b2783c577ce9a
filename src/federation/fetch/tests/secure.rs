use std::{
    io::{Read, Write},
    net::{IpAddr, TcpListener},
    thread,
};

use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::*;

/// Serves `answer` once over TLS as `a.test`; tells its port.
fn serve_once(answer: String) -> u16 {
    let read = |name| CertificateDer::from_pem_file(fixture(name)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(fixture("tls/a.test.key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![read("tls/a.test.pem")], key)
        .expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
        let mut stream = Stream::new(&mut session, &mut socket);
        let mut request = [0; 4_096];
        if stream.read(&mut request).is_ok() {
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

fn answer_with(head: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {head}\r\ncontent-type: {ACTIVITY_JSON}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn secure_client(port: u16, host: &str, extra_ca: Option<&str>) -> GuardedClient {
    client_of(&FetchSettings {
        allow_http: true,
        allowed_addresses: vec![format!("{host}:{port}")],
        extra_ca: extra_ca.map(fixture),
        resolve: [(host.to_owned(), IpAddr::from([127, 0, 0, 1]))].into(),
        ..settings()
    })
}

#[tokio::test]
async fn a_server_is_believed_for_its_own_name_by_an_authority_we_trust() {
    let body = r#"{"id":"urn:any"}"#;
    for (host, extra_ca, expected) in [
        ("a.test", Some("tls/ca.pem"), FetchError::ForeignId),
        ("a.test", None, FetchError::Untrusted),
        ("b.test", Some("tls/ca.pem"), FetchError::Untrusted),
    ] {
        let port = serve_once(answer_with("200 OK", body));
        let client = secure_client(port, host, extra_ca);
        let fetched = get(&client, &url(&format!("https://{host}:{port}/x"))).await;
        assert_eq!(fetched, Err(expected), "{host} {extra_ca:?}");
    }
}

#[tokio::test]
async fn a_redirect_never_leaves_https() {
    let canary = Server::canary().await;
    let head = format!("302 Found\r\nlocation: {}", canary.url("/"));
    for accept in [Accept::ActivityPub, Accept::WebFinger] {
        let port = serve_once(answer_with(&head, ""));
        let client = secure_client(port, "a.test", Some("tls/ca.pem"));
        let start = url(&format!("https://a.test:{port}/x"));
        let fetched = client
            .get_json(&start, accept, None, &Budget::default())
            .await;
        assert_eq!(fetched, Err(FetchError::Downgrade));
    }
    assert_eq!(canary.connections(), 0);
}

#[test]
fn an_extra_authority_that_cannot_be_read_stops_the_start() {
    for name in ["tls/none.pem", "protocol-vectors.json"] {
        let settings = FetchSettings {
            extra_ca: Some(fixture(name)),
            ..settings()
        };
        let error = GuardedClient::new(&settings, Arc::new(now)).map(|_| ());
        let text = error.expect_err("no client").to_string();
        assert!(text.starts_with("federation.extra_ca: "), "{text}");
    }
}
