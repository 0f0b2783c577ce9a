//! A scripted foreign server: it answers what a test tells it to, signs what
//! a test wants signed, and remembers what it was asked and sent.

use std::{
    collections::HashMap,
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
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    http::{self, Reply},
    signing::{Delivery, Key, digest, http_date},
    wait,
};

/// What the server says at one path.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An ActivityPub document.
    Document(Value),
    /// Any status, type and body.
    Raw(u16, &'static str, Vec<u8>),
    Redirect(String),
    /// Nothing for this long, then 200.
    Late(Duration),
}

/// A request the server got.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

type Answers = Arc<Mutex<HashMap<String, Answer>>>;
type Log = Arc<Mutex<Vec<Seen>>>;

/// The server, with one actor `mallory` whose key it holds.
pub struct Remote {
    pub origin: String,
    pub key: Arc<Key>,
    answers: Answers,
    log: Log,
    task: JoinHandle<()>,
}

impl Remote {
    /// Starts it on a free port, with an actor that can be fetched.
    pub async fn start() -> Self {
        Self::named("127.0.0.1").await
    }

    /// The same under a name that nodes must be told to resolve to 127.0.0.1.
    pub async fn named(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port can be bound");
        let address = listener.local_addr().expect("a bound port has an address");
        let (answers, log) = (Answers::default(), Log::default());
        let router = Router::new()
            .fallback(answer)
            .with_state((answers.clone(), log.clone()));
        let task = tokio::spawn(async move {
            // Ends when the test does.
            let _ = axum::serve(listener, router).await;
        });
        let remote = Self {
            origin: format!("http://{host}:{}", address.port()),
            key: Arc::new(Key::generate()),
            answers,
            log,
            task,
        };
        remote.introduce("mallory", &remote.key);
        remote
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        self.origin.trim_start_matches("http://").to_owned()
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The wire id of the actor.
    pub fn actor(&self) -> String {
        self.at("/users/mallory")
    }

    pub fn key_id(&self) -> String {
        format!("{}#main-key", self.actor())
    }

    /// Makes an actor findable, by address and by WebFinger.
    pub fn introduce(&self, name: &str, key: &Key) {
        self.say(
            &format!("/users/{name}"),
            Answer::Document(self.actor_document(name, key)),
        );
        let subject = format!("acct:{name}@{}", self.authority());
        let answer = json!({
            "subject": subject,
            "links": [{
                "rel": "self",
                "type": "application/activity+json",
                "href": self.at(&format!("/users/{name}")),
            }],
        });
        self.say(
            &format!("/.well-known/webfinger?{name}"),
            Answer::Raw(200, "application/jrd+json", answer.to_string().into_bytes()),
        );
    }

    /// An actor as other servers describe theirs.
    pub fn actor_document(&self, name: &str, key: &Key) -> Value {
        let actor = self.at(&format!("/users/{name}"));
        json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": actor,
            "type": "Organization",
            "preferredUsername": name,
            "name": "An organisation elsewhere",
            "summary": "",
            "url": actor,
            "inbox": format!("{actor}/inbox"),
            "outbox": format!("{actor}/outbox"),
            "followers": format!("{actor}/followers"),
            "following": format!("{actor}/following"),
            "endpoints": {"sharedInbox": self.at("/inbox")},
            "publicKey": {
                "id": format!("{actor}#main-key"),
                "owner": actor,
                "publicKeyPem": key.public_pem(),
            },
        })
    }

    /// Answers this at a path from now on; to posts with `POST ` before it.
    pub fn say(&self, path: &str, answer: Answer) {
        lock(&self.answers).insert(path.to_owned(), answer);
    }

    /// Everything it was asked and sent, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.log).clone()
    }

    /// The activities that were posted to its inboxes.
    pub fn delivered(&self) -> Vec<Value> {
        let posts = self.seen().into_iter();
        posts
            .filter(|seen| seen.method == Method::POST)
            .filter_map(|seen| serde_json::from_slice(&seen.body).ok())
            .collect()
    }

    /// A delivery that is signed as it should be, for a test to spoil.
    pub fn delivery(&self, origin: &str, body: Vec<u8>) -> Delivery {
        let now = wait::now();
        Delivery {
            origin: origin.to_owned(),
            path: "/inbox".to_owned(),
            host: origin.trim_start_matches("http://").to_owned(),
            date: now,
            key_id: self.key_id(),
            digest: digest(&body),
            body,
            headers: vec!["(request-target)", "host", "date", "digest"],
            algorithm: "rsa-sha256",
            created: now,
            expires: now + TimeDelta::minutes(5),
        }
    }

    /// Signs with the actor's key and sends to the shared inbox of a server.
    pub async fn deliver(&self, origin: &str, activity: &Value) -> Reply {
        let delivery = self.delivery(origin, activity.to_string().into_bytes());
        let signature = delivery.signature(&self.key);
        send(&delivery, Some(&signature)).await
    }

    /// A public note of the actor.
    pub fn note(&self, number: &str, content: &str) -> Value {
        json!({
            "id": self.at(&format!("/notes/{number}")),
            "type": "Note",
            "attributedTo": self.actor(),
            "content": content,
            "published": wait::now().to_rfc3339(),
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [format!("{}/followers", self.actor())],
        })
    }

    /// An activity of the actor around an object.
    pub fn activity(&self, number: &str, kind: &str, object: &Value) -> Value {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.at(&format!("/activities/{number}")),
            "type": kind,
            "actor": self.actor(),
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "object": object,
        })
    }

    /// Accepts every Follow that has arrived.
    pub async fn accept_follows(&self, origin: &str) {
        for (number, follow) in self.delivered().iter().enumerate() {
            if follow["type"] == "Follow" {
                let accept = self.activity(&format!("accept-{number}"), "Accept", follow);
                self.deliver(origin, &accept).await.success();
            }
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Posts a delivery with the given `Signature` header, or with none.
pub async fn send(delivery: &Delivery, signature: Option<&str>) -> Reply {
    let mut request = http::post(&format!("{}{}", delivery.origin, delivery.path))
        .header("host", &delivery.host)
        .header("date", &http_date(delivery.date))
        .header("digest", &delivery.digest)
        .body("application/activity+json", delivery.body.clone());
    if let Some(signature) = signature {
        request = request.header("signature", signature);
    }
    request.send().await
}

async fn answer(
    State((answers, log)): State<(Answers, Log)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    lock(&log).push(Seen {
        method: method.clone(),
        path: uri.to_string(),
        headers,
        body: body.to_vec(),
    });
    let key = match method == Method::POST {
        true => format!("POST {}", uri.path()),
        false => key(&uri),
    };
    let found = lock(&answers).get(&key).cloned();
    match found {
        Some(Answer::Document(document)) => reply(
            200,
            "application/activity+json",
            document.to_string().into_bytes(),
        ),
        Some(Answer::Raw(status, content_type, body)) => reply(status, content_type, body),
        Some(Answer::Redirect(target)) => Response::builder()
            .status(if method == Method::POST { 307 } else { 302 })
            .header("location", target)
            .body(Body::empty())
            .expect("a redirect is a response"),
        Some(Answer::Late(duration)) => {
            tokio::time::sleep(duration).await;
            reply(200, "application/activity+json", b"{}".to_vec())
        }
        None if method == Method::POST => reply(202, "text/plain", Vec::new()),
        None => reply(404, "text/plain", b"not here".to_vec()),
    }
}

/// WebFinger answers are kept under the name that is asked for.
fn key(uri: &Uri) -> String {
    if uri.path() != "/.well-known/webfinger" {
        return uri.path().to_owned();
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    let resource = url::form_urlencoded::parse(query)
        .find(|(name, _)| name == "resource")
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    let name = resource.trim_start_matches("acct:");
    let name = name.split('@').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    format!("/.well-known/webfinger?{name}")
}

fn reply(status: u16, content_type: &str, body: Vec<u8>) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(Body::from(body))
        .expect("status and type are valid")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}
