//! The three nodes of the demo: who is on which, and their settings.

use std::path::Path;

use crate::{
    config::{Config, ConfigError},
    domain::{accreditation::Did, audience::Tier},
};

/// One of the three nodes.
#[derive(Debug)]
pub(super) struct Place {
    /// First label of the host name, folder, and name in the seed.
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// The organisation, by the seed's id, whose people's sign-ins are told.
    pub main: &'static str,
    /// The name of the anchor that is kept here.
    pub anchor: Option<&'static str>,
    /// Up to which audience this node may store entries.
    pub stores: Tier,
}

pub(super) const PLACES: [Place; 3] = [
    Place {
        key: "hub",
        name: "Virtual Forum Hub (demo)",
        description: "The hub among equals: organisations without a node of their own meet here. Fictional content.",
        main: "valdoria-mojha",
        anchor: Some("Forum secretariat (demo)"),
        stores: Tier::Preferential,
    },
    Place {
        key: "gov",
        name: "Governments' node (demo)",
        description: "A node of governments and international organisations. Fictional content.",
        main: "kijani-labour",
        anchor: Some("Conference of invented states (demo)"),
        stores: Tier::Preferential,
    },
    Place {
        key: "cso",
        name: "Civil society's node (demo)",
        description: "A node of civil society, academia and companies. Fictional content.",
        main: "harbourlight",
        anchor: None,
        stores: Tier::Members,
    },
];

/// Who reads what on the first node: organisations there, of different
/// categories, and a stranger.
pub(super) const LOOKS: [(Option<&str>, &str); 4] = [
    (None, "without signing in: what is public"),
    (Some("lumenstay"), "a company"),
    (Some("threadneedle"), "civil society"),
    (Some("valdoria-mojha"), "a government"),
];

impl Place {
    /// `hub.localhost`: browsers resolve such names to this machine, and the
    /// nodes are told of them below.
    pub fn host(&self) -> String {
        format!("{}.localhost", self.key)
    }

    pub fn administrator(&self) -> String {
        format!("admin@{}.example", self.key)
    }
}

/// The focal point of an organisation, by its handle.
pub(super) fn focal_point(handle: &str) -> String {
    format!("focal.point@{handle}.example")
}

/// The ports of the three, from the first.
pub(super) fn ports(first: u16) -> [u16; 3] {
    [first, first + 1, first + 2]
}

/// Settings of the node at `index` in `folder`, which trusts `anchors`, by name, and
/// follows these settings of the operator.
pub(super) fn config(
    index: usize,
    first_port: u16,
    folder: &Path,
    followed: &[(String, String)],
    anchors: &[(&str, Did)],
) -> Result<Config, ConfigError> {
    let place = &PLACES[index];
    let ports = ports(first_port);
    let authorities: Vec<String> = PLACES
        .iter()
        .zip(ports)
        .map(|(place, port)| format!("{}:{port}", place.host()))
        .collect();
    let resolve: Vec<String> = PLACES
        .iter()
        .map(|place| format!("{:?} = \"127.0.0.1\"", place.host()))
        .collect();
    let anchors: Vec<String> = anchors
        .iter()
        .map(|(name, did)| format!("{{ name = {name:?}, did = \"{did}\" }}"))
        .collect();
    let settings = [
        ("DATA_DIR", folder.join(place.key).display().to_string()),
        ("SERVER__LISTEN", format!("127.0.0.1:{}", ports[index])),
        (
            "SERVER__PUBLIC_URL",
            format!("http://{}", authorities[index]),
        ),
        ("NODE__NAME", place.name.to_owned()),
        ("NODE__DESCRIPTION", place.description.to_owned()),
        ("NODE__FICTIONAL", "true".to_owned()),
        ("FEDERATION__ALLOWED_ADDRESSES", format!("{authorities:?}")),
        ("FEDERATION__RESOLVE", format!("{{{}}}", resolve.join(", "))),
        (
            "DELIVERY__RETRY_AFTER",
            "[\"1s\", \"5s\", \"30s\"]".to_owned(),
        ),
        ("TRUST__ANCHORS", format!("[{}]", anchors.join(", "))),
        ("LOG__FILTER", "warn".to_owned()),
    ]
    .map(|(name, value)| (format!("VIRTUAL_FORUM_{name}"), value));
    let settings = settings.into_iter().chain(followed.iter().cloned());
    Config::load(None, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    #[test]
    fn every_node_may_reach_the_others_without_a_resolver() {
        let followed = [("VIRTUAL_FORUM_LOG__FILTER".to_owned(), "debug".to_owned())];
        for index in 0..3 {
            let anchors = [("An \"anchor\"", DID.parse().expect("a did"))];
            let config = config(index, 9_000, Path::new("d"), &followed, &anchors);
            let config = config.expect("valid settings");
            assert_eq!(usize::from(config.server.listen.port()), 9_000 + index);
            assert!(config.server.listen.ip().is_loopback());
            assert!(config.node.fictional);
            assert!(!config.trust.anchors.stands_alone());
            assert_eq!(config.log.filter, "debug");
            assert!(
                config
                    .federation
                    .allowed_addresses
                    .contains(&"cso.localhost:9002".to_owned())
            );
            assert!(config.federation.resolve["gov.localhost"].is_loopback());
        }
    }
}
