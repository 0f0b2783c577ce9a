//! Keys of other servers in every shape in use (PROTOCOL.md 7.3.5), fetched
//! over real connections. On both databases.

use std::ops::Deref;

use activitypub_federation::traits::Object;
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    foreign::Foreign,
    server::Server,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    domain::organisation::Category,
    federation::{
        json::normalise,
        objects::organisation::ApOrganisation,
        signatures::{
            PrivateKey, PublicKey, Signer,
            cavage::{Query, sign},
        },
    },
    storage::{self, testing::on_both},
};

/// A server whose actors follow.
struct Peer(Server);

impl Deref for Peer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Peer {
    async fn start() -> Self {
        Self(Server::start().await)
    }

    /// An actor at `/users/{name}` that lists `keys`.
    fn actor(&self, name: &str, keys: Value) {
        let id = self.url(&format!("/users/{name}"));
        let mut document = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": id, "type": "Organization", "preferredUsername": name,
            "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"),
        });
        for (name, value) in keys.as_object().expect("members") {
            document[name] = value.clone();
        }
        self.put(&document);
    }

    /// A node that may fetch from here, with an organisation `moj`.
    async fn with_moj(&self, db: storage::Db) -> TestApp {
        let node = self.node(db);
        node.organisation("moj", Category::Government).await;
        let made = crate::operations::node::ensure_keys(&node.app.forum).await;
        made.expect("the node's keys");
        node
    }

    /// The answer to a Follow of `moj` by `/users/{name}`, signed with a key
    /// of that id.
    async fn follows(&self, node: &TestApp, name: &str, key_id: &Url, key: &PrivateKey) -> u16 {
        let actor = self.url(&format!("/users/{name}"));
        let body = json!({
            "id": format!("{actor}/follows/{}", self.asked()), "type": "Follow",
            "actor": actor, "object": format!("{ORIGIN}/orgs/moj"),
        })
        .to_string();
        let url: Url = format!("{ORIGIN}/inbox").parse().expect("an address");
        let signer = Signer {
            key_id: key_id.clone(),
            key: key.clone(),
        };
        let (bytes, now) = (body.as_bytes(), node.app.forum.now());
        let headers = sign(
            &signer,
            &Method::POST,
            &url,
            Query::Signed,
            Some(bytes),
            now,
        );
        let mut request = Request::post("/inbox")
            .body(Body::from(body.clone()))
            .expect("a request");
        request.headers_mut().extend(headers.expect("signed"));
        node.send(request).await.status.as_u16()
    }
}

async fn followers(node: &TestApp) -> u64 {
    let request = Request::get("/orgs/moj/followers")
        .header(header::HOST, "n.example")
        .header(header::ACCEPT, "application/activity+json")
        .body(Body::empty())
        .expect("a request");
    let total = &node.send(request).await.json()["totalItems"];
    total.as_u64().expect("a number")
}

fn pem(key: &PublicKey, id: &Url, owner: &Url) -> Value {
    json!({"id": id, "owner": owner, "publicKeyPem": key.to_pem()})
}

fn multikey(key: &PublicKey, id: &Url, controller: &Url) -> Value {
    let key = key.to_multibase().expect("Ed25519");
    json!({"id": id, "type": "Multikey", "controller": controller, "publicKeyMultibase": key})
}

fn rsa() -> (PrivateKey, PublicKey) {
    let key = PrivateKey::generate_rsa().expect("a key");
    let public = key.public().expect("a public key");
    (key, public)
}

fn ed25519() -> (PrivateKey, PublicKey) {
    let key = PrivateKey::generate_ed25519().expect("a key");
    let public = key.public().expect("a public key");
    (key, public)
}

