//! `Digest: SHA-256=…` (RFC 3230 as the fediverse uses it): ties a body to
//! the signature.

use aws_lc_rs::digest::{Algorithm, SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::SignatureError;

/// The header's value for a body.
pub fn header(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(digest(&SHA256, body)))
}

/// What a header says that the body's digest is: exactly one SHA-256. Lists of
/// several digests and other algorithms are refused.
pub(super) fn claimed(header: &str) -> Result<Claimed, SignatureError> {
    let (algorithm, text) = header
        .split_once('=')
        .ok_or(SignatureError::Malformed("the digest has no value"))?;
    if !algorithm.eq_ignore_ascii_case("SHA-256") {
        return Err(SignatureError::Malformed("the digest is not SHA-256"));
    }
    let claimed = STANDARD
        .decode(text)
        .map_err(|_| SignatureError::Malformed("the digest is not base64"))?;
    Ok(Claimed(vec![(&SHA256, claimed)]))
}

/// Digests that a body must have, all of them.
#[derive(Debug, Default)]
pub(super) struct Claimed(pub Vec<(&'static Algorithm, Vec<u8>)>);

impl Claimed {
    pub fn check(&self, body: &[u8]) -> Result<(), SignatureError> {
        for (algorithm, claimed) in &self.0 {
            if *claimed != digest(algorithm, body).as_ref() {
                return Err(SignatureError::DigestMismatch);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, body: &[u8]) -> Result<(), SignatureError> {
        claimed(header)?.check(body)
    }

    #[test]
    fn only_one_sha_256_of_the_body_itself_is_accepted() {
        let good = header(b"body");
        assert_eq!(check(&good, b"body"), Ok(()));
        assert_eq!(check(&good.replace("SHA", "sha"), b"body"), Ok(()));
        assert_eq!(check(&good, b"bodY"), Err(SignatureError::DigestMismatch));
        let value = good.trim_start_matches("SHA-256=");
        for header in [
            String::new(),
            "SHA-256".into(),
            format!("SHA-512={value}"),
            format!("{good},{good}"),
            format!("{good},SHA-512=AAAA"),
            format!("SHA-256={}", value.trim_end_matches('=')),
            format!("SHA-256=:{value}:"),
            format!(" {good}"),
        ] {
            assert!(
                matches!(check(&header, b"body"), Err(SignatureError::Malformed(_))),
                "{header:?}"
            );
        }
        assert_eq!(
            check("SHA-256=", b"body"),
            Err(SignatureError::DigestMismatch)
        );
    }
}
