//! Signatures on requests: who really sent this. Every check that needs no
//! key comes first, so that nothing is fetched for an unsigned or malformed
//! request (SECURITY.md 2.1).

pub mod cavage;
mod content_digest;
pub mod digest;
mod key_cache;
#[cfg(test)]
mod key_tests;
pub mod keys;
mod memory;
mod request;
pub mod rfc9421;
#[cfg(test)]
mod samples;
mod scheme;
mod small_order;

use chrono::{DateTime, Utc};
use url::Url;

use super::origin::Origin;

pub use key_cache::KeyCache;
pub use keys::{KeyError, PrivateKey, PublicKey};
pub use memory::SchemeMemory;
pub use request::Received;
pub use scheme::{Attempts, Scheme, asked_in};
pub use small_order::is_small_order;

/// Largest body of a request, in bytes (SECURITY.md 2.1).
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

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

/// Checks all of a request that can be checked without a key: size, header
/// syntax, what the signature covers, host, date window, digest. A request
/// with `Signature-Input` is read by RFC 9421 first; when that fails, it may
/// still be a request signed by the draft that somebody on the way added a
/// header to.
pub fn parse(
    request: &Received<'_>,
    ours: &Origin,
    now: DateTime<Utc>,
) -> Result<Unverified, SignatureError> {
    announced(request, ours, now)?.with(request.body)
}

/// The same of the headers alone: the body of `request` may be still to come.
/// What is refused here need not be read.
pub fn announced(
    request: &Received<'_>,
    ours: &Origin,
    now: DateTime<Utc>,
) -> Result<Announced, SignatureError> {
    request.check_size_and_method()?;
    if !rfc9421::is_used_in(request.headers) {
        return cavage::parse(request, ours, now);
    }
    rfc9421::parse(request, ours, now)
        .or_else(|error| cavage::parse(request, ours, now).map_err(|_| error))
}

/// A request of which everything is checked but its body and the signature.
#[derive(Debug)]
pub struct Announced {
    unverified: Unverified,
    digests: digest::Claimed,
}

impl Announced {
    /// The request with the body that came.
    ///
    /// # Errors
    /// [`SignatureError::DigestMismatch`], [`SignatureError::TooLarge`].
    pub fn with(self, body: &[u8]) -> Result<Unverified, SignatureError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(SignatureError::TooLarge);
        }
        self.digests.check(body)?;
        Ok(self.unverified)
    }
}

/// A request of which everything is checked but the signature itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    key_id: Url,
    algorithm: Algorithm,
    signature: Vec<u8>,
    /// When, as its sender says.
    signed_at: DateTime<Utc>,
    /// What may have been signed; one match is enough.
    messages: Vec<String>,
}

/// What the sender says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// `rsa-sha256`, `rsa-v1_5-sha256`
    RsaSha256,
    /// `ed25519`
    Ed25519,
    /// `hs2019` or nothing: the key decides.
    OfTheKey,
}

impl Unverified {
    /// Names the key; with a fragment as a rule. An http or https address.
    pub fn key_id(&self) -> &Url {
        &self.key_id
    }

    /// When it was signed, as the signature covers it: at most 12 hours ago and
    /// 1 hour ahead.
    pub fn signed_at(&self) -> DateTime<Utc> {
        self.signed_at
    }

    /// Takes 20 to 60 µs for each message. That the key belongs to the actor
    /// is the caller's to check (SECURITY.md 2.3).
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureError> {
        match (self.algorithm, key.kind()) {
            (Algorithm::RsaSha256, keys::Kind::Ed25519) | (Algorithm::Ed25519, keys::Kind::Rsa) => {
                return Err(SignatureError::UnsupportedAlgorithm);
            }
            (Algorithm::RsaSha256, keys::Kind::Rsa)
            | (Algorithm::Ed25519, keys::Kind::Ed25519)
            | (Algorithm::OfTheKey, _) => {}
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

/// What cannot be signed. It shows a mistake of ours or an address that no
/// request could be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("the address has no host")]
    NoHost,
    #[error("the key id does not fit into a header")]
    KeyId,
}

/// The host with a non-default port, as the client sends it.
fn host(url: &Url) -> Result<String, SignError> {
    let host = url.host_str().ok_or(SignError::NoHost)?;
    Ok(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
