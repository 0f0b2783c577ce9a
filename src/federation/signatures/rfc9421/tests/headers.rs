//! How headers must look: each once, and in one form.

use http::Method;

use super::*;
use crate::federation::signatures::{MAX_BODY_BYTES, samples::signer};

#[test]
fn an_unsigned_or_oversize_request_is_refused_first() {
    let post = vector_post();
    let unsigned = post.clone().without("signature");
    assert_eq!(refused(&unsigned), SignatureError::Unsigned);
    let large = Sent {
        body: vec![b' '; MAX_BODY_BYTES + 1],
        ..unsigned
    };
    assert_eq!(refused(&large), SignatureError::TooLarge);
    let small = Sent {
        method: Method::from_bytes(b"post").expect("a token"),
        ..post
    };
    assert!(is_malformed(&small));
}

#[test]
fn duplicate_headers_are_refused() {
    let post = vector_post();
    for name in ["signature", "signature-input", "content-digest", "host"] {
        let twice = post.clone().add(name, &post.text(name));
        assert!(is_malformed(&twice), "{name}");
    }
}

#[test]
fn what_stands_twice_in_a_header_is_refused_even_with_the_same_value() {
    let post = vector_post();
    for name in ["signature", "signature-input", "content-digest"] {
        let value = post.text(name);
        let twice = post.clone().set(name, &format!("{value}, {value}"));
        assert!(is_malformed(&twice), "{name}");
    }
    let input = post.text("signature-input");
    for parameter in input.split(';').skip(1) {
        let twice = post
            .clone()
            .set("signature-input", &format!("{input};{parameter}"));
        assert!(is_malformed(&twice), "{parameter}");
    }
    let covered = post.edit("signature-input", "\"@method\"", "\"@method\" \"@method\"");
    assert!(is_malformed(&covered));
}

#[test]
fn malformed_headers_are_refused() {
    let post = vector_post();
    for (from, to) in [
        ("sig1=(", "sig1="),
        ("sig1=(", "Sig1=("),
        ("sig1=(\"@method\"", "sig1=(@method"),
        ("\"@method\"", "\"@Method\""),
        ("\"@method\"", "\"@method\";req"),
        ("\"@method\"", "method"),
        ("\"content-digest\"", "\"content-digest\";sf"),
        ("created=", "created=0"),
        ("created=1767225600", "created"),
        ("created=1767225600", "created=\"1767225600\""),
        ("created=1767225600", "created=1767225600.0"),
        ("created=1767225600", "created=@1767225600"),
        ("created=1767225600", "created=999999999999999"),
        ("created=", "x-created=1;created="),
        ("created=", "nonce=1;created="),
        ("keyid=\"", "keyid=\" "),
        ("keyid=", "key=\"\";keyid="),
        ("https://a.example", "acct:alice@a.example"),
        ("https://a.example", "https://x:y@a.example"),
        ("https://a.example", "ftp://a.example"),
        (";keyid=\"https://a.example/users/alice#main-key\"", ""),
        ("alg=\"rsa-v1_5-sha256\"", "alg=rsa"),
    ] {
        let edited = post.clone().edit("signature-input", from, to);
        assert!(
            is_malformed(&edited),
            "{from} -> {to}: {:?}",
            edited.parse()
        );
    }
    for (from, to) in [("=:", "="), ("=:", "=(:"), ("==:", "="), ("=:", "=:!")] {
        let edited = post.clone().edit("signature", from, to);
        assert!(
            is_malformed(&edited),
            "{from} -> {to}: {:?}",
            edited.parse()
        );
    }
    for text in [
        "sig1",
        "sig1=1",
        "sig1=()",
        "sig1=:AAAA:;x",
        "sig1=:A:",
        "\u{20ac}",
    ] {
        let edited = post.clone().set("signature", text);
        assert!(is_malformed(&edited), "{text}: {:?}", edited.parse());
    }
    let long = post.set("signature-input", &format!("sig1=({})", " ".repeat(9_000)));
    assert!(is_malformed(&long));
}

#[test]
fn more_components_or_signatures_than_anybody_needs_are_refused() {
    let names: Vec<String> = (0..33).map(|i| format!("\"x-{i}\"")).collect();
    let many = vector_post().set("signature-input", &format!("sig1=({})", names.join(" ")));
    assert!(is_malformed(&many));
    let labels: Vec<String> = (0..9).map(|i| format!("sig{i}=()")).collect();
    let many = vector_post().set("signature-input", &labels.join(", "));
    assert!(is_malformed(&many));
}

/// A server on the way may add its own header to what was signed by the draft.
#[test]
fn a_request_signed_by_the_draft_counts_though_it_has_a_signature_input() {
    let vectors = vectors();
    let vector = &vectors["cavage_post"];
    let post = Sent::post()
        .set("date", text(vector, "date"))
        .set("digest", text(vector, "digest"))
        .set("signature", text(vector, "signatureHeader"));
    for input in [
        "",
        "sig1=()",
        "nonsense(",
        &vector_post().text("signature-input"),
    ] {
        let both = post.clone().set("signature-input", input);
        assert_eq!(both.check(&key()), Ok(()), "{input}");
    }
    let altered = post
        .set("signature-input", "sig1=()")
        .edit("signature", "alice", "eve");
    let unverified = altered.parse().expect("well formed");
    assert_ne!(unverified.key_id(), &signer().key_id);
    // When neither can be read, what is wrong with the newer is told.
    let neither = vector_post().edit("signature-input", "\"@method\" ", "");
    assert_eq!(refused(&neither), SignatureError::NotCovered("@method"));
}
