//! Signatures of the older kind (draft-cavage-http-signatures) that are bad,
//! ambiguous or too weak.

use chrono::TimeDelta;
use federation_tests::{
    database::Store,
    on_both_databases, rogue,
    signing::{Delivery, Key, digest},
};

use super::{Scene, scene};

async fn deliveries_with_a_bad_signature_leave_nothing(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let body = || scene.create("bad").to_string().into_bytes();
    let good = || remote.delivery(&scene.node.origin(), body());

    scene.refuse("unsigned", &good(), None).await;
    scene
        .refuse("no signature at all", &good(), Some("nonsense"))
        .await;

    let stranger = Key::generate();
    scene
        .refuse("another key", &good(), Some(&good().signature(&stranger)))
        .await;

    let mut changed = good();
    let signature = changed.signature(&remote.key);
    changed.body = scene.create("changed").to_string().into_bytes();
    scene
        .refuse("body changed after signing", &changed, Some(&signature))
        .await;
    changed.digest = digest(&changed.body);
    scene
        .refuse("body and digest changed", &changed, Some(&signature))
        .await;

    for (what, age) in [("too old", 13), ("from the future", -2)] {
        let mut late = good();
        late.date -= TimeDelta::hours(age);
        let signature = late.signature(&remote.key);
        scene.refuse(what, &late, Some(&signature)).await;
    }
    for missing in ["(request-target)", "host", "date", "digest"] {
        let mut partial = good();
        partial.headers.retain(|name| *name != missing);
        let signature = partial.signature(&remote.key);
        scene
            .refuse(&format!("{missing} not signed"), &partial, Some(&signature))
            .await;
    }
    let mut elsewhere = good();
    elsewhere.path = "/orgs/moj/inbox".to_owned();
    let signature = elsewhere.signature(&remote.key);
    scene
        .refuse("signed for another path", &good(), Some(&signature))
        .await;
    let mut elsewhere = good();
    elsewhere.host = "other.example".to_owned();
    let signature = elsewhere.signature(&remote.key);
    scene
        .refuse("signed for another host", &good(), Some(&signature))
        .await;
    scene
        .refuse("sent for another host", &elsewhere, Some(&signature))
        .await;

    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

impl Scene {
    fn bad(&self) -> Delivery {
        let body = self.create("bad").to_string().into_bytes();
        self.remote.delivery(&self.node.origin(), body)
    }

    /// Sends header lines as they are, which no HTTP library would send.
    async fn refuse_lines(&self, what: &str, lines: &[String]) {
        let body = self.create("bad").to_string().into_bytes();
        let said = rogue::post(&self.node.plan.socket(), "/inbox", lines, &body).await;
        self.assert_refused(what, &said);
    }
}

async fn what_stands_twice_or_in_an_odd_form_is_refused(store: Store) {
    let scene = scene(store).await;
    let good = scene.bad();
    let signature = good.signature(&scene.remote.key);
    let lines = good.lines(&signature);
    for name in ["host", "date", "digest", "signature"] {
        let line = lines.iter().find(|line| line.starts_with(name));
        let line = line.expect("every delivery has this header");
        let doubled = [lines.clone(), vec![line.clone()]].concat();
        scene.refuse_lines(&format!("{name} twice"), &doubled).await;
        let missing: Vec<String> = lines.iter().filter(|one| *one != line).cloned().collect();
        scene.refuse_lines(&format!("no {name}"), &missing).await;
    }
    let again = |name: &str| {
        let (_, rest) = signature
            .split_once(&format!("{name}="))
            .expect("a parameter");
        let end = rest[1..].find('"').expect("a quoted value") + 2;
        format!("{signature},{name}={}", &rest[..end])
    };
    let mut odd: Vec<(String, String)> = ["keyId", "algorithm", "headers", "signature"]
        .map(|name| (format!("parameter {name} twice"), again(name)))
        .into();
    for (what, from, to) in [
        ("a parameter nobody knows", "algorithm=", "nonce="),
        ("a key of no address", "keyId=\"http://", "keyId=\"acct:"),
        (
            "a key with a password",
            "keyId=\"http://",
            "keyId=\"http://a:b@",
        ),
        ("a key in a file", "keyId=\"http://", "keyId=\"file:///"),
        ("a value without quotes", "\"rsa-sha256\"", "rsa-sha256"),
        ("a name in capitals", "digest\"", "Digest\""),
        ("a name twice", "host date", "host host date"),
        ("a comma too few", "\",headers", "\"headers"),
        (
            "another algorithm than signed with",
            "rsa-sha256",
            "rsa-sha512",
        ),
        ("a shared secret", "rsa-sha256", "hmac-sha256"),
        ("no algorithm", "rsa-sha256", "none"),
        ("a signature of no bytes", "signature=\"", "signature=\"!"),
    ] {
        assert!(signature.contains(from), "{from} in {signature}");
        odd.push((what.to_owned(), signature.replacen(from, to, 1)));
    }
    odd.push(("an overlong header".to_owned(), "a".repeat(9_000)));
    for (what, signature) in odd {
        scene.refuse_lines(&what, &good.lines(&signature)).await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_digest_is_one_sha_256_of_the_body(store: Store) {
    let scene = scene(store).await;
    let right = scene.bad().digest;
    let wrong = digest(b"another body");
    let base64 = right.trim_start_matches("SHA-256=").to_owned();
    for digest in [
        wrong.clone(),
        format!("{right},{wrong}"),
        format!("{wrong},{right}"),
        format!("SHA-512={base64}"),
        "MD5=1B2M2Y8AsgTpgAmY7PhCfg==".to_owned(),
        base64,
        "SHA-256=".to_owned(),
        String::new(),
    ] {
        let mut bad = scene.bad();
        bad.digest = digest;
        let lines = bad.lines(&bad.signature(&scene.remote.key));
        scene
            .refuse_lines(&format!("digest {:?}", bad.digest), &lines)
            .await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn signed_times_are_kept_to(store: Store) {
    let scene = scene(store).await;
    let timed = || Delivery {
        algorithm: "hs2019",
        headers: vec![
            "(request-target)",
            "host",
            "(created)",
            "(expires)",
            "digest",
        ],
        ..scene.bad()
    };
    let mut cases = Vec::new();
    let mut old = timed();
    old.created -= TimeDelta::hours(13);
    cases.push(("made too long ago", old));
    let mut early = timed();
    early.created += TimeDelta::hours(2);
    cases.push(("made in the future", early));
    let mut over = timed();
    over.expires -= TimeDelta::hours(3);
    cases.push(("over", over));
    let mut named = timed();
    named.algorithm = "rsa-sha256";
    cases.push(("with an algorithm that forbids them", named));
    let mut undated = timed();
    undated.headers.retain(|name| *name != "(created)");
    cases.push(("without a beginning", undated));
    for (what, delivery) in cases {
        let lines = delivery.lines(&delivery.signature(&scene.remote.key));
        scene.refuse_lines(what, &lines).await;
    }
    scene.assert_nothing_but(&[]).await;

    let good = timed();
    let lines = good.lines(&good.signature(&scene.remote.key));
    let node = scene.node.plan.socket();
    let said = rogue::post(&node, "/inbox", &lines, &good.body).await;
    assert_eq!(said.status, 202, "{}", said.text);
    scene
        .assert_nothing_but(&[scene.remote.at("/notes/bad")])
        .await;
}

async fn a_request_line_for_another_host_is_refused(store: Store) {
    let scene = scene(store).await;
    let good = scene.bad();
    let lines = good.lines(&good.signature(&scene.remote.key));
    let node = scene.node.plan.socket();
    for target in ["http://other.example/inbox", "http://127.0.0.1:1/inbox"] {
        let said = rogue::post(&node, target, &lines, &good.body).await;
        scene.assert_refused(target, &said);
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

on_both_databases! {
    deliveries_with_a_bad_signature_leave_nothing,
    what_stands_twice_or_in_an_odd_form_is_refused,
    a_digest_is_one_sha_256_of_the_body,
    signed_times_are_kept_to,
    a_request_line_for_another_host_is_refused,
}
