//! Parsed keys, kept because reading a key costs more than verifying with it.

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use super::keys::{KeyError, PrivateKey, PublicKey};

/// How many parsed keys are kept at most; one takes about 2 kB.
const PUBLIC_KEYS: u64 = 4_096;
const PRIVATE_KEYS: u64 = 512;

/// A bounded cache from a key's text to the parsed key. A new text is a new
/// entry, so that a rotated key can never be mistaken for the old one.
#[derive(Debug, Clone)]
pub struct KeyCache {
    public: Cache<[u8; 32], PublicKey>,
    private: Cache<[u8; 32], PrivateKey>,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self {
            public: Cache::new(PUBLIC_KEYS),
            private: Cache::new(PRIVATE_KEYS),
        }
    }
}

impl KeyCache {
    /// Reads PEM (SPKI) or, when the text begins with `z`, a Multikey.
    pub fn public(&self, text: &str) -> Result<PublicKey, KeyError> {
        let name = name(text);
        if let Some(key) = self.public.get(&name) {
            return Ok(key);
        }
        let key = if text.starts_with('z') {
            PublicKey::from_multibase(text)
        } else {
            PublicKey::from_pem(text)
        }?;
        self.public.insert(name, key.clone());
        Ok(key)
    }

    /// Reads PEM (PKCS#8).
    pub fn private(&self, text: &str) -> Result<PrivateKey, KeyError> {
        let name = name(text);
        if let Some(key) = self.private.get(&name) {
            return Ok(key);
        }
        let key = PrivateKey::from_pem(text)?;
        self.private.insert(name, key.clone());
        Ok(key)
    }
}

/// The hash, so that the cache itself holds no text of private keys.
fn name(text: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    name
}
