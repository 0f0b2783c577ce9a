//! Another server, scripted, whose actors the second anchor accredited.

use std::sync::Arc;

use federation_tests::{
    accredited::{Network, Place},
    credential::SigningKey,
    node::text,
    remote::Remote,
};

/// Another server with actors that sign what they ask for.
pub struct Server {
    pub remote: Arc<Remote>,
    pub multikey: String,
}

impl Server {
    pub async fn new(host: &str) -> Self {
        Self {
            remote: Arc::new(Remote::named(host).await),
            multikey: SigningKey::generate().multikey(),
        }
    }

    /// Has itself and its actors accredited by the second anchor. Answers the
    /// ids of the actors' credentials.
    pub fn accredit(&self, network: &Network, actors: &[(&str, &str)]) -> Vec<String> {
        let second = network.at(Place::Second);
        let actor = self.remote.at("/actor");
        self.remote.show_node(&self.multikey, &[]);
        let issue = ["accreditation", "issue", "--node", &actor];
        let issue = [&issue[..], &["--audience", "preferential"]].concat();
        self.remote
            .show_node(&self.multikey, &[second.command(&issue)]);
        let mut ids = Vec::new();
        for (name, category) in actors {
            self.remote.show(name, &self.multikey, &[]);
            let credential = network.issue(Place::Second, &self.remote.actor_of(name), category);
            ids.push(text(&credential, "id"));
            self.remote.show(name, &self.multikey, &[credential]);
        }
        ids
    }
}
