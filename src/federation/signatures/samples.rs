//! The published vectors, and requests that can be changed before they are
//! checked: what the tests of both schemes are made from.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::Value;
use url::Url;

use super::*;

pub(super) const KEY_ID: &str = "https://a.example/users/alice#main-key";

pub(super) fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/protocol-vectors.json"))
        .expect("the vectors are JSON")
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a text of the vectors")
}

/// A request that can be changed before it is checked.
#[derive(Clone)]
pub(super) struct Sent {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Sent {
    /// A POST to Bob's inbox with the vectors' body, unsigned.
    pub fn post() -> Self {
        let sent = Self {
            method: Method::POST,
            uri: Uri::from_static("/users/bob/inbox"),
            headers: HeaderMap::new(),
            body: text(&vectors()["cavage_post"], "body").as_bytes().to_vec(),
        };
        sent.set("host", "b.example")
    }

    pub fn parse_at(&self, now: DateTime<Utc>) -> Result<Unverified, SignatureError> {
        let received = Received::new(&self.method, &self.uri, &self.headers, &self.body);
        parse(&received, &ours(), now)
    }

    pub fn parse(&self) -> Result<Unverified, SignatureError> {
        self.parse_at(signed_at())
    }

    pub fn check(&self, key: &PublicKey) -> Result<(), SignatureError> {
        self.parse()?.verify(key)
    }

    pub fn set(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test value");
        self.headers.insert(name, value);
        self
    }

    pub fn add(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test value");
        self.headers.append(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.headers[name].as_bytes()).into_owned()
    }

    /// Replaces what stands in a header once.
    pub fn edit(self, name: &'static str, from: &str, to: &str) -> Self {
        let old = self.text(name);
        assert!(old.contains(from), "{old} has no {from}");
        self.set(name, &old.replacen(from, to, 1))
    }

    /// With one byte of a header changed; `None` when that is no change or no
    /// header.
    pub fn altered(&self, name: &str, index: usize, byte: u8) -> Option<Self> {
        let mut bytes = self.headers[name].as_bytes().to_vec();
        let place = index % bytes.len();
        if bytes[place] == byte {
            return None;
        }
        bytes[place] = byte;
        let mut altered = self.clone();
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        let value = HeaderValue::from_bytes(&bytes).ok()?;
        altered.headers.insert(name, value);
        Some(altered)
    }

    /// With one byte changed of the body (0), the address (1) or the method.
    pub fn altered_elsewhere(&self, part: usize, index: usize, byte: u8) -> Option<Self> {
        let mut bytes = match part {
            0 => self.body.clone(),
            1 => self.uri.to_string().into_bytes(),
            _ => self.method.as_str().as_bytes().to_vec(),
        };
        let place = index.checked_rem(bytes.len())?;
        if bytes[place] == byte {
            return None;
        }
        bytes[place] = byte;
        let mut altered = self.clone();
        match part {
            0 => altered.body = bytes,
            // What follows "#" never reaches a server.
            1 => altered.uri = Uri::try_from(bytes).ok()?,
            _ => altered.method = Method::from_bytes(&bytes).ok()?,
        }
        (altered.uri != self.uri || part != 1).then_some(altered)
    }
}

pub(super) fn ours() -> Origin {
    Origin::of(&"https://b.example".parse().expect("an address")).expect("an origin")
}

pub(super) fn signed_at() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

pub(super) fn address(text: &str) -> Url {
    text.parse().expect("an address")
}

/// The public key of the vectors.
pub(super) fn key() -> PublicKey {
    PublicKey::from_pem(text(&vectors()["cavage_post"], "publicKeyPem")).expect("a key")
}

pub(super) fn signer() -> Signer {
    Signer {
        key_id: address(KEY_ID),
        key: PrivateKey::from_pem(text(&vectors()["cavage_post"], "privateKeyPem")).expect("a key"),
    }
}

/// The vectors' signature of a text, in base64.
pub(super) fn signature_of(message: &str) -> String {
    STANDARD.encode(signer().key.sign(message.as_bytes()))
}
