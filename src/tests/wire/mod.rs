//! What other servers read, through the router, on both databases.

mod activities;
mod addresses;
mod cache;
mod collections;
mod discovery;
mod proofs;
mod tombstones;

use axum::{
    body::Body,
    http::{Request, header},
};

use super::test_app::{Answer, TestApp};
use crate::{
    domain::{
        account::Role,
        audience::{AudienceKind, Tlp},
        entry::{Codes, Content, Draft, Entry, Kind, Status},
        id::EntryId,
        organisation::Category,
    },
    operations::{entries, node, people::Person},
    storage::Db,
};

pub const ACTIVITY: &str = "application/activity+json";
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// A node with a ministry, its focal point, and the node's own keys.
pub struct Scene {
    pub node: TestApp,
    pub person: Person,
    pub token: String,
}

impl Scene {
    pub async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        node::ensure_keys(&node.app.forum).await.expect("keys");
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let person = node.person(&token).await;
        Self {
            node,
            person,
            token,
        }
    }

    pub async fn publish(&self, audience: AudienceKind) -> Entry {
        self.say(audience, None).await
    }

    pub async fn reply(&self, to: EntryId) -> Entry {
        self.reply_by(&self.person, to).await
    }

    pub async fn reply_by(&self, person: &Person, to: EntryId) -> Entry {
        let draft = Draft {
            audience: None,
            content: content(Kind::Note),
            ..draft(AudienceKind::Public, Some(to))
        };
        self.store(person, draft).await
    }

    async fn say(&self, audience: AudienceKind, to: Option<EntryId>) -> Entry {
        self.store(&self.person, draft(audience, to)).await
    }

    async fn store(&self, person: &Person, draft: Draft) -> Entry {
        // Each at a moment of its own, so that ids tell the order.
        self.node.pass(chrono::TimeDelta::seconds(1));
        entries::publish(&self.node.app.forum, person, draft)
            .await
            .expect("published")
    }

    pub async fn delete(&self, id: EntryId) {
        entries::delete(&self.node.app.forum, &self.person, id)
            .await
            .expect("deleted");
    }

    /// As another server asks.
    pub async fn fetch(&self, path: &str) -> Answer {
        self.ask(path, &[("accept", ACTIVITY)]).await
    }

    pub async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, "n.example");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.node.send(request).await
    }
}

fn draft(audience: AudienceKind, in_reply_to: Option<EntryId>) -> Draft {
    Draft {
        content: content(Kind::Request),
        audience: Some(audience),
        named: vec![],
        partners: vec![],
        in_reply_to,
    }
}

pub fn content(kind: Kind) -> Content {
    let is_request = kind == Kind::Request;
    Content {
        kind,
        title: if is_request { "Training" } else { "" }.into(),
        body: "Five days for forty officers.".into(),
        language: "en".into(),
        tlp: Tlp::Clear,
        codes: Codes::default(),
        stage: None,
        status: is_request.then_some(Status::Open),
        closes_at: None,
        starts_on: None,
        ends_on: None,
        budget: None,
    }
}

/// The path of one of our own addresses.
pub fn path(address: &serde_json::Value) -> String {
    let address = address.as_str().expect("an address");
    address
        .strip_prefix(super::test_app::ORIGIN)
        .expect("one of ours")
        .to_owned()
}
