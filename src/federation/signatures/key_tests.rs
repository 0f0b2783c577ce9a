use proptest::prelude::*;

use super::{
    keys::{Kind, RSA_BITS},
    *,
};

/// FEP-521a: a public key of 32 bytes and its Multikey.
const RAW: &str = "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6";
const MULTIKEY: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

fn vector(key: &str) -> String {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/fixtures/protocol-vectors.json"))
            .expect("the vectors are JSON");
    let text = vectors["cavage_post"][key].as_str();
    text.expect("a text of the vectors").to_owned()
}

/// DER of an RSA public key (RFC 8017) with a modulus of `bits`, as SPKI PEM.
fn rsa_pem(bits: usize) -> String {
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    }
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= modulus.len() * 8 - bits;
    if modulus[0] & 0x80 != 0 {
        modulus.insert(0, 0);
    }
    let key = tlv(0x30, &[tlv(2, &modulus), vec![2, 3, 1, 0, 1]].concat());
    let algorithm = [
        0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0,
    ];
    let bits = tlv(3, &[vec![0], key].concat());
    let der = tlv(0x30, &[algorithm.to_vec(), bits].concat());
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

/// The same key without what SPKI puts around it.
fn pkcs1(spki: &str) -> String {
    let text: String = spki.lines().filter(|line| !line.contains('-')).collect();
    let engine = &base64::engine::general_purpose::STANDARD;
    let der = base64::Engine::decode(engine, text).expect("base64");
    let text = base64::Engine::encode(engine, &der[24..]);
    format!("-----BEGIN RSA PUBLIC KEY-----\n{text}\n-----END RSA PUBLIC KEY-----\n")
}

#[test]
fn pem_is_written_as_it_was_read() {
    let (public, private) = (vector("publicKeyPem"), vector("privateKeyPem"));
    let key = PrivateKey::from_pem(&private).expect("a key");
    assert_eq!(key.kind(), Kind::Rsa);
    assert_eq!(key.to_pem(), private);
    let half = key.public().expect("a public key");
    assert_eq!(half.to_pem(), public);
    assert_eq!(PublicKey::from_pem(&public), Ok(half));
}

#[test]
fn made_keys_survive_pem_and_sign() {
    for key in [PrivateKey::generate_rsa(), PrivateKey::generate_ed25519()] {
        let key = key.expect("a key");
        let again = PrivateKey::from_pem(&key.to_pem()).expect("the same key");
        let public = key.public().expect("a public key");
        assert_eq!(again.public(), Ok(public.clone()));
        assert_eq!(PublicKey::from_pem(&public.to_pem()), Ok(public.clone()));
        let signature = again.sign(b"message");
        assert!(public.verify(b"message", &signature));
        assert!(!public.verify(b"massage", &signature));
        assert!(!public.verify(b"message", &signature[1..]));
        assert!(!public.verify(b"message", &[]));
    }
}

#[test]
fn the_multikey_of_fep_521a_is_read_and_written() {
    let key = PublicKey::from_multibase(MULTIKEY).expect("a key");
    assert_eq!(key.kind(), Kind::Ed25519);
    assert_eq!(key.to_multibase().as_deref(), Some(MULTIKEY));
    let raw: Vec<u8> = (0..RAW.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&RAW[i..i + 2], 16).expect("hex"))
        .collect();
    let bytes = [[0xed, 0x01].as_slice(), &raw].concat();
    assert_eq!(MULTIKEY[1..], bs58::encode(bytes).into_string());
    let pem = key.to_pem();
    assert_eq!(
        PublicKey::from_pem(&pem).map(|key| key.to_multibase()),
        Ok(Some(MULTIKEY.to_owned()))
    );
}

