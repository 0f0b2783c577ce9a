use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::federation::signatures::{PrivateKey, PublicKey, Signer};

fn vectors() -> Value {
    serde_json::from_str(include_str!(
        "../../../tests/fixtures/protocol-vectors.json"
    ))
    .expect("the vectors are JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a text of the vectors")
}

/// A request that can be changed before it is checked.
#[derive(Clone)]
struct Sent {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    fn parse_at(&self, now: DateTime<Utc>) -> Result<Unverified, SignatureError> {
        let received = Received::new(&self.method, &self.uri, &self.headers, &self.body);
        parse(&received, &ours(), now)
    }

    fn parse(&self) -> Result<Unverified, SignatureError> {
        self.parse_at(signed_at())
    }

    fn check(&self, key: &PublicKey) -> Result<(), SignatureError> {
        self.parse()?.verify(key)
    }

    fn set(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test value");
        self.headers.insert(name, value);
        self
    }

    fn add(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test value");
        self.headers.append(name, value);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn signature(&self) -> String {
        String::from_utf8_lossy(self.headers["signature"].as_bytes()).into_owned()
    }

    fn edit_signature(self, from: &str, to: &str) -> Self {
        let old = self.signature();
        assert!(old.contains(from), "{old} has no {from}");
        self.set("signature", &old.replacen(from, to, 1))
    }
}

fn ours() -> Origin {
    Origin::of(&"https://b.example".parse().expect("an address")).expect("an origin")
}

fn signed_at() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

fn vector_post() -> (Sent, PublicKey) {
    let vectors = vectors();
    let vector = &vectors["cavage_post"];
    let sent = Sent {
        method: Method::POST,
        uri: Uri::from_static("/users/bob/inbox"),
        headers: HeaderMap::new(),
        body: text(vector, "body").as_bytes().to_vec(),
    };
    let sent = sent
        .set("host", "b.example")
        .set("date", text(vector, "date"))
        .set("digest", text(vector, "digest"))
        .set("signature", text(vector, "signatureHeader"));
    let key = PublicKey::from_pem(text(vector, "publicKeyPem")).expect("a key");
    (sent, key)
}

fn vector_get() -> (Sent, PublicKey) {
    let (post, key) = vector_post();
    let vectors = vectors();
    let vector = &vectors["cavage_get_query"];
    let sent = Sent {
        method: Method::GET,
        uri: Uri::from_static("/users/bob/outbox?page=true"),
        body: Vec::new(),
        ..post.without("digest")
    };
    let sent = sent
        .set("date", text(vector, "date"))
        .set("signature", text(vector, "signatureHeader"));
    (sent, key)
}

fn vector_signer() -> Signer {
    let vectors = vectors();
    Signer {
        key_id: "https://a.example/users/alice#main-key"
            .parse()
            .expect("an address"),
        key: PrivateKey::from_pem(text(&vectors["cavage_post"], "privateKeyPem")).expect("a key"),
    }
}

/// A request that covers exactly `covered`, signed with the vectors' key.
fn signed_over(sent: &Sent, parameters: &str, covered: &str) -> Sent {
    let lines: Vec<String> = covered
        .split(' ')
        .map(|name| match name {
            "(request-target)" => format!(
                "{name}: {} {}",
                sent.method.as_str().to_lowercase(),
                sent.uri.path_and_query().expect("a path")
            ),
            "(created)" | "(expires)" => {
                let parameter = name.trim_matches(['(', ')']);
                let (_, rest) = parameters
                    .split_once(&format!("{parameter}="))
                    .expect("the parameter");
                let digits: String = rest
                    .trim_start_matches('"')
                    .chars()
                    .take_while(char::is_ascii_digit)
                    .collect();
                format!("{name}: {digits}")
            }
            name => format!("{name}: {}", sent.headers[name].to_str().expect("a text")),
        })
        .collect();
    let signature = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        vector_signer().key.sign(lines.join("\n").as_bytes()),
    );
    sent.clone().set(
        "signature",
        &format!(
            r#"keyId="https://a.example/users/alice#main-key",{parameters}headers="{covered}",signature="{signature}""#
        ),
    )
}

