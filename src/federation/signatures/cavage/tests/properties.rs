//! Random changes: none is accepted, and none makes the reader panic.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_altered_byte_of_a_header_is_accepted(
        name in prop::sample::select(vec!["host", "date", "digest", "signature"]),
        index in any::<usize>(),
        byte in any::<u8>(),
    ) {
        let (post, key) = vector_post();
        if let Some(altered) = post.altered(name, index, byte) {
            // Another keyId is another claim, about a key that did not sign.
            let claims_our_key = name != "signature"
                || altered.text("signature").contains(&format!(r#"keyId="{KEY_ID}""#));
            if claims_our_key {
                prop_assert!(altered.check(&key).is_err(), "{:?}", altered.headers[name]);
            }
        }
    }

    #[test]
    fn no_altered_byte_of_body_path_or_method_is_accepted(
        part in 0..3_usize,
        index in any::<usize>(),
        byte in any::<u8>(),
        get in any::<bool>(),
    ) {
        let (sent, key) = if get { vector_get() } else { vector_post() };
        if let Some(altered) = sent.altered_elsewhere(part, index, byte) {
            prop_assert!(altered.check(&key).is_err(), "{} {}", altered.method, altered.uri);
        }
    }

    #[test]
    fn no_bytes_in_headers_make_the_reader_panic(
        headers in prop::collection::vec(
            (
                prop::sample::select(vec!["signature", "host", "date", "digest", "signature-input"]),
                prop::collection::vec(any::<u8>(), 0..64),
            ),
            0..6,
        ),
        tail in r#"[a-zA-Z0-9"=,() \\-]{0,80}"#,
    ) {
        let (mut sent, key) = vector_post();
        for (name, bytes) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                sent.headers.insert(name, value);
            }
        }
        let _ = sent.check(&key);
        let sent = vector_post().0.set("signature", &tail);
        let _ = sent.check(&key);
    }
}
