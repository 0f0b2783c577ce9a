//! Starting the three nodes: how they reach each other, whom they trust, and
//! what each may store.

use super::{Network, Place};
use crate::{
    database::Store,
    front::Front,
    node::{Plan, text},
};

/// Up to which audience a node may store entries, as its credential says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    None,
    Members,
    Preferential,
}

/// How the network is to be.
pub struct Setup {
    store: Store,
    /// Do others reach the nodes only through what records it?
    fronted: bool,
    /// Other addresses that the nodes may reach.
    also: Vec<String>,
    settings: Vec<(String, String)>,
    third: Membership,
}

impl Setup {
    /// Every node may store everything.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            fronted: false,
            also: Vec::new(),
            settings: Vec::new(),
            third: Membership::Preferential,
        }
    }

    pub fn fronted(mut self) -> Self {
        self.fronted = true;
        self
    }

    pub fn reaching(mut self, address: String) -> Self {
        self.also.push(address);
        self
    }

    /// Sets one key of every node's configuration.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// What the third node may store.
    pub fn third_may_store(mut self, membership: Membership) -> Self {
        self.third = membership;
        self
    }

    /// Starts the nodes and gives each its membership. The hub's and the third
    /// node's are of the second anchor, the second node's of the hub's.
    pub async fn start(self) -> Network {
        let (mut plans, mut fronts) = (Vec::new(), Vec::new());
        let mut addresses = self.also.clone();
        for _ in Place::ALL {
            let mut plan = Plan::new(self.store);
            addresses.push(plan.socket());
            if self.fronted {
                let (front, behind) = Front::before(plan).await;
                addresses.push(front.authority().to_owned());
                fronts.push(front);
                plan = behind;
            }
            plans.push(plan);
        }
        let anchors: Vec<String> = plans[..2]
            .iter()
            .zip(["Hub", "Second anchor"])
            .map(|(plan, name)| {
                let made = plan.run(&["anchor", "create", "--name", name, "--json"]);
                let did = text(&made.expect(0).json(), "did");
                format!("{{name = \"{name}\", did = \"{did}\"}}")
            })
            .collect();
        let anchors = format!("[{}]", anchors.join(", "));
        let mut nodes = Vec::new();
        for plan in plans {
            let plan = plan.reaching(&addresses).set("trust.anchors", &anchors);
            let mut plan = plan.set("limits.lookup_per_minute", "0");
            for (key, value) in &self.settings {
                plan = plan.set(key, value);
            }
            nodes.push(plan.start().await);
        }
        let network = Network {
            nodes,
            fronts,
            third: self.third,
        };
        for (anchor, place) in [
            (Place::Second, Place::Hub),
            (Place::Hub, Place::Second),
            (Place::Second, Place::Third),
        ] {
            network.admit_node(anchor, place);
        }
        network
    }
}
