//! The harness by itself: what the other tests lean on works without a node.

use federation_tests::{
    foreign::{Foreign, Software},
    remote::{self, Remote},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_foreign_servers_follow_one_another_and_post() {
    let writer = Foreign::start(Software::Fedify);
    let reader = Foreign::start(Software::CattleGrid);
    let followed = reader.follow(&writer.actor).await;
    assert_eq!(followed["followed"], writer.actor, "{followed}");
    writer
        .await_followers(&writer.actor, &[reader.actor.as_str()])
        .await;

    let note = writer.post("<p>Good morning</p>").await;
    reader
        .await_received("the note", |activity| {
            activity["type"] == "Create" && activity["object"]["id"] == note
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scripted_server_signs_as_the_foreign_one_expects() {
    let (foreign, remote) = (Foreign::start(Software::Fedify), Remote::start().await);
    let follow = remote.activity("1", "Follow", &json!(foreign.actor));
    let mut unsigned = follow.clone();
    unsigned["id"] = json!(remote.at("/activities/2"));
    let delivery = remote.delivery(&foreign.origin, unsigned.to_string().into_bytes());
    remote::send(&delivery, None).await.expect(401);
    remote.deliver(&foreign.origin, &follow).await.success();
    foreign
        .await_received("the Follow", |activity| activity["id"] == follow["id"])
        .await;
    assert_eq!(foreign.received().await.len(), 1);
}
