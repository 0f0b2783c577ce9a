//! Signatures of the newer kind (RFC 9421) that are bad, ambiguous or too weak.

use federation_tests::{
    database::Store,
    message::{Message, content_digest},
    on_both_databases, rogue,
    signing::Key,
};

use super::{Scene, scene};

impl Scene {
    fn message(&self, number: &str) -> Message {
        let body = self.create(number).to_string().into_bytes();
        Message::new(&self.remote, &self.node.origin(), body)
    }

    async fn post(&self, message: &Message, lines: &[String]) -> rogue::Said {
        let node = self.node.plan.socket();
        rogue::post(&node, "/inbox", lines, &message.body).await
    }

    async fn refuse_message(&self, what: &str, message: &Message, lines: &[String]) {
        let said = self.post(message, lines).await;
        self.assert_refused(what, &said);
    }

    /// The same signer and key, rightly.
    async fn prove_messages_taken(&self) {
        let good = self.message("good");
        let said = self
            .post(&good, &good.lines(&good.signature(&self.remote.key)))
            .await;
        assert_eq!(said.status, 202, "{}", said.text);
        self.assert_nothing_but(&[self.remote.at("/notes/good")])
            .await;
    }
}

async fn messages_with_a_bad_signature_leave_nothing(store: Store) {
    let scene = scene(store).await;
    let key = &scene.remote.key;
    let good = || scene.message("bad");
    let mut cases: Vec<(String, Message, Message)> = Vec::new();
    let mut spoil = |what: &str, signed: Message, sent: Message| {
        cases.push((what.to_owned(), signed, sent));
    };
    for missing in ["@method", "@target-uri", "content-digest"] {
        let mut partial = good();
        partial.covered.retain(|name| *name != missing);
        spoil(&format!("{missing} not signed"), partial.clone(), partial);
    }
    let mut half = good();
    half.covered = vec!["@method", "@authority", "content-digest"];
    spoil("half of the address signed", half.clone(), half);
    let mut undated = good();
    undated.created = None;
    spoil("no date", undated.clone(), undated);
    for (what, hours) in [("too old", -13), ("from the future", 2)] {
        let mut dated = good();
        dated.created = dated.created.map(|at| at + hours * 3_600);
        spoil(what, dated.clone(), dated);
    }
    let mut over = good();
    over.expires = over.created.map(|at| at - 3 * 3_600);
    spoil("over", over.clone(), over);
    for algorithm in [
        "rsa-v1_5-sha1",
        "hmac-sha256",
        "ed25519",
        "rsa-pss-sha512",
        "",
    ] {
        let mut other = good();
        other.algorithm = algorithm;
        spoil(&format!("algorithm {algorithm:?}"), other.clone(), other);
    }
    for more in [";key=\"x\"", ";created=1", ";keyid=\"http://a/\"", ";alg"] {
        let mut odd = good();
        odd.more = more;
        spoil(&format!("with {more}"), odd.clone(), odd);
    }
    let mut another = good();
    another.body = scene.create("changed").to_string().into_bytes();
    spoil("body changed", good(), another.clone());
    another.digest = content_digest(&another.body);
    spoil("body and digest changed", good(), another);
    let mut elsewhere = good();
    elsewhere.path = "/orgs/moj/inbox".to_owned();
    spoil("signed for another path", elsewhere, good());
    let mut elsewhere = good();
    elsewhere.host = "other.example".to_owned();
    spoil("signed for another host", elsewhere.clone(), good());
    spoil("sent for another host", elsewhere.clone(), elsewhere);
    for digest in ["md5=:AAAA:", "sha-256=:AAAA:", "sha-256=1", ""] {
        let mut weak = good();
        weak.digest = digest.to_owned();
        spoil(&format!("digest {digest:?}"), weak.clone(), weak);
    }
    for (what, signed, sent) in &cases {
        let lines = sent.lines(&signed.signature(key));
        scene.refuse_message(what, sent, &lines).await;
    }
    let stranger = good();
    let lines = stranger.lines(&stranger.signature(&Key::generate()));
    scene.refuse_message("another key", &stranger, &lines).await;

    scene.assert_nothing_but(&[]).await;
    scene.prove_messages_taken().await;
}

