//! Three nodes that trust two anchors, one on the hub and one on the second
//! node, and organisations that either of them accredited.

mod setup;

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};

pub use setup::{Membership, Setup};

use crate::{
    front::Front,
    node::{Member, Node, text},
    wait,
};

/// One of the three nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Holds the first anchor.
    Hub,
    /// Holds the second anchor.
    Second,
    /// Holds none.
    Third,
}

impl Place {
    pub const ALL: [Self; 3] = [Self::Hub, Self::Second, Self::Third];
}

/// The three nodes.
pub struct Network {
    nodes: Vec<Node>,
    fronts: Vec<Front>,
    third: Membership,
}

/// An organisation with its accreditation.
#[derive(Debug, Clone)]
pub struct Accredited {
    pub member: Member,
    pub place: Place,
    pub category: &'static str,
    /// `urn:uuid:…`
    pub credential: String,
}

impl Accredited {
    fn is_preferential(&self) -> bool {
        matches!(self.category, "government" | "international_organisation")
    }
}

static FILES: AtomicU32 = AtomicU32::new(0);

impl Network {
    pub fn at(&self, place: Place) -> &Node {
        &self.nodes[place as usize]
    }

    pub fn at_mut(&mut self, place: Place) -> &mut Node {
        &mut self.nodes[place as usize]
    }

    /// What stands before a node.
    ///
    /// # Panics
    /// When the network is not fronted.
    pub fn front(&self, place: Place) -> &Front {
        &self.fronts[place as usize]
    }

    /// The origin under which others know a node.
    pub fn origin(&self, place: Place) -> String {
        match self.fronts.get(place as usize) {
            Some(front) => format!("http://{}", front.authority()),
            None => self.at(place).origin(),
        }
    }

    fn membership(&self, place: Place) -> Membership {
        match place {
            Place::Hub | Place::Second => Membership::Preferential,
            Place::Third => self.third,
        }
    }

    fn admit_node(&self, anchor: Place, place: Place) {
        let audience = match self.membership(place) {
            Membership::None => return,
            Membership::Members => "members",
            Membership::Preferential => "preferential",
        };
        let actor = format!("{}/actor", self.origin(place));
        let issue = ["accreditation", "issue", "--node", &actor];
        let issue = [&issue[..], &["--audience", audience]].concat();
        let credential = self.at(anchor).command(&issue);
        self.import(place, &credential);
    }

    /// Makes an organisation with a focal point, which no anchor knows.
    pub fn member(&self, place: Place, handle: &str, category: &str) -> Member {
        self.at(place).member(handle, &name(handle), category)
    }

    /// Makes an organisation, and has it accredited by an anchor.
    pub fn accredited(
        &self,
        anchor: Place,
        place: Place,
        handle: &str,
        category: &'static str,
    ) -> Accredited {
        let member = self.member(place, handle, category);
        let credential = self.issue(anchor, &member.uri, category);
        if anchor != place {
            self.import(place, &credential);
        }
        Accredited {
            credential: text(&credential, "id"),
            member,
            place,
            category,
        }
    }

    /// Has an anchor sign that an actor is of a category.
    pub fn issue(&self, anchor: Place, actor: &str, category: &str) -> Value {
        let issue = ["accreditation", "issue", "--actor", actor];
        let issue = [&issue[..], &["--category", category]].concat();
        self.at(anchor).command(&issue)
    }

    fn import(&self, place: Place, credential: &Value) {
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let directory = self.at(place).plan.data_dir();
        let file = directory.join(format!("credential-{number}.json"));
        fs::write(&file, credential.to_string()).expect("a file can be written");
        let file = file.display().to_string();
        let imported = self.at(place).command(&["accreditation", "import", &file]);
        assert_eq!(imported["counts"], true, "{imported}");
    }

    pub fn revoke(&self, anchor: Place, credential: &str) {
        self.at(anchor)
            .command(&["accreditation", "revoke", "--id", credential]);
    }

    /// Waits until every one of these is known on the others' nodes as what it
    /// is, and each would reach all of the others that it is to reach.
    pub async fn acquaint(&self, all: &[&Accredited]) {
        for place in Place::ALL {
            let Some(reader) = all.iter().find(|one| one.place == place) else {
                continue;
            };
            for other in all.iter().filter(|other| other.place != place) {
                let what = format!("{} to be found from {place:?}", other.member.uri);
                let mastodon = reader.member.mastodon();
                wait::until(&what, || mastodon.resolve(&other.member.uri)).await;
            }
        }
        for one in all {
            self.await_reach(one, all, "members").await;
            if one.is_preferential() {
                self.await_reach(one, all, "preferential").await;
            }
        }
    }

    /// Waits until an author would reach exactly those of `all` that it is to.
    pub async fn await_reach(&self, author: &Accredited, all: &[&Accredited], audience: &str) {
        let needed = match audience {
            "members" => Membership::Members,
            _ => Membership::Preferential,
        };
        let is_reached = |other: &&&Accredited| {
            let may_read = needed == Membership::Members || other.is_preferential();
            let may_store = other.place == author.place || self.membership(other.place) >= needed;
            other.member.uri != author.member.uri && may_read && may_store
        };
        let expected = all.iter().filter(is_reached).count();
        let uri = &author.member.uri;
        let what = format!("{uri} to reach {expected} with what is for {audience}");
        let forum = author.member.forum();
        let asked = json!({ "audience": audience });
        wait::until(&what, || async {
            let reach = forum.post("/entries/audience", &asked).await.expect(200);
            (reach.json()["organisations"] == expected).then_some(())
        })
        .await;
    }
}

/// What an organisation is called that is made by its handle.
fn name(handle: &str) -> String {
    format!("Organisation {handle}")
}
