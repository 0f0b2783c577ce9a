//! The foreign server on Fedify: first that it works by itself, then with us.

use federation_tests::{foreign::Foreign, wait};

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
