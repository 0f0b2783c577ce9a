//! A node with a few organisations and entries, and a client that asks it.

use axum::{body::Body, response::Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        account::Role,
        audience::{Audience, Reader, Tier, Tlp, Viewer},
        entry::{Codes, Content, Counts, Entry, Kind, Status, Thread},
        follow::{Follow, FollowState},
        id::{EntryId, FollowId, OrganisationId, ReactionId},
        organisation::{Category, Endpoints, Expertise, Organisation, OrganisationState},
        reaction::{Reaction, ReactionKind},
    },
    operations,
    storage::{self, Conn, Db, access_tokens, entries, follows, organisations, reactions},
    tests::test_app::{TestApp, noon},
    urls::Urls,
};

/// What a client got.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Reply {
    /// The ids of a list, in its order.
    pub fn ids(&self) -> Vec<&str> {
        self.json
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| item["id"].as_str().expect("an id"))
            .collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub fn error(&self) -> &str {
        self.json["error"].as_str().expect("an error")
    }
}

/// A node with a government (`moj`) and a civil society organisation
/// (`shelter`) of its own, and one elsewhere.
pub struct Scene {
    node: TestApp,
    pub moj: Organisation,
    pub shelter: Organisation,
    pub remote: Organisation,
}

impl Scene {
    pub async fn new(db: Db) -> Self {
        Self::with(db, &[]).await
    }

    /// A node with settings of its own, as environment variables.
    pub async fn with(db: Db, settings: &[(&str, &str)]) -> Self {
        let node = TestApp::with(db, settings);
        let moj = node.organisation("moj", Category::Government).await;
        let shelter = node.organisation("shelter", Category::CivilSociety).await;
        let remote = stranger(OrganisationId(node.app.forum.next_id()));
        let scene = Self {
            node,
            moj,
            shelter,
            remote,
        };
        let remote = scene.remote.clone();
        scene
            .store(move |conn| organisations::insert(conn, &remote))
            .await;
        scene
    }

    /// Makes the keys that the node signs its questions to others with.
    pub async fn with_node_keys(self) -> Self {
        let made = operations::node::ensure_keys(&self.node.app.forum).await;
        made.expect("stored");
        self
    }

    /// Writes past the rules of `operations`, as what other servers sent.
    pub async fn store(
        &self,
        write: impl FnOnce(&mut Conn) -> Result<(), storage::Error> + Send + 'static,
    ) {
        self.node.app.forum.db.write(write).await.expect("stored");
    }

    /// Writes, and has it undone.
    pub async fn fail(
        &self,
        write: impl FnOnce(&mut Conn) -> Result<(), storage::Error> + Send + 'static,
    ) {
        let written = self.node.app.forum.db.write(move |conn| {
            write(conn)?;
            Err::<(), _>(storage::Error::Unavailable("on purpose".to_owned()))
        });
        assert!(written.await.is_err());
    }

    /// Changes an entry of `moj`.
    pub async fn edit(&self, id: EntryId, change: impl FnOnce(&mut Entry) + Send + 'static) {
        let author = Viewer::Organisation(Reader {
            organisation: self.moj.id,
            tier: Tier::Public,
        });
        self.store(move |conn| {
            let mut entry = entries::find(conn, &author, id)?.expect("it is there");
            change(&mut entry);
            entries::update(conn, &entry)
        })
        .await;
    }

    /// A boost, whoever may make it; its id.
    pub async fn boost(&self, by: &Organisation, entry: &str) -> String {
        let id = ReactionId(self.node.app.forum.next_id());
        let boost = Reaction {
            id,
            kind: ReactionKind::Boost,
            entry: entry.parse().expect("an id"),
            organisation: by.id,
            activity_uri: Url::parse(&format!("{}#boost-{id}", by.uri)).expect("a URL"),
            created_at: self.now(),
        };
        self.store(move |conn| reactions::insert(conn, &boost).map(drop))
            .await;
        id.to_string()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.node.app.forum.now()
    }

    pub async fn revoke(&self, token: &str) {
        let user = self.node.person(token).await.user.id;
        let now = self.now();
        self.store(move |conn| access_tokens::revoke_all_of(conn, user, now).map(drop))
            .await;
    }

    pub async fn suspend(&self, organisation: &Organisation) {
        let mut suspended = organisation.clone();
        suspended.state = OrganisationState::Suspended;
        self.store(move |conn| organisations::update(conn, &suspended))
            .await;
    }

    /// Tells the node that it is to stop.
    pub fn stop(&self) {
        self.node.app.stopping.cancel();
    }

