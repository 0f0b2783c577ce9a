//! The accreditation of the published vectors, and every way to forge one.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    domain::{
        accreditation::{
            Anchor, Bits, Claim, CredentialId, Held, StatusPosition, Trust, Weakness, weigh,
        },
        audience::Tier,
        organisation::Category,
    },
    federation::json::parse_strict,
};

const VECTORS: &str = include_str!("../../tests/fixtures/protocol-vectors.json");

fn vector() -> Value {
    parse_strict(VECTORS.as_bytes()).expect("valid JSON")["accreditation"].clone()
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// While the vector's accreditation lasts.
fn spring() -> DateTime<Utc> {
    moment("2026-03-01T12:00:00Z")
}

/// The anchor key of the vectors.
fn vector_key() -> AnchorKey {
    let secret = vector()["issuerSecretMultibase"].clone();
    let secret = secret.as_str().expect("a key").trim_start_matches('z');
    let bytes = bs58::decode(secret).into_vec().expect("base 58");
    let seed = bytes
        .strip_prefix(&[0x80, 0x26])
        .expect("an Ed25519 secret");
    let head = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let text = STANDARD.encode([&head, seed].concat());
    let private = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    let key = PrivateKey::from_pem(&private).expect("a key");
    AnchorKey {
        did: did_of(&key).expect("a did"),
        private,
    }
}

fn read(document: &Value) -> Result<Credential, Unreadable> {
    Wording.read_credential(document, spring())
}

fn refused(document: &Value) -> String {
    read(document).expect_err("it is forged").0
}

/// A credential that the vectors' anchor signs.
fn credential(claim: Claim) -> Credential {
    Credential {
        id: CredentialId::of_random([9; 16]),
        issuer: vector_key().did,
        subject: "https://node.example/orgs/acme"
            .parse()
            .expect("an address"),
        claim,
        assertion_key: "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK".into(),
        valid_from: spring(),
        valid_until: spring() + TimeDelta::days(90),
        status: StatusPosition {
            list: "https://hub.example/status/1".parse().expect("an address"),
            index: 42,
        },
    }
}

fn civil() -> Credential {
    credential(Claim::Organisation {
        name: "Acme Survivors Fund".into(),
        category: Category::CivilSociety,
        country: Some("AT".into()),
    })
}

fn list(signed: DateTime<Utc>, revoked: &[u32]) -> StatusList {
    let mut bits = Bits::zeros(131_072);
    revoked.iter().for_each(|index| bits.set(*index));
    StatusList {
        uri: "https://hub.example/status/1".parse().expect("an address"),
        issuer: vector_key().did,
        valid_from: signed,
        valid_until: signed + TimeDelta::days(7),
        bits,
    }
}

#[test]
fn the_accreditation_of_the_vectors_reads_as_it_says() {
    let read = read(&vector()["signed"]).expect("a credential");
    assert_eq!(read.id.as_str(), vector()["signed"]["id"]);
    assert_eq!(read.issuer, vector_key().did);
    assert_eq!(read.subject.as_str(), "https://node.example/orgs/acme");
    let Claim::Organisation {
        name,
        category,
        country,
    } = read.claim
    else {
        panic!("of an organisation");
    };
    assert_eq!(name, "Acme Survivors Fund");
    assert_eq!(category, Category::CivilSociety);
    assert_eq!(country.as_deref(), Some("AT"));
    assert_eq!(
        read.assertion_key,
        "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    );
    assert_eq!(read.valid_from, moment("2026-01-01T00:00:00Z"));
    assert_eq!(read.valid_until, moment("2026-07-01T00:00:00Z"));
    assert_eq!(read.status.list.as_str(), "https://hub.example/status/1");
    assert_eq!(read.status.index, 42);
}

#[test]
fn we_sign_the_unsigned_vector_exactly_as_it_is_signed() {
    let created = moment("2026-01-01T00:00:00Z");
    let signed = signed(vector()["unsigned"].clone(), &vector_key(), created).expect("signed");
    assert_eq!(signed, vector()["signed"]);
}

#[test]
fn what_we_issue_has_the_shape_of_the_vector_with_our_own_namespace() {
    let mut ours = civil();
    let theirs = read(&vector()["signed"]).expect("a credential");
    ours.id = theirs.id;
    ours.valid_from = theirs.valid_from;
    ours.valid_until = theirs.valid_until;
    let worded = word::credential(&ours);
    let mut expected = vector()["unsigned"].clone();
    expected["@context"][1]["vforum"] = json!("https://w3id.org/virtual-forum/ns#");
    assert_eq!(worded, expected);
}

#[test]
fn every_claim_reads_back_from_its_document() {
    let organisations = Category::ALL.map(|category| Claim::Organisation {
        name: "N".into(),
        category,
        country: (category == Category::Government).then(|| "QM".into()),
    });
    let nodes = [Tier::Members, Tier::Preferential].map(|audience| Claim::Node { audience });
    for claim in organisations.into_iter().chain(nodes) {
        let issued = credential(claim);
        let document = Wording
            .credential(&vector_key(), &issued)
            .expect("it is signed");
        let received = parse_strict(document.to_string().as_bytes()).expect("JSON");
        assert_eq!(read(&received), Ok(issued));
    }
}

#[test]
fn a_node_membership_has_the_agreed_shape() {
    let document = Wording
        .credential(
            &vector_key(),
            &credential(Claim::Node {
                audience: Tier::Preferential,
            }),
        )
        .expect("it is signed");
    assert_eq!(
        document["type"],
        json!(["VerifiableCredential", "NodeMembership"])
    );
    let subject = &document["credentialSubject"];
    assert_eq!(subject["type"], "Application");
    assert_eq!(subject["audience"], "preferential");
    assert_eq!(subject["assertionKey"]["type"], "Multikey");
}

#[test]
fn altered_documents_do_not_verify() {
    type Change = fn(&mut Value);
    let changes: [Change; 9] = [
        |d| d["credentialSubject"]["category"] = json!("government"),
        |d| d["credentialSubject"]["country"] = json!("AL"),
        |d| d["credentialSubject"]["id"] = json!("https://evil.example/orgs/acme"),
        |d| d["validUntil"] = json!("2027-07-01T00:00:00Z"),
        |d| d["validFrom"] = json!("2025-07-01T00:00:00Z"),
        |d| d["credentialStatus"]["statusListIndex"] = json!("43"),
        |d| d["credentialStatus"]["statusListCredential"] = json!("https://evil.example/1"),
        |d| {
            d["credentialSubject"]["assertionKey"]["publicKeyMultibase"] =
                json!("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2");
        },
        |d| d["added"] = json!(true),
    ];
    for change in changes {
        let mut forged = vector()["signed"].clone();
        change(&mut forged);
        let said = refused(&forged);
        assert!(said.contains("does not fit the document"), "{said}");
    }
}

#[test]
fn a_document_signed_with_another_key_than_its_issuers_is_refused() {
    let other = Wording.new_key();
    // The forger signs, and names either key.
    let mut forged = vector()["unsigned"].clone();
    forged = signed(forged, &other, spring()).expect("signed");
    assert!(refused(&forged).contains("not made with the key of its issuer"));
    forged["proof"]["verificationMethod"] = json!(vector_key().did.verification_method());
    assert!(refused(&forged).contains("does not fit"));
    // And in the forger's own name it is a credential, of nobody that counts.
    let mut own = civil();
    own.issuer = other.did.clone();
    let document = Wording.credential(&other, &own).expect("signed");
    let read = read(&document).expect("well made");
    assert_eq!(
        weigh(
            &Held::new(read, None),
            &own.subject,
            spring(),
            &trust(),
            None
        ),
        Err(Weakness::UnknownIssuer)
    );
    // Nor does our own notary sign in the name of another.
    assert!(Wording.credential(&other, &civil()).is_err());
    assert!(Wording.status_list(&other, &list(spring(), &[])).is_err());
}

fn trust() -> Trust {
    Trust::new(vec![Anchor {
        name: "Hub".into(),
        did: vector_key().did,
        categories: None,
        countries: None,
    }])
}

/// Signed by the right anchor, and wrong all the same.
#[test]
fn signed_documents_of_another_shape_are_refused_and_say_why() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 22] = [
        (
            |d| d["@context"] = json!("https://www.w3.org/ns/credentials/v2"),
            "Verifiable Credential",
        ),
        (
            |d| d["@context"] = json!(["https://x.example/"]),
            "Verifiable Credential",
        ),
        (
            |d| d["type"] = json!("VerifiableCredential"),
            "Verifiable Credential",
        ),
        (
            |d| d["type"] = json!(["ForumAccreditation"]),
            "Verifiable Credential",
        ),
        (
            |d| d["type"] = json!(["VerifiableCredential", "Diploma"]),
            "neither",
        ),
        (
            |d| {
                d["type"] = json!([
                    "VerifiableCredential",
                    "ForumAccreditation",
                    "NodeMembership"
                ])
            },
            "neither",
        ),
        (|d| d["id"] = json!("https://hub.example/1"), "its id"),
        (
            |d| d["validUntil"] = json!("2026-01-01T00:00:00Z"),
            "validUntil",
        ),
        (|d| d["validFrom"] = json!("yesterday"), "validFrom"),
        (
            |d| d["credentialSubject"] = json!([d["credentialSubject"]]),
            "credentialSubject",
        ),
        (
            |d| d["credentialSubject"]["id"] = json!("did:key:z6Mk"),
            "its id",
        ),
        (
            |d| d["credentialSubject"]["category"] = json!("civil_society"),
            "category",
        ),
        (
            |d| d["credentialSubject"]["category"] = json!(["government"]),
            "category",
        ),
        (
            |d| d["credentialSubject"]["country"] = json!("ZZ"),
            "country",
        ),
        (
            |d| d["credentialSubject"]["country"] = json!(null),
            "country",
        ),
        (
            |d| {
                d["credentialSubject"]["assertionKey"]["controller"] =
                    json!("https://evil.example/")
            },
            "assertionKey",
        ),
        (
            |d| {
                d["credentialSubject"]["assertionKey"]["id"] =
                    json!("https://evil.example/orgs/acme#ed25519-key");
            },
            "assertionKey",
        ),
        (
            |d| d["credentialSubject"]["assertionKey"]["publicKeyMultibase"] = json!("z6Mk"),
            "assertionKey",
        ),
        (
            |d| {
                d.as_object_mut()
                    .expect("an object")
                    .shift_remove("credentialStatus");
            },
            "credentialStatus",
        ),
        (
            |d| d["credentialStatus"]["statusPurpose"] = json!("message"),
            "statusPurpose",
        ),
        (
            |d| d["credentialStatus"]["statusListIndex"] = json!("-1"),
            "statusListIndex",
        ),
        (
            |d| d["credentialStatus"]["statusListIndex"] = json!("9999999999"),
            "statusListIndex",
        ),
    ];
    for (change, expected) in changes {
        let mut document = vector()["unsigned"].clone();
        change(&mut document);
        let document = signed(document, &vector_key(), spring()).expect("signed");
        let said = refused(&document);
        assert!(said.contains(expected), "{said}: {document}");
    }
    assert!(refused(&vector()["unsigned"]).contains("no integrity proof"));
    assert!(refused(&json!("text")).contains("Verifiable Credential"));
}

