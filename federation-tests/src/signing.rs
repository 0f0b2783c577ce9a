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
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::{node, script, wait};

/// An RSA key.
pub struct Key(Made);

enum Made {
    Here(KeyPair),
    /// Of a size that our library refuses; both halves in PEM.
    OnNode {
        public: String,
        private: String,
    },
}

impl Key {
    /// One of 2048 bits.
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
        Self(Made::Here(pair))
    }

    /// One of any size, also of one that is too small.
    pub fn of_bits(bits: u32) -> Self {
        let mut make = script::node(RSA);
        make.args(["make", &bits.to_string()]);
        let made = script::json(make);
        Self(Made::OnNode {
            public: node::text(&made, "public"),
            private: node::text(&made, "private"),
        })
    }

    /// The public half as `publicKeyPem` carries it.
    pub fn public_pem(&self) -> String {
        let pair = match &self.0 {
            Made::Here(pair) => pair,
            Made::OnNode { public, .. } => return public.clone(),
        };
        let der = pair.public_key().as_der();
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
        let pair = match &self.0 {
            Made::Here(pair) => pair,
            Made::OnNode { private, .. } => {
                let mut sign = script::node(RSA);
                sign.args(["sign", private, text]);
                return node::text(&script::json(sign), "signature");
            }
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .expect("an RSA key signs any text");
        STANDARD.encode(signature)
    }
}

/// What makes and uses keys of every size.
const RSA: &str = "foreign/rsa.js";

/// Puts a signature over linked data (`RsaSignature2017`) on an activity that
/// has nothing but id, type, actor and object, all of them addresses.
pub fn sign_linked_data(key: &Key, creator: &str, activity: &mut Value) {
    const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
    const STREAMS: &str = "https://www.w3.org/ns/activitystreams#";
    let created = wait::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let id = node::text(activity, "id");
    // Both as URDNA2015 writes them: one statement a line, in order.
    let mut said = vec![format!(
        "<{id}> <{TYPE}> <{STREAMS}{}> .\n",
        node::text(activity, "type")
    )];
    for name in ["actor", "object"] {
        let value = node::text(activity, name);
        said.push(format!("<{id}> <{STREAMS}{name}> <{value}> .\n"));
    }
    said.sort();
    let options = format!(
        "_:c14n0 <http://purl.org/dc/terms/created> \"{created}\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n\
         _:c14n0 <http://purl.org/dc/terms/creator> <{creator}> .\n"
    );
    let signed = format!("{}{}", hex_hash(&options), hex_hash(&said.concat()));
    activity["signature"] = json!({
        "type": "RsaSignature2017",
        "creator": creator,
        "created": created,
        "signatureValue": key.sign(&signed),
    });
}

fn hex_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
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
