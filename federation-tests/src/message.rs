//! Signatures of the newer kind as other servers make them (RFC 9421),
//! written apart from the product so that a fault there shows.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{remote::Remote, signing::Key, wait};

/// Everything that a delivery signs; change a field to make a bad one.
#[derive(Debug, Clone)]
pub struct Message {
    pub path: String,
    /// The `Host` header.
    pub host: String,
    /// Components in order, as they stand in the header, without quotes.
    pub covered: Vec<&'static str>,
    /// Seconds since 1970; none leaves it out.
    pub created: Option<i64>,
    pub expires: Option<i64>,
    pub key_id: String,
    pub algorithm: &'static str,
    /// What stands behind the other parameters.
    pub more: &'static str,
    /// The `Content-Digest` header.
    pub digest: String,
    pub body: Vec<u8>,
}

impl Message {
    /// A delivery to the shared inbox of a server, signed as it should be.
    pub fn new(remote: &Remote, origin: &str, body: Vec<u8>) -> Self {
        Self {
            path: "/inbox".to_owned(),
            host: origin.trim_start_matches("http://").to_owned(),
            covered: vec!["@method", "@target-uri", "content-digest"],
            created: Some(wait::now().timestamp()),
            expires: None,
            key_id: remote.key_id(),
            algorithm: "rsa-v1_5-sha256",
            more: "",
            digest: content_digest(&body),
            body,
        }
    }

    /// What the signature covers and says of itself.
    pub fn input(&self) -> String {
        let names: Vec<String> = self
            .covered
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let mut input = format!("({})", names.join(" "));
        for (name, at) in [("created", self.created), ("expires", self.expires)] {
            if let Some(at) = at {
                input.push_str(&format!(";{name}={at}"));
            }
        }
        input.push_str(&format!(
            ";keyid=\"{}\";alg=\"{}\"{}",
            self.key_id, self.algorithm, self.more
        ));
        input
    }

    /// Base64 of the signature (RFC 9421 2.5).
    pub fn signature(&self, key: &Key) -> String {
        let mut base = String::new();
        for name in &self.covered {
            base.push_str(&format!("\"{name}\": {}\n", self.component(name)));
        }
        base.push_str(&format!("\"@signature-params\": {}", self.input()));
        key.sign(&base)
    }

    /// The header lines, with this signature under the label `sig1`.
    pub fn lines(&self, signature: &str) -> Vec<String> {
        vec![
            format!("host: {}", self.host),
            format!("content-digest: {}", self.digest),
            "content-type: application/activity+json".to_owned(),
            format!("signature-input: sig1={}", self.input()),
            format!("signature: sig1=:{signature}:"),
        ]
    }

    fn component(&self, name: &str) -> String {
        match name {
            "@method" => "POST".to_owned(),
            "@target-uri" => format!("http://{}{}", self.host, self.path),
            "@authority" => self.host.clone(),
            "@path" => self.path.clone(),
            "content-digest" => self.digest.clone(),
            other => panic!("this message has no component {other}"),
        }
    }
}

/// `sha-256=:…:` of a body (RFC 9530).
pub fn content_digest(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    format!("sha-256=:{}:", STANDARD.encode(hash.as_ref()))
}
