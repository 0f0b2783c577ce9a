//! One signature of a request: what it covers and says of itself, each known
//! and once only.

use chrono::{DateTime, Utc};
use sfv::{BareItem, InnerList};
use url::Url;

use crate::federation::signatures::{Algorithm, SignatureError, request};

const MAX_COVERED: usize = 32;

pub(super) struct Label<'a> {
    /// Names of components, each once.
    names: Vec<&'a str>,
    pub key_id: Url,
    pub algorithm: Algorithm,
    pub created: DateTime<Utc>,
    pub expires: Option<DateTime<Utc>>,
}

impl<'a> Label<'a> {
    pub fn read(covered: &'a InnerList) -> Result<Self, SignatureError> {
        let missing = SignatureError::Malformed("a parameter is missing");
        let mut label = Parameters::default();
        for (name, value) in &covered.params {
            match name.as_str() {
                "keyid" => label.key_id = Some(request::key_id(text(value)?)?),
                "alg" => label.algorithm = Some(algorithm(text(value)?)?),
                "created" => label.created = Some(instant(value)?),
                "expires" => label.expires = Some(instant(value)?),
                // Nothing follows from these, and they are signed.
                "nonce" | "tag" => drop(text(value)?),
                _ => return Err(SignatureError::Malformed("a parameter is not known")),
            }
        }
        Ok(Self {
            names: names(covered)?,
            key_id: label.key_id.ok_or(missing)?,
            algorithm: label.algorithm.unwrap_or(Algorithm::OfTheKey),
            created: label.created.ok_or(SignatureError::NotCovered("created"))?,
            expires: label.expires,
        })
    }

    pub fn covers(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

#[derive(Default)]
struct Parameters {
    key_id: Option<Url>,
    algorithm: Option<Algorithm>,
    created: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
}

/// Components with parameters (parts of headers, those of another message)
/// are nothing that the fediverse signs.
fn names(covered: &InnerList) -> Result<Vec<&str>, SignatureError> {
    if covered.items.len() > MAX_COVERED {
        return Err(SignatureError::Malformed("too many components are signed"));
    }
    let mut names: Vec<&str> = Vec::with_capacity(covered.items.len());
    for item in &covered.items {
        let name = text(&item.bare_item)?;
        let plain = item.params.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_@".contains(&b));
        if !plain {
            return Err(SignatureError::Malformed("a signed component is malformed"));
        }
        if names.contains(&name) {
            return Err(SignatureError::Malformed("a signed component stands twice"));
        }
        names.push(name);
    }
    Ok(names)
}

fn text(value: &BareItem) -> Result<&str, SignatureError> {
    value
        .as_string()
        .map(sfv::StringRef::as_str)
        .ok_or(SignatureError::Malformed("a value is no text"))
}

/// Whole seconds since 1970.
fn instant(value: &BareItem) -> Result<DateTime<Utc>, SignatureError> {
    value
        .as_integer()
        .and_then(|seconds| DateTime::from_timestamp(i64::from(seconds), 0))
        .ok_or(SignatureError::Malformed(
            "a time is not a number of seconds",
        ))
}

fn algorithm(name: &str) -> Result<Algorithm, SignatureError> {
    match name {
        "rsa-v1_5-sha256" => Ok(Algorithm::RsaSha256),
        "ed25519" => Ok(Algorithm::Ed25519),
        _ => Err(SignatureError::UnsupportedAlgorithm),
    }
}
