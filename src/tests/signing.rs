//! Signatures by RFC 9421 at the door, and whose they are: each refusal
//! asserts that nothing was stored (SECURITY.md 2). On both databases.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;

use super::{foreign::Foreign, inbox::entries_of, inbox::following};
use crate::{federation::signatures::PrivateKey, storage::testing::on_both};

#[test]
fn a_request_signed_by_rfc_9421_is_taken_in_and_an_altered_one_is_not() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let body = her.activity(2, "Create", her.note(1, "x")).to_string();
        let signed = || her.request_by_rfc9421(&node, "/inbox", body.as_bytes());
        type Change = fn(&mut Request<Body>);
        let changes: [(&str, Change); 9] = [
            ("no signature", |request| {
                request.headers_mut().remove("signature");
            }),
            ("no input", |request| {
                request.headers_mut().remove("signature-input");
            }),
            ("no digest", |request| {
                request.headers_mut().remove("content-digest");
            }),
            ("a second digest", |request| {
                let digest = request.headers()["content-digest"].clone();
                request.headers_mut().append("content-digest", digest);
            }),
            ("a second input", |request| {
                let input = request.headers()["signature-input"].clone();
                request.headers_mut().append("signature-input", input);
            }),
            ("another body", |request| {
                *request.body_mut() = Body::from("{}");
            }),
            ("another path", |request| {
                *request.uri_mut() = "/orgs/moj/inbox".parse().expect("valid");
            }),
            ("a query", |request| {
                *request.uri_mut() = "/inbox?a=b".parse().expect("valid");
            }),
            ("another end", |request| {
                let input = request.headers()["signature-input"].clone();
                let input = input.to_str().expect("a text");
                let input = input.replace(";keyid", ";expires=9999999999;keyid");
                let input = input.parse().expect("valid");
                request.headers_mut().insert("signature-input", input);
            }),
        ];
        for (what, change) in changes {
            let mut request = signed();
            change(&mut request);
            let answer = node.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
            assert_eq!(
                answer.headers["accept-signature"],
                r#"sig1=("@method" "@target-uri" "content-digest");created;keyid"#
            );
        }
        let late = signed();
        node.pass(chrono::TimeDelta::hours(13));
        assert_eq!(node.send(late).await.status, StatusCode::UNAUTHORIZED);
        node.pass(chrono::TimeDelta::hours(-13));
        assert_eq!(entries_of(&node).await, []);
        assert_eq!(node.send(signed()).await.status, StatusCode::ACCEPTED);
        assert_eq!(entries_of(&node).await.len(), 1);
    });
}

#[test]
fn the_key_of_the_signature_that_verified_must_be_the_actors() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let attacker = Foreign::new(&node, "evil.example", "eve").await;
        let forged = her.activity(2, "Create", her.note(1, "forged")).to_string();
        let request = attacker.request_by_rfc9421(&node, "/inbox", forged.as_bytes());
        // Handed on without proof: acknowledged and forgotten.
        assert_eq!(node.send(request).await.status, StatusCode::ACCEPTED);
        assert_eq!(entries_of(&node).await, []);
        // Her name beside the attacker's signature, before it and after it.
        let named = Foreign {
            signer: crate::federation::signatures::Signer {
                key_id: her.signer.key_id.clone(),
                key: PrivateKey::generate_rsa().expect("a key"),
            },
            ..Foreign::new(&node, "evil.example", "eve").await
        };
        for her_first in [true, false] {
            let mine = attacker.request_by_rfc9421(&node, "/inbox", forged.as_bytes());
            let hers = named.request_by_rfc9421(&node, "/inbox", forged.as_bytes());
            let (mut request, both) = match her_first {
                true => (hers, mine),
                false => (mine, hers),
            };
            for name in ["signature-input", "signature"] {
                let first = request.headers()[name].to_str().expect("a text");
                let second = both.headers()[name].to_str().expect("a text");
                let second = second.replacen("sig1", "sig2", 1);
                let value = format!("{first}, {second}").parse().expect("valid");
                request.headers_mut().insert(name, value);
            }
            let status = node.send(request).await.status;
            assert!(matches!(status.as_u16(), 202 | 401), "{status}");
        }
        assert_eq!(entries_of(&node).await, []);
        let own = attacker.activity(9, "Follow", json!("https://n.example/orgs/moj"));
        let request = attacker.request_by_rfc9421(&node, "/inbox", own.to_string().as_bytes());
        assert_eq!(node.send(request).await.status, StatusCode::ACCEPTED);
    });
}
