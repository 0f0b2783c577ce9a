//! One spelling for each thing (DESIGN.md 3, "Tolerant reading"), so that
//! typed reading needs to know one only. Proofs are checked on the document
//! as received, never on this one.

use serde_json::{Map, Value};

use super::{
    ADDRESSING,
    terms::{ACTIVITY_STREAMS, is_known_type, plain_key, plain_word, recipient},
};

/// Gives a document the one form that typed reading expects:
///
/// - terms we know lose their prefix or IRI; a plain key wins over its alias;
/// - `type` is a string: of several, the first that we know;
/// - `actor`, `attributedTo`, `inReplyTo` and `url` are addresses; an `actor`
///   that names several stays a list, which typed reading refuses;
/// - addressing, `tag`, `attachment` and `assertionMethod` are lists, the
///   public collection has one name;
/// - a missing `@context` is that of ActivityStreams.
pub fn normalise(document: Value) -> Value {
    let mut document = value(document);
    if let Value::Object(map) = &mut document
        && !map.contains_key("@context")
    {
        map.insert("@context".to_owned(), ACTIVITY_STREAMS.into());
    }
    document
}

fn value(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(object(map)),
        Value::Array(list) => Value::Array(list.into_iter().map(self::value).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn object(map: Map<String, Value>) -> Map<String, Value> {
    let mut plain = Map::new();
    let mut aliases = Vec::new();
    for (key, inner) in map {
        match plain_key(&key) {
            Some(term) => aliases.push((term.to_owned(), inner)),
            None => {
                let inner = property(&key, inner);
                plain.insert(key, inner);
            }
        }
    }
    for (term, inner) in aliases {
        if !plain.contains_key(&term) {
            let inner = property(&term, inner);
            plain.insert(term, inner);
        }
    }
    plain
}

fn property(key: &str, inner: Value) -> Value {
    match key {
        // Signed as they are, or keyed by language ("to" is Tongan).
        "@context" | "proof" | "signature" | "contentMap" | "nameMap" | "summaryMap" => inner,
        "type" => one_type(inner),
        "actor" => one_actor(inner),
        "attributedTo" | "inReplyTo" => first_id(inner),
        "url" => address(inner),
        "tag" | "attachment" | "assertionMethod" => Value::Array(list(value(inner))),
        "icon" | "image" => value(first(inner)),
        "object"
        | "target"
        | "result"
        | "publicKey"
        | "publishes"
        | "reciprocal"
        | "stipulates"
        | "stipulatesReciprocal" => value(unwrapped(inner)),
        "purpose" | "action" | "hasUnit" => word(unwrapped(inner)),
        "hasNumericalValue" => match unwrapped(inner) {
            Value::Number(number) => Value::String(number.to_string()),
            other => other,
        },
        _ if ADDRESSING.contains(&key) => recipients(inner),
        _ => value(inner),
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// A list of one is what it holds.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Array(mut list) if list.len() == 1 => unwrapped(list.remove(0)),
        _ => value,
    }
}

fn first(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().next().map_or(Value::Null, first),
        _ => value,
    }
}

fn word(value: Value) -> Value {
    match value {
        Value::String(text) => plain_word(&text).into(),
        _ => value,
    }
}

fn one_type(value: Value) -> Value {
    let types = list(value);
    let mut words = types.iter().filter_map(Value::as_str).map(plain_word);
    let first = words.clone().next();
    words
        .find(|word| is_known_type(word))
        .or(first)
        .map_or(Value::Null, Value::from)
}

/// The id of what is embedded, or the address itself.
fn id_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(map) => ["id", "@id"].iter().find_map(|key| map.get(*key)?.as_str()),
        Value::Array(list) => list.first().and_then(id_of),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn one_actor(value: Value) -> Value {
    match unwrapped(value) {
        // Whoever picks one of several may pick another than we do.
        Value::Array(several) => Value::Array(several),
        one => first_id(one),
    }
}

fn first_id(value: Value) -> Value {
    id_of(&value).map_or(Value::Null, Value::from)
}

fn recipients(value: Value) -> Value {
    let mut found: Vec<Value> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for one in list(value) {
        if let Some(id) = id_of(&one).map(recipient)
            && seen.insert(id.clone())
        {
            found.push(Value::String(id));
        }
    }
    Value::Array(found)
}

/// The page for people among several links, else the first address.
fn address(value: Value) -> Value {
    fn href(link: &Value) -> Option<&str> {
        match link {
            Value::String(text) => Some(text),
            Value::Object(map) => ["href", "as:href", "url"]
                .iter()
                .find_map(|key| map.get(*key)?.as_str()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }
    }
    let links = list(value);
    let is_page = |link: &&Value| {
        link.get("mediaType")
            .is_some_and(|kind| kind == "text/html")
    };
    links
        .iter()
        .find(is_page)
        .and_then(href)
        .or_else(|| links.iter().find_map(href))
        .map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn normalised(mut document: Value) -> Value {
        document = normalise(document);
        if let Value::Object(map) = &mut document {
            map.shift_remove("@context");
        }
        document
    }

    #[test]
    fn a_missing_context_is_that_of_activitystreams_and_a_given_one_stays() {
        assert_eq!(normalise(json!({}))["@context"], ACTIVITY_STREAMS);
        let given = json!({"@context": ["x", {"to": "as:to"}]});
        assert_eq!(normalise(given.clone()), given);
    }

    #[test]
    fn the_first_known_type_of_several_is_taken() {
        for (given, expected) in [
            (json!("Note"), json!("Note")),
            (json!(["Note", "Proposal"]), json!("Note")),
            (json!(["Proposal", "Note"]), json!("Note")),
            (json!(["Proposal"]), json!("Proposal")),
            (json!("as:Note"), json!("Note")),
            (
                json!(["https://www.w3.org/ns/activitystreams#Create"]),
                json!("Create"),
            ),
            (json!("vf:Proposal"), json!("Proposal")),
            (json!("toot:Emoji"), json!("toot:Emoji")),
            (json!([]), Value::Null),
        ] {
            assert_eq!(
                normalised(json!({"type": given.clone()})),
                json!({"type": expected}),
                "{given}"
            );
        }
        assert_eq!(
            normalised(json!({"@type": "Note"})),
            json!({"type": "Note"})
        );
    }

    #[test]
    fn an_actor_is_its_address_and_several_stay_ambiguous() {
        for given in [
            json!("https://a/x"),
            json!(["https://a/x"]),
            json!({"id": "https://a/x", "type": "Person"}),
            json!([{"@id": "https://a/x"}]),
        ] {
            assert_eq!(
                normalised(json!({"actor": given.clone()})),
                json!({"actor": "https://a/x"}),
                "{given}"
            );
        }
        let several = json!({"actor": ["https://a/x", "https://a/y"]});
        assert_eq!(normalised(several.clone()), several);
    }

    #[test]
    fn addressing_is_a_list_in_which_everybody_has_one_name() {
        let given = json!({
            "to": "as:Public",
            "cc": ["Public", {"id": "https://a/f"}, "https://a/f", null, 3],
            "bto": null,
            "audience": ["vforum:Members", "https://w3id.org/virtual-forum/ns#Members"],
        });
        let public = "https://www.w3.org/ns/activitystreams#Public";
        assert_eq!(
            normalised(given),
            json!({"to": [public], "cc": [public, "https://a/f"], "bto": [],
                "audience": ["https://w3id.org/virtual-forum/ns#Members"]})
        );
    }

    #[test]
    fn the_plain_key_wins_over_its_alias_in_either_order() {
        for given in [
            r#"{"attributedTo":"https://a/x","as:attributedTo":"https://b/y"}"#,
            r#"{"as:attributedTo":"https://b/y","attributedTo":"https://a/x"}"#,
        ] {
            let given = serde_json::from_str(given).expect("valid");
            assert_eq!(normalised(given), json!({"attributedTo": "https://a/x"}));
        }
    }

    #[test]
    fn a_proposal_is_found_in_each_spelling() {
        let vf = "https://w3id.org/valueflows/ont/vf#";
        let om2 = "http://www.ontology-of-units-of-measure.org/resource/om-2/";
        let plain = json!({"purpose": "request", "publishes": {"type": "Intent",
            "action": "deliverService", "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"}},
            "kind": "request"});
        let prefixed = json!({"vf:purpose": "vf:request", "vf:publishes": [{"type": "vf:Intent",
            "vf:action": "vf:deliverService", "vf:resourceQuantity": {"om2:hasUnit": "om2:one", "om2:hasNumericalValue": 1}}],
            "vforum:kind": "request"});
        let full = json!({format!("{vf}purpose"): "request", format!("{vf}publishes"): {"@type": format!("{vf}Intent"),
            format!("{vf}action"): format!("{vf}deliverService"),
            format!("{vf}resourceQuantity"): {format!("{om2}hasUnit"): format!("{om2}one"), format!("{om2}hasNumericalValue"): "1"}},
            "https://w3id.org/virtual-forum/ns#kind": "request"});
        assert_eq!(normalised(prefixed), plain);
        assert_eq!(normalised(full), plain);
        assert_eq!(normalised(plain.clone()), plain);
    }

    #[test]
    fn lists_links_and_maps_of_languages_have_one_form() {
        let given = json!({
            "tag": {"type": "Hashtag", "name": "#x"}, "attachment": null,
            "url": [{"type": "Link", "href": "https://a/v.mp4", "mediaType": "video/mp4"},
                    {"type": "Link", "href": "https://a/page", "mediaType": "text/html"}],
            "icon": [{"type": "Image", "url": {"href": "https://a/i.png"}}],
            "inReplyTo": [{"id": "https://a/1"}],
            "object": [{"type": ["Note"], "to": "Public"}],
            "contentMap": {"to": "lea", "id": "kata"},
        });
        assert_eq!(
            normalised(given),
            json!({
                "tag": [{"type": "Hashtag", "name": "#x"}], "attachment": [],
                "url": "https://a/page",
                "icon": {"type": "Image", "url": "https://a/i.png"},
                "inReplyTo": "https://a/1",
                "object": {"type": "Note", "to": ["https://www.w3.org/ns/activitystreams#Public"]},
                "contentMap": {"to": "lea", "id": "kata"},
            })
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let key = prop::sample::select(vec![
            "type",
            "actor",
            "to",
            "cc",
            "as:to",
            "url",
            "object",
            "tag",
            "icon",
            "id",
            "@id",
            "vf:purpose",
            "hasNumericalValue",
            "href",
            "inReplyTo",
            "x",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z:]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..4).prop_map(|entries| {
                    Value::Object(
                        entries
                            .into_iter()
                            .map(|(k, v)| (k.to_owned(), v))
                            .collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_as_it_is(document in any_json()) {
            let once = normalise(document);
            prop_assert_eq!(normalise(once.clone()), once);
        }
    }
}
