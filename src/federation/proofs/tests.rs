use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{canonical, *};
use crate::federation::{
    json::parse_strict,
    signatures::{PrivateKey, PublicKey, Signer},
};

const VECTORS: &str = include_str!("../../tests/fixtures/protocol-vectors.json");
const PUBLIC: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

fn vectors() -> Value {
    parse_strict(VECTORS.as_bytes()).expect("valid JSON")
}

fn noon() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().expect("a moment")
}

/// A key from its 32 bytes (RFC 8410 7).
fn key(seed: &[u8]) -> PrivateKey {
    let head = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let text = STANDARD.encode([&head, seed].concat());
    PrivateKey::from_pem(&format!(
        "-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    ))
    .expect("a key")
}

/// The key of the vectors.
fn vector_key() -> PrivateKey {
    let vectors = vectors();
    let text = vectors["accreditation"]["issuerSecretMultibase"].as_str();
    let bytes = bs58::decode(text.expect("a key").trim_start_matches('z')).into_vec();
    let bytes = bytes.expect("base 58");
    key(bytes
        .strip_prefix(&[0x80, 0x26])
        .expect("an Ed25519 secret"))
}

fn signer(key_id: &str) -> Signer {
    Signer {
        key_id: key_id.parse().expect("an address"),
        key: vector_key(),
    }
}

fn alice() -> Signer {
    signer("https://server.example/users/alice#ed25519-key")
}

fn verified(document: &Value) -> Result<bool, ProofError> {
    let key = PublicKey::from_multibase(PUBLIC).expect("a key");
    match Proof::read(document, noon())? {
        Some(proof) => proof.verify(&key).map(|()| true),
        None => Ok(false),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn note() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", {"kind": "x:kind"}],
        "id": "https://server.example/1", "type": "Note", "content": "<p>\u{20ac} \"x\"</p>",
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "total": 12,
    })
}

fn signed_note() -> Value {
    let mut note = note();
    sign(&mut note, &alice(), noon()).expect("signed");
    note
}

#[test]
fn both_vectors_of_fep_8b32_have_the_published_hashes_and_verify() {
    for name in ["fep8b32_with_context", "fep8b32_without_context"] {
        let vector = &vectors()[name];
        let mut document = vector["document"].clone();
        let mut proof = vector["proofConfig"].clone();
        proof["proofValue"] = vector["proofValue"].clone();
        document["proof"] = proof;
        let read = Proof::read(&document, noon()).expect("well made");
        let read = read.expect("a proof");
        let (config, whole) = read.signed.split_at(32);
        assert_eq!(hex(config), vector["proofConfigSha256"], "{name}");
        assert_eq!(hex(whole), vector["documentSha256"], "{name}");
        assert_eq!(verified(&document), Ok(true), "{name}");
        assert_eq!(
            read.key_id(),
            "https://server.example/users/alice#ed25519-key"
                .parse()
                .ok()
        );
    }
}

#[test]
fn we_sign_as_the_vector_with_context_is_signed() {
    let vectors = vectors();
    let vector = &vectors["fep8b32_with_context"];
    let mut document = vector["document"].clone();
    let created = vector["proofConfig"]["created"].as_str().expect("a moment");
    sign(&mut document, &alice(), created.parse().expect("a moment")).expect("signed");
    assert_eq!(document["proof"]["proofValue"], vector["proofValue"]);
    for (key, value) in vector["proofConfig"].as_object().expect("an object") {
        assert_eq!(&document["proof"][key], value);
    }
}

#[test]
fn the_accreditation_of_the_vectors_has_the_published_text_and_verifies() {
    let vectors = vectors();
    let vector = &vectors["accreditation"];
    let unsigned = vector["unsigned"].as_object().expect("an object");
    let text = serde_json_canonicalizer::to_string(unsigned).expect("text");
    assert_eq!(text, vector["documentCanonical"]);
    let config = vector["proofConfig"].as_object().expect("an object");
    let text = serde_json_canonicalizer::to_string(config).expect("text");
    assert_eq!(text, vector["proofConfigCanonical"]);
    let hash = canonical::hash(&without(unsigned, &[])).expect("exact");
    assert_eq!(hex(&hash), vector["documentSha256"]);
    assert_eq!(verified(&vector["signed"]), Ok(true));
    let proof = Proof::read(&vector["signed"], noon()).expect("well made");
    let proof = proof.expect("a proof");
    assert!(proof.verification_method().starts_with("did:key:z6Mk"));
    assert_eq!(proof.key_id(), None);
    let created: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a moment");
    assert_eq!(proof.created(), created);
}

#[test]
fn numbers_are_written_as_rfc_8785_writes_them() {
    let given =
        r#"{"n":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0.0,1.0]}"#;
    let value = parse_strict(given.as_bytes()).expect("valid");
    assert_eq!(
        serde_json_canonicalizer::to_string(&value).expect("text"),
        r#"{"n":[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1]}"#
    );
}

#[test]
fn integers_that_readers_round_are_neither_signed_nor_believed() {
    for integer in [json!(1_u64 << 53), json!(-(1_i64 << 53)), json!(u64::MAX)] {
        let mut large = note();
        large["inner"] = json!([{"n": integer}]);
        assert_eq!(sign(&mut large, &alice(), noon()), Err(ProofError::Number));
        let mut received = signed_note();
        received["inner"] = integer;
        assert_eq!(verified(&received), Err(ProofError::Number));
    }
    let mut exact = note();
    exact["n"] = json!((1_i64 << 53) - 1);
    sign(&mut exact, &alice(), noon()).expect("signed");
    assert_eq!(verified(&exact), Ok(true));
}

#[test]
fn a_document_without_proof_or_with_one_of_another_suite_has_none() {
    assert_eq!(verified(&note()), Ok(false));
    assert_eq!(verified(&json!("text")), Ok(false));
    let ours = signed_note()["proof"].clone();
    let mut newer = ours.clone();
    newer["cryptosuite"] = json!("mldsa44-jcs-2024");
    let mut older = ours.clone();
    older["type"] = json!("JcsEd25519Signature2020");
    for (proof, expected) in [
        (json!(null), Ok(false)),
        (json!([]), Ok(false)),
        (newer.clone(), Ok(false)),
        (older, Ok(false)),
        (json!([newer, ours]), Ok(true)),
    ] {
        let mut document = signed_note();
        document["proof"] = proof.clone();
        assert_eq!(verified(&document), expected, "{proof}");
    }
}

#[test]
fn a_proof_that_cannot_be_right_is_refused_before_its_key_is_known() {
    type Change = fn(&mut Value);
    let changes: [(Change, ProofError); 16] = [
        (
            |p| *p = json!("x"),
            ProofError::Malformed("it is not an object"),
        ),
        (
            |p| *p = json!([p, p]),
            ProofError::Malformed("there are two of one suite"),
        ),
        (|p| p["type"] = json!(1), ProofError::Malformed("type")),
        (
            |p| p["cryptosuite"] = json!(null),
            ProofError::Malformed("cryptosuite"),
        ),
        (
            |p| p["proofPurpose"] = json!("authentication"),
            ProofError::WrongPurpose,
        ),
        (
            |p| p["proofPurpose"] = json!(["assertionMethod"]),
            ProofError::Malformed("proofPurpose"),
        ),
        (
            |p| p["created"] = json!("yesterday"),
            ProofError::Malformed("created"),
        ),
        (
            |p| p["created"] = json!("2026-11-22T13:00:01Z"),
            ProofError::TooEarly,
        ),
        (
            |p| p["expires"] = json!("2026-11-22T12:00:00Z"),
            ProofError::Expired,
        ),
        (
            |p| p["expires"] = json!(7),
            ProofError::Malformed("expires"),
        ),
        (
            |p| p["verificationMethod"] = json!({}),
            ProofError::Malformed("verificationMethod"),
        ),
        (
            |p| p["proofValue"] = json!("u00"),
            ProofError::Malformed("proofValue"),
        ),
        (
            |p| p["proofValue"] = json!("z11"),
            ProofError::Malformed("proofValue"),
        ),
        (
            |p| p["proofValue"] = json!("z0OIl"),
            ProofError::Malformed("proofValue"),
        ),
        (
            |p| p["@context"] = json!("https://x.example/"),
            ProofError::WrongContext,
        ),
        (
            |p| p["proofValue"] = json!("z".repeat(100_000)),
            ProofError::Malformed("proofValue"),
        ),
    ];
    for (change, expected) in changes {
        let mut document = signed_note();
        change(&mut document["proof"]);
        assert_eq!(verified(&document), Err(expected));
    }
    let mut contextless = signed_note();
    contextless
        .as_object_mut()
        .expect("an object")
        .remove("@context");
    assert_eq!(verified(&contextless), Err(ProofError::WrongContext));
}

#[test]
fn the_context_of_a_proof_may_be_the_beginning_of_the_documents() {
    let mut handed_on = signed_note();
    let context = handed_on["@context"].as_array_mut().expect("a list");
    context.push(json!("https://relay.example/context"));
    assert_eq!(verified(&handed_on), Ok(true));
    let context = handed_on["@context"].as_array_mut().expect("a list");
    context.swap(0, 1);
    assert_eq!(verified(&handed_on), Err(ProofError::WrongContext));
}

#[test]
fn a_signature_over_linked_data_beside_the_proof_does_not_count() {
    let mut document = signed_note();
    document["signature"] = json!({"type": "RsaSignature2017", "signatureValue": "x"});
    assert_eq!(verified(&document), Ok(true));
}

#[test]
fn unknown_properties_of_a_proof_are_signed_too() {
    let mut document = signed_note();
    document["proof"]["domain"] = json!("x");
    assert_eq!(verified(&document), Err(ProofError::WrongSignature));
}

#[test]
fn only_ed25519_keys_sign_and_verify_and_only_their_own() {
    let rsa = PrivateKey::generate_rsa().expect("a key");
    let public = rsa.public().expect("public");
    let proof = Proof::read(&signed_note(), noon()).expect("well made");
    let proof = proof.expect("a proof");
    assert_eq!(proof.verify(&public), Err(ProofError::WrongKey));
    let other = key(&[7; 32]).public().expect("public");
    assert_eq!(proof.verify(&other), Err(ProofError::WrongSignature));
    let signer = Signer {
        key: rsa,
        ..alice()
    };
    assert_eq!(
        sign(&mut note(), &signer, noon()),
        Err(ProofError::WrongKey)
    );
}

#[test]
fn a_signature_that_begins_with_a_point_of_small_order_is_none() {
    let mut document = signed_note();
    let mut bytes = [0; 64];
    bytes[0] = 1;
    document["proof"]["proofValue"] = json!(format!("z{}", bs58::encode(bytes).into_string()));
    assert_eq!(verified(&document), Err(ProofError::WrongSignature));
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "proof",
        "type",
        "cryptosuite",
        "created",
        "expires",
        "proofValue",
        "proofPurpose",
        "verificationMethod",
        "@context",
        "signature",
        "id",
        "content",
        "\u{1f600}",
        "a\"b",
    ]);
    let word = prop::sample::select(vec![
        TYPE,
        SUITE,
        PURPOSE,
        "2026-11-22T11:00:00Z",
        "https://a.example/#k",
        "z5",
        "",
        "\u{e9}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|entries| {
                let entries = entries
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Value::Object(entries.collect())
            }),
        ]
    })
}

