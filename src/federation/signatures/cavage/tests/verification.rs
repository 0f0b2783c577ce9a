//! What verifies: the vectors, our own signatures, those of others.

use http::{Method, Uri};

use super::{super::*, *};
use crate::federation::signatures::{
    PrivateKey, Signer,
    samples::{address, signed_at, signer},
};

#[test]
fn the_vectors_verify() {
    let (post, key) = vector_post();
    let unverified = post.parse().expect("well formed");
    assert_eq!(
        unverified.key_id().as_str(),
        "https://a.example/users/alice#main-key"
    );
    assert_eq!(
        unverified.messages,
        [text(&vectors()["cavage_post"], "signingString")]
    );
    assert_eq!(unverified.verify(&key), Ok(()));
    let (get, key) = vector_get();
    let unverified = get.parse().expect("well formed");
    assert_eq!(
        unverified.messages[0],
        text(&vectors()["cavage_get_query"], "signingString")
    );
    assert_eq!(unverified.verify(&key), Ok(()));
}

#[test]
fn signing_gives_the_vectors_byte_for_byte() {
    let (post, _) = vector_post();
    let inbox = address("https://b.example/users/bob/inbox");
    let signer = signer();
    let headers = sign(
        &signer,
        &Method::POST,
        &inbox,
        Query::Signed,
        Some(&post.body),
        signed_at(),
    );
    assert_eq!(headers, Ok(post.headers));
    let (get, _) = vector_get();
    let outbox = address("https://b.example/users/bob/outbox?page=true");
    let headers = sign(
        &signer,
        &Method::GET,
        &outbox,
        Query::Signed,
        None,
        signed_at(),
    );
    assert_eq!(headers, Ok(get.headers));
}

#[test]
fn a_signature_without_the_query_verifies_and_one_over_another_query_does_not() {
    let (get, key) = vector_get();
    let outbox = address("https://b.example/users/bob/outbox?page=true");
    let headers = sign(
        &signer(),
        &Method::GET,
        &outbox,
        Query::LeftOut,
        None,
        signed_at(),
    );
    let older = Sent {
        headers: headers.expect("signed"),
        ..get.clone()
    };
    assert_eq!(older.check(&key), Ok(()));
    for uri in ["/users/bob/outbox?page=false", "/users/bob/outbox"] {
        let other = Sent {
            uri: Uri::from_static(uri),
            ..get.clone()
        };
        assert_eq!(
            other.check(&key),
            Err(SignatureError::WrongSignature),
            "{uri}"
        );
    }
}

#[test]
fn ed25519_signs_as_hs2019_and_never_passes_for_rsa() {
    let signer = Signer {
        key: PrivateKey::generate_ed25519().expect("a key"),
        ..signer()
    };
    let (post, _) = vector_post();
    let inbox = address("https://b.example/users/bob/inbox");
    let headers = sign(
        &signer,
        &Method::POST,
        &inbox,
        Query::Signed,
        Some(&post.body),
        signed_at(),
    );
    let sent = Sent {
        headers: headers.expect("signed"),
        ..post
    };
    let key = signer.key.public().expect("a public key");
    assert!(sent.text("signature").contains(r#"algorithm="hs2019""#));
    assert_eq!(sent.check(&key), Ok(()));
    let claimed = sent.edit("signature", "hs2019", "rsa-sha256");
    assert_eq!(
        claimed.check(&key),
        Err(SignatureError::UnsupportedAlgorithm)
    );
}

#[test]
fn other_algorithms_are_refused() {
    let (post, key) = vector_post();
    for algorithm in ["rsa-sha1", "rsa-sha512", "hmac-sha256", "RSA-SHA256", ""] {
        let sent = post.clone().edit("signature", "rsa-sha256", algorithm);
        assert_eq!(
            sent.parse(),
            Err(SignatureError::UnsupportedAlgorithm),
            "{algorithm}"
        );
    }
    for algorithm in ["algorithm=\"hs2019\",", ""] {
        let sent = post
            .clone()
            .edit("signature", "algorithm=\"rsa-sha256\",", algorithm);
        assert_eq!(sent.check(&key), Ok(()), "{algorithm}");
    }
}

#[test]
fn another_key_or_body_is_refused() {
    let (post, _) = vector_post();
    let other = PrivateKey::generate_rsa().expect("a key");
    let other = other.public().expect("a public key");
    assert_eq!(post.check(&other), Err(SignatureError::WrongSignature));
    let changed = Sent {
        body: b"{}".to_vec(),
        ..post
    };
    assert_eq!(changed.parse(), Err(SignatureError::DigestMismatch));
}

/// What others build on: the crate of a widespread library signs, we verify.
#[test]
fn a_request_signed_by_another_implementation_verifies() {
    let (post, key) = vector_post();
    let headers = ["host", "date", "digest"]
        .map(|name| {
            let value = post.headers[name].to_str().expect("a text").to_owned();
            (name.to_owned(), value)
        })
        .into();
    let signed = http_signature_normalization::Config::new()
        .mastodon_compat()
        .begin_sign("POST", "/users/bob/inbox", headers)
        .expect("complete")
        .sign(
            "https://a.example/users/alice#main-key".to_owned(),
            |message| {
                let bytes = signer().key.sign(message.as_bytes());
                Ok::<_, std::convert::Infallible>(base64::Engine::encode(
                    &base64::engine::general_purpose::STANDARD,
                    bytes,
                ))
            },
        )
        .expect("signed");
    let sent = post.set("signature", &signed.signature_header());
    assert_eq!(sent.check(&key), Ok(()));
}
