//! A node that answers nobody who does not sign.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{full_request, uri},
    http::{self, ACTIVITY_JSON},
    node::Plan,
};
use serde_json::json;

use super::{Scene, is_about, with_every_software};

async fn who_signs_its_fetches_follows_reads_and_answers(software: Software, store: Store) {
    let plan = Plan::new(store).set("federation.authorized_fetch", "true");
    let scene = Scene::of(software, plan).await;
    let (foreign, member) = (&scene.foreign, &scene.member);
    let followed = foreign.follow(&member.uri).await;
    // Without a signature there is no name.
    assert_eq!(followed["name"], "Ministry of Justice", "{followed}");
    scene.await_following(&member.uri).await;
    let forum = member.forum();
    let asked = forum
        .publish(&full_request("Training for border police"))
        .await;
    let uri = uri(&asked);
    let create = is_about("Create", &uri);
    foreign.await_received("a Create", create).await;
    let unsigned = http::get(&uri).accept(ACTIVITY_JSON);
    unsigned.send().await.expect(401);

    let answer = foreign
        .reply(&uri, "<p>We can send two trainers.</p>")
        .await;
    let answer = forum.await_entry(&answer).await;
    assert_eq!(answer["in_reply_to"], asked["id"]);
    assert_eq!(answer["author"]["uri"], json!(foreign.actor));
}

with_every_software! { who_signs_its_fetches_follows_reads_and_answers }
