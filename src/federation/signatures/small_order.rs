//! Points of Ed25519 that are no keys: with one of them as the public key, a
//! signature fits documents that nobody signed.

/// The y coordinates of the points whose order divides 8, little-endian; the
/// sign of x is left out.
const SMALL: [[u8; 32]; 5] = [
    [0; 32],
    first(1, 0, 0),
    first(0xec, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn first(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Is this encoding a point of small order, or one of the 19 spellings of a
/// coordinate beyond the field (2^255 - 19), which no key generator writes?
/// `point` is the 32 bytes of RFC 8032 5.1.2.
pub fn is_small_order(point: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(point) else {
        return false;
    };
    y[31] &= 0x7f;
    let beyond = y[0] >= 0xed && y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f;
    beyond || SMALL.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::signatures::{KeyError, PrivateKey, PublicKey};

    fn multikey(raw: &[u8]) -> String {
        let bytes = [&[0xed, 0x01], raw].concat();
        format!("z{}", bs58::encode(bytes).into_string())
    }

    #[test]
    fn a_point_of_small_order_is_no_key_with_either_sign() {
        let beyond = [first(0xed, 0xff, 0x7f), first(0xee, 0xff, 0x7f)];
        for mut point in SMALL.into_iter().chain(beyond) {
            for sign in [0, 0x80] {
                point[31] = (point[31] & 0x7f) | sign;
                let read = PublicKey::from_multibase(&multikey(&point));
                assert_eq!(read.err(), Some(KeyError::Unsupported), "{point:x?}");
            }
        }
    }

    #[test]
    fn generated_keys_are_keys() {
        for _ in 0..20 {
            let key = PrivateKey::generate_ed25519().expect("a key");
            assert!(key.public().is_ok());
        }
    }
}
