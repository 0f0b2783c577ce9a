//! What must be signed, and for which host.

use http::Method;

use super::*;
use crate::federation::signatures::SignatureError;

#[test]
fn target_host_date_and_digest_must_be_covered() {
    let (post, key) = vector_post();
    let all = "(request-target) host date digest";
    assert_eq!(signed_over(&post, "", all).check(&key), Ok(()));
    for (left_out, named) in [
        ("(request-target) ", "(request-target)"),
        ("host ", "host"),
        ("date ", "date"),
        (" digest", "digest"),
    ] {
        let sent = signed_over(&post, "", &all.replace(left_out, ""));
        assert_eq!(
            sent.parse(),
            Err(SignatureError::NotCovered(named)),
            "{left_out}"
        );
    }
    let nothing = post.edit(
        "signature",
        "headers=\"(request-target) host date digest\",",
        "",
    );
    assert!(matches!(nothing.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_body_needs_a_covered_digest_whatever_the_method() {
    let (get, key) = vector_get();
    assert_eq!(get.check(&key), Ok(()));
    let with_body = Sent {
        body: b"x".to_vec(),
        ..get.clone()
    };
    assert_eq!(with_body.parse(), Err(SignatureError::NotCovered("digest")));
    let delete = Sent {
        method: Method::DELETE,
        ..get
    };
    assert_eq!(delete.parse(), Err(SignatureError::NotCovered("digest")));
}

#[test]
fn a_covered_header_that_is_missing_is_refused() {
    let (post, _) = vector_post();
    for name in ["date", "digest", "host"] {
        let sent = post.clone().without(name);
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{name}"
        );
    }
    let typed = post.edit("signature", "date digest", "date digest content-type");
    assert!(matches!(typed.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_request_for_another_host_is_refused_though_its_signature_is_good() {
    let (post, _) = vector_post();
    for host in ["c.example", "b.example:8443", "b.example.evil.example"] {
        let sent = signed_over(
            &post.clone().set("host", host),
            "",
            "(request-target) host date digest",
        );
        assert_eq!(sent.parse(), Err(SignatureError::WrongHost), "{host}");
    }
    let key = vector_post().1;
    for host in ["B.example", "b.example:443"] {
        let sent = signed_over(
            &post.clone().set("host", host),
            "",
            "(request-target) host date digest",
        );
        assert_eq!(sent.check(&key), Ok(()), "{host}");
    }
}
