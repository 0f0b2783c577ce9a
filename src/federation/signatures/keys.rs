//! Keys: RSA (what every server reads) and Ed25519 (FEP-521a), in the forms
//! in which they are stored and published. All cryptography is aws-lc-rs.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_SHA256,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::pem::{PemObject, SectionKind};

use super::is_small_order;

/// Sizes of RSA keys that are accepted, in bits (SECURITY.md 2.2).
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Longest text that is read as a key, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// Multicodec prefix of an Ed25519 public key, as FEP-521a writes it.
const ED25519_CODEC: [u8; 2] = [0xed, 0x01];

/// Kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Rsa,
    Ed25519,
}

/// Why a text is no key. The texts are safe to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key is not exactly one PEM section of the expected kind")]
    NotPem,
    #[error("the key is not a base58 multibase Multikey")]
    NotMultikey,
    #[error("the key is neither RSA of 2048 to 8192 bits nor Ed25519")]
    Unsupported,
    #[error("no key could be made")]
    NotGenerated,
}

/// A public key, ready to verify with.
#[derive(Clone)]
pub struct PublicKey {
    kind: Kind,
    parsed: Arc<ParsedPublicKey>,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----` (SPKI), RSA or Ed25519, and
    /// `-----BEGIN RSA PUBLIC KEY-----` (PKCS#1), which Mobilizon writes.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text
            .trim_start()
            .starts_with("-----BEGIN RSA PUBLIC KEY-----")
        {
            let relabelled = text.replace("RSA PUBLIC KEY", "PUBLIC KEY");
            let der = section(&relabelled, SectionKind::PublicKey)?;
            // A sequence that begins with the modulus; SPKI has another inside.
            return match der.as_slice() {
                [0x30, 0x82, _, _, 0x02, ..] => Self::from_rsa(&der),
                _ => Err(KeyError::NotPem),
            };
        }
        let der = section(text, SectionKind::PublicKey)?;
        Self::from_rsa(&der).or_else(|_| Self::from_ed25519(&der))
    }

    /// Reads `z6Mk…` (FEP-521a): Ed25519 only.
    pub fn from_multibase(text: &str) -> Result<Self, KeyError> {
        let encoded = text.strip_prefix('z').ok_or(KeyError::NotMultikey)?;
        // An Ed25519 Multikey has 48 characters; base58 is slow on long text.
        if encoded.len() > 64 {
            return Err(KeyError::NotMultikey);
        }
        let bytes = bs58::decode(encoded)
            .into_vec()
            .map_err(|_| KeyError::NotMultikey)?;
        match bytes.strip_prefix(&ED25519_CODEC) {
            Some(raw) if raw.len() == 32 => Self::from_ed25519(raw),
            Some(_) => Err(KeyError::NotMultikey),
            None => Err(KeyError::Unsupported),
        }
    }

    fn from_rsa(der: &[u8]) -> Result<Self, KeyError> {
        let bits = aws_lc_rs::rsa::PublicKey::from_der(der)
            .map(|key| {
                let modulus = key.modulus();
                let bytes = modulus.big_endian_without_leading_zero();
                let unused = bytes.first().map_or(0, |first| first.leading_zeros());
                bytes.len() * 8 - unused as usize
            })
            .map_err(|_| KeyError::Unsupported)?;
        if !RSA_BITS.contains(&bits) {
            return Err(KeyError::Unsupported);
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map_err(|_| KeyError::Unsupported)?;
        Ok(Self {
            kind: Kind::Rsa,
            parsed: Arc::new(parsed),
        })
    }

    /// SPKI, or the 32 bytes themselves.
    fn from_ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let raw = bytes.last_chunk::<32>().ok_or(KeyError::Unsupported)?;
        if is_small_order(raw) {
            return Err(KeyError::Unsupported);
        }
        let parsed = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| KeyError::Unsupported)?;
        Ok(Self {
            kind: Kind::Ed25519,
            parsed: Arc::new(parsed),
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }

    /// SPKI.
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", self.spki().as_ref())
    }

    /// `z6Mk…`; `None` for RSA.
    pub fn to_multibase(&self) -> Option<String> {
        match self.kind {
            Kind::Rsa => None,
            Kind::Ed25519 => {
                let spki = self.spki();
                let raw = spki.as_ref().last_chunk::<32>()?;
                let bytes = [ED25519_CODEC.as_slice(), raw].concat();
                Some(format!("z{}", bs58::encode(bytes).into_string()))
            }
        }
    }

    fn spki(&self) -> PublicKeyX509Der<'static> {
        self.parsed
            .as_der()
            .expect("a key that was read can be written")
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki().as_ref() == other.spki().as_ref()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

enum Secret {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key, ready to sign with. Its bytes never show in logs.
#[derive(Clone)]
pub struct PrivateKey(Arc<Secret>);

impl PrivateKey {
    /// RSA, 2048 bits: takes a tenth of a second or more.
    pub fn generate_rsa() -> Result<Self, KeyError> {
        RsaKeyPair::generate(KeySize::Rsa2048)
            .map(|pair| Self(Arc::new(Secret::Rsa(pair))))
            .map_err(|_| KeyError::NotGenerated)
    }

    pub fn generate_ed25519() -> Result<Self, KeyError> {
        Ed25519KeyPair::generate()
            .map(|pair| Self(Arc::new(Secret::Ed25519(pair))))
            .map_err(|_| KeyError::NotGenerated)
    }

    /// Reads `-----BEGIN PRIVATE KEY-----` (PKCS#8), RSA or Ed25519.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = section(text, SectionKind::PrivateKey)?;
        let secret = RsaKeyPair::from_pkcs8(&der)
            .map(Secret::Rsa)
            .or_else(|_| Ed25519KeyPair::from_pkcs8(&der).map(Secret::Ed25519))
            .map_err(|_| KeyError::Unsupported)?;
        let key = Self(Arc::new(secret));
        // The size is checked where every public key's is.
        key.public()?;
        Ok(key)
    }

    pub fn kind(&self) -> Kind {
        match &*self.0 {
            Secret::Rsa(_) => Kind::Rsa,
            Secret::Ed25519(_) => Kind::Ed25519,
        }
    }

    /// PKCS#8. The caller keeps it out of logs.
    pub fn to_pem(&self) -> String {
        let der: Pkcs8V1Der<'static> = match &*self.0 {
            Secret::Rsa(pair) => pair.as_der(),
            Secret::Ed25519(pair) => pair.as_der(),
        }
        .expect("a key that was made or read can be written");
        pem("PRIVATE KEY", der.as_ref())
    }

    /// The public half.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        match &*self.0 {
            Secret::Rsa(pair) => PublicKey::from_rsa(pair.public_key().as_ref()),
            Secret::Ed25519(pair) => PublicKey::from_ed25519(pair.public_key().as_ref()),
        }
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (about 0.7 ms: call it on a pool of
    /// threads) or Ed25519 (about 20 µs).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &*self.0 {
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .expect("an RSA key of 2048 bits or more signs any message");
                signature
            }
            Secret::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?})", self.kind())
    }
}

/// The only section of a PEM text.
fn section(text: &str, kind: SectionKind) -> Result<Vec<u8>, KeyError> {
    if text.len() > MAX_TEXT {
        return Err(KeyError::NotPem);
    }
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes());
    match (sections.next(), sections.next()) {
        (Some(Ok((found, der))), None) if found == kind => Ok(der),
        (Some(_) | None, _) => Err(KeyError::NotPem),
    }
}

/// RFC 7468: 64 characters a line.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        lines.push(line.to_owned());
        rest = after;
    }
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}