#[test]
fn the_vectors_verify() {
    let (post, key) = vector_post();
    let unverified = post.parse().expect("well formed");
    assert_eq!(
        unverified.key_id().as_str(),
        "https://a.example/users/alice#main-key"
    );
    assert_eq!(
        unverified.messages,
        [text(&vectors()["cavage_post"], "signingString")]
    );
    assert_eq!(unverified.verify(&key), Ok(()));
    let (get, key) = vector_get();
    let unverified = get.parse().expect("well formed");
    assert_eq!(
        unverified.messages[0],
        text(&vectors()["cavage_get_query"], "signingString")
    );
    assert_eq!(unverified.verify(&key), Ok(()));
}

#[test]
fn signing_gives_the_vectors_byte_for_byte() {
    let (post, _) = vector_post();
    let inbox = "https://b.example/users/bob/inbox"
        .parse()
        .expect("an address");
    let signer = vector_signer();
    let headers = sign(
        &signer,
        &Method::POST,
        &inbox,
        Query::Signed,
        Some(&post.body),
        signed_at(),
    );
    assert_eq!(headers, Ok(post.headers));
    let (get, _) = vector_get();
    let outbox = "https://b.example/users/bob/outbox?page=true"
        .parse()
        .expect("an address");
    let headers = sign(
        &signer,
        &Method::GET,
        &outbox,
        Query::Signed,
        None,
        signed_at(),
    );
    assert_eq!(headers, Ok(get.headers));
}

#[test]
fn a_signature_without_the_query_verifies_and_one_over_another_query_does_not() {
    let (get, key) = vector_get();
    let outbox = "https://b.example/users/bob/outbox?page=true"
        .parse()
        .expect("an address");
    let headers = sign(
        &vector_signer(),
        &Method::GET,
        &outbox,
        Query::LeftOut,
        None,
        signed_at(),
    );
    let older = Sent {
        headers: headers.expect("signed"),
        ..get.clone()
    };
    assert_eq!(older.check(&key), Ok(()));
    for uri in ["/users/bob/outbox?page=false", "/users/bob/outbox"] {
        let other = Sent {
            uri: Uri::from_static(uri),
            ..get.clone()
        };
        assert_eq!(
            other.check(&key),
            Err(SignatureError::WrongSignature),
            "{uri}"
        );
    }
}