/// A document that can be signed, and something else that one of its values
/// may be changed to.
fn a_document() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-d]{1,2}", any_json()), 1..6).prop_map(|entries| {
        let mut document = note();
        for (key, value) in entries {
            document[key.as_str()] = value;
        }
        document
    })
}

/// Where the values of a document are, the document itself left out.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let mut step = |name: &str, inner: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        let place = format!("{here}/{name}");
        places(inner, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| step(key, inner)),
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                step(&index.to_string(), inner);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #[test]
    fn what_we_sign_verifies_also_after_the_wire(document in a_document()) {
        let mut document = document;
        if sign(&mut document, &alice(), noon()).is_ok() {
            let received = parse_strict(document.to_string().as_bytes()).expect("valid");
            prop_assert_eq!(verified(&received), Ok(true));
        }
    }

    #[test]
    fn any_change_to_a_signed_document_is_refused(
        document in a_document(), place: prop::sample::Index, other in any_json(), take_out: bool,
    ) {
        let mut document = document;
        prop_assume!(sign(&mut document, &alice(), noon()).is_ok());
        let mut all = Vec::new();
        places(&document, "", &mut all);
        let mut changed = document.clone();
        let (parent, name) = place.get(&all).rsplit_once('/').expect("a place");
        // A longer context says nothing that is read.
        prop_assume!(!parent.starts_with("/@context") && name != "@context");
        let name = name.replace("~1", "/").replace("~0", "~");
        match changed.pointer_mut(parent).expect("a place") {
            Value::Object(map) if take_out => { map.shift_remove(&name); }
            Value::Object(map) => { map.insert(name, other); }
            Value::Array(list) => list.push(other),
            _ => unreachable!("places are in objects and lists"),
        }
        prop_assume!(changed != document);
        prop_assert_ne!(verified(&changed), Ok(true), "{} became {}", document, changed);
    }

    #[test]
    fn a_key_that_is_added_is_refused(key in "[a-zA-Z@:]{1,12}", value in any_json()) {
        let mut document = signed_note();
        prop_assume!(document.get(&key).is_none() && key != "signature");
        document[key.as_str()] = value;
        prop_assert_ne!(verified(&document), Ok(true));
    }

    #[test]
    fn no_json_makes_reading_or_signing_panic(document in any_json(), proof in any_json()) {
        let _ = Proof::read(&document, noon());
        let mut with_proof = signed_note();
        with_proof["proof"] = proof;
        let _ = verified(&with_proof);
        let mut document = document;
        let _ = sign(&mut document, &alice(), noon());
    }
}
