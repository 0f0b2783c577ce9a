//! What verifies: the vector, our own signatures, and no others.

use http::{Method, Uri};

use super::{super::*, *};
use crate::federation::signatures::{
    PrivateKey, Signer,
    samples::{address, signer},
};

const INBOX: &str = "https://b.example/users/bob/inbox";

#[test]
fn the_vector_verifies() {
    let unverified = vector_post().parse().expect("well formed");
    assert_eq!(unverified.key_id().as_str(), KEY_ID);
    let vectors = vectors();
    assert_eq!(
        unverified.messages,
        [text(&vectors["rfc9421_post"], "signatureBase")]
    );
    assert_eq!(unverified.verify(&key()), Ok(()));
}

#[test]
fn signing_gives_the_vector_byte_for_byte() {
    let post = vector_post();
    let headers = sign(
        &signer(),
        &Method::POST,
        &address(INBOX),
        Some(&post.body),
        &Asked::default(),
        signed_at(),
    )
    .expect("signed");
    for name in ["content-digest", "signature-input", "signature"] {
        assert_eq!(headers.get_all(name).iter().count(), 1, "{name}");
        assert_eq!(headers[name], post.headers[name], "{name}");
    }
    assert_eq!(headers["host"], "b.example");
    assert_eq!(headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
}

#[test]
fn a_get_is_signed_with_its_query_and_without_a_digest() {
    let url = address("https://b.example/users/bob/outbox?page=true");
    let asked = Asked::default();
    let headers = sign(&signer(), &Method::GET, &url, None, &asked, signed_at()).expect("signed");
    assert!(!headers.contains_key("content-digest"));
    let sent = |target| Sent {
        method: Method::GET,
        uri: Uri::from_static(target),
        headers: headers.clone(),
        body: Vec::new(),
    };
    assert_eq!(sent("/users/bob/outbox?page=true").check(&key()), Ok(()));
    for other in ["/users/bob/outbox?page=false", "/users/bob/outbox"] {
        let checked = sent(other).check(&key());
        assert_eq!(checked, Err(SignatureError::WrongSignature), "{other}");
    }
}

#[test]
fn what_a_server_asks_for_is_covered_under_its_label() {
    let header = r#"ours=("@method" "@authority" "@path" "@query" "host" "date" "content-type");expires;nonce="n";tag="t""#;
    let asked = Asked::read(header).expect("a wish");
    let body = Sent::post().body;
    for (method, body) in [(Method::POST, body), (Method::GET, Vec::new())] {
        let signed = (!body.is_empty()).then_some(&body[..]);
        let headers = sign(
            &signer(),
            &method,
            &address(INBOX),
            signed,
            &asked,
            signed_at(),
        );
        let sent = Sent {
            method,
            uri: Uri::from_static("/users/bob/inbox"),
            headers: headers.expect("signed"),
            body,
        };
        assert_eq!(sent.check(&key()), Ok(()));
        let input = sent.text("signature-input");
        assert!(
            input.starts_with(r#"ours=("@method" "@target-uri" "#),
            "{input}"
        );
        for part in [
            "\"@authority\"",
            "\"@query\"",
            "\"date\"",
            "nonce=\"n\"",
            "tag=\"t\"",
        ] {
            assert!(input.contains(part), "{input}");
        }
        let end = signed_at().timestamp() + 300;
        assert!(input.contains(&format!("expires={end}")), "{input}");
    }
}

#[test]
fn ed25519_signs_and_neither_kind_of_key_passes_for_the_other() {
    let ed25519 = Signer {
        key: PrivateKey::generate_ed25519().expect("a key"),
        ..signer()
    };
    for (signer, said, other) in [
        (ed25519, "ed25519", "rsa-v1_5-sha256"),
        (signer(), "rsa-v1_5-sha256", "ed25519"),
    ] {
        let body = Sent::post().body;
        let headers = sign(
            &signer,
            &Method::POST,
            &address(INBOX),
            Some(&body),
            &Asked::default(),
            signed_at(),
        );
        let sent = Sent {
            headers: headers.expect("signed"),
            ..Sent::post()
        };
        let key = signer.key.public().expect("a public key");
        assert_eq!(sent.check(&key), Ok(()));
        let claimed = sent.edit("signature-input", said, other);
        let checked = claimed.check(&key);
        assert_eq!(checked, Err(SignatureError::UnsupportedAlgorithm));
    }
}

#[test]
fn other_algorithms_are_refused_and_none_means_that_of_the_key() {
    let post = vector_post();
    for algorithm in ["rsa-pss-sha512", "hmac-sha256", "hs2019", "rsa-sha256", ""] {
        let sent = post
            .clone()
            .edit("signature-input", "rsa-v1_5-sha256", algorithm);
        assert_eq!(refused(&sent), SignatureError::UnsupportedAlgorithm);
    }
    let unsaid = signed_over(&post, POSTED, &parameters());
    assert_eq!(unsaid.check(&key()), Ok(()));
}

#[test]
fn another_key_or_body_is_refused() {
    let post = vector_post();
    let other = PrivateKey::generate_rsa().expect("a key");
    let other = other.public().expect("a public key");
    assert_eq!(post.check(&other), Err(SignatureError::WrongSignature));
    let changed = Sent {
        body: b"{}".to_vec(),
        ..post
    };
    assert_eq!(refused(&changed), SignatureError::DigestMismatch);
}
