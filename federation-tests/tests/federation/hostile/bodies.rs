//! Bodies that are no good: malformed, too large, too slow, compressed.

use std::time::Duration;

use federation_tests::{
    database::Store,
    on_both_databases,
    rogue::{self, Step},
};
use serde_json::json;

use super::scene;

async fn malformed_bodies_leave_nothing(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let whole = scene.create("bad").to_string();
    let doubled = whole.replacen('{', r#"{"type":"Announce","#, 1);
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let nested = whole.replacen("\"Create\"", &format!("\"Create\",\"deep\":{deep}"), 1);
    let surrogate = whole.replacen("<p>Note bad</p>", "<p>\\ud800</p>", 1);
    let crowd: Vec<String> = (0..1_001)
        .map(|n| format!("https://crowd.example/{n}"))
        .collect();
    let mut crowded = scene.create("bad");
    crowded["cc"] = json!(crowd);
    for (what, body) in [
        ("cut short", whole[..whole.len() / 2].to_owned()),
        ("no JSON", "hello".to_owned()),
        ("empty", String::new()),
        ("no object", "[1,2,3]".to_owned()),
        ("a key twice", doubled),
        ("too deep", nested),
        ("a lone surrogate", surrogate),
        ("too many recipients", crowded.to_string()),
    ] {
        let delivery = remote.delivery(&scene.node.origin(), body.into_bytes());
        let signature = delivery.signature(&remote.key);
        scene.refuse(what, &delivery, Some(&signature)).await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_body_over_the_limit_is_refused(store: Store) {
    let scene = scene(store).await;
    let note = scene.remote.note("big", &"x".repeat(1_100_000));
    let create = scene.remote.activity("create-big", "Create", &note);
    let reply = scene.remote.deliver(&scene.node.origin(), &create).await;
    assert_eq!(reply.status, 413, "{}", reply.text());
    scene.assert_nothing_but(&[]).await;
}

async fn a_body_without_end_is_cut_off(store: Store) {
    let scene = scene(store).await;
    let delivery = scene.remote.delivery(&scene.node.origin(), Vec::new());
    let mut lines = delivery.lines(&delivery.signature(&scene.remote.key));
    lines.push("transfer-encoding: chunked".to_owned());
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat();
    let node = scene.node.plan.socket();
    let said = rogue::say(&node, "/inbox", &lines, &[Step::Endless(chunk)]).await;
    scene.assert_refused("endless", &said);
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_body_that_comes_too_slowly_is_not_waited_for(store: Store) {
    let scene = scene(store).await;
    let body = scene.create("slow").to_string().into_bytes();
    let delivery = scene.remote.delivery(&scene.node.origin(), body.clone());
    let mut lines = delivery.lines(&delivery.signature(&scene.remote.key));
    lines.push(format!("content-length: {}", body.len()));
    let node = scene.node.plan.socket();
    let drip = [Step::Drip(body, Duration::from_millis(500))];
    let slow = rogue::say(&node, "/inbox", &lines, &drip);
    // Meanwhile others are served.
    let (said, _) = tokio::join!(slow, scene.prove_the_door_open());
    scene.assert_refused("too slow", &said);
    scene
        .assert_nothing_but(&[scene.remote.at("/notes/proof")])
        .await;
}

async fn a_compressed_body_is_not_unfolded(store: Store) {
    let scene = scene(store).await;
    // 2 KiB that would become 1 MiB of spaces.
    let bomb = include_bytes!("spaces.gz").to_vec();
    assert!(bomb.len() < 2_048, "{}", bomb.len());
    let delivery = scene.remote.delivery(&scene.node.origin(), bomb);
    let mut lines = delivery.lines(&delivery.signature(&scene.remote.key));
    lines.push("content-encoding: gzip".to_owned());
    let node = scene.node.plan.socket();
    let said = rogue::post(&node, "/inbox", &lines, &delivery.body).await;
    scene.assert_refused("compressed", &said);
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

on_both_databases! {
    malformed_bodies_leave_nothing,
    a_body_over_the_limit_is_refused,
    a_body_without_end_is_cut_off,
    a_body_that_comes_too_slowly_is_not_waited_for,
    a_compressed_body_is_not_unfolded,
}
