//! The header `Collection-Synchronization`.

use aws_lc_rs::digest::{SHA256, digest as hash};
use http::HeaderName;
use url::Url;

use crate::federation::pairs::pairs;

pub static NAME: HeaderName = HeaderName::from_static("collection-synchronization");

/// Longest header that is read.
const MAX_CHARS: usize = 4096;

/// What a sender says of its followers at the receiving server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The followers of the sender, all of them.
    pub collection: Url,
    /// Where the receiving server reads its part of them.
    pub url: Url,
    /// [`digest`] of that part.
    pub digest: String,
}

impl Header {
    pub fn word(&self) -> String {
        format!(
            r#"collectionId="{}", url="{}", digest="{}""#,
            self.collection, self.url, self.digest
        )
    }

    /// `None` for everything else than each parameter once.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let (mut collection, mut url, mut digest) = (None, None, None);
        for pair in pairs(text).ok()? {
            let place = match pair.name {
                "collectionId" => &mut collection,
                "url" => &mut url,
                "digest" => &mut digest,
                _ => return None,
            };
            if place.replace(pair.value).is_some() {
                return None;
            }
        }
        let digest = digest.filter(|text| is_digest(text))?;
        Some(Self {
            collection: Url::parse(collection?).ok()?,
            url: Url::parse(url?).ok()?,
            digest: digest.to_ascii_lowercase(),
        })
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The SHA-256 of each id, all combined by exclusive or: the same in every
/// order. In hexadecimal digits.
pub fn digest<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut all = [0_u8; 32];
    for id in ids {
        let one = hash(&SHA256, id.as_bytes());
        for (sum, byte) in all.iter_mut().zip(one.as_ref()) {
            *sum ^= byte;
        }
    }
    all.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FEP-8fcf.
    #[test]
    fn the_digest_is_that_of_the_proposal() {
        let followers = [
            "https://testing.example.org/users/1",
            "https://testing.example.org/users/2",
        ];
        let expected = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f";
        assert_eq!(digest(followers), expected);
        assert_eq!(digest([followers[1], followers[0]]), expected);
        assert_eq!(digest([]), "0".repeat(64));
    }

    #[test]
    fn a_header_reads_back_and_nothing_else_does() {
        let header = Header {
            collection: Url::parse("https://a.example/users/1/followers").expect("valid"),
            url: Url::parse("https://a.example/users/1/followers_synchronization").expect("valid"),
            digest: digest(["https://b.example/users/1"]),
        };
        let text = header.word();
        assert_eq!(Header::read(&text), Some(header.clone()));
        let shouted = text.replace(&header.digest, &header.digest.to_uppercase());
        assert_eq!(Header::read(&shouted), Some(header.clone()));
        for wrong in [
            String::new(),
            text.replace("url=", "uri="),
            text.replace(", url=", ", digest=\"\", url="),
            text.replace(&header.digest, &header.digest[1..]),
            text.replace("https://a.example/users/1/followers_", "followers_"),
            format!("{text}{}", " ".repeat(MAX_CHARS)),
        ] {
            assert_eq!(Header::read(&wrong), None, "{wrong}");
        }
    }
}
