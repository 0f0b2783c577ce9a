//! Scripted servers on loopback, and what the client makes of them.

mod answers;
mod bridge;
mod crowds;
mod guard;
mod posts;
mod redirects;
mod secure;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

use super::*;
use crate::federation::signatures::{PrivateKey, Signer};

/// What a scripted server does with a connection after a request.
#[derive(Clone)]
enum Step {
    Send(Vec<u8>),
    /// The bytes again and again, as fast as they are taken.
    Endless(Vec<u8>),
    /// One byte each.
    Drip(Vec<u8>, Duration),
    Hang,
}

type Script = dyn Fn(&str) -> Vec<Step> + Send + Sync;

/// A server that counts who comes. It stops when it is dropped.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Server {
    async fn start(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut server = Self {
            address,
            connections: Arc::default(),
            requests: Arc::default(),
            tasks: Vec::new(),
        };
        let script: Arc<Script> = Arc::new(script);
        server.serve(listener, script.clone());
        // The same port on ::1, where the machine has one.
        if let Ok(listener) = TcpListener::bind(("::1", address.port())).await {
            server.serve(listener, script);
        }
        server
    }

    /// A server that nobody should ever reach.
    async fn canary() -> Self {
        Self::start(|_| vec![document("{}")]).await
    }

    fn serve(&mut self, listener: TcpListener, script: Arc<Script>) {
        let (connections, requests) = (self.connections.clone(), self.requests.clone());
        self.tasks.push(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(play(stream, script.clone(), requests.clone()));
            }
        }));
    }

    fn url(&self, path: &str) -> Url {
        url(&format!("http://{}{path}", self.address))
    }

    fn authority(&self) -> String {
        self.address.to_string()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

async fn play(
    mut stream: TcpStream,
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let steps = script(&request);
        requests.lock().ok()?.push(request);
        for step in steps {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await.ok()?,
                Step::Endless(bytes) => loop {
                    stream.write_all(&bytes).await.ok()?;
                },
                Step::Drip(bytes, pause) => {
                    for byte in bytes {
                        stream.write_all(&[byte]).await.ok()?;
                        tokio::time::sleep(pause).await;
                    }
                }
                Step::Hang => std::future::pending().await,
            }
        }
    }
}

/// Head and body of one request.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|length| length.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text.into_owned());
            }
        }
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn header(request: &str, name: &str) -> Option<String> {
    request.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// The path in the first line of a request.
fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Step {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    Step::Send(format!("{text}\r\n{body}").into_bytes())
}

fn document(body: &str) -> Step {
    answer("200 OK", &[("content-type", ACTIVITY_JSON)], body)
}

fn redirect(to: &str) -> Step {
    answer("302 Found", &[("location", to)], "")
}

const ACTIVITY_JSON: &str = "application/activity+json";

fn url(text: &str) -> Url {
    text.parse().expect("a test address")
}

fn now() -> DateTime<Utc> {
    "2026-11-01T09:00:00Z".parse().expect("an instant")
}

/// Settings of a test network: http is fine, loopback still is not.
fn settings() -> FetchSettings {
    FetchSettings {
        public_url: url("https://node.example"),
        allow_http: true,
        allowed_addresses: Vec::new(),
        extra_ca: None,
        resolve: BTreeMap::new(),
        total_timeout: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(1),
        max_connections: MAX_CONNECTIONS,
        max_unverified: MAX_UNVERIFIED,
        gate: Gate::default(),
    }
}

fn client_of(settings: &FetchSettings) -> GuardedClient {
    GuardedClient::new(settings, Arc::new(now)).expect("a client")
}

/// A client that may reach these servers and no other place on loopback.
fn client_for(servers: &[&Server]) -> GuardedClient {
    client_of(&FetchSettings {
        allowed_addresses: servers.iter().map(|server| server.authority()).collect(),
        ..settings()
    })
}

fn signer() -> Signer {
    Signer {
        key_id: url("https://node.example/actor#main-key"),
        key: PrivateKey::generate_ed25519().expect("a key"),
    }
}

async fn get(client: &GuardedClient, url: &Url) -> Result<Fetched, FetchError> {
    client
        .get_json(url, Accept::ActivityPub, None, &Budget::default())
        .await
}

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/tests/fixtures", name]
        .iter()
        .collect()
}
