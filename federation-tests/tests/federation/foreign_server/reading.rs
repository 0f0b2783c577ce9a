//! Publishing, editing and deleting, as the other side reads it.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{full_request, id, uri},
    wait,
};
use serde_json::{Value, json};

use super::{Scene, is_about, with_every_software};

async fn they_read_our_entries_edits_and_deletions(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let (foreign, forum) = (&scene.foreign, scene.member.forum());
    let sent = forum
        .publish(&full_request("Training for border police"))
        .await;
    let (uri, id) = (uri(&sent), id(&sent));
    let create = is_about("Create", &uri);
    let create = foreign.await_received("a Create", create).await;
    assert_eq!(create["actor"], scene.member.uri);
    let note = &create["object"];
    assert_eq!(note["name"], "Training for border police", "{create}");
    assert_eq!(note["type"], "Note");
    assert_eq!(note["attributedTo"], scene.member.uri);

    let change = json!({"title": "Training for coast guards"});
    forum.edit(&id, &change).await.success();
    let update = is_about("Update", &uri);
    let update = foreign.await_received("an Update", update).await;
    assert_eq!(update["object"]["name"], "Training for coast guards");

    forum.delete(&id).await.success();
    let delete = is_about("Delete", &uri);
    foreign.await_received("a Delete", delete).await;
}

async fn we_read_their_notes_edits_and_deletions(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let (foreign, member) = (&scene.foreign, &scene.member);
    let note = foreign.post("<p>Good morning from elsewhere</p>").await;
    let status = member.mastodon().await_home(&note).await;
    assert_eq!(status["account"]["uri"], foreign.actor, "{status}");
    assert!(says(&status, "Good morning"), "{status}");
    let entry = member.forum().await_entry(&note).await;
    assert_eq!(entry["kind"], "note");
    assert_eq!(entry["author"]["uri"], foreign.actor);
    assert!(says(&entry, "Good morning"), "{entry}");
    scene.node.forum().await_entry(&note).await;

    foreign
        .edit(&note, "<p>Good evening from elsewhere</p>")
        .await;
    let edited = wait::until("the edit", || async {
        let entry = member.forum().find(&note).await?;
        says(&entry, "Good evening").then_some(entry)
    })
    .await;
    assert_eq!(edited["id"], entry["id"], "an edit makes no second entry");
    let status = member.mastodon().await_home(&note).await;
    assert!(says(&status, "Good evening"), "{status}");
    assert!(status["edited_at"].is_string(), "{status}");

    foreign.delete(&note).await;
    wait::until("the deletion", || async {
        member.forum().find(&note).await.is_none().then_some(())
    })
    .await;
    let home = member.mastodon().list("/api/v1/timelines/home").await;
    assert!(home.is_empty(), "{home:?}");
}

fn says(shown: &Value, words: &str) -> bool {
    shown["content"]
        .as_str()
        .is_some_and(|html| html.contains(words))
}

with_every_software! {
    they_read_our_entries_edits_and_deletions,
    we_read_their_notes_edits_and_deletions,
}
