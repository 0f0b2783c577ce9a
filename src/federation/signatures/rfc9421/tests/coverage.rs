//! What must be signed, and for which host.

use http::{Method, Uri};

use super::*;

#[test]
fn method_target_digest_and_time_must_be_covered() {
    let post = vector_post();
    assert_eq!(
        signed_over(&post, POSTED, &parameters()).check(&key()),
        Ok(())
    );
    for (left_out, named) in [
        ("@method ", "@method"),
        ("@target-uri ", "@target-uri"),
        (" content-digest", "content-digest"),
    ] {
        let sent = signed_over(&post, &POSTED.replace(left_out, ""), &parameters());
        assert_eq!(
            refused(&sent),
            SignatureError::NotCovered(named),
            "{left_out}"
        );
    }
    let undated = signed_over(&post, POSTED, &format!(r#"keyid="{KEY_ID}""#));
    assert_eq!(refused(&undated), SignatureError::NotCovered("created"));
}

#[test]
fn authority_and_path_are_an_address_if_no_query_is_left_out() {
    let post = vector_post();
    let asks = Sent {
        uri: Uri::from_static("/users/bob/inbox?a=b"),
        ..post.clone()
    };
    for (sent, covered, expected) in [
        (&post, "@authority @path", true),
        (&post, "@authority @request-target", true),
        (&post, "@authority @scheme", false),
        (&post, "@authority @query", false),
        (&post, "@path", false),
        (&post, "@request-target", false),
        (&asks, "@authority @path", false),
        (&asks, "@authority @path @query", true),
        (&asks, "@authority @request-target", true),
    ] {
        let covered = format!("@method {covered} content-digest");
        let checked = signed_over(sent, &covered, &parameters()).check(&key());
        let expected = match expected {
            true => Ok(()),
            false => Err(SignatureError::NotCovered("@target-uri")),
        };
        assert_eq!(checked, expected, "{covered} of {}", sent.uri);
    }
}

#[test]
fn a_body_needs_a_covered_digest_whatever_the_method() {
    let get = Sent {
        method: Method::GET,
        body: Vec::new(),
        ..Sent::post()
    };
    let get = signed_over(&get, "@method @target-uri", &parameters());
    assert_eq!(get.check(&key()), Ok(()));
    let with_body = Sent {
        body: b"x".to_vec(),
        ..get.clone()
    };
    let not_covered = SignatureError::NotCovered("content-digest");
    assert_eq!(refused(&with_body), not_covered);
    let delete = Sent {
        method: Method::DELETE,
        ..get.clone()
    };
    assert_eq!(refused(&delete), not_covered);
    // A digest that nobody asked for must be true all the same.
    let odd = get.set("content-digest", "sha-256=:AAAA:");
    assert_eq!(refused(&odd), SignatureError::DigestMismatch);
}

#[test]
fn what_is_covered_must_be_there_and_known() {
    let post = vector_post();
    assert!(is_malformed(&post.clone().without("content-digest")));
    for name in [
        "x-missing",
        "@status",
        "@query-param",
        "@signature-params",
        "@",
    ] {
        let input = format!("\"@method\" \"{name}\"");
        let sent = post.clone().edit("signature-input", "\"@method\"", &input);
        assert!(is_malformed(&sent), "{name}");
    }
    let more = post.set("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    let covered = format!("{POSTED} date host");
    let signed = signed_over(&more, &covered, &parameters());
    assert_eq!(signed.check(&key()), Ok(()));
    let other = signed.set("date", "Thu, 01 Jan 2026 00:00:01 GMT");
    assert_eq!(other.check(&key()), Err(SignatureError::WrongSignature));
}

#[test]
fn a_request_for_another_host_is_refused_though_its_signature_is_good() {
    let post = vector_post();
    for host in ["c.example", "b.example:8443", "b.example.evil.example", ""] {
        let sent = post.clone().set("host", host);
        assert_eq!(refused(&sent), SignatureError::WrongHost, "{host}");
    }
    for host in ["B.example", "b.example:443"] {
        assert_eq!(
            post.clone().set("host", host).check(&key()),
            Ok(()),
            "{host}"
        );
    }
    assert!(is_malformed(&post.without("host")));
}
