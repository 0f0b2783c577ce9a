//! The stage of the matrix: an author on the hub, readers of every kind on the
//! hub and on the third node, other servers, and entries for each audience.

use federation_tests::{
    accredited::{Accredited, Network, Place, Setup},
    database::Store,
    forum::{id, uri},
    node::Member,
    sweep::Lures,
    wait,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::elsewhere::Server;

/// In every entry: words that readers look for, and pages repeat.
pub const LURE: &str = "quokkalure";
pub const TAG: &str = "quokkatag";

pub const AUDIENCES: [&str; 4] = ["public", "members", "preferential", "named"];

/// An entry, and how it is known where it is read.
#[derive(Debug, Clone)]
pub struct Secret {
    pub audience: &'static str,
    pub is_reply: bool,
    /// Begins every word that gives it away, and is in no other entry.
    pub word: String,
    pub uri: String,
    /// Its id on the hub, and on the third node.
    pub ids: [String; 2],
    /// The ids of its author there.
    authors: [String; 2],
}

/// The organisations of one node.
pub struct House {
    pub place: Place,
    pub civil: Accredited,
    pub company: Accredited,
    pub government: Accredited,
    pub international: Accredited,
    pub party: Accredited,
    pub revoked: Accredited,
    pub nobody: Member,
}

pub struct Stage {
    pub network: Network,
    pub author: Accredited,
    pub hub: House,
    pub third: House,
    /// Of its actors, `gov`, `cso` and `party` are accredited, `nobody` is not.
    pub elsewhere: Server,
    /// Its `gov` is accredited, and both nodes block the server.
    pub blocked: Server,
    pub secrets: Vec<Secret>,
}

fn house(network: &Network, place: Place, end: &str) -> House {
    let make = |handle: &str, category: &'static str| {
        network.accredited(Place::Second, place, &format!("{handle}{end}"), category)
    };
    House {
        place,
        civil: make("civil", "civil_society"),
        company: make("company", "private_sector"),
        government: make("government", "government"),
        international: make("agency", "international_organisation"),
        party: make("party", "civil_society"),
        revoked: make("revoked", "government"),
        nobody: network.member(place, &format!("nobody{end}"), "government"),
    }
}

impl House {
    fn accredited(&self) -> [&Accredited; 6] {
        [
            &self.civil,
            &self.company,
            &self.government,
            &self.international,
            &self.party,
            &self.revoked,
        ]
    }
}

