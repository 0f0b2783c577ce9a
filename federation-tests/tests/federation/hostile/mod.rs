//! What a hostile server does, and what a node makes of it. Every refusal of
//! SECURITY.md 2 and 3 that a peer can meet is met here over the wire, and is
//! judged by what the node holds afterwards and by who was connected to, not
//! by its answer alone.

mod bodies;
mod contents;
mod fetching;
mod keys;
mod messages;
mod origins;
mod replays;
mod signatures;

use federation_tests::{
    database::Store,
    forum::uri,
    http::Reply,
    node::{Member, Node, Plan},
    remote::{self, Remote},
    rogue::Said,
    signing::{Delivery, Key},
    wait,
};
use serde_json::{Value, json};

/// A node whose organisation follows `mallory` on a scripted server: what
/// mallory posts rightly is stored.
struct Scene {
    node: Node,
    member: Member,
    remote: Remote,
}

async fn scene(store: Store) -> Scene {
    scene_with(store, &[], |plan| plan).await
}

/// The node may reach these addresses, too, and is set up otherwise.
async fn scene_with(store: Store, also: &[String], set: impl FnOnce(Plan) -> Plan) -> Scene {
    let remote = Remote::start().await;
    let mut reached = vec![remote.authority()];
    reached.extend_from_slice(also);
    let node = set(Plan::new(store).reaching(&reached)).start().await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let found = member.mastodon().resolve(&remote.actor()).await;
    let account = found.map(|account| account["id"].as_str().unwrap_or_default().to_owned());
    let account = account.expect("the actor is found by its address");
    let follow = format!("/api/v1/accounts/{account}/follow");
    member.mastodon().post(&follow).await.expect(200);
    wait::until("the follow to arrive", || async {
        let delivered = remote.delivered();
        delivered
            .iter()
            .any(|activity| activity["type"] == "Follow")
            .then_some(())
    })
    .await;
    remote.accept_follows(&node.origin()).await;
    wait::until("the follow to stand", || async {
        let relationship = member.mastodon().relationship(&account).await;
        (relationship["following"] == true).then_some(())
    })
    .await;
    Scene {
        node,
        member,
        remote,
    }
}

impl Scene {
    fn create(&self, number: &str) -> Value {
        let note = self.remote.note(number, &format!("<p>Note {number}</p>"));
        self.remote
            .activity(&format!("create-{number}"), "Create", &note)
    }

    async fn stored(&self) -> Vec<Value> {
        self.member.forum().all_entries().await
    }

    /// Sends a rightly signed Create and waits until it is there: the door is
    /// open to the same sender, so the refusals before were no accident.
    async fn prove_the_door_open(&self) -> Value {
        self.remote
            .deliver(&self.node.origin(), &self.create("proof"))
            .await
            .success();
        let uri = self.remote.at("/notes/proof");
        self.member.forum().await_entry(&uri).await
    }

    /// An answer to something that cannot be right: it was refused, or the
    /// connection was closed.
    fn assert_refused(&self, what: &str, said: &Said) {
        let refused = said.status == 0 || (400..500).contains(&said.status);
        assert!(refused, "{what}: {}", said.text);
    }

    /// What a person here finds by a name or an address.
    async fn search(&self, text: &str) -> Reply {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let path = format!("/api/v2/search?q={query}&resolve=true");
        self.member.mastodon().get(&path).await
    }

    /// Has an activity signed by another actor of the scripted server.
    async fn deliver_as(&self, name: &str, key: &Key, activity: &Value) -> Reply {
        let actor = self.remote.at(&format!("/users/{name}"));
        let mut activity = activity.clone();
        activity["actor"] = json!(actor);
        let body = activity.to_string().into_bytes();
        let mut delivery = self.remote.delivery(&self.node.origin(), body);
        delivery.key_id = format!("{actor}#main-key");
        remote::send(&delivery, Some(&delivery.signature(key))).await
    }

    async fn assert_nothing_but(&self, uris: &[String]) {
        wait::a_while().await;
        let stored: Vec<String> = self.stored().await.iter().map(uri).collect();
        assert_eq!(stored, uris);
    }

    async fn refuse(&self, what: &str, delivery: &Delivery, signature: Option<&str>) {
        let reply = remote::send(delivery, signature).await;
        assert!(
            (400..500).contains(&reply.status),
            "{what}: {} {}",
            reply.status,
            reply.text()
        );
    }
}
