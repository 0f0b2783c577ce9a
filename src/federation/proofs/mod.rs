//! Integrity proofs (FEP-8b32, suite `eddsa-jcs-2022` of W3C Data Integrity):
//! a document that carries its author's signature in itself, so that it can
//! be believed whoever hands it on.
//!
//! All of it works on the JSON as received, never on a typed or normalised
//! copy; strict reading (`json::parse_strict`) comes first and bounds size
//! and depth.

mod canonical;
pub(super) mod ours;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use url::Url;

use super::signatures::{PublicKey, Signer, is_small_order, keys::Kind};

const TYPE: &str = "DataIntegrityProof";
const SUITE: &str = "eddsa-jcs-2022";
const PURPOSE: &str = "assertionMethod";

/// How far a proof, or a description, may be dated ahead, as clocks differ.
pub(super) const MAX_AHEAD: TimeDelta = TimeDelta::hours(1);

/// 64 bytes have at most 88 digits in base 58, and the `z` before them.
const MAX_VALUE_CHARS: usize = 89;

/// Why a proof counts against its document. The texts are safe to send back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the integrity proof is malformed: {0}")]
    Malformed(&'static str),
    #[error("the integrity proof is not for assertionMethod")]
    WrongPurpose,
    #[error("the context of the integrity proof is not that of the document")]
    WrongContext,
    #[error("the integrity proof is dated more than 1 hour ahead")]
    TooEarly,
    #[error("the integrity proof has expired")]
    Expired,
    /// I-JSON (RFC 7493 2.2): readers would round it differently.
    #[error("the document holds an integer beyond 2^53 - 1, which cannot be signed")]
    Number,
    #[error("the key of the integrity proof is not an Ed25519 key of its author")]
    WrongKey,
    #[error("the integrity proof does not fit the document")]
    WrongSignature,
}

/// A proof of which everything is checked but the signature itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    verification_method: String,
    created: DateTime<Utc>,
    /// Hash of the proof's own properties, then hash of the document.
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Proof {
    /// Reads the proof of a document. `None` without one, and when those that
    /// are there are of other suites: they say nothing to us.
    ///
    /// # Errors
    /// [`ProofError`] for a proof of this suite that cannot be right, whatever
    /// its key.
    pub fn read(document: &Value, now: DateTime<Utc>) -> Result<Option<Self>, ProofError> {
        let Some(document) = document.as_object() else {
            return Ok(None);
        };
        let Some(proof) = find(document)? else {
            return Ok(None);
        };
        if text(proof, "proofPurpose")? != PURPOSE {
            return Err(ProofError::WrongPurpose);
        }
        let created = moment(proof, "created")?;
        if created > now + MAX_AHEAD {
            return Err(ProofError::TooEarly);
        }
        if proof.contains_key("expires") && moment(proof, "expires")? <= now {
            return Err(ProofError::Expired);
        }
        // Every key of it is signed, those that we do not know too.
        let config = without(proof, &["proofValue"]);
        Ok(Some(Self {
            verification_method: text(proof, "verificationMethod")?.to_owned(),
            created,
            signed: signed(&config, document)?,
            signature: signature(text(proof, "proofValue")?)?,
        }))
    }

    /// Names the key: an address with a fragment, or a `did:key`.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// The key's address, if it has one that can be fetched.
    pub fn key_id(&self) -> Option<Url> {
        Url::parse(&self.verification_method)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    }

    pub fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// That the key belongs to the document's author, who lists it, is the
    /// caller's to check. Takes about 60 µs.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ProofError> {
        match key.kind() {
            Kind::Ed25519 => {}
            Kind::Rsa => return Err(ProofError::WrongKey),
        }
        // As strict as can be: no signature that fits many documents.
        if !is_small_order(&self.signature[..32]) && key.verify(&self.signed, &self.signature) {
            Ok(())
        } else {
            Err(ProofError::WrongSignature)
        }
    }
}

