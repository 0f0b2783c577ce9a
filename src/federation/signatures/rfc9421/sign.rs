//! Signing what we send by RFC 9421 (PROTOCOL.md 7.2.7).

use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{CONTENT_TYPE, DATE, HOST},
};
use sfv::{
    BareItem, Dictionary, FieldType, InnerList, Integer, Item, ListEntry, StringRef, key_ref,
};
use url::Url;

use super::{
    Asked, CONTENT_DIGEST, CONTENT_DIGEST_HEADER, METHOD, SIGNATURE, SIGNATURE_INPUT, TARGET_URI,
    base::{self, Target},
};
use crate::federation::signatures::{SignError, Signer, content_digest, host, keys::Kind};

/// How long a signature counts for a server that asks for an end.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// The headers of a signed request: `host`, `date`, `content-digest` if there
/// is a body, `signature-input` and `signature`. `now` should be the time of
/// sending. RSA takes about 0.7 ms.
pub fn sign(
    signer: &Signer,
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<HeaderMap, SignError> {
    let mut headers = unsigned(url, body, now)?;
    let names = [METHOD, TARGET_URI]
        .into_iter()
        .chain(body.map(|_| CONTENT_DIGEST))
        .chain(asked.more.iter().copied())
        // A request without a body has no type of one.
        .filter(|name| *name != CONTENT_TYPE.as_str() || body.is_some());
    let covered = InnerList {
        items: names.map(item).collect::<Result<_, _>>()?,
        params: parameters(signer, asked, now)?,
    };
    let target = Target::sent(method, url)?;
    let base = base::base(&covered, |name| {
        target
            .component(name)
            .or_else(|| Some(headers.get(name)?.to_str().ok()?.to_owned()))
            .ok_or(SignError::KeyId)
    })?;
    let signature = BareItem::ByteSequence(signer.key.sign(base.as_bytes()));
    for (name, entry) in [
        (&SIGNATURE_INPUT, ListEntry::InnerList(covered)),
        (&SIGNATURE, ListEntry::Item(Item::new(signature))),
    ] {
        let dictionary = Dictionary::from([(asked.label.clone(), entry)]);
        headers.insert(name, value(dictionary.serialize().unwrap_or_default())?);
    }
    Ok(headers)
}

fn unsigned(url: &Url, body: Option<&[u8]>, now: DateTime<Utc>) -> Result<HeaderMap, SignError> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, value(host(url)?)?);
    headers.insert(DATE, value(httpdate::fmt_http_date(SystemTime::from(now)))?);
    if let Some(body) = body {
        headers.insert(&CONTENT_DIGEST_HEADER, value(content_digest::header(body))?);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/activity+json"),
        );
    }
    Ok(headers)
}

fn parameters(
    signer: &Signer,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<sfv::Parameters, SignError> {
    let algorithm = match signer.key.kind() {
        Kind::Rsa => "rsa-v1_5-sha256",
        Kind::Ed25519 => "ed25519",
    };
    let mut parameters = sfv::Parameters::new();
    let mut set = |name, value: BareItem| parameters.insert(key_ref(name).to_owned(), value);
    set("created", seconds(now)?);
    if asked.expires {
        set("expires", seconds(now + LASTS)?);
    }
    set("keyid", text(signer.key_id.as_str())?);
    set("alg", text(algorithm)?);
    if let Some(nonce) = &asked.nonce {
        set("nonce", BareItem::String(nonce.clone()));
    }
    if let Some(tag) = &asked.tag {
        set("tag", BareItem::String(tag.clone()));
    }
    Ok(parameters)
}

fn seconds(instant: DateTime<Utc>) -> Result<BareItem, SignError> {
    Integer::try_from(instant.timestamp())
        .map(BareItem::Integer)
        .map_err(|_| SignError::KeyId)
}

fn text(text: &str) -> Result<BareItem, SignError> {
    StringRef::from_str(text)
        .map(|text| BareItem::String(text.to_owned()))
        .map_err(|_| SignError::KeyId)
}

fn item(name: &str) -> Result<Item, SignError> {
    text(name).map(Item::new)
}

fn value(text: String) -> Result<HeaderValue, SignError> {
    HeaderValue::try_from(text).map_err(|_| SignError::KeyId)
}