#[test]
fn keys_are_found_in_every_shape_in_use() {
    on_both(async |db| {
        let peer = Peer::start().await;
        let node = peer.with_moj(db).await;
        let user = |name: &str| peer.url(&format!("/users/{name}"));

        let (key, public) = rsa();
        let id = peer.url("/users/fragment#main-key");
        peer.actor(
            "fragment",
            json!({"publicKey": pem(&public, &id, &user("fragment"))}),
        );
        assert_eq!(peer.follows(&node, "fragment", &id, &key).await, 202);

        // A path of its own, with only so much of the actor behind it.
        let (key, public) = rsa();
        let id = peer.url("/users/stub/main-key");
        let listed = pem(&public, &id, &user("stub"));
        peer.actor("stub", json!({"publicKey": listed}));
        let stub = json!({
            "id": user("stub"), "type": "Person", "preferredUsername": "stub", "publicKey": listed,
        });
        peer.put_at("/users/stub/main-key", &stub);
        assert_eq!(peer.follows(&node, "stub", &id, &key).await, 202);

        // The key alone.
        let (key, public) = rsa();
        let id = peer.url("/keys/owned");
        let listed = pem(&public, &id, &user("owned"));
        peer.actor("owned", json!({"publicKey": listed}));
        let mut alone = listed.clone();
        alone["type"] = json!("CryptographicKey");
        peer.put_at("/keys/owned", &alone);
        assert_eq!(peer.follows(&node, "owned", &id, &key).await, 202);

        let (key, public) = ed25519();
        let id = peer.url("/keys/controlled");
        let listed = multikey(&public, &id, &user("controlled"));
        peer.actor("controlled", json!({"assertionMethod": [listed]}));
        peer.put_at("/keys/controlled", &listed);
        assert_eq!(peer.follows(&node, "controlled", &id, &key).await, 202);

        // No publicKey at all.
        let (key, public) = ed25519();
        let id = peer.url("/users/multi#ed25519-key");
        let listed = multikey(&public, &id, &user("multi"));
        peer.actor("multi", json!({"assertionMethod": listed}));
        assert_eq!(peer.follows(&node, "multi", &id, &key).await, 202);

        assert_eq!(followers(&node).await, 5);
    });
}

#[test]
fn a_key_counts_only_if_its_owner_lists_it() {
    on_both(async |db| {
        let (peer, other) = (Peer::start().await, Peer::start().await);
        let node = peer.with_moj(db).await;
        let (key, public) = rsa();
        let victim = peer.url("/users/victim");
        let (_, hers) = rsa();
        let listed = pem(&hers, &peer.url("/users/victim#main-key"), &victim);
        peer.actor("victim", json!({"publicKey": listed}));
        // It names her; she does not name it.
        let claiming = peer.url("/keys/claiming");
        peer.put_at("/keys/claiming", &pem(&public, &claiming, &victim));
        assert_eq!(peer.follows(&node, "victim", &claiming, &key).await, 401);
        // She lists it under her name, and says that another owns it.
        let stray = peer.url("/users/stray#main-key");
        let listed = pem(&public, &stray, &victim);
        peer.actor("stray", json!({"publicKey": listed}));
        assert_eq!(peer.follows(&node, "stray", &stray, &key).await, 401);
        // Its owner is on another server.
        let foreign = peer.url("/keys/foreign");
        peer.put_at(
            "/keys/foreign",
            &pem(&public, &foreign, &other.url("/users/x")),
        );
        assert_eq!(peer.follows(&node, "victim", &foreign, &key).await, 401);
        assert_eq!(other.asked(), 0);
        // No such key.
        let nowhere = peer.url("/keys/nowhere");
        assert_eq!(peer.follows(&node, "victim", &nowhere, &key).await, 401);
        assert_eq!(followers(&node).await, 0);
    });
}

