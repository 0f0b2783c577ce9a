//! `Content-Digest` (RFC 9530): ties a body to a signature by RFC 9421.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use sfv::{Dictionary, ListEntry};

use super::{SignatureError, digest::Claimed, rfc9421::read_exactly};

/// The header's value for a body.
pub fn header(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body)))
}

/// What a header says that the body's digests are: all of kinds that are still
/// believed in.
pub(super) fn claimed(header: &str) -> Result<Claimed, SignatureError> {
    let digests: Dictionary = read_exactly(header)?;
    if digests.is_empty() {
        return Err(SignatureError::Malformed("the content-digest is empty"));
    }
    let mut all = Vec::with_capacity(digests.len());
    for (name, value) in &digests {
        let claimed = match value {
            ListEntry::Item(item) if item.params.is_empty() => item.bare_item.as_byte_sequence(),
            ListEntry::Item(_) | ListEntry::InnerList(_) => None,
        };
        let claimed = claimed.ok_or(SignatureError::Malformed(
            "a content-digest is not a digest",
        ))?;
        all.push((algorithm(name.as_str())?, claimed.to_vec()));
    }
    Ok(Claimed(all))
}

fn algorithm(name: &str) -> Result<&'static Algorithm, SignatureError> {
    match name {
        "sha-256" => Ok(&SHA256),
        "sha-512" => Ok(&SHA512),
        _ => Err(SignatureError::Malformed(
            "a content-digest is neither SHA-256 nor SHA-512",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, body: &[u8]) -> Result<(), SignatureError> {
        claimed(header)?.check(body)
    }

    #[test]
    fn every_digest_that_is_named_must_be_the_bodys() {
        let good = header(b"body");
        let long = format!("sha-512=:{}:", STANDARD.encode(digest(&SHA512, b"body")));
        for header in [&good, &long, &format!("{good}, {long}")] {
            assert_eq!(check(header, b"body"), Ok(()), "{header}");
            assert_eq!(check(header, b"bodY"), Err(SignatureError::DigestMismatch));
        }
        let other = super::header(b"other");
        let mixed = format!("{other}, {long}");
        assert_eq!(check(&mixed, b"body"), Err(SignatureError::DigestMismatch));
    }

    #[test]
    fn what_is_no_list_of_digests_is_refused() {
        let good = header(b"body");
        for header in [
            String::new(),
            "sha-256".into(),
            "sha-256=1".into(),
            "sha-256=()".into(),
            format!("{good};x"),
            format!("{good}, {good}"),
            format!("{good}, md5=:AAAA:"),
            good.replace("sha-256", "SHA-256"),
            good.replace("=:", "="),
            good.trim_end_matches(':').to_owned(),
        ] {
            assert!(
                matches!(check(&header, b"body"), Err(SignatureError::Malformed(_))),
                "{header:?}"
            );
        }
    }
}
