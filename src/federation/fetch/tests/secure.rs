use std::{
    io::{Read, Write},
    net::{IpAddr, TcpListener},
    sync::mpsc,
    thread,
};

use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::*;

/// A server of TLS as `a.test`.
fn tls_server() -> Arc<ServerConfig> {
    let read = |name| CertificateDer::from_pem_file(fixture(name)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(fixture("tls/a.test.key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![read("tls/a.test.pem")], key)
        .expect("a server");
    Arc::new(config)
}

/// Serves `answer` once over TLS as `a.test`; tells its port.
fn serve_once(answer: String) -> u16 {
    let config = tls_server();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let mut session = ServerConnection::new(config).expect("a session");
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

/// Serves `answer` twice over one connection, the first time after a pause,
/// and lets the handshake of a second connection wait. Tells its port, when the
/// second has come, and whether the client closed it in time.
fn serve_one_and_stall_the_other(answer: String) -> (u16, mpsc::Receiver<bool>) {
    let config = tls_server();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (mut first, _) = listener.accept().expect("a client");
        let (ready, go) = mpsc::channel();
        thread::spawn(move || {
            let mut session = ServerConnection::new(config).expect("a session");
            let mut stream = Stream::new(&mut session, &mut first);
            let mut request = [0; 4_096];
            for turn in 0..2 {
                let length = stream.read(&mut request).expect("a request");
                assert!(length > 0, "the client went away");
                if turn == 0 {
                    go.recv().expect("the second has come");
                }
                stream.write_all(answer.as_bytes()).expect("answered");
            }
            // Open until the client is done with it.
            let _ = stream.read(&mut request);
        });
        let (mut second, _) = listener.accept().expect("a second connection");
        second
            .set_read_timeout(Some(Duration::from_secs(8)))
            .expect("a socket");
        ready.send(()).expect("the first waits");
        let mut hello = [0; 4_096];
        let is_closed = loop {
            match second.read(&mut hello) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        };
        let _ = tell.send(is_closed);
    });
    (port, told)
}

#[tokio::test]
async fn a_handshake_that_nobody_waits_for_any_more_ends_all_the_same() {
    let (port, closed) =
        serve_one_and_stall_the_other(answer_with("200 OK", r#"{"id":"urn:any"}"#));
    let client = client_of(&FetchSettings {
        allowed_addresses: vec![format!("a.test:{port}")],
        extra_ca: Some(fixture("tls/ca.pem")),
        resolve: [("a.test".to_owned(), IpAddr::from([127, 0, 0, 1]))].into(),
        total_timeout: Duration::from_secs(3),
        ..settings()
    });
    let url = url(&format!("https://a.test:{port}/x"));
    // The second is answered over the connection of the first.
    let both = tokio::join!(get(&client, &url), get(&client, &url));
    let expected = Err(FetchError::ForeignId);
    assert_eq!(both, (expected.clone(), expected));
    let closed = tokio::task::spawn_blocking(move || closed.recv());
    assert_eq!(closed.await.expect("no panic"), Ok(true));
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
