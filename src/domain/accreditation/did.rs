//! `did:key:z6Mk…`: the name of an anchor, which is its Ed25519 key itself, so
//! that nothing has to be asked for to verify what it signed.

use std::{fmt, str::FromStr};

/// The `did:key` of an Ed25519 key (W3C did:key, multicodec `ed`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(String);

/// Text that is not the `did:key` of an Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the did of an Ed25519 key: it must read did:key:z6Mk…")]
pub struct InvalidDid(pub String);

const PREFIX: &str = "did:key:";

/// Multicodec prefix of an Ed25519 public key, before its 32 bytes.
const ED25519: [u8; 2] = [0xed, 0x01];

/// An Ed25519 Multikey has 48 characters; base 58 is slow on long text.
const MAX_CHARS: usize = 64;

/// Is this `z` and the base 58 of an Ed25519 public key (FEP-521a)?
fn is_multikey(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('z').filter(|_| text.len() <= MAX_CHARS) else {
        return false;
    };
    bs58::decode(digits)
        .into_vec()
        .is_ok_and(|bytes| bytes.len() == 34 && bytes.starts_with(&ED25519))
}

impl Did {
    /// The did of a key that is written as a Multikey (`z6Mk…`).
    ///
    /// # Errors
    /// [`InvalidDid`].
    pub fn of_multikey(key: &str) -> Result<Self, InvalidDid> {
        format!("{PREFIX}{key}").parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key: `z6Mk…`.
    pub fn multikey(&self) -> &str {
        &self.0[PREFIX.len()..]
    }

    /// How a proof names the key: `did:key:z6Mk…#z6Mk…`.
    pub fn verification_method(&self) -> String {
        format!("{}#{}", self.0, self.multikey())
    }
}

impl FromStr for Did {
    type Err = InvalidDid;

    fn from_str(text: &str) -> Result<Self, InvalidDid> {
        match text.strip_prefix(PREFIX) {
            Some(key) if is_multikey(key) => Ok(Self(text.to_owned())),
            Some(_) | None => Err(InvalidDid(text.chars().take(100).collect())),
        }
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    #[test]
    fn a_did_is_its_key_and_names_it_in_proofs() {
        let did = Did::of_multikey(KEY).expect("a key");
        assert_eq!(did.to_string(), format!("did:key:{KEY}"));
        assert_eq!(did.multikey(), KEY);
        assert_eq!(did.verification_method(), format!("did:key:{KEY}#{KEY}"));
    }

    #[test]
    fn other_methods_and_other_keys_are_no_dids_of_anchors() {
        let long = format!("did:key:z{}", "6".repeat(1_000));
        for text in [
            "",
            KEY,
            "did:web:hub.example",
            "did:key:z6Mk",
            "did:key:z0OIl",
            "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#x",
            // A P-256 key.
            "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
            long.as_str(),
        ] {
            assert!(text.parse::<Did>().is_err(), "{text}");
        }
    }
}
