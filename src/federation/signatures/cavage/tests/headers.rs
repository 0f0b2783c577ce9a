//! How headers must look: each once, and in one form.

use http::Method;

use super::*;
use crate::federation::signatures::{MAX_BODY_BYTES, SignatureError};

#[test]
fn an_unsigned_or_oversize_request_is_refused_first() {
    let (post, _) = vector_post();
    assert_eq!(
        post.clone().without("signature").parse(),
        Err(SignatureError::Unsigned)
    );
    let large = Sent {
        body: vec![b' '; MAX_BODY_BYTES + 1],
        ..post.without("signature")
    };
    assert_eq!(large.parse(), Err(SignatureError::TooLarge));
}

#[test]
fn a_method_in_small_letters_does_not_pass_for_the_signed_one() {
    let (post, _) = vector_post();
    let small = Sent {
        method: Method::from_bytes(b"post").expect("a token"),
        ..post
    };
    assert!(matches!(small.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn duplicate_headers_are_refused() {
    let (post, _) = vector_post();
    for name in ["signature", "digest", "host", "date"] {
        let value = post.headers[name].to_str().expect("a text").to_owned();
        let twice = post.clone().add(name, &value);
        assert!(
            matches!(twice.parse(), Err(SignatureError::Malformed(_))),
            "{name}"
        );
    }
    let covered = "(request-target) host date digest content-type";
    let typed = signed_over(&post.set("content-type", "a/b"), "", covered);
    assert!(typed.parse().is_ok());
    let twice = typed.add("content-type", "a/b");
    assert!(matches!(twice.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_parameter_that_stands_twice_is_refused_even_with_the_same_value() {
    let (post, key) = vector_post();
    assert_eq!(post.check(&key), Ok(()));
    let whole = post.text("signature");
    for parameter in whole.split("\",") {
        let again = format!("{whole},{}\"", parameter.trim_end_matches('"'));
        let twice = post.clone().set("signature", &again);
        assert!(
            matches!(twice.parse(), Err(SignatureError::Malformed(_))),
            "{again}"
        );
    }
}

#[test]
fn malformed_signature_headers_are_refused() {
    let (post, _) = vector_post();
    for (from, to) in [
        ("algorithm=", "keyId="),
        ("algorithm=", "created="),
        ("algorithm=", "nonce="),
        ("keyId=\"", "keyId=\" "),
        ("https://a.example", "acct:alice@a.example"),
        ("https://a.example", "https://x:y@a.example"),
        ("https://a.example", "ftp://a.example"),
        ("host date", "host host"),
        ("host date", "host  date"),
        ("host date", "Host date"),
        ("host date", "host\tdate"),
        ("\",algorithm", "\"algorithm"),
        ("\",algorithm", ",algorithm"),
        ("\"rsa-sha256\"", "rsa-sha256"),
        ("rsa-sha256", "rsa\\-sha256"),
        ("signature=\"", "signature=\"!"),
        ("sEWCg==\"", "sEWCh==\""),
        ("sEWCg==\"", "sEWCg\""),
        ("==\"", "==\","),
        ("keyId", "keyid"),
        ("headers=", "signature="),
    ] {
        let edited = post.clone().edit("signature", from, to);
        assert!(
            matches!(edited.parse(), Err(SignatureError::Malformed(_))),
            "{from} -> {to}: {:?}",
            edited.parse()
        );
    }
    let long = post.clone().set("signature", &"a".repeat(9_000));
    assert!(matches!(long.parse(), Err(SignatureError::Malformed(_))));
}
