//! Signatures on requests: who really sent this. Every check that needs no
//! key comes first, so that nothing is fetched for an unsigned or malformed
//! request (SECURITY.md 2.1).

pub mod cavage;
pub mod digest;
mod key_cache;
#[cfg(test)]
mod key_tests;
pub mod keys;
mod small_order;

use http::{HeaderMap, Method, header::HeaderName};
use url::Url;

pub use key_cache::KeyCache;
pub use keys::{KeyError, PrivateKey, PublicKey};
pub use small_order::is_small_order;

/// Largest body of a request, in bytes (SECURITY.md 2.1).
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A request as it came in, the path and query as they stood in its first line.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl<'a> Received<'a> {
    pub fn new(
        method: &'a Method,
        uri: &'a http::Uri,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> Self {
        Self {
            method,
            path: uri.path(),
            query: uri.query(),
            headers,
            body,
        }
    }

    /// The only value of a header; several are refused, as two readers might
    /// pick different ones.
    fn single(&self, name: &HeaderName) -> Result<Option<&'a str>, SignatureError> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(SignatureError::Malformed("a header stands twice"));
        }
        value
            .to_str()
            .map(Some)
            .map_err(|_| SignatureError::Malformed("a header is not plain text"))
    }
}

/// Why a request was refused. The texts are safe to send back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the request is not signed")]
    Unsigned,
    #[error("the body is larger than 1 MiB")]
    TooLarge,
    #[error("the signature headers are malformed: {0}")]
    Malformed(&'static str),
    #[error("the signature does not cover {0}")]
    NotCovered(&'static str),
    #[error("the signature algorithm is not supported")]
    UnsupportedAlgorithm,
    #[error("the request is addressed to another host")]
    WrongHost,
    #[error("the request is older than 12 hours")]
    TooOld,
    #[error("the request is dated more than 1 hour ahead")]
    TooEarly,
    #[error("the signature has expired")]
    Expired,
    #[error("the digest does not match the body")]
    DigestMismatch,
    #[error("the signature does not match")]
    WrongSignature,
}

/// A request of which everything is checked but the signature itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    key_id: Url,
    algorithm: Algorithm,
    signature: Vec<u8>,
    /// What may have been signed; one match is enough.
    messages: Vec<String>,
}

/// What the sender says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// `rsa-sha256`
    RsaSha256,
    /// `hs2019` or nothing: the key decides.
    OfTheKey,
}

impl Unverified {
    /// Names the key; with a fragment as a rule. An http or https address.
    pub fn key_id(&self) -> &Url {
        &self.key_id
    }

    /// Takes 20 to 60 µs for each message. That the key belongs to the actor
    /// is the caller's to check (SECURITY.md 2.3).
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureError> {
        match (self.algorithm, key.kind()) {
            (Algorithm::RsaSha256, keys::Kind::Ed25519) => {
                return Err(SignatureError::UnsupportedAlgorithm);
            }
            (Algorithm::RsaSha256, keys::Kind::Rsa) | (Algorithm::OfTheKey, _) => {}
        }
        let matches = |message: &String| key.verify(message.as_bytes(), &self.signature);
        if self.messages.iter().any(matches) {
            Ok(())
        } else {
            Err(SignatureError::WrongSignature)
        }
    }
}

/// The private key of an actor with the name under which others find its
/// public half.
#[derive(Debug, Clone)]
pub struct Signer {
    pub key_id: Url,
    pub key: PrivateKey,
}
