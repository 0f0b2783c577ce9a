//! Streams across nodes: whoever listens hears what it may read, of its own node
//! and of others, and nothing else.

use federation_tests::{
    accredited::{Accredited, Network, Place, Setup},
    database::Store,
    forum::{note, uri},
    on_both_databases,
    stream::Listener,
    wait,
};
use serde_json::json;

/// The audiences, from the narrowest on, and how many categories of readers hear
/// each: those that are named, governments, all who are accredited, everybody.
const AUDIENCES: [&str; 4] = ["named", "preferential", "members", "public"];

/// The streams of one reader, and how many of [`AUDIENCES`] it reads, from the
/// last on.
struct Reader {
    name: String,
    listeners: Vec<Listener>,
    reads: usize,
}

impl Reader {
    async fn of(network: &Network, one: &Accredited, reads: usize) -> Self {
        let (origin, token) = (network.at(one.place).origin(), Some(&*one.member.token));
        Self {
            name: one.member.uri.clone(),
            listeners: vec![
                Listener::events(&origin, token, "public").await,
                Listener::events(&origin, token, "user").await,
                Listener::events(&origin, token, "hashtag?tag=heard").await,
                Listener::socket(&origin, token, "public").await,
                Listener::socket(&origin, token, "hashtag&tag=heard").await,
            ],
            reads,
        }
    }

    async fn stranger(network: &Network, place: Place) -> Self {
        let origin = network.at(place).origin();
        Self {
            name: format!("a stranger at {place:?}"),
            listeners: vec![
                Listener::events(&origin, None, "public").await,
                Listener::events(&origin, None, "hashtag?tag=heard").await,
                Listener::socket(&origin, None, "public").await,
            ],
            reads: 1,
        }
    }

    /// That it heard these entries, which stand in the order of [`AUDIENCES`],
    /// as far as it reads them, and nothing else.
    async fn assert_heard_its_part(&self, uris: &[String]) {
        let part = &uris[uris.len() - self.reads..];
        for listener in &self.listeners {
            for uri in part {
                listener.await_words(uri).await;
            }
        }
        wait::a_while().await;
        for listener in &self.listeners {
            let mut heard: Vec<String> = listener.heard().iter().map(|told| told.uri()).collect();
            let mut expected = part.to_vec();
            heard.sort();
            expected.sort();
            assert_eq!(heard, expected, "{}", self.name);
        }
    }
}

async fn each_reader_hears_its_part_on_its_own_node_and_on_others(store: Store) {
    let network = Setup::new(store).start().await;
    let (hub, third) = (Place::Hub, Place::Third);
    let author = network.accredited(hub, hub, "author", "government");
    let named = network.accredited(Place::Second, third, "named", "private_sector");
    let readers = [
        network.accredited(hub, hub, "statehere", "government"),
        network.accredited(hub, hub, "ngohere", "civil_society"),
        network.accredited(hub, third, "statethere", "international_organisation"),
        network.accredited(hub, third, "ngothere", "civil_society"),
    ];
    let all: Vec<&Accredited> = [&author, &named].into_iter().chain(&readers).collect();
    network.acquaint(&all).await;
    for reader in all.iter().filter(|one| one.member.uri != author.member.uri) {
        reader
            .member
            .mastodon()
            .follow(&author.member.address())
            .await;
    }

    let mut listening = Vec::new();
    for (reader, reads) in readers.iter().zip([3, 2, 3, 2]) {
        listening.push(Reader::of(&network, reader, reads).await);
    }
    for place in [hub, third] {
        listening.push(Reader::stranger(&network, place).await);
    }
    // A company that is named reads that one, and what is for members.
    let listeners = Reader::of(&network, &named, 0).await.listeners;

    let mut uris = Vec::new();
    for audience in AUDIENCES {
        let mut entry = note(&format!("On streams, for {audience}. #heard"), audience);
        if audience == "named" {
            entry["named"] = json!([named.member.uri]);
        }
        uris.push(uri(&author.member.forum().publish(&entry).await));
    }
    for reader in &listening {
        reader.assert_heard_its_part(&uris).await;
    }
    for listener in &listeners {
        for place in [0, 2, 3] {
            listener.await_words(&uris[place]).await;
        }
        assert!(!listener.has_heard(&uris[1]), "what is for governments");
    }
}

on_both_databases! {
    each_reader_hears_its_part_on_its_own_node_and_on_others,
}
