//! An anchor whose key the test holds, and what it signs or should not have:
//! W3C Verifiable Credentials 2.0 with an `eddsa-jcs-2022` proof, written apart
//! from the product so that a fault there shows.

use std::io::Write;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::wait;

/// Entries of the status lists made here: the fewest that there may be.
const ENTRIES: usize = 131_072;

/// An Ed25519 key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    pub fn generate() -> Self {
        Self(Ed25519KeyPair::generate().expect("an Ed25519 key can be made"))
    }

    /// The public half as `publicKeyMultibase` carries it.
    pub fn multikey(&self) -> String {
        let mut bytes = vec![0xed, 0x01];
        bytes.extend_from_slice(self.0.public_key().as_ref());
        format!("z{}", bs58::encode(bytes).into_string())
    }

    pub fn did(&self) -> String {
        format!("did:key:{}", self.multikey())
    }

    /// Puts a proof on a document in the name of a `did:key`, be it this key's
    /// own or not.
    pub fn sign_as(&self, did: &str, document: &Value) -> Value {
        self.sign_at(did, document, wait::now())
    }

    fn sign_at(&self, did: &str, document: &Value, created: DateTime<Utc>) -> Value {
        let key = did.trim_start_matches("did:key:");
        self.prove(&format!("{did}#{key}"), document, created)
    }

    /// Puts a proof on a document in the name of the key at this address.
    pub fn prove(&self, key_id: &str, document: &Value, created: DateTime<Utc>) -> Value {
        let mut proof = json!({
            "@context": document["@context"],
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": second(created),
            "verificationMethod": key_id,
            "proofPurpose": "assertionMethod",
        });
        let signed = [hash(&proof), hash(document)].concat();
        let value = bs58::encode(self.0.sign(&signed)).into_string();
        proof["proofValue"] = json!(format!("z{value}"));
        let mut document = document.clone();
        document["proof"] = proof;
        document
    }
}

/// SHA-256 of the canonical text (RFC 8785).
fn hash(document: &Value) -> Vec<u8> {
    let text = serde_json_canonicalizer::to_vec(document).expect("a JSON value has a text");
    digest(&SHA256, &text).as_ref().to_vec()
}

fn second(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The anchor.
pub struct Authority {
    pub key: SigningKey,
    /// The address of its status list.
    pub list: String,
}

/// What an anchor would say; change a field to make it say what is wrong.
#[derive(Debug, Clone)]
pub struct Claim {
    pub issuer: String,
    /// The actor's id.
    pub subject: String,
    /// Of which Ed25519 key.
    pub multikey: String,
    pub says: Says,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub list: String,
    pub index: usize,
}

/// In the words of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Category(&'static str),
    /// A node's own actor may store up to this audience.
    MayStore(&'static str),
}

impl Authority {
    /// Its status list is found at this address.
    pub fn new(list: &str) -> Self {
        Self {
            key: SigningKey::generate(),
            list: list.to_owned(),
        }
    }

    /// A good claim, from an hour ago for 90 days.
    pub fn claim(&self, subject: &str, multikey: &str, says: Says) -> Claim {
        let from = wait::now() - TimeDelta::hours(1);
        Claim {
            issuer: self.key.did(),
            subject: subject.to_owned(),
            multikey: multikey.to_owned(),
            says,
            from,
            until: from + TimeDelta::days(90),
            list: self.list.clone(),
            index: 7,
        }
    }

    pub fn sign(&self, claim: &Claim) -> Value {
        self.key.sign_as(&self.key.did(), &claim.document())
    }

    /// Its list as it stood at a moment, with these entries revoked.
    pub fn status_list(&self, revoked: &[usize], from: DateTime<Utc>) -> Value {
        let mut bits = vec![0_u8; ENTRIES / 8];
        for index in revoked {
            bits[index / 8] |= 0x80 >> (index % 8);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&bits).expect("memory can be written to");
        let packed = packed.finish().expect("memory can be written to");
        let list = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": self.list,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.key.did(),
            "validFrom": second(from),
            "validUntil": second(from + TimeDelta::days(7)),
            "credentialSubject": {
                "id": format!("{}#list", self.list),
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(packed)),
            },
        });
        self.key.sign_as(&self.key.did(), &list)
    }
}

impl Claim {
    /// The credential without a proof.
    pub fn document(&self) -> Value {
        let (kind, word, value, subject) = match self.says {
            Says::Category(value) => ("ForumAccreditation", "category", value, "Organization"),
            Says::MayStore(value) => ("NodeMembership", "audience", value, "Application"),
        };
        let mut document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", {
                "vforum": "https://w3id.org/virtual-forum/ns#",
                kind: format!("vforum:{kind}"),
                word: format!("vforum:{word}"),
                "assertionKey": "vforum:assertionKey",
            }],
            "id": random_id(),
            "type": ["VerifiableCredential", kind],
            "issuer": self.issuer,
            "validFrom": second(self.from),
            "validUntil": second(self.until),
            "credentialSubject": {
                "id": self.subject,
                "type": subject,
                "name": "An organisation elsewhere",
                "assertionKey": {
                    "id": format!("{}#ed25519-key", self.subject),
                    "type": "Multikey",
                    "controller": self.subject,
                    "publicKeyMultibase": self.multikey,
                },
            },
            "credentialStatus": {
                "id": format!("{}#{}", self.list, self.index),
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": self.index.to_string(),
                "statusListCredential": self.list,
            },
        });
        document["credentialSubject"][word] = json!(value);
        document
    }
}

/// A random `urn:uuid:…` (RFC 9562, version 4).
fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vector of an accreditation: its key, its text, its proof.
    #[test]
    fn a_proof_is_that_of_the_published_vector() {
        let secret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
        let secret = bs58::decode(&secret[1..]).into_vec().expect("base 58");
        let key = Ed25519KeyPair::from_seed_unchecked(&secret[2..]).expect("a seed");
        let key = SigningKey(key);
        let did = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
        assert_eq!(key.did(), did);
        let subject = "https://node.example/orgs/acme";
        let document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", {
                "vforum": "https://forum.example/ns#",
                "ForumAccreditation": "vforum:ForumAccreditation",
                "category": "vforum:category",
                "country": "vforum:country",
                "assertionKey": "vforum:assertionKey",
            }],
            "id": "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e",
            "type": ["VerifiableCredential", "ForumAccreditation"],
            "issuer": did,
            "validFrom": "2026-01-01T00:00:00Z",
            "validUntil": "2026-07-01T00:00:00Z",
            "credentialSubject": {
                "id": subject,
                "type": "Organization",
                "name": "Acme Survivors Fund",
                "category": "civilSociety",
                "country": "AT",
                "assertionKey": {
                    "id": format!("{subject}#ed25519-key"),
                    "type": "Multikey",
                    "controller": subject,
                    "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
                },
            },
            "credentialStatus": {
                "id": "https://hub.example/status/1#42",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "42",
                "statusListCredential": "https://hub.example/status/1",
            },
        });
        let created = "2026-01-01T00:00:00Z".parse().expect("a moment");
        let signed = key.sign_at(did, &document, created);
        assert_eq!(
            signed["proof"]["proofValue"],
            "z3FC5tuSqo9ncc5fsU6ujGTfAdBNp8Mgw7EFRAiiv8HAM9xDozCPK2QDffnXXGwYKjifa8GCEJYZSQd8XfN4UTDeJ"
        );
    }
}
