//! The harness by itself: what the other tests lean on works without a node.

use federation_tests::{
    foreign::Foreign,
    remote::{self, Remote},
    wait,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_foreign_servers_follow_one_another_and_post() {
    let (writer, reader) = (Foreign::start(), Foreign::start());
    let followed = reader.follow(&writer.actor).await;
    assert_eq!(followed["followed"], writer.actor, "{followed}");
    wait::until("the follower", || async {
        let followers = writer.followers().await;
        followers
            .contains(&reader.actor.clone().into())
            .then_some(())
    })
    .await;

    let note = writer.post("<p>Good morning</p>").await;
    wait::until("the note", || async {
        let received = reader.received().await;
        received
            .into_iter()
            .find(|activity| activity["type"] == "Create" && activity["object"]["id"] == note)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scripted_server_signs_as_the_foreign_one_expects() {
    let (foreign, remote) = (Foreign::start(), Remote::start().await);
    let follow = remote.activity("1", "Follow", &json!(foreign.actor));
    let mut unsigned = follow.clone();
    unsigned["id"] = json!(remote.at("/activities/2"));
    let delivery = remote.delivery(&foreign.origin, unsigned.to_string().into_bytes());
    remote::send(&delivery, None).await.expect(401);
    remote.deliver(&foreign.origin, &follow).await.success();
    wait::until("the Follow", || async {
        let received = foreign.received().await;
        let found = received
            .iter()
            .any(|activity| activity["id"] == follow["id"]);
        found.then_some(())
    })
    .await;
    assert_eq!(foreign.received().await.len(), 1);
}
