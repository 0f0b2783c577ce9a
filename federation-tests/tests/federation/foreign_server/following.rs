//! Following and unfollowing.

use federation_tests::{
    database::Store,
    foreign::Software,
    http::{self, ACTIVITY_JSON},
    node::text,
    wait,
};
use serde_json::json;

use super::{Scene, is_about, undoes, with_every_software};

async fn they_follow_us_and_stop(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let (foreign, member) = (&scene.foreign, &scene.member);
    let followed = foreign.follow(&member.uri).await;
    assert_eq!(followed["followed"], json!(member.uri));
    assert_eq!(followed["name"], "Ministry of Justice", "{followed}");
    let accept = is_about("Accept", followed["id"].as_str().expect("an id"));
    let accept = foreign.await_received("an Accept", accept).await;
    assert_eq!(accept["actor"], json!(member.uri));
    scene.await_following(&member.uri).await;
    await_number_of_followers(&member.uri, 1).await;

    foreign.undo(&text(&followed, "id")).await;
    await_number_of_followers(&member.uri, 0).await;
    let following = foreign.following(&foreign.actor).await;
    assert!(following.is_empty(), "{following:?}");
}

async fn await_number_of_followers(organisation: &str, number: i64) {
    let followers = format!("{organisation}/followers");
    wait::until(&format!("{number} followers"), || async {
        let request = http::get(&followers).accept(ACTIVITY_JSON);
        let collection = request.send().await.expect(200).json();
        (collection["totalItems"] == number).then_some(())
    })
    .await;
}

async fn we_follow_them_and_stop(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let (foreign, mastodon) = (&scene.foreign, scene.member.mastodon());
    let account = scene.follow_back().await;
    let follow = is_about("Follow", &foreign.actor);
    let follow = foreign.await_received("a Follow", follow).await;
    assert_eq!(follow["actor"], json!(scene.member.uri));

    let by_handle = format!("@partner@{}", foreign.authority());
    let found = mastodon.resolve(&by_handle).await;
    assert_eq!(found.map(|found| found["id"].clone()), Some(json!(account)));

    let unfollow = format!("/api/v1/accounts/{account}/unfollow");
    mastodon.post(&unfollow).await.expect(200);
    foreign.await_received("an Undo", undoes(&follow)).await;
    foreign.await_followers(&foreign.actor, &[]).await;
    assert_eq!(mastodon.relationship(&account).await["following"], false);
}

with_every_software! { they_follow_us_and_stop, we_follow_them_and_stop }
