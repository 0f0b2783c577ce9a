//! What a hostile server does, and what a node makes of it. Every refusal of
//! SECURITY.md 2 and 3 that a peer can meet is met here over the wire, and is
//! judged by what the node holds afterwards and by who was connected to, not
//! by its answer alone.
//!
//! What comes in (SECURITY.md 2):
//!
//! | rule | held by |
//! |---|---|
//! | bodies up to 1 MiB, in time, not compressed | `bodies::a_body_*`, `bodies::a_compressed_body_*` |
//! | nothing is fetched for what is unsigned or malformed; keys of one host only so often | `keys::nothing_is_fetched_*`, `budgets::a_host_is_asked_*` |
//! | the draft: what must be signed, host, age, each header and parameter once, SHA-256 only | `signatures::*` |
//! | RFC 9421: what must be covered, `created`, the key of the label that verifies | `messages::*` |
//! | RSA of 2048 bits or more | `weak_keys::*` |
//! | the key is its actor's, who lists it; one refetch of a key that does not fit | `keys::a_key_speaks_*`, `keys::nothing_is_fetched_*`, `keys::servers_that_answer_badly_*` |
//! | a blocked host is not heard, nor told from one that is not there | `blocked::*` |
//! | a replayed id has no effect, and nobody takes the id of another's activity | `replays::a_replayed_*`, `handed_on::nobody_takes_*` |
//! | activity, object and owner are of one origin; nothing claims ours | `origins::*` |
//! | Update, Delete, Undo by the owner only | `origins::another_actor_*`, `origins::nobody_answers_*`, `handed_on::an_undo_*`, `handed_on::an_old_update_*` |
//! | embedded objects of elsewhere are read there, and only as their own content type | `origins::an_embedded_*`, `origins::an_object_that_*`, `objects::what_is_served_*` |
//! | JSON: duplicate keys, surrogates, depth, recipients | `bodies::malformed_bodies_*` |
//! | ids and actors are http addresses | `objects::names_*` |
//! | contexts are never fetched, linked-data signatures never trusted | `objects::a_context_*`, `handed_on::a_proof_*` |
//! | texts are capped and cleaned, nothing is dated ahead | `contents::*`, `replays::a_date_*` |
//!
//! What goes out (SECURITY.md 3):
//!
//! | rule | held by |
//! |---|---|
//! | no connection to a forbidden address: by spelling, name, redirect, WebFinger, media, lists, inboxes | `keys::a_key_on_a_forbidden_*`, `fetching::*` |
//! | the same by mixed answers of a resolver, which no configuration here can give | the program's own tests of `federation::fetch` |
//! | 20 fetches for an activity, 10 pages of lists | `budgets::an_endless_*`, `budgets::a_list_*` |
//! | 3 requests in a chain of redirects, 10 seconds | `budgets::a_chain_of_redirects_*`, `budgets::an_answer_*` |
//! | answers up to 1 MiB, decoded | `keys::servers_that_answer_badly_*` |
//! | what others point to fails without a trace of why | `blocked::a_boost_*` |
//! | what is restricted goes to accredited servers only | `accredited::wire`, `accredited::tapped`, `accredited::outsider` |

mod blocked;
mod bodies;
mod budgets;
mod contents;
mod fetching;
mod handed_on;
mod keys;
mod messages;
mod objects;
mod origins;
mod replays;
mod signatures;
mod weak_keys;

use std::time::Duration;

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

/// An object as its own server gives it out.
fn served(mut object: Value) -> Value {
    object["@context"] = json!("https://www.w3.org/ns/activitystreams");
    object
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

    /// The paths that were asked for at the scripted server since it started, when
    /// nothing more has been for a while.
    async fn asked_at_rest(&self) -> Vec<String> {
        let asked = || -> Vec<String> {
            let seen = self.remote.seen().into_iter();
            seen.filter(|seen| seen.method == reqwest::Method::GET)
                .map(|seen| seen.path)
                .collect()
        };
        let (mut before, mut quiet) = (asked().len(), 0);
        while quiet < 5 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = asked().len();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
        }
        asked()
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
