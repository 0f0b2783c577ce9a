//! A server of some family: its fixtures, filled in, and signed by its actors.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::Value;
use url::Url;

use super::fixtures::{Filling, fill, path, pkcs1, read};
use crate::{
    domain::{
        account::Role,
        audience::{AudienceKind, Viewer},
        entry::Entry,
        follow::FollowState,
        id::OrganisationId,
        organisation::{Category, Organisation},
        page::Window,
    },
    federation::{
        json::normalise,
        objects::organisation::describe,
        signatures::{PrivateKey, Signer},
    },
    operations::{entries::publish, follows, organisations::save_remote},
    storage::{self, Db, entries, organisations},
    tests::{audience::draft, foreign::signed, server::Server, test_app::TestApp},
};

/// A family, and what its fixtures say.
pub struct Family {
    pub name: &'static str,
    pub author: &'static str,
    pub handle: &'static str,
    /// `{base}` is the address of the server.
    pub profile: &'static str,
    /// The path of the shared inbox.
    pub shared_inbox: Option<&'static str>,
    pub title: &'static str,
    /// Parts of the HTML of the entry.
    pub text: &'static [&'static str],
    pub language: &'static str,
    pub warning: &'static str,
    pub tags: &'static [&'static str],
    pub page: &'static str,
    /// Who wrote the entry, if another than whom we follow.
    pub written_by: Option<&'static str>,
    /// A part of `reply.json`, which answers an entry of ours.
    pub answer: Option<&'static str>,
    /// A part of the text after `update.json`.
    pub changed: &'static str,
    /// The type of activity that `undo.json` is about.
    pub takes_back: &'static str,
}

/// A server, and the node that it talks to.
pub struct Peer {
    pub node: TestApp,
    /// The local organisation that follows.
    pub moj: Organisation,
    /// Its public entry.
    pub ours: Entry,
    pub organisation: Organisation,
    pub server: Server,
    filling: Filling,
    /// By the id of the actor.
    signers: HashMap<Url, Signer>,
    name: &'static str,
}

impl Peer {
    /// Starts both; the organisation `moj` has asked to follow the actor.
    pub async fn new(db: Db, family: &Family) -> Self {
        let server = Server::start().await;
        let authority = server.authority.clone();
        let node = server.node(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read write follow");
        let person = node.person(&token.await).await;
        let forum = &node.app.forum;
        crate::operations::node::ensure_keys(forum)
            .await
            .expect("the node's keys");
        let ours = publish(forum, &person, draft("Ours", AudienceKind::Public)).await;
        let ours = ours.expect("published");

        let key = PrivateKey::generate_rsa().expect("a key");
        let pem = key.public().expect("public").to_pem();
        let base = format!("http://{authority}");
        let mut filling = vec![
            (format!("https://{}.example", family.name), base.clone()),
            (format!("{}.example", family.name), authority),
            ("{base}".into(), base),
            ("{pkcs1}".into(), pkcs1(&pem)),
            ("{key}".into(), pem),
            ("{entry}".into(), ours.uri.to_string()),
        ];
        let actors: Vec<Value> = ["actor", "author"]
            .into_iter()
            .filter_map(|file| read(family.name, file, &filling))
            .collect();
        let mut signers = HashMap::new();
        let mut saved = Vec::new();
        for actor in actors {
            let described = describe(&node.app.federation, &normalise(actor), forum.now());
            let described = described.expect("an actor");
            let key_id = described.keys.first().expect("a key").uri.clone();
            let uri = described.organisation.uri.clone();
            let key = key.clone();
            signers.insert(uri, Signer { key_id, key });
            let one = forum.write(move |conn, forum| save_remote(conn, forum, described));
            saved.push(one.await.map_err(|error: storage::Error| error));
        }
        let organisation = saved.swap_remove(0).expect("saved");
        follows::follow(forum, &person, organisation.id)
            .await
            .expect("asked");
        let mut peer = Self {
            moj: person.organisation,
            ours,
            organisation,
            server,
            filling: Filling::new(),
            signers,
            name: family.name,
            node,
        };
        filling.push(("{follow}".into(), peer.follow_uri().await));
        peer.filling = filling;
        peer
    }

    async fn follow_uri(&self) -> String {
        let (me, other) = (self.moj.id, self.organisation.id);
        let found = self
            .node
            .app
            .forum
            .db
            .read(move |conn| storage::follows::find(conn, me, other));
        let follow = found.await.expect("storage").expect("a follow");
        follow.activity_uri.to_string()
    }

    pub fn filled(&self, text: &str) -> String {
        fill(text, &self.filling)
    }

    pub fn has(&self, file: &str) -> bool {
        path(self.name, file).exists()
    }

    pub fn read(&self, file: &str) -> Value {
        read(self.name, file, &self.filling).unwrap_or_else(|| panic!("no {file}.json"))
    }

    /// Posts a fixture to the shared inbox; it is accepted.
    pub async fn send(&self, file: &str) {
        let activity = self.read(file);
        self.server.give_out(&activity);
        self.post(&activity).await;
    }

    /// Posts an activity with the signature of its actor.
    pub async fn post(&self, activity: &Value) {
        let actor = normalise(activity.clone())["actor"].clone();
        let actor: Url = serde_json::from_value(actor).expect("an actor");
        let signer = self.signers.get(&actor).expect("an actor of this server");
        let request = signed(
            signer,
            &self.node,
            "/inbox",
            activity.to_string().as_bytes(),
        );
        let answer = self.node.send(request).await;
        assert_eq!(
            answer.status,
            StatusCode::ACCEPTED,
            "{}: {activity}",
            answer.body
        );
    }

    async fn follow(
        &self,
        follower: OrganisationId,
        followed: OrganisationId,
    ) -> Option<FollowState> {
        let found = self
            .node
            .app
            .forum
            .db
            .read(move |conn| storage::follows::find(conn, follower, followed));
        found.await.expect("storage").map(|follow| follow.state)
    }

    pub async fn our_follow(&self) -> Option<FollowState> {
        self.follow(self.moj.id, self.organisation.id).await
    }

    pub async fn their_follow(&self) -> Option<FollowState> {
        let follower = normalise(self.read("follow"))["actor"].clone();
        let follower: Url = serde_json::from_value(follower).expect("an actor");
        let found = self
            .node
            .app
            .forum
            .db
            .read(move |conn| organisations::find_by_uri(conn, &follower));
        let follower = found.await.expect("storage").expect("the follower").id;
        self.follow(follower, self.moj.id).await
    }

    /// All public entries but our own.
    pub async fn entries(&self) -> Vec<Entry> {
        let read = self.node.app.forum.db.read(|conn| {
            let filter = entries::Filter::default();
            entries::list(conn, &Viewer::Anonymous, &filter, Window::first(100))
        });
        let mut found = read.await.expect("a list");
        found.retain(|entry| entry.id != self.ours.id);
        found
    }

    pub async fn answers(&self) -> Vec<Entry> {
        let mut found = self.entries().await;
        found.retain(|entry| entry.thread.in_reply_to == Some(self.ours.id));
        found
    }

    /// The one that is no answer.
    pub async fn only_entry(&self) -> Entry {
        let mut found = self.entries().await;
        found.retain(|entry| entry.thread.in_reply_to.is_none());
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// Likes and boosts of our entry.
    pub async fn reactions(&self) -> (i64, i64) {
        let id = self.ours.id;
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| entries::find(conn, &Viewer::Anonymous, id));
        let counts = read.await.expect("storage").expect("ours").counts;
        (counts.likes, counts.boosts)
    }
}
