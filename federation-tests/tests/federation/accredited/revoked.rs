//! Revocation: whoever loses its accreditation loses what is not public, on its
//! own node and on others, signed in or not, within a minute.

use std::sync::Arc;

use federation_tests::{
    accredited::{Accredited, Network, Place, Setup},
    database::Store,
    forum::{id, note, uri},
    node::{Member, text},
    on_both_databases,
    remote::Remote,
    stream::Listener,
    visitor::Visitor,
    wait,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::elsewhere::Server;

const MEMBERS: &str = "https://w3id.org/virtual-forum/ns#Members";

/// An author on the hub, and those who lose what they have: one there by the
/// hub's own anchor, one there and one on the third node by the second anchor,
/// and `gone` on another server. One on the third node keeps it.
struct Scene {
    network: Network,
    author: Accredited,
    at_once: Accredited,
    here: Accredited,
    there: Accredited,
    stays: Accredited,
    remote: Arc<Remote>,
    /// Of the actor `gone`.
    credential: String,
}

async fn scene(store: Store) -> Scene {
    let server = Server::new("127.0.0.1").await;
    let setup = Setup::new(store).reaching(server.remote.authority());
    let network = setup.start().await;
    let (hub, second, third) = (Place::Hub, Place::Second, Place::Third);
    let mut credentials = server.accredit(&network, &[("gone", "government")]);
    let scene = Scene {
        author: network.accredited(hub, hub, "author", "government"),
        at_once: network.accredited(hub, hub, "atonce", "government"),
        here: network.accredited(second, hub, "here", "government"),
        there: network.accredited(second, third, "there", "government"),
        stays: network.accredited(second, third, "stays", "government"),
        credential: credentials.remove(0),
        network,
        remote: server.remote,
    };
    let Scene {
        author,
        at_once,
        here,
        there,
        stays,
        ..
    } = &scene;
    scene
        .network
        .acquaint(&[author, at_once, here, there, stays])
        .await;
    scene
}

impl Scene {
    /// An entry for each restricted audience, with this word in it.
    async fn publish(&self, word: &str) -> Vec<Value> {
        let mut entries = Vec::new();
        for audience in ["members", "preferential", "named"] {
            let mut entry = note(&format!("{word} #{word}tag"), audience);
            if audience == "named" {
                let parties = [&self.at_once, &self.here, &self.there, &self.stays];
                let mut named: Vec<String> = parties.map(|one| one.member.uri.clone()).into();
                named.push(self.remote.actor_of("gone"));
                entry["named"] = json!(named);
            }
            entries.push(self.author.member.forum().publish(&entry).await);
        }
        entries
    }

    async fn read_elsewhere(&self, entry: &Value) -> u16 {
        let origin = self.network.origin(Place::Hub);
        let path = format!("/entries/{}", id(entry));
        self.remote.read_as("gone", &origin, &path).await.status
    }

    /// What was posted to the other server.
    fn posted(&self) -> String {
        let seen = self.remote.seen().into_iter();
        let posts = seen.filter(|one| one.method == Method::POST);
        posts
            .map(|one| String::from_utf8_lossy(&one.body).into_owned())
            .collect()
    }

    /// Somebody elsewhere writes for members, and answers an entry.
    async fn write_elsewhere(&self, answered: &Value) -> [String; 2] {
        let actor = self.remote.actor_of("gone");
        let mut ids = Vec::new();
        for (number, parent) in [("new", None), ("reply", Some(uri(answered)))] {
            let mut object = self.remote.note(number, "<p>Still here?</p>");
            object["attributedTo"] = json!(actor);
            object["to"] = json!([MEMBERS]);
            object["cc"] = json!([]);
            object["inReplyTo"] = json!(parent);
            let mut create = self.remote.activity(number, "Create", &object);
            create["actor"] = json!(actor);
            create["to"] = json!([MEMBERS]);
            let origin = self.network.origin(Place::Hub);
            self.remote.deliver_as("gone", &origin, &create).await;
            ids.push(text(&object, "id"));
        }
        ids.try_into().expect("two were written")
    }
}

/// What somebody who is signed in sees of a word, at every place that lists
/// entries, with a token and by the pages.
async fn sees(member: &Member, visitor: &mut Visitor, word: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for path in [
        "/api/forum/v1/entries?limit=100",
        &format!("/api/forum/v1/entries?q={word}"),
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        &format!("/api/v1/timelines/tag/{word}tag"),
        &format!("/api/v2/search?q={word}"),
        "/api/v1/notifications",
    ] {
        let reply = member.mastodon().get(path).await.expect(200).text();
        // A search repeats what was looked for in the tags that it finds.
        if reply.contains(&format!("{word} ")) {
            seen.push(path.to_owned());
        }
    }
    for path in ["/", "/timeline", &format!("/tags/{word}tag")] {
        let page = visitor.open(path).await.expect(200).text();
        if page.contains(&format!("{word} ")) {
            seen.push(path.to_owned());
        }
    }
    seen
}

/// Streams of somebody that are open before the revocation, and stay so.
async fn listen(network: &Network, one: &Accredited) -> Vec<Listener> {
    let (origin, token) = (network.at(one.place).origin(), Some(&*one.member.token));
    vec![
        Listener::events(&origin, token, "public").await,
        Listener::events(&origin, token, "user").await,
        Listener::socket(&origin, token, "public").await,
        Listener::socket(&origin, token, "user").await,
    ]
}

/// That an entry is as absent to somebody as one that never was.
async fn assert_absent(member: &Member, visitor: &mut Visitor, entry: &Value) {
    let here = id(entry);
    for path in [
        format!("/api/forum/v1/entries/{here}"),
        format!("/api/v1/statuses/{here}"),
        format!("/api/v1/statuses/{here}/context"),
    ] {
        let reply = member.mastodon().get(&path).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let page = visitor.open(&format!("/entries/{here}")).await;
    assert_eq!(page.status, 404);
}

async fn a_revoked_organisation_loses_what_is_not_public_everywhere(store: Store) {
    let scene = scene(store).await;
    let (hub, third) = (scene.network.at(Place::Hub), scene.network.at(Place::Third));
    let mut listening = Vec::new();
    for one in [&scene.at_once, &scene.here, &scene.there] {
        let author = scene.author.member.address();
        one.member.mastodon().follow(&author).await;
        listening.extend(listen(&scene.network, one).await);
    }
    let mut at_once = Visitor::signed_in(hub, &scene.at_once.member.email).await;
    let mut here = Visitor::signed_in(hub, &scene.here.member.email).await;
    let mut there = Visitor::signed_in(third, &scene.there.member.email).await;
    scene.read_elsewhere(&json!({"id": "1"})).await;

    let before = scene.publish("kiwibefore").await;
    for entry in &before {
        scene.there.member.forum().await_entry(&uri(entry)).await;
        assert_eq!(scene.read_elsewhere(entry).await, 200);
    }
    for (one, visitor) in [
        (&scene.at_once, &mut at_once),
        (&scene.here, &mut here),
        (&scene.there, &mut there),
    ] {
        let seen = sees(&one.member, visitor, "kiwibefore").await;
        assert!(seen.len() >= 7, "{seen:?}");
    }
    for listener in &listening {
        for entry in &before {
            listener.await_words(&uri(entry)).await;
        }
    }
    wait::until("the entries to arrive elsewhere", || async {
        (scene.posted().matches("kiwibefore ").count() >= 3).then_some(())
    })
    .await;

    // By the node's own anchor: from the next request on.
    scene.network.revoke(Place::Hub, &scene.at_once.credential);
    assert_eq!(
        sees(&scene.at_once.member, &mut at_once, "kiwibefore").await,
        [""; 0]
    );
    for entry in &before {
        assert_absent(&scene.at_once.member, &mut at_once, entry).await;
    }

    for credential in [
        &scene.here.credential,
        &scene.there.credential,
        &scene.credential,
    ] {
        scene.network.revoke(Place::Second, credential);
    }
    for (one, visitor) in [(&scene.here, &mut here), (&scene.there, &mut there)] {
        let forum = one.member.forum();
        wait::until("the revocation to count", || async {
            let all = forum.all_entries().await;
            all.iter()
                .all(|one| one["audience"] == "public")
                .then_some(())
        })
        .await;
        assert_eq!(sees(&one.member, visitor, "kiwibefore").await, [""; 0]);
        let refused = forum
            .post("/entries", &note("Still here?", "members"))
            .await;
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
    for entry in &before {
        assert_absent(&scene.here.member, &mut here, entry).await;
        assert_eq!(scene.read_elsewhere(entry).await, 404);
    }

    let after = scene.publish("kiwiafter").await;
    let written = scene.write_elsewhere(&before[0]).await;
    for entry in &after {
        let arrived = scene.stays.member.forum().await_entry(&uri(entry)).await;
        assert_absent(&scene.there.member, &mut there, &arrived).await;
        assert_eq!(scene.read_elsewhere(entry).await, 404);
    }
    for (one, visitor) in [
        (&scene.at_once, &mut at_once),
        (&scene.here, &mut here),
        (&scene.there, &mut there),
    ] {
        assert_eq!(sees(&one.member, visitor, "kiwiafter").await, [""; 0]);
    }
    // The streams go on with what is for everybody.
    let open = note("kiwiopen for everybody", "public");
    let open = scene.author.member.forum().publish(&open).await;
    for listener in &listening {
        listener.await_words(&uri(&open)).await;
        assert!(!listener.has_heard("kiwiafter"));
    }
    wait::a_while().await;
    assert!(!scene.posted().contains("kiwiafter"));
    assert!(!listening.iter().any(|one| one.has_heard("kiwiafter")));
    for uri in &written {
        assert_eq!(scene.author.member.forum().find(uri).await, None);
    }
}

on_both_databases! {
    a_revoked_organisation_loses_what_is_not_public_everywhere,
}