async fn message_headers_that_stand_twice_or_do_not_fit_are_refused(store: Store) {
    let scene = scene(store).await;
    let good = scene.message("bad");
    let signature = good.signature(&scene.remote.key);
    let lines = good.lines(&signature);
    for name in ["host", "content-digest", "signature-input", "signature"] {
        let is_it = |line: &&String| line.starts_with(&format!("{name}: "));
        let line = lines.iter().find(is_it).expect("a header");
        let doubled = [lines.clone(), vec![line.clone()]].concat();
        scene
            .refuse_message(&format!("{name} twice"), &good, &doubled)
            .await;
        let missing: Vec<String> = lines.iter().filter(|line| !is_it(line)).cloned().collect();
        scene
            .refuse_message(&format!("no {name}"), &good, &missing)
            .await;
    }
    for (what, from, to) in [
        ("another label", "signature: sig1=", "signature: sig2="),
        ("an input that is no list", "sig1=(", "sig1=1, sig0=("),
        (
            "a component with a parameter",
            "\"@method\"",
            "\"@method\";req",
        ),
        (
            "a component twice",
            "\"@method\"",
            "\"@method\" \"@method\"",
        ),
        (
            "a component nobody knows",
            "\"@method\"",
            "\"@method\" \"@status\"",
        ),
        (
            "a header that is not there",
            "\"@method\"",
            "\"@method\" \"x-no\"",
        ),
        ("bytes that are none", "sig1=:", "sig1=:!"),
        (
            "a text for bytes",
            "signature: sig1=:",
            "signature: sig1=\"",
        ),
    ] {
        let odd: Vec<String> = lines
            .iter()
            .map(|line| line.replacen(from, to, 1))
            .collect();
        assert_ne!(odd, lines, "{what}");
        scene.refuse_message(what, &good, &odd).await;
    }
    // The same label twice in one header: readers keep the first or the last.
    let input = format!("signature-input: sig1=(), sig1={}", good.input());
    let twice: Vec<String> = lines
        .iter()
        .map(|line| match line.starts_with("signature-input") {
            true => input.clone(),
            false => line.clone(),
        })
        .collect();
    scene.refuse_message("a label twice", &good, &twice).await;

    scene.assert_nothing_but(&[]).await;
    scene.prove_messages_taken().await;
}

async fn the_key_of_another_label_does_not_stand_in(store: Store) {
    let scene = scene(store).await;
    let trudy = Key::generate();
    scene.remote.introduce("trudy", &trudy);
    // It says that mallory signed it, and is signed by trudy beside that.
    let mut hers = scene.message("bad");
    hers.key_id = scene.remote.at("/users/trudy#main-key");
    let claimed = scene.message("bad");
    let (forged, real) = (claimed.signature(&trudy), hers.signature(&trudy));
    for (first, second) in [
        ((&claimed, &forged), (&hers, &real)),
        ((&hers, &real), (&claimed, &forged)),
    ] {
        let mut lines = claimed.lines("");
        lines.truncate(3);
        lines.push(format!(
            "signature-input: a={}, b={}",
            first.0.input(),
            second.0.input()
        ));
        lines.push(format!("signature: a=:{}:, b=:{}:", first.1, second.1));
        scene.refuse_or_forget(&claimed, &lines).await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_messages_taken().await;
}

impl Scene {
    /// What somebody else signed is handed on: taken for that, and dropped.
    async fn refuse_or_forget(&self, message: &Message, lines: &[String]) {
        let said = self.post(message, lines).await;
        assert!(said.status < 500, "{}", said.text);
    }
}

on_both_databases! {
    messages_with_a_bad_signature_leave_nothing,
    message_headers_that_stand_twice_or_do_not_fit_are_refused,
    the_key_of_another_label_does_not_stand_in,
}
