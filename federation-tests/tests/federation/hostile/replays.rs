//! What comes again, too late, too early, or not at all known.

use federation_tests::{database::Store, on_both_databases, wait};
use serde_json::json;

use super::scene;

async fn a_replayed_activity_has_no_second_effect(store: Store) {
    let scene = scene(store).await;
    let create = scene.create("1");
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let note_uri = scene.remote.at("/notes/1");
    scene.member.forum().await_entry(&note_uri).await;

    let mut note = scene.remote.note("1", "<p>Second wording</p>");
    note["updated"] = json!(wait::now().to_rfc3339());
    let update = scene.remote.activity("update-1", "Update", &note);
    scene
        .remote
        .deliver(&scene.node.origin(), &update)
        .await
        .success();
    wait::until("the update", || async {
        let entry = scene.member.forum().find(&note_uri).await?;
        entry["content"]
            .as_str()?
            .contains("Second wording")
            .then_some(())
    })
    .await;

    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    wait::a_while().await;
    let stored = scene.stored().await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert!(
        stored[0]["content"]
            .as_str()
            .is_some_and(|html| html.contains("Second wording"))
    );

    let delete = scene
        .remote
        .activity("delete-1", "Delete", &json!(note_uri));
    scene
        .remote
        .deliver(&scene.node.origin(), &delete)
        .await
        .success();
    wait::until("the deletion", || async {
        scene.stored().await.is_empty().then_some(())
    })
    .await;
    scene.remote.deliver(&scene.node.origin(), &create).await;
    scene.assert_nothing_but(&[]).await;
}

async fn unknown_activities_are_acknowledged_and_ignored(store: Store) {
    let scene = scene(store).await;
    for kind in ["EmojiReact", "Arrive", "SomethingNew"] {
        let activity =
            scene
                .remote
                .activity(&format!("odd-{kind}"), kind, &json!(scene.member.uri));
        scene
            .remote
            .deliver(&scene.node.origin(), &activity)
            .await
            .expect(202);
    }
    let mut odd = scene.remote.note("odd", "<p>odd</p>");
    odd["type"] = json!("Arrangement");
    let create = scene.remote.activity("create-odd", "Create", &odd);
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .expect(202);
    scene.assert_nothing_but(&[]).await;
}

async fn a_date_in_the_future_does_not_stay_on_top(store: Store) {
    let scene = scene(store).await;
    let mut create = scene.create("early");
    create["object"]["published"] = json!("2099-01-01T00:00:00Z");
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let early = scene.remote.at("/notes/early");
    scene.member.forum().await_entry(&early).await;
    scene.prove_the_door_open().await;
    let stored: Vec<String> = scene
        .stored()
        .await
        .iter()
        .map(federation_tests::forum::uri)
        .collect();
    assert_eq!(stored, [scene.remote.at("/notes/proof"), early]);
}

on_both_databases! {
    a_replayed_activity_has_no_second_effect,
    unknown_activities_are_acknowledged_and_ignored,
    a_date_in_the_future_does_not_stay_on_top,
}
