//! RFC 9421, by subject: what verifies, what must be covered, how headers
//! must look, dates, which of several signatures counts, random changes.

mod coverage;
mod dates;
mod headers;
mod labels;
mod properties;
mod verification;

use super::*;
use crate::federation::signatures::samples::{
    KEY_ID, Sent, key, signature_of, signed_at, text, vectors,
};

const POSTED: &str = "@method @target-uri content-digest";

/// The parameters of a signature made when the vectors were.
fn parameters() -> String {
    format!(r#"created={};keyid="{KEY_ID}""#, signed_at().timestamp())
}

fn vector_post() -> Sent {
    let vectors = vectors();
    let vector = &vectors["rfc9421_post"];
    Sent::post()
        .set("content-digest", text(vector, "contentDigest"))
        .set("signature-input", text(vector, "signatureInputHeader"))
        .set("signature", text(vector, "signatureHeader"))
}

/// What is put into the two headers, written without the code under test.
fn signed_parts(sent: &Sent, covered: &str, parameters: &str) -> (String, String) {
    let target = sent.uri.to_string();
    let line = |name: &str| {
        let value = match name {
            "@method" => sent.method.to_string(),
            "@target-uri" => format!("https://b.example{target}"),
            "@authority" => "b.example".to_owned(),
            "@scheme" => "https".to_owned(),
            "@request-target" => target.clone(),
            "@path" => sent.uri.path().to_owned(),
            "@query" => format!("?{}", sent.uri.query().unwrap_or_default()),
            name => sent.text(name),
        };
        format!("\"{name}\": {value}\n")
    };
    let names: Vec<&str> = covered.split(' ').filter(|name| !name.is_empty()).collect();
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let input = format!("({});{parameters}", quoted.join(" "));
    let lines: String = names.into_iter().map(line).collect();
    let signature = signature_of(&format!("{lines}\"@signature-params\": {input}"));
    (input, format!(":{signature}:"))
}

/// A request that covers exactly `covered`, signed with the vectors' key.
fn signed_over(sent: &Sent, covered: &str, parameters: &str) -> Sent {
    let (input, signature) = signed_parts(sent, covered, parameters);
    sent.clone()
        .set("signature-input", &format!("sig1={input}"))
        .set("signature", &format!("sig1={signature}"))
}

fn refused(sent: &Sent) -> SignatureError {
    sent.parse().expect_err("refused")
}

fn is_malformed(sent: &Sent) -> bool {
    matches!(sent.parse(), Err(SignatureError::Malformed(_)))
}