impl Stage {
    pub async fn set(store: Store) -> Self {
        let elsewhere = Server::new("127.0.0.1").await;
        let blocked = Server::new("blocked.test").await;
        let setup = Setup::new(store)
            .reaching(elsewhere.remote.authority())
            .reaching(blocked.remote.authority())
            .set("federation.resolve", r#"{"blocked.test" = "127.0.0.1"}"#)
            .set("limits.sign_in_per_minute", "0");
        let network = setup.start().await;
        let author = network.accredited(Place::Hub, Place::Hub, "author", "government");
        let (hub, third) = (
            house(&network, Place::Hub, "1"),
            house(&network, Place::Third, "3"),
        );
        elsewhere.accredit(
            &network,
            &[
                ("gov", "government"),
                ("cso", "civil_society"),
                ("party", "civil_society"),
            ],
        );
        elsewhere.remote.show("nobody", &elsewhere.multikey, &[]);
        blocked.accredit(&network, &[("gov", "government")]);
        let mut all = vec![&author];
        all.extend(hub.accredited());
        all.extend(third.accredited());
        network.acquaint(&all).await;
        let mut stage = Self {
            network,
            author,
            hub,
            third,
            elsewhere,
            blocked,
            secrets: Vec::new(),
        };
        stage.open().await;
        stage
    }

    /// What is public reaches the third node because somebody there follows;
    /// accredited actors elsewhere are known because they have read something.
    /// `nobody` has not: several requests at once are the first that it makes.
    async fn open(&mut self) {
        let reader = self.third.government.member.mastodon();
        for followed in [&self.author, &self.hub.civil] {
            reader.follow(&followed.member.address()).await;
        }
        for (place, author) in [(Place::Hub, "author"), (Place::Third, "government3")] {
            let origin = self.network.origin(place);
            let outbox = format!("/orgs/{author}/outbox");
            for (server, names) in [
                (&self.elsewhere, &["gov", "cso", "party"][..]),
                (&self.blocked, &["gov"][..]),
            ] {
                for name in names {
                    let read = server.remote.read_as(name, &origin, &outbox);
                    read.await.expect(200);
                }
            }
        }
        for audience in AUDIENCES {
            self.publish(audience).await;
        }
        self.take_away().await;
    }

    /// An entry by the author, and a reply to it by somebody of its audience.
    async fn publish(&mut self, audience: &'static str) {
        let named = json!([
            self.hub.party.member.uri,
            self.third.party.member.uri,
            self.elsewhere.remote.actor_of("party"),
            self.hub.revoked.member.uri,
            self.third.revoked.member.uri,
        ]);
        let word = format!("kiwi{audience}root");
        let mut entry = json!({
            "kind": "request", "language": "en", "status": "open", "countries": ["AL"],
            "title": format!("{word}title {LURE}"), "audience": audience,
            "body": format!("{word}body {LURE} #{TAG} #{word}tag"),
        });
        if audience == "named" {
            entry["named"] = named;
        }
        let root = self.author.member.forum().publish(&entry).await;
        let root = self.secret(audience, false, word, &root).await;
        let (replier, at) = match audience {
            "preferential" => (&self.third.government, 1),
            "named" => (&self.third.party, 1),
            _ => (&self.hub.civil, 0),
        };
        let word = format!("kiwi{audience}echo");
        let reply = json!({
            "kind": "note", "title": "", "language": "en", "in_reply_to": root.ids[at],
            "body": format!("{word}body {LURE} #{TAG} #{word}tag"),
        });
        let reply = replier.member.forum().publish(&reply).await;
        let reply = self.secret(audience, true, word, &reply).await;
        self.secrets.extend([root, reply]);
    }

    /// Waits until an entry is on both nodes.
    async fn secret(
        &self,
        audience: &'static str,
        is_reply: bool,
        word: String,
        entry: &Value,
    ) -> Secret {
        let there = match audience {
            "named" => &self.third.party,
            _ => &self.third.government,
        };
        let uri = uri(entry);
        let here = self.author.member.forum().await_entry(&uri).await;
        let there = there.member.forum().await_entry(&uri).await;
        Secret {
            audience,
            is_reply,
            word,
            ids: [id(&here), id(&there)],
            authors: [id(&here["author"]), id(&there["author"])],
            uri,
        }
    }

    /// Blocks the one server, reports an entry to the administrators, and
    /// revokes who is to be revoked; waits until that counts.
    async fn take_away(&self) {
        let reporter = self.hub.government.member.mastodon();
        let reported = self
            .secrets
            .iter()
            .find(|one| one.audience == "preferential");
        let report = json!({
            "account_id": self.author.member.id, "comment": "Look at this",
            "status_ids": [reported.expect("published").ids[0]],
        });
        let request = reporter.request(Method::POST, "/api/v1/reports");
        request.json(&report).send().await.expect(200);
        for house in [&self.hub, &self.third] {
            let node = self.network.at(house.place);
            node.command(&["node", "block", "blocked.test"]);
            self.network
                .revoke(Place::Second, &house.revoked.credential);
        }
        for house in [&self.hub, &self.third] {
            let forum = house.revoked.member.forum();
            wait::until("the revocation to count", || async {
                let all = forum.all_entries().await;
                let hidden = all.iter().all(|entry| entry["audience"] == "public");
                hidden.then_some(())
            })
            .await;
        }
    }

    /// What could lead to the entries on a node.
    pub fn lures(&self, house: &House) -> Lures {
        let at = usize::from(house.place == Place::Third);
        let delivered = self.elsewhere.remote.delivered();
        let activities = delivered.iter().filter_map(|one| one["id"].as_str());
        let activities = activities.filter_map(|id| id.split("/activities/").nth(1));
        let mut activities: Vec<String> = activities.map(str::to_owned).collect();
        activities.sort();
        activities.dedup();
        assert!(activities.len() >= 3, "{activities:?}");
        let handles = match house.place {
            Place::Third => vec![house.government.member.handle.clone()],
            Place::Hub | Place::Second => vec![self.author.member.handle.clone()],
        };
        Lures {
            entries: self.secrets.iter().map(|one| one.ids[at].clone()).collect(),
            uris: self.secrets.iter().map(|one| one.uri.clone()).collect(),
            organisations: vec![
                self.secrets[0].authors[at].clone(),
                house.party.member.id.clone(),
            ],
            handles,
            activities,
            tag: TAG.to_owned(),
            word: LURE.to_owned(),
            authority: self.network.at(house.place).plan.authority(),
        }
    }
}
