//! What this software can do that its documents do not show (FEP-844e), so
//! that other servers need not try. A line here is a promise: it comes with
//! the code that keeps it.

use serde_json::{Value, json};

use crate::{federation::json::VFORUM, urls::Urls};

const IMPLEMENTED: [(&str, &str); 4] = [
    (
        "https://datatracker.ietf.org/doc/html/rfc9421",
        "RFC-9421: HTTP Message Signatures",
    ),
    (
        "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25",
        "RFC-9421 signatures using the Ed25519 algorithm",
    ),
    (
        "https://w3id.org/fep/8b32",
        "FEP-8b32: Object Integrity Proofs",
    ),
    (VFORUM, "Virtual Forum: requests, offers and projects"),
];

/// The `implements` of the node's own actor.
pub fn implemented() -> Vec<Value> {
    IMPLEMENTED
        .iter()
        .map(|(href, name)| json!({"type": "Link", "href": href, "name": name}))
        .collect()
}

/// The `generator` of every actor: the node, as far as others ask.
pub fn generator(urls: &Urls) -> Value {
    json!({"type": "Application", "id": urls.node_actor(), "implements": implemented()})
}
