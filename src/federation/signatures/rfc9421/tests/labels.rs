//! Which of several signatures counts.

use super::*;
use crate::federation::signatures::PrivateKey;

/// A request with several signatures: label, key, what is covered.
fn with(signatures: &[(&str, &str, &str)]) -> Sent {
    let post = vector_post();
    let (mut inputs, mut values) = (Vec::new(), Vec::new());
    for (label, key_id, covered) in signatures {
        let parameters = parameters().replace(KEY_ID, key_id);
        let (input, signature) = signed_parts(&post, covered, &parameters);
        inputs.push(format!("{label}={input}"));
        values.push(format!("{label}={signature}"));
    }
    // The order of values means nothing.
    values.reverse();
    post.set("signature-input", &inputs.join(", "))
        .set("signature", &values.join(", "))
}

fn key_of(sent: &Sent) -> String {
    sent.parse().expect("well formed").key_id().to_string()
}

const PROXY: &str = "https://proxy.example/key";

#[test]
fn the_first_that_meets_the_rules_counts_and_names_the_key() {
    let sent = with(&[
        ("proxy", PROXY, "@method"),
        ("sig1", KEY_ID, POSTED),
        ("late", PROXY, POSTED),
    ]);
    assert_eq!(key_of(&sent), KEY_ID);
    assert_eq!(sent.check(&key()), Ok(()));
    let sent = with(&[("late", PROXY, POSTED), ("sig1", KEY_ID, POSTED)]);
    assert_eq!(key_of(&sent), PROXY);
}

#[test]
fn the_signature_under_another_label_does_not_stand_in() {
    let sent = with(&[("a", KEY_ID, POSTED), ("b", PROXY, POSTED)]);
    let value = sent.text("signature");
    let swapped = value
        .replace("b=", "c=")
        .replace("a=", "b=")
        .replace("c=", "a=");
    let swapped = sent.set("signature", &swapped);
    assert_eq!(key_of(&swapped), KEY_ID);
    assert_eq!(swapped.check(&key()), Err(SignatureError::WrongSignature));
    let other = PrivateKey::generate_rsa().expect("a key");
    let other = other.public().expect("a public key");
    assert_eq!(swapped.check(&other), Err(SignatureError::WrongSignature));
}

#[test]
fn a_label_needs_both_headers() {
    let sent = vector_post().edit("signature", "sig1", "sig2");
    assert_eq!(refused(&sent), SignatureError::Unsigned);
    let none = vector_post().set("signature-input", "");
    assert_eq!(refused(&none), SignatureError::Unsigned);
    let sent = with(&[("a", PROXY, POSTED), ("b", KEY_ID, POSTED)]);
    let sent = sent.edit("signature", "a=", "x=");
    assert_eq!(key_of(&sent), KEY_ID);
}
