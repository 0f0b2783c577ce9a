//! The app of a person that makes codes (RFC 6238), written here anew so that
//! the node's own is not compared with itself.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;

/// The code that belongs to a key in base32 (RFC 4648) now.
pub fn code(key: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let step = since.expect("after 1970").as_secs() / 30;
    at(&decode(key), step)
}

fn at(key: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[offset..offset + 4]);
    let number = u32::from_be_bytes(four) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn decode(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.chars().filter_map(|c| letters.find(c)) {
        held = (held << 5) | u32::try_from(letter).expect("below 32");
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).expect("a byte"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let key = decode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(key, b"12345678901234567890");
        assert_eq!(at(&key, 59 / 30), "287082");
        assert_eq!(at(&key, 1_111_111_109 / 30), "081804");
    }
}