#[test]
fn ed25519_signs_as_hs2019_and_never_passes_for_rsa() {
    let signer = Signer {
        key: PrivateKey::generate_ed25519().expect("a key"),
        ..vector_signer()
    };
    let (post, _) = vector_post();
    let inbox = "https://b.example/users/bob/inbox"
        .parse()
        .expect("an address");
    let headers = sign(
        &signer,
        &Method::POST,
        &inbox,
        Query::Signed,
        Some(&post.body),
        signed_at(),
    );
    let sent = Sent {
        headers: headers.expect("signed"),
        ..post
    };
    let key = signer.key.public().expect("a public key");
    assert!(sent.signature().contains(r#"algorithm="hs2019""#));
    assert_eq!(sent.check(&key), Ok(()));
    let claimed = sent.edit_signature("hs2019", "rsa-sha256");
    assert_eq!(
        claimed.check(&key),
        Err(SignatureError::UnsupportedAlgorithm)
    );
}

#[test]
fn an_unsigned_or_oversize_request_is_refused_first() {
    let (post, _) = vector_post();
    assert_eq!(
        post.clone().without("signature").parse(),
        Err(SignatureError::Unsigned)
    );
    let large = Sent {
        body: vec![b' '; MAX_BODY_BYTES + 1],
        ..post.without("signature")
    };
    assert_eq!(large.parse(), Err(SignatureError::TooLarge));
}

#[test]
fn a_method_in_small_letters_does_not_pass_for_the_signed_one() {
    let (post, _) = vector_post();
    let small = Sent {
        method: Method::from_bytes(b"post").expect("a token"),
        ..post
    };
    assert!(matches!(small.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn duplicate_headers_are_refused() {
    let (post, _) = vector_post();
    for name in ["signature", "digest", "host", "date"] {
        let value = post.headers[name].to_str().expect("a text").to_owned();
        let twice = post.clone().add(name, &value);
        assert!(
            matches!(twice.parse(), Err(SignatureError::Malformed(_))),
            "{name}"
        );
    }
    let covered = "(request-target) host date digest content-type";
    let typed = signed_over(&post.set("content-type", "a/b"), "", covered);
    assert!(typed.parse().is_ok());
    let twice = typed.add("content-type", "a/b");
    assert!(matches!(twice.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_parameter_that_stands_twice_is_refused_even_with_the_same_value() {
    let (post, key) = vector_post();
    assert_eq!(post.check(&key), Ok(()));
    let whole = post.signature();
    for parameter in whole.split("\",") {
        let again = format!("{whole},{}\"", parameter.trim_end_matches('"'));
        let twice = post.clone().set("signature", &again);
        assert!(
            matches!(twice.parse(), Err(SignatureError::Malformed(_))),
            "{again}"
        );
    }
}

#[test]
fn malformed_signature_headers_are_refused() {
    let (post, _) = vector_post();
    for (from, to) in [
        ("algorithm=", "keyId="),
        ("algorithm=", "created="),
        ("algorithm=", "nonce="),
        ("keyId=\"", "keyId=\" "),
        ("https://a.example", "acct:alice@a.example"),
        ("https://a.example", "https://x:y@a.example"),
        ("https://a.example", "ftp://a.example"),
        ("host date", "host host"),
        ("host date", "host  date"),
        ("host date", "Host date"),
        ("host date", "host\tdate"),
        ("\",algorithm", "\"algorithm"),
        ("\",algorithm", ",algorithm"),
        ("\"rsa-sha256\"", "rsa-sha256"),
        ("rsa-sha256", "rsa\\-sha256"),
        ("signature=\"", "signature=\"!"),
        ("sEWCg==\"", "sEWCh==\""),
        ("sEWCg==\"", "sEWCg\""),
        ("==\"", "==\","),
        ("keyId", "keyid"),
        ("headers=", "signature="),
    ] {
        let edited = post.clone().edit_signature(from, to);
        assert!(
            matches!(edited.parse(), Err(SignatureError::Malformed(_))),
            "{from} -> {to}: {:?}",
            edited.parse()
        );
    }
    let long = post.clone().set("signature", &"a".repeat(9_000));
    assert!(matches!(long.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn target_host_date_and_digest_must_be_covered() {
    let (post, key) = vector_post();
    let all = "(request-target) host date digest";
    assert_eq!(signed_over(&post, "", all).check(&key), Ok(()));
    for (left_out, named) in [
        ("(request-target) ", "(request-target)"),
        ("host ", "host"),
        ("date ", "date"),
        (" digest", "digest"),
    ] {
        let sent = signed_over(&post, "", &all.replace(left_out, ""));
        assert_eq!(
            sent.parse(),
            Err(SignatureError::NotCovered(named)),
            "{left_out}"
        );
    }
    let nothing = post.edit_signature("headers=\"(request-target) host date digest\",", "");
    assert!(matches!(nothing.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_body_needs_a_covered_digest_whatever_the_method() {
    let (get, key) = vector_get();
    assert_eq!(get.check(&key), Ok(()));
    let with_body = Sent {
        body: b"x".to_vec(),
        ..get.clone()
    };
    assert_eq!(with_body.parse(), Err(SignatureError::NotCovered("digest")));
    let delete = Sent {
        method: Method::DELETE,
        ..get
    };
    assert_eq!(delete.parse(), Err(SignatureError::NotCovered("digest")));
}

#[test]
fn a_covered_header_that_is_missing_is_refused() {
    let (post, _) = vector_post();
    for name in ["date", "digest", "host"] {
        let sent = post.clone().without(name);
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{name}"
        );
    }
    let typed = post.edit_signature("date digest", "date digest content-type");
    assert!(matches!(typed.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn a_request_for_another_host_is_refused_though_its_signature_is_good() {
    let (post, _) = vector_post();
    for host in ["c.example", "b.example:8443", "b.example.evil.example"] {
        let sent = signed_over(
            &post.clone().set("host", host),
            "",
            "(request-target) host date digest",
        );
        assert_eq!(sent.parse(), Err(SignatureError::WrongHost), "{host}");
    }
    let key = vector_post().1;
    for host in ["B.example", "b.example:443"] {
        let sent = signed_over(
            &post.clone().set("host", host),
            "",
            "(request-target) host date digest",
        );
        assert_eq!(sent.check(&key), Ok(()), "{host}");
    }
}

#[test]
fn the_date_window_is_twelve_hours_back_and_one_ahead() {
    let (post, _) = vector_post();
    let second = TimeDelta::seconds(1);
    let at = |offset: TimeDelta| post.parse_at(signed_at() + offset).map(|_| ());
    assert_eq!(at(TimeDelta::hours(12)), Ok(()));
    assert_eq!(
        at(TimeDelta::hours(12) + second),
        Err(SignatureError::TooOld)
    );
    assert_eq!(at(-TimeDelta::hours(1)), Ok(()));
    assert_eq!(
        at(-TimeDelta::hours(1) - second),
        Err(SignatureError::TooEarly)
    );
    for date in ["", "yesterday", "2026-01-01T00:00:00Z"] {
        let sent = post.clone().set("date", date);
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{date}"
        );
    }
}

#[test]
fn created_and_expires_are_checked_and_need_hs2019() {
    let (post, key) = vector_post();
    let now = signed_at().timestamp();
    let covered = "(request-target) (created) (expires) host digest";
    let with = |created: i64, expires: i64| {
        let parameters = format!("algorithm=\"hs2019\",created={created},expires=\"{expires}\",");
        signed_over(&post.clone().without("date"), &parameters, covered)
    };
    let window = |created, expires| with(created, expires).check(&key);
    assert_eq!(window(now, now + 10), Ok(()));
    assert_eq!(window(now - 12 * 3_600, now), Ok(()));
    assert_eq!(
        window(now - 12 * 3_600 - 1, now),
        Err(SignatureError::TooOld)
    );
    assert_eq!(
        window(now + 3_601, now + 3_700),
        Err(SignatureError::TooEarly)
    );
    assert_eq!(window(now, now - 3_601), Err(SignatureError::Expired));
    let named = with(now, now + 10).edit_signature("hs2019", "rsa-sha256");
    assert!(matches!(named.parse(), Err(SignatureError::Malformed(_))));
    let unsaid = post.edit_signature("host date", "(created) host date");
    assert!(matches!(unsaid.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn times_that_are_no_plain_numbers_are_refused() {
    let (post, _) = vector_post();
    for created in [
        "",
        "\"\"",
        "-1",
        "1.5",
        "007",
        "\"1 \"",
        "9999999999999",
        "18446744073709551615",
    ] {
        let sent = post
            .clone()
            .edit_signature("algorithm=\"rsa-sha256\"", &format!("created={created}"));
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{created}"
        );
    }
}

#[test]
fn other_algorithms_are_refused() {
    let (post, key) = vector_post();
    for algorithm in ["rsa-sha1", "rsa-sha512", "hmac-sha256", "RSA-SHA256", ""] {
        let sent = post.clone().edit_signature("rsa-sha256", algorithm);
        assert_eq!(
            sent.parse(),
            Err(SignatureError::UnsupportedAlgorithm),
            "{algorithm}"
        );
    }
    for algorithm in ["algorithm=\"hs2019\",", ""] {
        let sent = post
            .clone()
            .edit_signature("algorithm=\"rsa-sha256\",", algorithm);
        assert_eq!(sent.check(&key), Ok(()), "{algorithm}");
    }
}

#[test]
fn another_key_or_body_is_refused() {
    let (post, _) = vector_post();
    let other = PrivateKey::generate_rsa().expect("a key");
    let other = other.public().expect("a public key");
    assert_eq!(post.check(&other), Err(SignatureError::WrongSignature));
    let changed = Sent {
        body: b"{}".to_vec(),
        ..post
    };
    assert_eq!(changed.parse(), Err(SignatureError::DigestMismatch));
}

/// What others build on: the crate of a widespread library signs, we verify.
#[test]
fn a_request_signed_by_another_implementation_verifies() {
    let (post, key) = vector_post();
    let headers = ["host", "date", "digest"]
        .map(|name| {
            let value = post.headers[name].to_str().expect("a text").to_owned();
            (name.to_owned(), value)
        })
        .into();
    let signed = http_signature_normalization::Config::new()
        .mastodon_compat()
        .begin_sign("POST", "/users/bob/inbox", headers)
        .expect("complete")
        .sign(
            "https://a.example/users/alice#main-key".to_owned(),
            |message| {
                let bytes = vector_signer().key.sign(message.as_bytes());
                Ok::<_, std::convert::Infallible>(base64::Engine::encode(
                    &base64::engine::general_purpose::STANDARD,
                    bytes,
                ))
            },
        )
        .expect("signed");
    let sent = post.set("signature", &signed.signature_header());
    assert_eq!(sent.check(&key), Ok(()));
}

/// Every header of the signed request, byte by byte.
fn altered(sent: &Sent, name: &str, index: usize, byte: u8) -> Option<Sent> {
    let mut bytes = sent.headers[name].as_bytes().to_vec();
    let place = index % bytes.len();
    if bytes[place] == byte {
        return None;
    }
    bytes[place] = byte;
    let mut altered = sent.clone();
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
    let value = HeaderValue::from_bytes(&bytes).ok()?;
    altered.headers.insert(name, value);
    Some(altered)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_altered_byte_of_a_header_is_accepted(
        name in prop::sample::select(vec!["host", "date", "digest", "signature"]),
        index in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (post, key) = vector_post();
        let length = post.headers[name].len();
        if let Some(altered) = altered(&post, name, index.index(length), byte) {
            // Another keyId is another claim, about a key that did not sign.
            let claims_our_key = name != "signature"
                || altered.signature().contains(r#"keyId="https://a.example/users/alice#main-key""#);
            if claims_our_key {
                prop_assert!(altered.check(&key).is_err(), "{:?}", altered.headers[name]);
            }
        }
    }

    #[test]
    fn no_altered_byte_of_body_path_or_method_is_accepted(
        part in 0..3_usize,
        index in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        get in any::<bool>(),
    ) {
        let (sent, key) = if get { vector_get() } else { vector_post() };
        let mut bytes = match part {
            0 => sent.body.clone(),
            1 => sent.uri.to_string().into_bytes(),
            _ => sent.method.as_str().as_bytes().to_vec(),
        };
        let place = index.index(bytes.len().max(1));
        if bytes.get(place).is_none_or(|old| *old == byte) {
            return Ok(());
        }
        bytes[place] = byte;
        let mut altered = sent.clone();
        match part {
            0 => altered.body = bytes,
            1 => match Uri::try_from(bytes) {
                // What follows "#" never reaches a server.
                Ok(uri) => altered.uri = uri,
                Err(_) => return Ok(()),
            },
            _ => match Method::from_bytes(&bytes) {
                Ok(method) => altered.method = method,
                Err(_) => return Ok(()),
            },
        }
        prop_assert!(altered.check(&key).is_err(), "{} {}", altered.method, altered.uri);
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
