//! From a document to what it says: the proof first, then every property, and
//! nothing is guessed.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use url::Url;

use super::{
    ACCREDITATION, CONTEXT, CREDENTIAL, CredentialError, MEMBERSHIP, STATUS_LIST, bits,
    word::category_word,
};
use crate::{
    domain::{
        accreditation::{Claim, Credential, Did, ENTRIES, StatusList, StatusPosition},
        audience::Tier,
        organisation::{Category, MAX_NAME_CHARS},
        taxonomy::{self, Scheme},
        text,
    },
    federation::{proofs::Proof, signatures::PublicKey},
};

type Object = Map<String, Value>;

/// Longest address in a credential, in bytes.
const MAX_ADDRESS: usize = 2_048;

pub(super) fn credential(
    document: &Value,
    now: DateTime<Utc>,
) -> Result<Credential, CredentialError> {
    let whole = Whole::verified(document, now)?;
    let is = |word| whole.types.contains(&word);
    let subject = whole.subject()?;
    let claim = match (is(ACCREDITATION), is(MEMBERSHIP)) {
        (true, false) => organisation(subject)?,
        (false, true) => node(subject)?,
        (true, true) | (false, false) => return Err(CredentialError::OtherType),
    };
    let subject_id = address(subject, "id")?;
    if subject_id.fragment().is_some() {
        return Err(CredentialError::Malformed("id"));
    }
    Ok(Credential {
        id: text_of(whole.object, "id")?
            .parse()
            .map_err(|_| CredentialError::Malformed("id"))?,
        assertion_key: assertion_key(subject, &subject_id)?,
        subject: subject_id,
        claim,
        valid_from: whole.valid_from,
        valid_until: whole.valid_until,
        status: status(whole.object)?,
        issuer: whole.issuer,
    })
}

pub(super) fn status_list(
    document: &Value,
    now: DateTime<Utc>,
) -> Result<StatusList, CredentialError> {
    let whole = Whole::verified(document, now)?;
    if !whole.types.contains(&STATUS_LIST) {
        return Err(CredentialError::NotAList);
    }
    let subject = whole.subject()?;
    expect(subject, "type", "BitstringStatusList")?;
    expect(subject, "statusPurpose", "revocation")?;
    let bits = bits::unpack(text_of(subject, "encodedList")?)
        .ok_or(CredentialError::Malformed("encodedList"))?;
    Ok(StatusList {
        uri: address(whole.object, "id")?,
        valid_from: whole.valid_from,
        valid_until: whole.valid_until,
        issuer: whole.issuer,
        bits,
    })
}

/// What all credentials have in common, the proof verified.
struct Whole<'a> {
    object: &'a Object,
    types: Vec<&'a str>,
    issuer: Did,
    valid_from: DateTime<Utc>,
    valid_until: DateTime<Utc>,
}

impl<'a> Whole<'a> {
    fn verified(document: &'a Value, now: DateTime<Utc>) -> Result<Self, CredentialError> {
        let object = document
            .as_object()
            .ok_or(CredentialError::NotACredential)?;
        let first = object
            .get("@context")
            .and_then(Value::as_array)
            .and_then(|contexts| contexts.first());
        let types = types(object)?;
        if first.and_then(Value::as_str) != Some(CONTEXT) || !types.contains(&CREDENTIAL) {
            return Err(CredentialError::NotACredential);
        }
        let issuer: Did = text_of(object, "issuer")?
            .parse()
            .map_err(|_| CredentialError::Malformed("issuer"))?;
        verify(document, &issuer, now)?;
        let whole = Self {
            types,
            issuer,
            valid_from: moment(object, "validFrom")?,
            valid_until: moment(object, "validUntil")?,
            object,
        };
        match whole.valid_from < whole.valid_until {
            true => Ok(whole),
            false => Err(CredentialError::Malformed("validUntil")),
        }
    }

    fn subject(&self) -> Result<&'a Object, CredentialError> {
        inner(self.object, "credentialSubject")
    }
}

/// A did:key is its own key: nobody is asked whose it is.
fn verify(document: &Value, issuer: &Did, now: DateTime<Utc>) -> Result<(), CredentialError> {
    let proof = Proof::read(document, now)?.ok_or(CredentialError::NoProof)?;
    if proof.verification_method() != issuer.verification_method() {
        return Err(CredentialError::NotByIssuer);
    }
    let key = PublicKey::from_multibase(issuer.multikey())
        .map_err(|_| CredentialError::Malformed("issuer"))?;
    Ok(proof.verify(&key)?)
}