#[test]
fn a_status_list_reads_back_and_only_its_own_anchors_says_anything() {
    let list = list(spring(), &[42]);
    let document = Wording
        .status_list(&vector_key(), &list)
        .expect("it is signed");
    assert_eq!(document["type"][1], "BitstringStatusListCredential");
    assert_eq!(document["credentialSubject"]["statusPurpose"], "revocation");
    let received = Wording
        .read_status_list(&document, spring())
        .expect("a list");
    assert_eq!(received, list);
    assert!(Held::new(civil(), Some(&received)).revoked);
    // Another anchor's list at the same address is not this anchor's word.
    let other = Wording.new_key();
    let mut foreign = list.clone();
    foreign.issuer = other.did.clone();
    let document = Wording.status_list(&other, &foreign).expect("signed");
    let foreign = Wording.read_status_list(&document, spring()).expect("read");
    assert!(!Held::new(civil(), Some(&foreign)).revoked);
    for (key, value) in [
        ("encodedList", json!("uAAAA")),
        ("statusPurpose", json!("suspension")),
        ("type", json!("RevocationList2020")),
    ] {
        let mut unsigned = word::status_list(&list);
        unsigned["credentialSubject"][key] = value;
        let document = signed(unsigned, &vector_key(), spring()).expect("signed");
        let said = Wording
            .read_status_list(&document, spring())
            .expect_err(key)
            .0;
        assert!(said.contains(key), "{said}");
    }
    let said = Wording.read_status_list(&vector()["signed"], spring());
    assert!(said.expect_err("no list").0.contains("BitstringStatusList"));
}

proptest! {
    #[test]
    fn no_json_makes_reading_panic_and_none_is_believed(key in "[a-zA-Z@]{1,12}", value in ".{0,12}") {
        let mut document = vector()["signed"].clone();
        prop_assume!(document.get(&key).is_none() && key != "signature");
        document[key.as_str()] = json!(value);
        prop_assert!(read(&document).is_err());
        let _ = Wording.read_status_list(&document, spring());
    }
}
