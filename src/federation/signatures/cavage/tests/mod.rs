//! The draft, by subject: what verifies, what must be covered, how headers
//! must look, dates, and random changes.

mod coverage;
mod dates;
mod headers;
mod properties;
mod verification;

use http::{Method, Uri};

use crate::federation::signatures::{
    PublicKey,
    samples::{KEY_ID, Sent, key, signature_of, text, vectors},
};

fn vector_post() -> (Sent, PublicKey) {
    let vectors = vectors();
    let vector = &vectors["cavage_post"];
    let sent = Sent::post()
        .set("date", text(vector, "date"))
        .set("digest", text(vector, "digest"))
        .set("signature", text(vector, "signatureHeader"));
    (sent, key())
}

fn vector_get() -> (Sent, PublicKey) {
    let (post, key) = vector_post();
    let vectors = vectors();
    let vector = &vectors["cavage_get_query"];
    let sent = Sent {
        method: Method::GET,
        uri: Uri::from_static("/users/bob/outbox?page=true"),
        body: Vec::new(),
        ..post.without("digest")
    };
    let sent = sent
        .set("date", text(vector, "date"))
        .set("signature", text(vector, "signatureHeader"));
    (sent, key)
}

/// A request that covers exactly `covered`, signed with the vectors' key.
fn signed_over(sent: &Sent, parameters: &str, covered: &str) -> Sent {
    let lines: Vec<String> = covered
        .split(' ')
        .map(|name| match name {
            "(request-target)" => format!(
                "{name}: {} {}",
                sent.method.as_str().to_lowercase(),
                sent.uri.path_and_query().expect("a path")
            ),
            "(created)" | "(expires)" => {
                let parameter = name.trim_matches(['(', ')']);
                let (_, rest) = parameters
                    .split_once(&format!("{parameter}="))
                    .expect("the parameter");
                let digits: String = rest
                    .trim_start_matches('"')
                    .chars()
                    .take_while(char::is_ascii_digit)
                    .collect();
                format!("{name}: {digits}")
            }
            name => format!("{name}: {}", sent.headers[name].to_str().expect("a text")),
        })
        .collect();
    let signature = signature_of(&lines.join("\n"));
    sent.clone().set(
        "signature",
        &format!(r#"keyId="{KEY_ID}",{parameters}headers="{covered}",signature="{signature}""#),
    )
}
