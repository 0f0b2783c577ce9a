//! A software authenticator (CTAP 2): what a telephone or a security key does,
//! and the browser before it. It answers wrongly where a test asks for that.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::test_app::ORIGIN;

/// Flags of authenticator data (WebAuthn, 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Holds one passkey.
pub struct Authenticator {
    key: Key,
    pub credential: Vec<u8>,
    /// Who it is for, as the node named them.
    pub owner: String,
    /// Where the browser is.
    pub origin: String,
    pub rp: String,
    /// Looks at its owner before it signs.
    pub verifies: bool,
    pub counter: u32,
    /// Says so in the client data instead of the challenge it was given.
    pub challenge: Option<String>,
}

impl Authenticator {
    pub fn es256() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
        Self::with(Key::Es256(key.expect("a key")))
    }

    pub fn ed25519() -> Self {
        Self::with(Key::Ed25519(Ed25519KeyPair::generate().expect("a key")))
    }

    fn with(key: Key) -> Self {
        let mut credential = vec![0; 32];
        aws_lc_rs::rand::fill(&mut credential).expect("random bytes");
        Self {
            key,
            credential,
            owner: String::new(),
            origin: ORIGIN.to_owned(),
            rp: "n.example".to_owned(),
            verifies: true,
            counter: 1,
            challenge: None,
        }
    }

    /// `navigator.credentials.create`, as `RegistrationResponseJSON`.
    pub fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        assert_eq!(options["rp"]["id"], "n.example");
        assert_eq!(options["attestation"], "none");
        let wanted = &options["authenticatorSelection"];
        assert_eq!(wanted["userVerification"], "required");
        assert_eq!(wanted["residentKey"], "required");
        self.owner = options["user"]["id"].as_str().expect("an id").to_owned();
        let client = self.client("webauthn.create", &options);
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text("none"));
        object.extend(text("attStmt"));
        object.push(0xa0);
        object.extend(text("authData"));
        object.extend(bytes(&self.data(ATTESTED, &self.attested())));
        json!({
            "id": encode(&self.credential), "rawId": encode(&self.credential),
            "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client), "attestationObject": encode(&object),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// `navigator.credentials.get`, as `AuthenticationResponseJSON`.
    pub fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        assert_eq!(options["rpId"], "n.example");
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"], json!([]), "it names nobody's");
        self.counter = self.counter.wrapping_add(1);
        let client = self.client("webauthn.get", &options);
        let data = self.data(0, &[]);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        json!({
            "id": encode(&self.credential), "rawId": encode(&self.credential),
            "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client), "authenticatorData": encode(&data),
                "signature": encode(&self.sign(&signed)), "userHandle": self.owner,
            },
        })
        .to_string()
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let asked = options["challenge"].as_str().expect("a challenge");
        let challenge = self.challenge.as_deref().unwrap_or(asked);
        let data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8, rest: &[u8]) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = digest(&SHA256, self.rp.as_bytes()).as_ref().to_vec();
        data.push(flags | PRESENT | verified);
        data.extend(self.counter.to_be_bytes());
        data.extend(rest);
        data
    }

    /// Attested credential data (WebAuthn, 6.5.1), with the key in COSE form.
    fn attested(&self) -> Vec<u8> {
        let mut data = vec![0; 16];
        let length = u16::try_from(self.credential.len()).expect("short");
        data.extend(length.to_be_bytes());
        data.extend(&self.credential);
        match &self.key {
            Key::Es256(key) => {
                // {1: 2, 3: -7, -1: 1, -2: x, -3: y}; the point begins with 4.
                let point = key.public_key().as_ref();
                data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
                data.extend(bytes(&point[1..33]));
                data.push(0x22);
                data.extend(bytes(&point[33..]));
            }
            Key::Ed25519(key) => {
                // {1: 1, 3: -8, -1: 6, -2: x}
                data.extend([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21]);
                data.extend(bytes(key.public_key().as_ref()));
            }
        }
        data
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Es256(key) => {
                let signature = key.sign(&SystemRandom::new(), message);
                signature.expect("signed").as_ref().to_vec()
            }
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

/// CBOR: a text of fewer than 24 bytes.
fn text(value: &str) -> Vec<u8> {
    let length = u8::try_from(value.len()).expect("short");
    let mut out = vec![0x60 | length];
    out.extend(value.as_bytes());
    out
}

/// CBOR: a byte string, as short as it can be written.
fn bytes(value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).expect("short");
    let mut out = match length {
        0..=23 => vec![0x40 | length],
        _ => vec![0x58, length],
    };
    out.extend(value);
    out
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