    /// The answer with its body still to come.
    pub async fn open(&self, request: Request<Body>) -> Response {
        self.node.open(request).await
    }

    /// An entry as the author would publish it, changed by `change`.
    pub async fn publish(&self, author: &Organisation, change: impl FnOnce(&mut Entry)) -> String {
        let forum = &self.node.app.forum;
        let mut entry = request(EntryId(forum.next_id()), author.clone(), &forum.urls);
        change(&mut entry);
        let id = entry.id.to_string();
        self.store(move |conn| entries::insert(conn, &entry)).await;
        id
    }

    /// A note that answers an entry.
    pub async fn reply(&self, author: &Organisation, to: &str, audience: Audience) -> String {
        let parent: EntryId = to.parse().expect("an id");
        self.publish(author, |entry| {
            entry.content.kind = Kind::Note;
            entry.content.title = String::new();
            entry.content.status = None;
            entry.thread.root = parent;
            entry.thread.in_reply_to = Some(parent);
            entry.audience = audience;
        })
        .await
    }

    /// An access token of somebody at a local organisation.
    pub async fn token(&self, organisation: &Organisation, role: Role, scopes: &str) -> String {
        self.node.token(&organisation.handle, role, scopes).await
    }

    pub async fn follows(&self, follower: &Organisation, followed: &Organisation) {
        self.follow(follower, followed, FollowState::Accepted).await;
    }

    pub async fn follow(
        &self,
        follower: &Organisation,
        followed: &Organisation,
        state: FollowState,
    ) {
        let id = FollowId(self.node.app.forum.next_id());
        let follow = Follow {
            id,
            follower: follower.id,
            followed: followed.id,
            state,
            activity_uri: Url::parse(&format!("{}#{id}", follower.uri)).expect("a URL"),
            created_at: noon(),
        };
        self.store(move |conn| follows::insert(conn, &follow)).await;
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let answer = self.node.send(request).await;
        Reply {
            status: answer.status,
            headers: answer.headers,
            json: serde_json::from_str(&answer.body).unwrap_or(Value::Null),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .expect("a request");
        self.send(request).await
    }

    /// As one client does it: an empty body that is declared as JSON.
    pub async fn post_as(&self, token: &str, path: &str) -> Reply {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::empty())
            .expect("a request");
        self.send(request).await
    }
}

/// An organisation of another server.
fn stranger(id: OrganisationId) -> Organisation {
    let uri = Url::parse("https://m.example/users/ngo").expect("a URL");
    let part = |name: &str| Url::parse(&format!("{uri}/{name}")).expect("a URL");
    Organisation {
        id,
        uri: uri.clone(),
        handle: "ngo".to_owned(),
        host: Some("m.example".to_owned()),
        name: "An organisation elsewhere".to_owned(),
        summary: String::new(),
        summary_html: "<p>Elsewhere.</p>".to_owned(),
        category: None,
        country: None,
        expertise: Expertise::default(),
        url: uri.clone(),
        website: None,
        avatar: None,
        locked: false,
        state: OrganisationState::Active,
        actor_type: "Organization".to_owned(),
        endpoints: Endpoints {
            inbox: part("inbox"),
            shared_inbox: None,
            outbox: None,
            followers: None,
            following: None,
            featured: None,
        },
        created_at: noon(),
        updated_at: noon(),
        fetched_at: None,
    }
}

/// A public request.
fn request(id: EntryId, author: Organisation, urls: &Urls) -> Entry {
    let uri = match author.host {
        None => urls.entry(id),
        Some(_) => Url::parse(&format!("{}/notes/{id}", author.uri)).expect("a URL"),
    };
    Entry {
        id,
        uri: uri.clone(),
        url: uri,
        author,
        content: Content {
            kind: Kind::Request,
            title: "Training for border police".to_owned(),
            body: "Five days.".to_owned(),
            language: "en".to_owned(),
            tlp: Tlp::Clear,
            codes: Codes::default(),
            stage: None,
            status: Some(Status::Open),
            closes_at: None,
            starts_on: None,
            ends_on: None,
            budget: None,
        },
        html: "<p>Five days.</p>".to_owned(),
        warning: String::new(),
        tags: Vec::new(),
        audience: Audience::Public,
        partners: Vec::new(),
        thread: Thread {
            root: id,
            in_reply_to: None,
            in_reply_to_uri: None,
        },
        counts: Counts::default(),
        created_at: noon(),
        updated_at: noon(),
        edited_at: None,
    }
}
