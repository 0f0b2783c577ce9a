//! `@context`: always inline, so that nobody has to fetch anything. The terms
//! of FEP-0837 come from PROTOCOL.md 1.1.

use serde_json::{Value, json};

use crate::federation::json::{ACTIVITY_STREAMS, VFORUM};

/// For documents without terms of extensions.
pub fn plain() -> Value {
    json!([ACTIVITY_STREAMS])
}

/// For actors.
pub fn actor() -> Value {
    json!([
        ACTIVITY_STREAMS,
        "https://w3id.org/security/v1",
        "https://www.w3.org/ns/cid/v1",
        {
            "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
            "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
            "movedTo": {"@id": "as:movedTo", "@type": "@id"},
            "toot": "http://joinmastodon.org/ns#",
            "featured": {"@id": "toot:featured", "@type": "@id"},
            "discoverable": "toot:discoverable",
            "indexable": "toot:indexable",
            "schema": "http://schema.org#",
            "PropertyValue": "schema:PropertyValue",
            "value": "schema:value",
            "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
            "vforum": VFORUM,
            "accreditations": {"@id": "vforum:accreditations", "@type": "@id"},
            "implements": {
                "@id": "https://w3id.org/fep/844e#implements",
                "@type": "@id",
                "@container": "@set",
            },
        },
    ])
}

/// For requests to quote and the leave to (FEP-044f).
pub fn quote() -> Value {
    json!([
        ACTIVITY_STREAMS,
        {
            "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
            "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
            "gts": "https://gotosocial.org/ns#",
            "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
            "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
        },
    ])
}

/// Terms whose meaning is a name alone.
const NAMES: [(&str, &str); 34] = [
    ("Hashtag", "as:Hashtag"),
    ("sensitive", "as:sensitive"),
    ("vf", "https://w3id.org/valueflows/ont/vf#"),
    (
        "om2",
        "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    ),
    ("Proposal", "vf:Proposal"),
    ("Intent", "vf:Intent"),
    ("purpose", "vf:purpose"),
    ("unitBased", "vf:unitBased"),
    ("publishes", "vf:publishes"),
    ("action", "vf:action"),
    ("resourceQuantity", "vf:resourceQuantity"),
    ("availableQuantity", "vf:availableQuantity"),
    ("minimumQuantity", "vf:minimumQuantity"),
    ("hasUnit", "om2:hasUnit"),
    ("hasNumericalValue", "om2:hasNumericalValue"),
    ("gts", "https://gotosocial.org/ns#"),
    ("vforum", VFORUM),
    ("kind", "vforum:kind"),
    ("stage", "vforum:stage"),
    ("status", "vforum:status"),
    ("tlp", "vforum:tlp"),
    ("closes", "vforum:closes"),
    ("startsOn", "vforum:startsOn"),
    ("endsOn", "vforum:endsOn"),
    ("countries", "vforum:countries"),
    ("regions", "vforum:regions"),
    ("sectors", "vforum:sectors"),
    ("pillars", "vforum:pillars"),
    ("exploitation", "vforum:exploitation"),
    ("activities", "vforum:activities"),
    ("budget", "vforum:budget"),
    ("currency", "vforum:currency"),
    ("total", "vforum:total"),
    ("gap", "vforum:gap"),
];

/// Terms whose values are addresses.
const ADDRESSES: [(&str, &str); 5] = [
    ("resourceConformsTo", "vf:resourceConformsTo"),
    ("interactionPolicy", "gts:interactionPolicy"),
    ("canAnnounce", "gts:canAnnounce"),
    ("canQuote", "gts:canQuote"),
    ("automaticApproval", "gts:automaticApproval"),
];

/// For entries and what carries them.
pub fn entry() -> Value {
    let names = NAMES.iter().map(|(term, iri)| (*term, json!(iri)));
    let addresses = ADDRESSES
        .iter()
        .map(|(term, iri)| (*term, json!({"@id": iri, "@type": "@id"})));
    let terms: serde_json::Map<String, Value> = names
        .chain(addresses)
        .map(|(term, meaning)| (term.to_owned(), meaning))
        .collect();
    json!([ACTIVITY_STREAMS, terms])
}
