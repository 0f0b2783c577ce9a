//! The Signature header: `name="value"` pairs, each known and once only.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use url::Url;

use super::{Algorithm, SignatureError};
use crate::federation::{
    pairs::pairs,
    signatures::request::{MAX_HEADER, key_id},
};

const MAX_COVERED: usize = 32;

pub(super) struct Parameters<'a> {
    pub key_id: Url,
    pub algorithm: Algorithm,
    /// Lower case, each once.
    pub headers: Vec<&'a str>,
    pub signature: Vec<u8>,
    pub created: Option<DateTime<Utc>>,
    pub expires: Option<DateTime<Utc>>,
}

/// The texts as they stand in the header.
#[derive(Default)]
struct Texts<'a> {
    key_id: Option<&'a str>,
    algorithm: Option<&'a str>,
    headers: Option<&'a str>,
    signature: Option<&'a str>,
    created: Option<&'a str>,
    expires: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    pub fn parse(header: &'a str) -> Result<Self, SignatureError> {
        if header.len() > MAX_HEADER {
            return Err(SignatureError::Malformed("the header is too long"));
        }
        let texts = Texts::parse(header)?;
        let missing = SignatureError::Malformed("a parameter is missing");
        Ok(Self {
            key_id: key_id(texts.key_id.ok_or(missing)?)?,
            algorithm: algorithm(texts.algorithm)?,
            headers: headers(texts.headers.ok_or(missing)?)?,
            signature: STANDARD
                .decode(texts.signature.ok_or(missing)?)
                .map_err(|_| SignatureError::Malformed("the signature is not base64"))?,
            created: texts.created.map(instant).transpose()?,
            expires: texts.expires.map(instant).transpose()?,
        })
    }

    pub fn covers(&self, name: &str) -> bool {
        self.headers.contains(&name)
    }
}

impl<'a> Texts<'a> {
    fn parse(header: &'a str) -> Result<Self, SignatureError> {
        let mut texts = Self::default();
        for pair in pairs(header).map_err(SignatureError::Malformed)? {
            let place = match pair.name {
                "keyId" => &mut texts.key_id,
                "algorithm" => &mut texts.algorithm,
                "headers" => &mut texts.headers,
                "signature" => &mut texts.signature,
                "created" => &mut texts.created,
                "expires" => &mut texts.expires,
                // Nobody sends others, and one that is misspelt must not
                // silently count as left out.
                _ => return Err(SignatureError::Malformed("a parameter is not known")),
            };
            if !pair.is_quoted && !matches!(pair.name, "created" | "expires") {
                return Err(SignatureError::Malformed("a value is not quoted"));
            }
            if place.replace(pair.value).is_some() {
                return Err(SignatureError::Malformed("a parameter stands twice"));
            }
        }
        Ok(texts)
    }
}

fn algorithm(text: Option<&str>) -> Result<Algorithm, SignatureError> {
    match text {
        Some("rsa-sha256") => Ok(Algorithm::RsaSha256),
        Some("hs2019") | None => Ok(Algorithm::OfTheKey),
        Some(_) => Err(SignatureError::UnsupportedAlgorithm),
    }
}

fn headers(text: &str) -> Result<Vec<&str>, SignatureError> {
    let mut names: Vec<&str> = Vec::new();
    for name in text.split(' ') {
        let plain = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_()".contains(&b));
        if !plain {
            return Err(SignatureError::Malformed("a signed name is malformed"));
        }
        if names.contains(&name) {
            return Err(SignatureError::Malformed("a signed name stands twice"));
        }
        if names.len() == MAX_COVERED {
            return Err(SignatureError::Malformed("too many names are signed"));
        }
        names.push(name);
    }
    Ok(names)
}

/// Whole seconds since 1970, without sign or leading zeros, so that the text
/// and the number are the same thing.
fn instant(text: &str) -> Result<DateTime<Utc>, SignatureError> {
    let malformed = SignatureError::Malformed("a time is not a number of seconds");
    let plain =
        text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') && text.len() <= 12;
    if !plain {
        return Err(malformed);
    }
    let seconds = text.parse().map_err(|_| malformed)?;
    DateTime::from_timestamp(seconds, 0).ok_or(malformed)
}
