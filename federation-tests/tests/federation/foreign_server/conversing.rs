//! Replies.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{full_request, id, note, uri},
    node::text,
    wait,
};
use serde_json::{Value, json};

use super::{Scene, is_about, with_every_software};

/// Neither side follows the other: that somebody is answered is enough.
async fn a_conversation_goes_back_and_forth(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let (foreign, forum) = (&scene.foreign, scene.member.forum());
    let asked = forum
        .publish(&full_request("Training for border police"))
        .await;

    let answer = foreign
        .reply(&uri(&asked), "<p>We can send two trainers.</p>")
        .await;
    let replied = forum.await_entry(&answer).await;
    assert_eq!(replied["in_reply_to"], json!(id(&asked)), "{replied}");
    let status = scene.status(&uri(&asked)).await.expect("our own status");
    assert_eq!(status["replies_count"], 1, "{status}");
    assert_eq!(
        descendants(&scene, &status).await,
        std::slice::from_ref(&answer)
    );

    let mut thanks = note("In which weeks?", "public");
    thanks["in_reply_to"] = json!(id(&replied));
    let thanks = forum.publish(&thanks).await;
    let create = is_about("Create", thanks["uri"].as_str().expect("an id"));
    let create = foreign.await_received("our reply", create).await;
    assert_eq!(create["object"]["inReplyTo"], answer, "{create}");
    assert_eq!(create["actor"], scene.member.uri);

    let last = foreign
        .reply(&uri(&thanks), "<p>In the first of March.</p>")
        .await;
    forum.await_entry(&last).await;
    let all = [answer, uri(&thanks), last];
    assert_eq!(descendants(&scene, &status).await, all);
}

async fn their_deleted_reply_leaves_the_conversation(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let (foreign, forum) = (&scene.foreign, scene.member.forum());
    let asked = forum
        .publish(&full_request("Training for border police"))
        .await;
    let answer = foreign.reply(&uri(&asked), "<p>Too early.</p>").await;
    forum.await_entry(&answer).await;
    foreign.delete(&answer).await;
    wait::until("the deletion", || async {
        forum.find(&answer).await.is_none().then_some(())
    })
    .await;
    let status = scene.status(&uri(&asked)).await.expect("our own status");
    assert_eq!(status["replies_count"], 0, "{status}");
    assert!(descendants(&scene, &status).await.is_empty());
}

/// The wire ids of what stands below a status.
async fn descendants(scene: &Scene, status: &Value) -> Vec<String> {
    let path = format!("/api/v1/statuses/{}/context", text(status, "id"));
    let context = scene.node.mastodon().get(&path).await.expect(200).json();
    let below = context["descendants"].as_array().expect("a list");
    below.iter().map(|one| text(one, "uri")).collect()
}

with_every_software! {
    a_conversation_goes_back_and_forth,
    their_deleted_reply_leaves_the_conversation,
}
