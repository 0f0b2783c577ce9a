//! Entries that are not for everybody, between nodes: who is sent them, who is
//! served them, and whose are kept. On both databases.

mod closing;
mod narrowing;
mod passed_on;
mod receiving;
mod sending;
mod serving;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    accreditation::{Authority, TRUST, organisation, trusting},
    audience::draft,
    foreign::Foreign,
    test_app::{Answer, ORIGIN, TestApp},
};
use crate::{
    domain::{
        account::Role,
        accreditation::{Claim, Credential},
        audience::{Audience, AudienceKind, Tier},
        entry::Entry,
        id::{EntryId, OrganisationId},
        organisation::Category,
    },
    federation::{
        addressed::{MEMBERS, PREFERENTIAL},
        signatures::cavage::{Query, sign},
    },
    operations::{
        accreditations::{import, take_list, take_shown},
        entries::publish,
        node::ensure_keys,
        people::Person,
    },
    storage::{self, Db, deliveries, entries},
};

/// A node that trusts an anchor elsewhere, may store every entry, and has an
/// accredited ministry, an accredited civil society organisation, and one that
/// is neither.
pub struct Scene {
    pub node: TestApp,
    pub authority: Authority,
    pub moj: Person,
    pub ngo: Person,
}

impl Scene {
    pub async fn new(db: Db) -> Self {
        Self::on_node_for(db, Some(Tier::Preferential)).await
    }

    /// The node's own membership says so much.
    pub async fn on_node_for(db: Db, tier: Option<Tier>) -> Self {
        let authority = Authority::new("https://hub.example/status/1");
        let node = TestApp::with(db, &[(TRUST, &trusting(&[authority.did()]))]);
        ensure_keys(&node.app.forum).await.expect("keys");
        let mut people = Vec::new();
        for (handle, category) in [
            ("moj", Category::Government),
            ("ngo", Category::CivilSociety),
        ] {
            let local = node.organisation(handle, category).await;
            let key = node.key_of(&local.uri).await;
            let claim = organisation(category);
            let now = node.app.forum.now();
            let credential = authority.claim(&local.uri, &key, claim, now);
            let taken = import(&node.app.forum, authority.sign(&credential)).await;
            taken.expect("accredited");
            let token = node.token(handle, Role::FocalPoint, "read write").await;
            people.push(node.person(&token).await);
        }
        node.organisation("other", Category::Government).await;
        let (ngo, moj) = (people.pop().expect("two"), people.pop().expect("two"));
        let scene = Self {
            node,
            authority,
            moj,
            ngo,
        };
        if let Some(tier) = tier {
            let actor = scene.node.app.forum.urls.node_actor();
            let key = scene.node.key_of(&actor).await;
            let now = scene.node.app.forum.now();
            let claim = Claim::Node { audience: tier };
            let membership = scene.authority.claim(&actor, &key, claim, now);
            let taken = import(&scene.node.app.forum, scene.authority.sign(&membership)).await;
            taken.expect("a member");
        }
        scene
    }

    /// An organisation of another server, with what it and its node are.
    pub async fn foreign(
        &self,
        host: &str,
        category: Option<Category>,
        node: Option<Tier>,
    ) -> Foreign {
        let foreign = Foreign::new(&self.node, host, "office").await;
        if let Some(category) = category {
            self.accredit(&foreign, |_| {}, category).await;
        }
        if let Some(tier) = node {
            self.admit(host, tier).await;
        }
        foreign
    }

    /// Its node has a membership.
    pub async fn admit(&self, host: &str, tier: Tier) {
        let actor: Url = format!("https://{host}/actor").parse().expect("an address");
        let now = self.node.app.forum.now();
        let claim = Claim::Node { audience: tier };
        let key = self.authority.did().multikey();
        let credential = self.authority.claim(&actor, key, claim, now);
        self.show(&actor, self.authority.sign(&credential)).await;
    }