fn types(object: &Object) -> Result<Vec<&str>, CredentialError> {
    object
        .get("type")
        .and_then(Value::as_array)
        .and_then(|types| types.iter().map(Value::as_str).collect())
        .ok_or(CredentialError::NotACredential)
}

fn organisation(subject: &Object) -> Result<Claim, CredentialError> {
    let name = text::one_line(text_of(subject, "name")?);
    let category = text_of(subject, "category")?;
    let country = match subject.get("country") {
        None => None,
        Some(_) => Some(country(subject)?),
    };
    Ok(Claim::Organisation {
        name: text::truncate_chars(name.trim(), MAX_NAME_CHARS).to_owned(),
        category: Category::ALL
            .into_iter()
            .find(|one| category_word(*one) == category)
            .ok_or(CredentialError::Malformed("category"))?,
        country,
    })
}

fn country(subject: &Object) -> Result<String, CredentialError> {
    let code = text_of(subject, "country")?;
    match taxonomy::check(Scheme::Country, code) {
        Ok(_) => Ok(code.to_owned()),
        Err(_) => Err(CredentialError::Malformed("country")),
    }
}

fn node(subject: &Object) -> Result<Claim, CredentialError> {
    let audience = text_of(subject, "audience")?
        .parse()
        .ok()
        // What is for everybody needs no leave.
        .filter(|audience| *audience > Tier::Public)
        .ok_or(CredentialError::Malformed("audience"))?;
    Ok(Claim::Node { audience })
}

/// The key that is bound: the subject's own, by its name and its controller.
fn assertion_key(subject: &Object, owner: &Url) -> Result<String, CredentialError> {
    const MALFORMED: CredentialError = CredentialError::Malformed("assertionKey");
    let key = inner(subject, "assertionKey")?;
    expect(key, "type", "Multikey")?;
    let controller = address(key, "controller")?;
    let mut id = address(key, "id")?;
    let is_named = id.fragment().is_some();
    id.set_fragment(None);
    if controller != *owner || id != *owner || !is_named {
        return Err(MALFORMED);
    }
    let multikey = text_of(key, "publicKeyMultibase")?;
    let read = PublicKey::from_multibase(multikey).map_err(|_| MALFORMED)?;
    // One spelling for each key, so that keys can be compared as text.
    read.to_multibase().ok_or(MALFORMED)
}

fn status(object: &Object) -> Result<StatusPosition, CredentialError> {
    const MALFORMED: CredentialError = CredentialError::Malformed("statusListIndex");
    let status = inner(object, "credentialStatus")?;
    expect(status, "type", "BitstringStatusListEntry")?;
    expect(status, "statusPurpose", "revocation")?;
    let digits = text_of(status, "statusListIndex")?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MALFORMED);
    }
    let index: u32 = digits.parse().map_err(|_| MALFORMED)?;
    if index >= *ENTRIES.end() {
        return Err(MALFORMED);
    }
    let list = address(status, "statusListCredential")?;
    Ok(StatusPosition { list, index })
}

fn inner<'a>(object: &'a Object, key: &'static str) -> Result<&'a Object, CredentialError> {
    object
        .get(key)
        .and_then(Value::as_object)
        .ok_or(CredentialError::Malformed(key))
}

fn text_of<'a>(object: &'a Object, key: &'static str) -> Result<&'a str, CredentialError> {
    object
        .get(key)
        .and_then(Value::as_str)
        .ok_or(CredentialError::Malformed(key))
}

fn expect(object: &Object, key: &'static str, word: &str) -> Result<(), CredentialError> {
    match text_of(object, key)? == word {
        true => Ok(()),
        false => Err(CredentialError::Malformed(key)),
    }
}

/// An http or https address with a host.
fn address(object: &Object, key: &'static str) -> Result<Url, CredentialError> {
    let text = text_of(object, key)?;
    Url::parse(text)
        .ok()
        .filter(|url| {
            text.len() <= MAX_ADDRESS && matches!(url.scheme(), "http" | "https") && url.has_host()
        })
        .ok_or(CredentialError::Malformed(key))
}

fn moment(object: &Object, key: &'static str) -> Result<DateTime<Utc>, CredentialError> {
    DateTime::parse_from_rfc3339(text_of(object, key)?)
        .map(|moment| moment.to_utc())
        .map_err(|_| CredentialError::Malformed(key))
}
