//! Reports to the administrators of the other side.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{Forum, full_request, uri},
    node::text,
    wait,
};
use serde_json::{Value, json};

use super::{Scene, names, with_every_software};

/// The Forum API of an administrator of the node.
fn administration(scene: &Scene) -> Forum {
    let email = "operator@moj.example";
    scene.node.user(email, "moj", "administrator");
    let token = scene.node.token(email, "admin:read");
    Forum::with_token(&scene.node.origin(), &token)
}

async fn their_report_is_in_our_queue(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let entry = scene
        .member
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let uri = uri(&entry);
    scene
        .foreign
        .flag(&scene.member.uri, &[uri.as_str()], "This names a person.")
        .await;

    let administration = administration(&scene);
    let report = wait::until("the report", || async {
        let queue = administration.get("/admin/reports?state=open").await;
        let queue = queue.expect(200).json();
        queue["items"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(report["comment"], "This names a person.", "{report}");
    assert_eq!(report["reporter"]["uri"], scene.foreign.actor);
    assert_eq!(report["reported"]["uri"], scene.member.uri);
    let entries = report["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 1, "{report}");
    assert_eq!(entries[0]["uri"], json!(uri));
}

async fn our_forwarded_report_reaches_them_without_our_name(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let foreign = &scene.foreign;
    let note = foreign.post("<p>Cheap labour, call us</p>").await;
    let status = scene.member.mastodon().await_home(&note).await;
    let report = scene
        .member
        .mastodon()
        .request(reqwest::Method::POST, "/api/v1/reports")
        .json(&json!({
            "account_id": text(&status["account"], "id"),
            "status_ids": [text(&status, "id")],
            "comment": "This is an advertisement.",
            "forward": true,
        }));
    assert_eq!(report.send().await.expect(200).json()["forwarded"], true);

    let is_flag = |activity: &Value| activity["type"] == "Flag";
    let flag = foreign.await_received("a Flag", is_flag).await;
    assert_eq!(flag["actor"], scene.node.at("/actor"), "{flag}");
    assert_eq!(flag["content"], "This is an advertisement.");
    assert!(names(&flag["object"], &foreign.actor), "{flag}");
    assert!(names(&flag["object"], &note), "{flag}");
    assert!(!flag.to_string().contains(&scene.member.uri), "{flag}");
}

with_every_software! {
    their_report_is_in_our_queue,
    our_forwarded_report_reaches_them_without_our_name,
}