#[test]
fn a_replaced_key_is_fetched_again_once_and_not_for_every_forgery() {
    on_both(async |db| {
        let peer = Peer::start().await;
        let node = peer.with_moj(db.clone()).await;
        let owner = peer.url("/users/her");
        let id = peer.url("/users/her#main-key");
        let (old, public) = rsa();
        peer.actor("her", json!({"publicKey": pem(&public, &id, &owner)}));
        assert_eq!(peer.follows(&node, "her", &id, &old).await, 202);
        let asked = peer.asked();
        let (forged, _) = rsa();
        assert_eq!(peer.follows(&node, "her", &id, &forged).await, 401);
        assert_eq!(peer.asked(), asked, "asked again within a minute");
        let (new, public) = rsa();
        peer.actor("her", json!({"publicKey": pem(&public, &id, &owner)}));
        // A minute later, which is measured by no clock that tests can set.
        drop(node);
        let node = peer.node(db);
        assert_eq!(peer.follows(&node, "her", &id, &new).await, 202);
        assert_eq!(peer.asked(), asked + 1);
        assert_eq!(peer.follows(&node, "her", &id, &old).await, 401);
        assert_eq!(peer.asked(), asked + 1);
    });
}

#[test]
fn an_actor_that_several_requests_bring_at_once_is_stored_once_and_fails_none() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let id = "https://a.example/users/her";
        let (_, public) = rsa();
        let key: Url = format!("{id}#main-key").parse().expect("an address");
        let document = json!({
            "id": id, "type": "Organization", "preferredUsername": "her",
            "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"),
            "publicKey": pem(&public, &key, &id.parse().expect("an address")),
        });
        let data = node.app.federation.to_request_data();
        let bring = || ApOrganisation::from_json(normalise(document.clone()), &data);
        let (one, two, three, four) = tokio::join!(bring(), bring(), bring(), bring());
        let stored = [one, two, three, four].map(|one| one.expect("stored").0.id);
        assert_eq!(stored, [stored[0]; 4]);
    });
}

#[test]
fn what_is_attributed_to_somebody_is_no_actor_and_no_key() {
    on_both(async |db| {
        let peer = Peer::start().await;
        let node = peer.with_moj(db).await;
        for (name, kind, expected) in [
            ("posing", "Person", 401),
            // Lemmy names the moderators of its groups so.
            ("group", "Group", 202),
        ] {
            let (key, public) = rsa();
            let (owner, id) = (
                peer.url(&format!("/users/{name}")),
                peer.url(&format!("/users/{name}#main-key")),
            );
            let members = json!({
                "type": kind, "attributedTo": peer.url("/users/author"),
                "publicKey": pem(&public, &id, &owner),
            });
            peer.actor(name, members);
            assert_eq!(peer.follows(&node, name, &id, &key).await, expected);
        }
        let (key, public) = rsa();
        let (owner, id) = (peer.url("/users/owned"), peer.url("/keys/written"));
        let mut listed = pem(&public, &id, &owner);
        peer.actor("owned", json!({"publicKey": listed}));
        listed["attributedTo"] = json!(peer.url("/users/author"));
        peer.put_at("/keys/written", &listed);
        assert_eq!(peer.follows(&node, "owned", &id, &key).await, 401);
        assert_eq!(followers(&node).await, 1);
    });
}

#[test]
fn whose_server_is_known_is_asked_for_patience_when_too_many_keys_were_fetched() {
    on_both(async |db| {
        let peer = Peer::start().await;
        let allowed = format!("[{:?}]", peer.authority);
        let settings = [
            ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "true"),
            ("VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES", &*allowed),
            ("VIRTUAL_FORUM_LIMITS__KEY_FETCHES_PER_MINUTE", "1"),
        ];
        let node = TestApp::with(db, &settings);
        node.organisation("moj", Category::Government).await;
        let made = crate::operations::node::ensure_keys(&node.app.forum).await;
        made.expect("the node's keys");
        let (key, _) = rsa();
        let asks = async |number: u32| {
            let id = peer.url(&format!("/keys/{number}"));
            peer.follows(&node, "her", &id, &key).await
        };
        assert_eq!((asks(1).await, asks(2).await), (401, 401));
        assert_eq!(peer.asked(), 1);
        Foreign::at(&node, &peer.base(), "neighbour").await;
        assert_eq!(asks(3).await, 503);
        assert_eq!(peer.asked(), 1);
    });
}