    pub async fn accredit(
        &self,
        foreign: &Foreign,
        change: impl Fn(&mut Credential),
        category: Category,
    ) {
        let key = foreign.prover.key.public().expect("public").to_multibase();
        let key = key.expect("Ed25519");
        let now = self.node.app.forum.now();
        let claim = organisation(category);
        let mut credential = self.authority.claim(&foreign.uri, &key, claim, now);
        change(&mut credential);
        self.show(&foreign.uri, self.authority.sign(&credential))
            .await;
    }

    /// The node is given what an actor shows.
    pub async fn show(&self, actor: &Url, credential: Value) {
        let taken = take_shown(&self.node.app.forum, actor, vec![credential]).await;
        taken.expect("storage works");
    }

    /// The anchor revokes what has this place in its list.
    pub async fn revoke(&self, index: u32) {
        let now = self.node.app.forum.now();
        let list = self.authority.signed_list(&[index], now);
        let (did, uri) = (self.authority.did(), &self.authority.list);
        let taken = take_list(&self.node.app.forum, did, uri, list).await;
        assert!(taken.expect("storage works"), "a good list");
    }

    /// An entry of the ministry with a word that gives it away.
    pub async fn publish(&self, audience: AudienceKind, named: &[OrganisationId]) -> Entry {
        self.publish_by(&self.moj, audience, named).await
    }

    pub async fn publish_by(
        &self,
        person: &Person,
        audience: AudienceKind,
        named: &[OrganisationId],
    ) -> Entry {
        self.node.pass(chrono::TimeDelta::seconds(1));
        let mut draft = draft(&canary(audience), audience);
        draft.content.body = canary(audience);
        draft.named = named.to_vec();
        let published = publish(&self.node.app.forum, person, draft).await;
        published.expect("published")
    }

    /// Who was to be sent what about an entry: inboxes of all deliveries that
    /// did not end before they left.
    pub async fn told(&self, entry: EntryId) -> Vec<String> {
        self.node.told().await;
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| deliveries::told(conn, entry));
        let told = read.await.expect("storage works");
        let mut inboxes: Vec<String> = told.keys().map(Url::to_string).collect();
        inboxes.sort();
        inboxes
    }

    /// A document as this reader asks for it.
    pub async fn get(&self, reader: Option<&Foreign>, path: &str) -> Answer {
        let mut request = Request::get(path)
            .header(header::HOST, "n.example")
            .body(Body::empty())
            .expect("a request");
        if let Some(reader) = reader {
            let url: Url = format!("{ORIGIN}{path}").parse().expect("an address");
            let now = self.node.app.forum.now();
            let signed = sign(&reader.signer, &Method::GET, &url, Query::Signed, None, now);
            *request.headers_mut() = signed.expect("signed");
        }
        let accept = "application/activity+json".parse().expect("a value");
        request.headers_mut().insert(header::ACCEPT, accept);
        self.node.send(request).await
    }

    /// How an entry of another server is kept here, if it is.
    pub async fn kept(&self, uri: &str) -> Option<Audience> {
        let uri: Url = uri.parse().expect("an address");
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| -> Result<_, storage::Error> {
                match entries::known(conn, &uri)? {
                    Some(known) if known.deleted_at.is_none() => {
                        entries::audience_of(conn, known.id)
                    }
                    Some(_) | None => Ok(None),
                }
            });
        read.await.expect("storage works")
    }
}

pub fn canary(audience: AudienceKind) -> String {
    format!("canary-{audience}")
}

/// A Create by a foreign organisation of a Note for these.
pub fn create(author: &Foreign, number: u32, to: Value) -> Value {
    let mut note = author.note(number, "<p>canary-arrived</p>");
    note["to"] = to.clone();
    let mut create = author.activity(number, "Create", note);
    create["to"] = to;
    create
}

pub fn note_id(author: &Foreign, number: u32) -> String {
    format!("{}/notes/{number}", author.uri)
}

pub fn term(audience: AudienceKind) -> Value {
    match audience {
        AudienceKind::Public => json!(["https://www.w3.org/ns/activitystreams#Public"]),
        AudienceKind::Members => json!([MEMBERS]),
        AudienceKind::Preferential => json!([PREFERENTIAL]),
        AudienceKind::Named => json!([format!("{ORIGIN}/orgs/moj")]),
    }
}
