//! Random changes: none is accepted, and none makes the reader panic.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_altered_byte_of_a_header_is_accepted(
        name in prop::sample::select(vec!["content-digest", "signature-input", "signature"]),
        index in any::<usize>(),
        byte in any::<u8>(),
    ) {
        let post = vector_post();
        if let Some(altered) = post.altered(name, index, byte) {
            // Another keyid is another claim, about a key that did not sign.
            let claims_our_key = altered
                .text("signature-input")
                .contains(&format!(r#"keyid="{KEY_ID}""#));
            if claims_our_key {
                prop_assert!(altered.check(&key()).is_err(), "{:?}", altered.headers[name]);
            }
        }
    }

    #[test]
    fn no_altered_byte_of_body_path_or_method_is_accepted(
        part in 0..3_usize,
        index in any::<usize>(),
        byte in any::<u8>(),
    ) {
        if let Some(altered) = vector_post().altered_elsewhere(part, index, byte) {
            prop_assert!(altered.check(&key()).is_err(), "{} {}", altered.method, altered.uri);
        }
    }

    #[test]
    fn no_query_is_added_or_changed_unseen(
        covered in prop::sample::select(vec![
            "@target-uri",
            "@authority @path",
            "@authority @path @query",
            "@authority @request-target",
        ]),
        signed in "(\\?[a-z=&]{0,6})?",
        sent in "(\\?[a-z=&]{0,6})?",
    ) {
        let at = |query: &str| Sent {
            uri: format!("/users/bob/inbox{query}").parse().expect("an address"),
            ..vector_post()
        };
        let covered = format!("@method {covered} content-digest");
        let genuine = signed_over(&at(&signed), &covered, &parameters());
        let altered = Sent { uri: at(&sent).uri, ..genuine.clone() };
        if genuine.check(&key()).is_err() {
            return Ok(());
        }
        // An empty query is the same as none (RFC 9421 2.2.7).
        if signed.trim_end_matches('?') != sent.trim_end_matches('?') {
            prop_assert!(altered.check(&key()).is_err(), "{covered}: {signed} for {sent}");
        }
    }

    #[test]
    fn no_bytes_in_headers_make_the_reader_panic(
        headers in prop::collection::vec(
            (
                prop::sample::select(vec!["signature", "host", "content-digest", "signature-input"]),
                prop::collection::vec(any::<u8>(), 0..64),
            ),
            0..6,
        ),
        input in r#"sig1=[a-z0-9"=,();@:? -]{0,80}"#,
        value in r#"sig1=[a-z0-9"=,();@:? -]{0,40}"#,
        asked in r#"[a-z0-9"=,();@:?* -]{0,80}"#,
    ) {
        let mut sent = vector_post();
        for (name, bytes) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                sent.headers.insert(name, value);
            }
        }
        let _ = sent.check(&key());
        let sent = vector_post().set("signature-input", &input);
        let _ = sent.check(&key());
        let _ = sent.set("signature", &value).check(&key());
        let _ = Asked::read(&asked);
    }
}