/// Puts a proof on a document, with the document's context in it: the form
/// that every verifier reads. `signer` holds an Ed25519 key. The same
/// document, key and moment give the same proof.
///
/// # Errors
/// [`ProofError::WrongKey`] for a key of another kind,
/// [`ProofError::Number`] for what JSON readers do not agree on.
pub fn sign(
    document: &mut Value,
    signer: &Signer,
    created: DateTime<Utc>,
) -> Result<(), ProofError> {
    let Some(map) = document.as_object_mut() else {
        return Err(ProofError::Malformed("only objects carry proofs"));
    };
    match signer.key.kind() {
        Kind::Ed25519 => {}
        Kind::Rsa => return Err(ProofError::WrongKey),
    }
    let mut proof = Map::new();
    if let Some(context) = map.get("@context") {
        proof.insert("@context".to_owned(), context.clone());
    }
    for (key, value) in [
        ("type", TYPE),
        ("cryptosuite", SUITE),
        ("verificationMethod", signer.key_id.as_str()),
        ("proofPurpose", PURPOSE),
        (
            "created",
            &created.to_rfc3339_opts(SecondsFormat::Secs, true),
        ),
    ] {
        proof.insert(key.to_owned(), json!(value));
    }
    let signed = signed(&without(&proof, &[]), map)?;
    let value = bs58::encode(signer.key.sign(&signed)).into_string();
    proof.insert("proofValue".to_owned(), json!(format!("z{value}")));
    map.insert("proof".to_owned(), Value::Object(proof));
    Ok(())
}

/// The one proof of our suite. Sets of proofs hold one of each suite, each
/// made over the document without any.
fn find(document: &Map<String, Value>) -> Result<Option<&Map<String, Value>>, ProofError> {
    let proofs = match document.get("proof") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut found = None;
    for proof in proofs {
        let proof = proof
            .as_object()
            .ok_or(ProofError::Malformed("it is not an object"))?;
        let ours = text(proof, "type")? == TYPE && text(proof, "cryptosuite")? == SUITE;
        if ours && found.replace(proof).is_some() {
            return Err(ProofError::Malformed("there are two of one suite"));
        }
    }
    Ok(found)
}

fn text<'a>(proof: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, ProofError> {
    proof
        .get(key)
        .and_then(Value::as_str)
        .ok_or(ProofError::Malformed(key))
}

fn moment(proof: &Map<String, Value>, key: &'static str) -> Result<DateTime<Utc>, ProofError> {
    DateTime::parse_from_rfc3339(text(proof, key)?)
        .map(|moment| moment.to_utc())
        .map_err(|_| ProofError::Malformed(key))
}

fn signature(value: &str) -> Result<Vec<u8>, ProofError> {
    const MALFORMED: ProofError = ProofError::Malformed("proofValue");
    let digits = value.strip_prefix('z').ok_or(MALFORMED)?;
    // Base 58 is slow on long text.
    if value.len() > MAX_VALUE_CHARS {
        return Err(MALFORMED);
    }
    let bytes = bs58::decode(digits).into_vec().map_err(|_| MALFORMED)?;
    if bytes.len() == 64 {
        Ok(bytes)
    } else {
        Err(MALFORMED)
    }
}

type Properties<'a> = BTreeMap<&'a str, &'a Value>;

fn without<'a>(map: &'a Map<String, Value>, left_out: &[&str]) -> Properties<'a> {
    map.iter()
        .map(|(key, value)| (key.as_str(), value))
        .filter(|(key, _)| !left_out.contains(key))
        .collect()
}

/// What the key signs: the hash of the proof's properties first.
fn signed(config: &Properties<'_>, document: &Map<String, Value>) -> Result<Vec<u8>, ProofError> {
    // A signature over linked data stands beside the proof, not under it.
    let mut document = without(document, &["proof", "signature"]);
    if let Some(context) = config.get("@context") {
        let whole = document.get("@context").ok_or(ProofError::WrongContext)?;
        if !list(whole).starts_with(list(context)) {
            return Err(ProofError::WrongContext);
        }
        document.insert("@context", context);
    }
    let mut signed = canonical::hash(config)?;
    signed.extend(canonical::hash(&document)?);
    Ok(signed)
}

fn list(context: &Value) -> &[Value] {
    match context {
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}
