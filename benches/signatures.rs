//! What it costs to check an inbound activity and to sign an outbound one,
//! each as a ratio to a SHA-256 of the same body, taken in the same run, so
//! that the figures of two machines can be compared.
//!
//! `cargo bench --bench signatures`

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, Uri};
use serde_json::json;
use url::Url;
use virtual_forum::federation::{
    json::{normalise, parse_strict},
    origin::Origin,
    signatures::{
        self, KeyCache, PrivateKey, Received, Signer,
        cavage::{self, Query},
    },
};

/// How long each step is measured, after a tenth of it as warm-up.
const MEASURED: Duration = Duration::from_secs(1);

/// The mean time of one run.
fn measure(mut run: impl FnMut()) -> Duration {
    let mut runs = |time: Duration| {
        let started = Instant::now();
        let mut count = 0_u32;
        while started.elapsed() < time {
            run();
            count += 1;
        }
        started.elapsed() / count
    };
    runs(MEASURED / 10);
    runs(MEASURED)
}

struct Sample {
    signer: Signer,
    public_pem: String,
    inbox: Url,
    body: Vec<u8>,
    now: DateTime<Utc>,
}

impl Sample {
    fn new(key: PrivateKey) -> Self {
        let entry = json!({"type": "Note", "id": "https://a.example/entries/1",
            "attributedTo": "https://a.example/orgs/moj", "content": "<p>Training</p>".repeat(100),
            "to": ["https://www.w3.org/ns/activitystreams#Public"], "vf:purpose": "request"});
        let activity = json!({"@context": "https://www.w3.org/ns/activitystreams", "type": "Create",
            "id": "https://a.example/activities/1", "actor": "https://a.example/orgs/moj",
            "to": "as:Public", "object": entry});
        Self {
            public_pem: key.public().expect("a public key").to_pem(),
            signer: Signer {
                key_id: url("https://a.example/orgs/moj#main-key"),
                key,
            },
            inbox: url("https://b.example/inbox"),
            body: activity.to_string().into_bytes(),
            now: DateTime::from_timestamp(1_795_000_000, 0).expect("a moment"),
        }
    }

    fn sign(&self) -> HeaderMap {
        cavage::sign(
            &self.signer,
            &Method::POST,
            &self.inbox,
            Query::Signed,
            Some(&self.body),
            self.now,
        )
        .expect("a complete request")
    }
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn main() {
    let rsa = Sample::new(PrivateKey::generate_rsa().expect("a key"));
    let ed25519 = Sample::new(PrivateKey::generate_ed25519().expect("a key"));
    let hash = measure(|| {
        black_box(digest(&SHA256, black_box(&rsa.body)));
    });
    println!(
        "SHA-256 of the body ({} bytes): {hash:.1?}; ratios are to this",
        rsa.body.len()
    );
    for (name, sample) in [("RSA-2048", &rsa), ("Ed25519", &ed25519)] {
        receive(name, sample, hash);
    }
    for (name, sample) in [("RSA-2048", &rsa), ("Ed25519", &ed25519)] {
        send(name, sample, hash);
    }
}

fn report(what: &str, time: Duration, hash: Duration) {
    println!(
        "{what:<44} {:>10.1?} {:>8.1} x {:>9.0} a second",
        time,
        time.as_secs_f64() / hash.as_secs_f64(),
        1.0 / time.as_secs_f64()
    );
}

/// The steps of an inbound activity before storage, and all of them together.
fn receive(name: &str, sample: &Sample, hash: Duration) {
    let headers = sample.sign();
    let uri = Uri::from_static("/inbox");
    let ours = Origin::of(&sample.inbox).expect("an origin");
    let cache = KeyCache::default();
    let parse = || {
        let request = Received::new(&Method::POST, &uri, &headers, &sample.body);
        signatures::parse(&request, &ours, sample.now).expect("well formed")
    };
    let unverified = parse();
    let key = cache.public(&sample.public_pem).expect("a key");
    report(
        &format!("receive, {name}: read headers, check digest"),
        measure(|| {
            black_box(parse());
        }),
        hash,
    );
    report(
        &format!("receive, {name}: verify"),
        measure(|| black_box(unverified.verify(&key)).expect("signed")),
        hash,
    );
    report(
        &format!("receive, {name}: parse and normalise JSON"),
        measure(|| {
            black_box(normalise(parse_strict(&sample.body).expect("JSON")));
        }),
        hash,
    );
    report(
        &format!("receive, {name}: all of it"),
        measure(|| {
            let unverified = parse();
            let key = cache.public(&sample.public_pem).expect("a key");
            unverified.verify(&key).expect("signed");
            black_box(normalise(parse_strict(&sample.body).expect("JSON")));
        }),
        hash,
    );
}

/// Signing on one core, and on all of them at once.
fn send(name: &str, sample: &Sample, hash: Duration) {
    let sign = || {
        black_box(sample.sign());
    };
    let one = measure(sign);
    report(&format!("send, {name}: sign, one core"), one, hash);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let together: f64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| measure(sign))).collect();
        threads
            .into_iter()
            .map(|thread| 1.0 / thread.join().expect("no panic").as_secs_f64())
            .sum()
    });
    println!(
        "send, {name}: sign, {cores} cores: {together:.0} a second, {:.2} x one core",
        together * one.as_secs_f64()
    );
}
