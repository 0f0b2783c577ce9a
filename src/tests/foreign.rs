//! An organisation of another server whose document this node knows already,
//! so that tests of the inbox need no network.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, header},
};
use serde_json::{Value, json};
use url::Url;

use super::test_app::{Answer, ORIGIN, TestApp};
use crate::{
    domain::organisation::Organisation,
    federation::{
        objects::organisation::describe,
        proofs::sign as sign_proof,
        signatures::{
            PrivateKey, Signer,
            cavage::{Query, sign},
            rfc9421::{self, Asked},
        },
    },
    operations::organisations::save_remote,
    storage,
};

pub struct Foreign {
    pub uri: Url,
    pub signer: Signer,
    /// Its Ed25519 key.
    pub prover: Signer,
    pub organisation: Organisation,
}

impl Foreign {
    /// `https://{host}/users/{handle}`, known to the node.
    pub async fn new(node: &TestApp, host: &str, handle: &str) -> Self {
        Self::at(node, &format!("https://{host}"), handle).await
    }

    /// `{origin}/users/{handle}`, known to the node.
    pub async fn at(node: &TestApp, origin: &str, handle: &str) -> Self {
        Self::by_id(node, &format!("{origin}/users/{handle}"), handle).await
    }

    /// An actor at this address, known to the node.
    pub async fn by_id(node: &TestApp, id: &str, handle: &str) -> Self {
        let uri: Url = id.parse().expect("valid");
        let key = PrivateKey::generate_rsa().expect("a key");
        let key_id: Url = format!("{uri}#main-key").parse().expect("valid");
        let pem = key.public().expect("public").to_pem();
        let prover = Signer {
            key_id: format!("{uri}#ed25519-key").parse().expect("valid"),
            key: PrivateKey::generate_ed25519().expect("a key"),
        };
        let multikey = prover.key.public().expect("public").to_multibase();
        let document = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": uri, "type": "Person", "preferredUsername": handle,
            "inbox": format!("{uri}/inbox"), "outbox": format!("{uri}/outbox"),
            "followers": format!("{uri}/followers"),
            "featured": format!("{uri}/featured"),
            "publicKey": {"id": key_id, "owner": uri, "publicKeyPem": pem},
            "assertionMethod": [{"id": prover.key_id, "type": "Multikey", "controller": uri,
                "publicKeyMultibase": multikey}],
        });
        let organisation = described(node, document).await;
        Self {
            uri,
            signer: Signer { key_id, key },
            prover,
            organisation,
        }
    }

    pub fn activity(&self, number: u32, kind: &str, object: Value) -> Value {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{}/activities/{number}", self.uri),
            "type": kind, "actor": self.uri, "object": object,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        })
    }

    pub fn note(&self, number: u32, text: &str) -> Value {
        json!({
            "id": format!("{}/notes/{number}", self.uri),
            "type": "Note", "attributedTo": self.uri, "content": text,
            "published": "2026-11-22T11:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        })
    }

    /// An activity of its own with its proof.
    pub fn proven(&self, node: &TestApp, mut activity: Value) -> Value {
        sign_proof(&mut activity, &self.prover, node.app.forum.now()).expect("signed");
        activity
    }

    /// A signed request to the shared inbox.
    pub fn request(&self, node: &TestApp, body: &[u8]) -> Request<Body> {
        self.request_to(node, "/inbox", body)
    }

    pub fn request_to(&self, node: &TestApp, path: &str, body: &[u8]) -> Request<Body> {
        signed(&self.signer, node, path, body)
    }

    /// The same, signed by RFC 9421.
    pub fn request_by_rfc9421(&self, node: &TestApp, path: &str, body: &[u8]) -> Request<Body> {
        let url: Url = format!("{ORIGIN}{path}").parse().expect("valid");
        let now = node.app.forum.now();
        let (signer, asked) = (&self.signer, Asked::default());
        let headers = rfc9421::sign(signer, &Method::POST, &url, Some(body), &asked, now);
        post(path, headers.expect("signed"), body)
    }

    pub async fn send(&self, node: &TestApp, activity: &Value) -> Answer {
        node.send(self.request(node, activity.to_string().as_bytes()))
            .await
    }
}

/// A request to post `body`, with the signature of `signer`.
pub fn signed(signer: &Signer, node: &TestApp, path: &str, body: &[u8]) -> Request<Body> {
    let url: Url = format!("{ORIGIN}{path}").parse().expect("valid");
    let now = node.app.forum.now();
    let headers = sign(signer, &Method::POST, &url, Query::Signed, Some(body), now);
    post(path, headers.expect("signed"), body)
}

fn post(path: &str, headers: HeaderMap, body: &[u8]) -> Request<Body> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .body(Body::from(body.to_vec()))
        .expect("a request");
    *request.headers_mut() = headers;
    let kind = HeaderValue::from_static("application/activity+json");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

/// The node learns of an actor as if it had fetched its document.
pub async fn described(node: &TestApp, document: Value) -> Organisation {
    let app = &node.app;
    // With which the node fetches the keys of those that it does not know.
    let made = crate::operations::node::ensure_keys(&app.forum).await;
    made.expect("the node's keys");
    let described = describe(
        &app.federation,
        &crate::federation::json::normalise(document),
        app.forum.now(),
    )
    .expect("an actor");
    let saved = app
        .forum
        .write(move |conn, forum| save_remote(conn, forum, described));
    saved
        .await
        .map_err(|error: storage::Error| error)
        .expect("saved")
}
