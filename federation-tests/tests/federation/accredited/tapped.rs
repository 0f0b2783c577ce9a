//! Three nodes whose every byte is recorded, and a server without membership.

use federation_tests::{
    accredited::{Accredited, Membership, Network, Place, Setup},
    credential::SigningKey,
    database::Store,
    forum::{id, note, uri},
    http::{self, ACTIVITY_JSON},
    remote::Remote,
    wait,
};
use serde_json::{Value, json};

/// The second node may store everything, the third what is for members, and
/// the other server nothing: `follower` there is a plain follower, `lone` an
/// accredited government on it.
pub struct Scene {
    pub network: Network,
    pub author: Accredited,
    pub gov2: Accredited,
    pub ngo2: Accredited,
    pub gov3: Accredited,
    pub ngo3: Accredited,
    pub remote: Remote,
}

pub async fn scene(store: Store) -> Scene {
    let remote = Remote::start().await;
    let setup = Setup::new(store).fronted().reaching(remote.authority());
    let network = setup.third_may_store(Membership::Members).start().await;
    let (hub, second, third) = (Place::Hub, Place::Second, Place::Third);
    let scene = Scene {
        author: network.accredited(hub, hub, "author", "government"),
        gov2: network.accredited(hub, second, "gov2", "government"),
        ngo2: network.accredited(second, second, "ngo2", "civil_society"),
        gov3: network.accredited(second, third, "gov3", "government"),
        ngo3: network.accredited(hub, third, "ngo3", "civil_society"),
        network,
        remote,
    };
    let key = SigningKey::generate().multikey();
    scene.remote.show("lone", &key, &[]);
    let lone = scene.remote.actor_of("lone");
    let credential = scene.network.issue(second, &lone, "government");
    scene.remote.show("lone", &key, &[credential]);
    scene.remote.show_node(&key, &[]);
    scene.remote.show("follower", &key, &[]);
    let Scene {
        author,
        gov2,
        ngo2,
        gov3,
        ngo3,
        ..
    } = &scene;
    scene
        .network
        .acquaint(&[author, gov2, ngo2, gov3, ngo3])
        .await;
    scene.follow().await;
    scene
}

impl Scene {
    /// Somebody on each node follows the author, and so does the plain
    /// follower; the hub learns what `lone` is.
    async fn follow(&self) {
        for reader in [&self.gov2, &self.ngo3] {
            let mastodon = reader.member.mastodon();
            let found = mastodon.resolve(&self.author.member.uri).await;
            let account = found.expect("known")["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let follow = format!("/api/v1/accounts/{account}/follow");
            mastodon.post(&follow).await.expect(200);
            wait::until("the follow to stand", || async {
                let relationship = mastodon.relationship(&account).await;
                (relationship["following"] == true).then_some(())
            })
            .await;
        }
        let origin = self.network.origin(Place::Hub);
        let mut follow = self
            .remote
            .activity("follow", "Follow", &json!(self.author.member.uri));
        follow["actor"] = json!(self.remote.actor_of("follower"));
        self.remote
            .deliver_as("follower", &origin, &follow)
            .await
            .success();
        wait::until("the follower to be accepted", || async {
            let mut delivered = self.remote.delivered().into_iter();
            delivered.any(|one| one["type"] == "Accept").then_some(())
        })
        .await;
        let read = self.remote.read_as("lone", &origin, "/orgs/author/outbox");
        read.await.expect(200);
    }

    async fn publish(&self, author: &Accredited, entry: &Value) -> Value {
        author.member.forum().publish(entry).await
    }

    /// For an audience, with one word that is in no other entry.
    pub async fn say(&self, word: &str, audience: &str, named: &[&str]) -> Value {
        let mut entry = note(&format!("{word} in the text"), audience);
        if !named.is_empty() {
            entry["named"] = json!(named);
        }
        self.publish(&self.author, &entry).await
    }

    pub async fn answer(&self, replier: &Accredited, root: &Value, word: &str) -> Value {
        let root = replier.member.forum().await_entry(&uri(root)).await;
        let reply = json!({
            "kind": "note", "title": "", "language": "en", "in_reply_to": id(&root),
            "body": format!("{word} in the text"),
        });
        self.publish(replier, &reply).await
    }

    /// All that reached a node.
    pub fn received(&self, place: Place) -> String {
        let mut text = String::new();
        for at in Place::ALL {
            let its_own = self.network.front(place).authority();
            for passed in self.network.front(at).passed() {
                if at == place {
                    text += &passed.asked;
                    text += &String::from_utf8_lossy(&passed.request);
                } else if passed.by.as_deref() == Some(its_own) {
                    text += &String::from_utf8_lossy(&passed.reply);
                }
            }
        }
        text
    }

    /// All that reached anybody who did not sign, or signed as the other server.
    pub fn given_to_others(&self) -> String {
        let nodes: Vec<&str> = Place::ALL
            .map(|place| self.network.front(place).authority())
            .into();
        let mut text = String::new();
        for place in Place::ALL {
            for passed in self.network.front(place).passed() {
                if passed.by.is_none_or(|by| !nodes.contains(&by.as_str())) {
                    text += &String::from_utf8_lossy(&passed.reply);
                }
            }
        }
        for seen in self.remote.seen() {
            text += &seen.path;
            text += &String::from_utf8_lossy(&seen.body);
        }
        text
    }

    /// Everybody asks for everything by its address.
    pub async fn ask_for(&self, entries: &[&Value]) {
        for entry in entries {
            let uri = uri(entry);
            for reader in [&self.gov3, &self.ngo3, &self.ngo2] {
                reader.member.mastodon().resolve(&uri).await;
            }
            let path = format!("/entries/{}", id(entry));
            let origin = uri.trim_end_matches(&path);
            for part in [
                "",
                "/replies",
                "/replies?page=true",
                "/context",
                "/proposal",
            ] {
                let path = format!("{path}{part}");
                for name in ["lone", "follower"] {
                    self.remote.read_as(name, origin, &path).await;
                }
                let plain = http::get(&format!("{origin}{path}"));
                plain.accept(ACTIVITY_JSON).send().await;
            }
        }
        let origin = self.network.origin(Place::Hub);
        for name in ["lone", "follower"] {
            let outbox = "/orgs/author/outbox?page=true";
            self.remote.read_as(name, &origin, outbox).await;
        }
    }

    /// Waits until a node has heard an activity of a kind about an object.
    pub async fn heard(&self, place: Place, kind: &str, object: &str) {
        wait::until(&format!("{place:?} to hear {kind} of {object}"), || async {
            let heard = self.network.front(place).heard();
            let mut about = heard.iter().map(|one| one.about());
            about.any(|one| one == (kind, object)).then_some(())
        })
        .await;
    }
}
