//! What is taken in, and made harmless.

use federation_tests::{database::Store, on_both_databases};
use serde_json::json;

use super::scene;

async fn foreign_markup_cannot_do_anything(store: Store) {
    let scene = scene(store).await;
    let note = scene.remote.note(
        "xss",
        "<p onclick=\"alert(1)\">Fine</p><script>alert(2)</script><a href=\"javascript:alert(3)\">x</a><img src=x onerror=alert(4)>",
    );
    let create = scene.remote.activity("create-xss", "Create", &note);
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let entry = scene
        .member
        .forum()
        .await_entry(&scene.remote.at("/notes/xss"))
        .await;
    let content = entry["content"].as_str().unwrap_or_default().to_owned();
    assert!(content.contains("Fine"), "{content}");
    for bad in ["script", "onclick", "javascript:", "onerror", "alert"] {
        assert!(!content.contains(bad), "{bad} in {content}");
    }
}

async fn texts_are_cut_to_what_a_page_can_hold(store: Store) {
    let scene = scene(store).await;
    let mut create = scene.create("long");
    create["object"]["name"] = json!("title ".repeat(20_000));
    create["object"]["content"] = json!(format!("<p>{}</p>", "word ".repeat(100_000)));
    create["object"]["tag"] = json!(
        (0..5_000)
            .map(|n| json!({"type": "Hashtag", "name": format!("#tag{n}"), "href": "https://a.example/"}))
            .collect::<Vec<_>>()
    );
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let uri = scene.remote.at("/notes/long");
    let entry = scene.member.forum().await_entry(&uri).await;
    let length = |key: &str| entry[key].as_str().map_or(0, str::len);
    assert!(
        (1..=1_000).contains(&length("title")),
        "{}",
        length("title")
    );
    assert!(
        (1..=200_000).contains(&length("content")),
        "{}",
        length("content")
    );
    let whole = entry.to_string().len();
    assert!(whole < 400_000, "{whole} bytes are kept");
}

on_both_databases! {
    foreign_markup_cannot_do_anything,
    texts_are_cut_to_what_a_page_can_hold,
}
