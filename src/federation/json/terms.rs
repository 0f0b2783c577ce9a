//! The terms of other vocabularies that this node knows, and the spellings
//! (`prefix:term`, full IRI) in which they may arrive. No context is ever
//! fetched: a prefix means what is written here and nothing else.

/// The context, and the namespace when followed by `#`.
pub const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
/// The collection that means everybody.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
/// Our own namespace (PROTOCOL.md 1.6).
pub const VFORUM: &str = "https://w3id.org/virtual-forum/ns#";

/// A vocabulary, by its prefix and its IRI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vocabulary {
    ActivityStreams,
    ValueFlows,
    Measures,
    Forum,
}

const SPELLINGS: [(Vocabulary, &str, &str); 4] = [
    (
        Vocabulary::ActivityStreams,
        "as:",
        "https://www.w3.org/ns/activitystreams#",
    ),
    (
        Vocabulary::ValueFlows,
        "vf:",
        "https://w3id.org/valueflows/ont/vf#",
    ),
    (
        Vocabulary::Measures,
        "om2:",
        "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    ),
    (Vocabulary::Forum, "vforum:", VFORUM),
];

/// Properties of ActivityStreams that may be spelt with their prefix. Those
/// that make a document an actor or a key are missing on purpose: an alias
/// must not change what a document is (FEP-fe34, PROTOCOL.md 5.2 rule 10).
const ACTIVITY_STREAMS_TERMS: [&str; 55] = [
    "actor",
    "anyOf",
    "attachment",
    "attributedTo",
    "audience",
    "bcc",
    "bto",
    "cc",
    "closed",
    "content",
    "contentMap",
    "context",
    "deleted",
    "duration",
    "endTime",
    "first",
    "formerType",
    "generator",
    "height",
    "href",
    "hreflang",
    "icon",
    "image",
    "inReplyTo",
    "instrument",
    "items",
    "last",
    "latitude",
    "location",
    "longitude",
    "mediaType",
    "name",
    "nameMap",
    "next",
    "object",
    "oneOf",
    "orderedItems",
    "origin",
    "partOf",
    "prev",
    "preview",
    "published",
    "quoteUrl",
    "rel",
    "replies",
    "result",
    "sensitive",
    "startTime",
    "summary",
    "summaryMap",
    "tag",
    "target",
    "to",
    "totalItems",
    "url",
];

/// What else an alias of our own namespace must not stand for.
const PLAIN_ONLY: [&str; 20] = [
    "id",
    "type",
    "updated",
    "inbox",
    "outbox",
    "followers",
    "following",
    "endpoints",
    "sharedInbox",
    "preferredUsername",
    "publicKey",
    "publicKeyPem",
    "publicKeyMultibase",
    "assertionMethod",
    "owner",
    "controller",
    "proof",
    "signature",
    "alsoKnownAs",
    "movedTo",
];

/// FEP-0837, section "Vocabulary".
const VALUE_FLOWS_TERMS: [&str; 12] = [
    "purpose",
    "unitBased",
    "publishes",
    "reciprocal",
    "action",
    "resourceConformsTo",
    "resourceQuantity",
    "availableQuantity",
    "minimumQuantity",
    "stipulates",
    "stipulatesReciprocal",
    "satisfies",
];

const MEASURE_TERMS: [&str; 2] = ["hasUnit", "hasNumericalValue"];

/// Types that typed reading knows; the first of them in a list is taken.
const KNOWN_TYPES: [&str; 42] = [
    "Accept",
    "Add",
    "Announce",
    "Block",
    "Create",
    "Delete",
    "Flag",
    "Follow",
    "Ignore",
    "Invite",
    "Join",
    "Leave",
    "Like",
    "Move",
    "Offer",
    "Question",
    "Reject",
    "Remove",
    "TentativeAccept",
    "TentativeReject",
    "Undo",
    "Update",
    "Application",
    "Group",
    "Organization",
    "Person",
    "Service",
    "Article",
    "Audio",
    "Document",
    "Event",
    "Image",
    "Note",
    "Page",
    "Place",
    "Tombstone",
    "Video",
    "Collection",
    "CollectionPage",
    "OrderedCollection",
    "OrderedCollectionPage",
    "Link",
];

/// Splits `as:Note`, `vf:purpose` or a full IRI into vocabulary and local name.
fn split(word: &str) -> Option<(Vocabulary, &str)> {
    SPELLINGS.iter().find_map(|(vocabulary, prefix, iri)| {
        word.strip_prefix(prefix)
            .or_else(|| word.strip_prefix(iri))
            .map(|local| (*vocabulary, local))
    })
}

/// The plain spelling of a property, when `key` is another spelling of one
/// that we know.
pub(super) fn plain_key(key: &str) -> Option<&str> {
    match key {
        "@id" => return Some("id"),
        "@type" => return Some("type"),
        _ => {}
    }
    let (vocabulary, local) = split(key)?;
    let known = match vocabulary {
        Vocabulary::ActivityStreams => {
            ACTIVITY_STREAMS_TERMS.contains(&local) || local == "updated"
        }
        Vocabulary::ValueFlows => VALUE_FLOWS_TERMS.contains(&local),
        Vocabulary::Measures => MEASURE_TERMS.contains(&local),
        // Our own vocabulary grows without this file, so it says what is not ours.
        Vocabulary::Forum => {
            is_plain(local)
                && !ACTIVITY_STREAMS_TERMS.contains(&local)
                && !PLAIN_ONLY.contains(&local)
                && !VALUE_FLOWS_TERMS.contains(&local)
                && !MEASURE_TERMS.contains(&local)
        }
    };
    known.then_some(local)
}

/// The plain spelling of a type, unit or action: the word itself when it is
/// of no vocabulary that we know.
pub(super) fn plain_word(word: &str) -> &str {
    match split(word) {
        Some((_, local)) if is_plain(local) => local,
        Some(_) | None => word,
    }
}

fn is_plain(local: &str) -> bool {
    !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn is_known_type(word: &str) -> bool {
    KNOWN_TYPES.contains(&word)
}

/// The full address of a recipient: `as:Public`, `Public` and
/// `vforum:Members` are short for one.
pub(super) fn recipient(word: &str) -> String {
    match word {
        "Public" | "as:Public" => PUBLIC.to_owned(),
        _ => match word.strip_prefix("vforum:") {
            Some(local) => format!("{VFORUM}{local}"),
            None => word.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_never_stands_for_what_makes_an_actor_or_a_key() {
        for protected in PLAIN_ONLY {
            if protected != "updated" {
                for key in [
                    format!("as:{protected}"),
                    format!("{ACTIVITY_STREAMS}#{protected}"),
                ] {
                    assert_eq!(plain_key(&key), None, "{key}");
                }
            }
            for key in [
                format!("vforum:{protected}"),
                format!("{VFORUM}{protected}"),
            ] {
                assert_eq!(plain_key(&key), None, "{key}");
            }
        }
        for key in ["vforum:to", "vforum:actor", "vforum:purpose", "vf:actor"] {
            assert_eq!(plain_key(key), None, "{key}");
        }
    }

    #[test]
    fn known_terms_are_found_in_each_spelling() {
        for (key, plain) in [
            ("as:content", "content"),
            (
                "https://www.w3.org/ns/activitystreams#attributedTo",
                "attributedTo",
            ),
            ("vf:purpose", "purpose"),
            ("https://w3id.org/valueflows/ont/vf#publishes", "publishes"),
            ("om2:hasUnit", "hasUnit"),
            (
                "http://www.ontology-of-units-of-measure.org/resource/om-2/hasNumericalValue",
                "hasNumericalValue",
            ),
            ("vforum:kind", "kind"),
            ("https://w3id.org/virtual-forum/ns#status", "status"),
            ("@id", "id"),
        ] {
            assert_eq!(plain_key(key), Some(plain), "{key}");
        }
        for key in ["content", "toot:featured", "as:nonsense", "vforum:a:b"] {
            assert_eq!(plain_key(key), None, "{key}");
        }
    }
}