#[test]
fn what_is_no_ed25519_multikey_is_refused() {
    let rsa = PublicKey::from_pem(&vector("publicKeyPem")).expect("a key");
    assert_eq!(rsa.to_multibase(), None);
    for (text, error) in [
        ("", KeyError::NotMultikey),
        ("z", KeyError::Unsupported),
        (&MULTIKEY[1..], KeyError::NotMultikey),
        (&MULTIKEY[..40], KeyError::Unsupported),
        ("z0OIl", KeyError::NotMultikey),
        // The same key as secp256k1 and as a secret key would be tagged.
        (
            "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
            KeyError::Unsupported,
        ),
        (
            "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
            KeyError::Unsupported,
        ),
        (&"z1".repeat(500), KeyError::NotMultikey),
    ] {
        assert_eq!(PublicKey::from_multibase(text), Err(error), "{text}");
    }
}

#[test]
fn rsa_keys_below_2048_and_above_8192_bits_are_refused() {
    for bits in [1_024, 2_047, 8_193, 16_384] {
        assert_eq!(
            PublicKey::from_pem(&rsa_pem(bits)),
            Err(KeyError::Unsupported),
            "{bits}"
        );
    }
    for bits in [*RSA_BITS.start(), 2_049, 4_096, *RSA_BITS.end()] {
        assert!(PublicKey::from_pem(&rsa_pem(bits)).is_ok(), "{bits}");
    }
}

#[test]
fn a_key_in_pkcs1_is_the_same_key() {
    let spki = rsa_pem(2_048);
    let key = PublicKey::from_pem(&spki).expect("a key");
    assert_eq!(PublicKey::from_pem(&pkcs1(&spki)), Ok(key));
}

#[test]
fn a_private_key_below_2048_bits_is_refused() {
    let small = include_str!("../../tests/fixtures/rsa-1024.pem");
    assert_eq!(
        PrivateKey::from_pem(small).map(|_| ()),
        Err(KeyError::Unsupported)
    );
}

#[test]
fn only_one_pem_section_of_the_right_kind_is_a_key() {
    let (public, private) = (vector("publicKeyPem"), vector("privateKeyPem"));
    for text in [
        "",
        "no key",
        &private,
        &format!("{public}{public}"),
        &public.replace("PUBLIC", "RSA PUBLIC"),
        &public[..100],
        &format!("{public}{}", " ".repeat(20_000)),
    ] {
        assert_eq!(
            PublicKey::from_pem(text),
            Err(KeyError::NotPem),
            "{}",
            &text[..text.len().min(40)]
        );
    }
    assert_eq!(
        PrivateKey::from_pem(&public).map(|_| ()),
        Err(KeyError::NotPem)
    );
    let crlf = public.replace('\n', "\r\n");
    assert!(PublicKey::from_pem(&crlf).is_ok());
}

#[test]
fn nothing_of_a_private_key_shows_in_logs() {
    let key = PrivateKey::from_pem(&vector("privateKeyPem")).expect("a key");
    assert_eq!(format!("{key:?}"), "PrivateKey(Rsa)");
}

#[test]
fn the_cache_reads_both_forms_and_keeps_refusals_out() {
    let cache = KeyCache::default();
    let public = vector("publicKeyPem");
    for _ in 0..2 {
        assert_eq!(cache.public(&public).map(|key| key.kind()), Ok(Kind::Rsa));
        assert_eq!(
            cache.public(MULTIKEY).map(|key| key.kind()),
            Ok(Kind::Ed25519)
        );
        assert_eq!(cache.public("x"), Err(KeyError::NotPem));
        let private = cache.private(&vector("privateKeyPem")).expect("a key");
        assert_eq!(private.public(), cache.public(&public));
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in ".{0,100}", der in prop::collection::vec(any::<u8>(), 0..80)) {
        let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        for label in ["PUBLIC KEY", "PRIVATE KEY"] {
            for inner in [&text, &body] {
                let pem = format!("-----BEGIN {label}-----\n{inner}\n-----END {label}-----\n");
                let _ = (PublicKey::from_pem(&pem), PrivateKey::from_pem(&pem));
            }
        }
        let _ = PublicKey::from_multibase(&text);
    }
}
