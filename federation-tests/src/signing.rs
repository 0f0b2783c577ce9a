//! HTTP signatures as other servers make them (draft-cavage-http-signatures
//! section 2), written apart from the product so that a fault there shows.

use aws_lc_rs::{
    digest,
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};

use crate::wait;

/// An RSA key of 2048 bits.
pub struct Key(KeyPair);

impl Key {
    pub fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made"))
    }

    /// The public half as `publicKeyPem` carries it.
    pub fn public_pem(&self) -> String {
        let der = self.0.public_key().as_der();
        let text = STANDARD.encode(der.expect("an RSA key has a DER form").as_ref());
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    /// Base64 of the signature (RSASSA-PKCS1-v1_5 with SHA-256) of a text.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .expect("an RSA key signs any text");
        STANDARD.encode(signature)
    }
}

/// `SHA-256=…` of a body.
pub fn digest(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    format!("SHA-256={}", STANDARD.encode(hash.as_ref()))
}

/// IMF-fixdate, as the `Date` header wants it.
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The headers of a signed GET: `Date` and `Signature`, for a path with its
/// query at a host.
pub fn sign_get(key: &Key, key_id: &str, host: &str, path: &str) -> [(&'static str, String); 2] {
    let date = http_date(wait::now());
    let lines = format!("(request-target): get {path}\nhost: {host}\ndate: {date}");
    let signature = format!(
        "keyId=\"{key_id}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date\",\
         signature=\"{}\"",
        key.sign(&lines)
    );
    [("date", date), ("signature", signature)]
}

/// Everything that a delivery signs; change a field to make a bad one.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Where it is sent.
    pub origin: String,
    pub path: String,
    /// The `Host` header.
    pub host: String,
    pub date: DateTime<Utc>,
    pub key_id: String,
    pub body: Vec<u8>,
    /// The `Digest` header.
    pub digest: String,
    /// The names that are signed, in order.
    pub headers: Vec<&'static str>,
    pub algorithm: &'static str,
    /// When it was made and when it ends, where the names are signed.
    pub created: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

impl Delivery {
    /// The `Signature` header of this delivery.
    pub fn signature(&self, key: &Key) -> String {
        let lines: Vec<String> = self.headers.iter().map(|name| self.line(name)).collect();
        let mut times = String::new();
        for (name, at) in [("created", self.created), ("expires", self.expires)] {
            if self.headers.contains(&format!("({name})").as_str()) {
                times.push_str(&format!("{name}={},", at.timestamp()));
            }
        }
        format!(
            "keyId=\"{}\",algorithm=\"{}\",{times}headers=\"{}\",signature=\"{}\"",
            self.key_id,
            self.algorithm,
            self.headers.join(" "),
            key.sign(&lines.join("\n"))
        )
    }

    /// The header lines of this delivery, with that signature.
    pub fn lines(&self, signature: &str) -> Vec<String> {
        vec![
            format!("host: {}", self.host),
            format!("date: {}", http_date(self.date)),
            format!("digest: {}", self.digest),
            "content-type: application/activity+json".to_owned(),
            format!("signature: {signature}"),
        ]
    }

    fn line(&self, name: &str) -> String {
        let value = match name {
            "(request-target)" => format!("post {}", self.path),
            "host" => self.host.clone(),
            "date" => http_date(self.date),
            "digest" => self.digest.clone(),
            "(created)" => self.created.timestamp().to_string(),
            "(expires)" => self.expires.timestamp().to_string(),
            other => panic!("this delivery has no header {other}"),
        };
        format!("{name}: {value}")
    }
}
