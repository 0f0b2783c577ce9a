//! The bits of a status list as its document carries them: `u`, base64url,
//! gzip (W3C Bitstring Status List 3.1).

use std::io::{Read, Write};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use crate::domain::accreditation::{Bits, ENTRIES};

/// Longest text that is unpacked, in bytes: the longest list, of random bits.
const MAX_TEXT: usize = 256 * 1024;

/// Longest list, in bytes.
const MAX_BYTES: u64 = *ENTRIES.end() as u64 / 8;

pub(super) fn pack(bits: &Bits) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed
        .write_all(bits.as_bytes())
        .expect("writing to memory does not fail");
    let packed = packed.finish().expect("writing to memory does not fail");
    format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(packed))
}

/// `None` for what is no such text, and for lists of a size that we do not
/// take, whatever they would unpack to: no more than that is unpacked.
pub(super) fn unpack(text: &str) -> Option<Bits> {
    let digits = text.strip_prefix('u').filter(|_| text.len() <= MAX_TEXT)?;
    let packed = BASE64_URL_SAFE_NO_PAD
        .decode(digits.trim_end_matches('='))
        .ok()?;
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice())
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    Bits::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("written");
        let packed = encoder.finish().expect("finished");
        format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(packed))
    }

    #[test]
    fn what_is_packed_unpacks_to_the_same() {
        let mut bits = Bits::zeros(131_072);
        for index in [0, 42, 131_071] {
            bits.set(index);
        }
        let text = pack(&bits);
        assert!(text.len() < 200, "{}", text.len());
        assert_eq!(unpack(&text), Some(bits));
    }

    #[test]
    fn the_list_of_the_recommendation_reads() {
        // The example of Bitstring Status List 2.2: 131,072 entries.
        let text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
        assert_eq!(unpack(text), Some(Bits::zeros(131_072)));
    }

    #[test]
    fn bombs_short_lists_and_rubbish_are_none() {
        for bytes in [&vec![0; 64 << 20][..], &[0; 131_073], &[0; 16_383], &[]] {
            assert_eq!(unpack(&packed(bytes)), None, "{} bytes", bytes.len());
        }
        let good = packed(&[0; 16_384]);
        let long = format!("u{}", "A".repeat(MAX_TEXT));
        for text in [
            "",
            "u",
            "uAAAA",
            &good[1..],
            &format!("z{good}"),
            &good[..20],
            &long,
        ] {
            assert_eq!(unpack(text), None);
        }
    }
}
