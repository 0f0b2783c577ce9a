//! What stands before a node, as its operator's proxy would: other servers
//! reach the node through it alone, and it is slow or broken when a test says.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use reqwest::Client;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::node::Plan;

/// How the node behind it does, as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// The node hears everything at once; its answers take this long.
    Slow(Duration),
    /// Everything is answered with 500, and the node hears nothing.
    Broken,
}

/// An activity that the node behind it has answered.
#[derive(Debug, Clone)]
pub struct Heard {
    pub activity: Value,
    pub status: u16,
}

impl Heard {
    /// Its type and the id of what it is about.
    pub fn about(&self) -> (&str, &str) {
        let object = &self.activity["object"];
        let id = object.as_str().or_else(|| object["id"].as_str());
        let kind = self.activity["type"].as_str();
        (kind.unwrap_or_default(), id.unwrap_or_default())
    }
}

/// A request that reached the node behind it, and what it answered.
#[derive(Debug, Clone)]
pub struct Passed {
    /// `host:port` of whoever signed the request, as its key is named.
    pub by: Option<String>,
    /// Method and address.
    pub asked: String,
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
}

/// The proxy. Tests themselves speak to the node directly.
pub struct Front {
    authority: String,
    desk: Desk,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    /// The node's own address.
    behind: String,
    client: Client,
    mood: Arc<Mutex<Mood>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Front {
    /// Stands before a node that is still to be started, which is known to
    /// others by this address from now on.
    pub async fn before(plan: Plan) -> (Self, Plan) {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port can be bound");
        let address = listener.local_addr().expect("a bound port has an address");
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let desk = Desk {
            behind: format!("http://{}", plan.socket()),
            client: client.build().expect("a plain client can be built"),
            mood: Arc::new(Mutex::new(Mood::Well)),
            heard: Arc::default(),
            passed: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(desk.clone());
        let task = tokio::spawn(async move {
            // Ends when the test does.
            let _ = axum::serve(listener, router).await;
        });
        let front = Self {
            authority: address.to_string(),
            desk,
            task,
        };
        let public = format!("http://{}", front.authority);
        (front, plan.set("server.public_url", &public))
    }

    /// `host:port`, where others find the node.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn turn(&self, mood: Mood) {
        *lock(&self.desk.mood) = mood;
    }

    /// The activities that reached the node, in the order of its answers.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.desk.heard).clone()
    }

    /// Everything that passed it, in the order of the node's answers.
    pub fn passed(&self) -> Vec<Passed> {
        lock(&self.desk.passed).clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mood = *lock(&desk.mood);
    if mood == Mood::Broken {
        return answer(500, HeaderMap::new(), Bytes::new());
    }
    // On a task of its own: the node hears all of it, also when whoever asked
    // has stopped waiting.
    let passing = tokio::spawn(ask(desk, method, uri, headers, body));
    let answered = passing.await.expect("asking does not panic");
    if let Mood::Slow(pause) = mood {
        tokio::time::sleep(pause).await;
    }
    answered.unwrap_or_else(|_gone| answer(502, HeaderMap::new(), Bytes::new()))
}

async fn ask(
    desk: Desk,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> reqwest::Result<Response> {
    let is_post = method == Method::POST;
    let (by, asked) = (signer(&headers), format!("{method} {uri}"));
    let request = desk.client.request(method, format!("{}{uri}", desk.behind));
    let response = request.headers(headers).body(body.clone()).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.bytes().await?;
    if is_post && let Ok(activity) = serde_json::from_slice(&body) {
        lock(&desk.heard).push(Heard { activity, status });
    }
    lock(&desk.passed).push(Passed {
        by,
        asked,
        request: body.to_vec(),
        reply: text.to_vec(),
    });
    Ok(answer(status, headers, text))
}

/// The authority of the key that a signature of either kind names.
fn signer(headers: &HeaderMap) -> Option<String> {
    let named = ["signature-input", "signature"].iter().find_map(|name| {
        let value = headers.get(*name)?.to_str().ok()?.to_owned();
        let at = value.to_lowercase().find("keyid=\"")? + "keyid=\"".len();
        Some(value[at..].split('"').next()?.to_owned())
    });
    let key = url::Url::parse(&named?).ok()?;
    Some(format!(
        "{}:{}",
        key.host_str()?,
        key.port_or_known_default()?
    ))
}

fn answer(status: u16, mut headers: HeaderMap, body: Bytes) -> Response {
    for of_the_connection in ["connection", "transfer-encoding", "content-length"] {
        headers.remove(of_the_connection);
    }
    let mut response = Response::builder()
        .status(status)
        .body(Body::from(body))
        .expect("a status makes a response");
    *response.headers_mut() = headers;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}
