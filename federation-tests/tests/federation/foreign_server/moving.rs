//! Moving to another address, with the followers.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{full_request, uri},
    http::{self, ACTIVITY_JSON},
    node::text,
    wait,
};
use serde_json::json;

use super::{Scene, is_about, with_every_software};

async fn they_move_and_we_follow_them_there(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let (foreign, mastodon) = (&scene.foreign, scene.member.mastodon());
    let old = scene.follow_back().await;

    let target = foreign.move_away().await;
    let us = scene.member.uri.as_str();
    foreign.await_followers(&target, &[us]).await;
    foreign.await_followers(&foreign.actor, &[]).await;
    let found = mastodon.resolve(&target).await.expect("the new address");
    let new = text(&found, "id");
    assert_ne!(new, old);
    wait::until("the new follow", || async {
        let there = mastodon.relationship(&new).await;
        (there["following"] == true).then_some(())
    })
    .await;
    assert_eq!(mastodon.relationship(&old).await["following"], false);
}

async fn we_move_and_they_follow_us_there(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let (foreign, node) = (&scene.foreign, &scene.node);
    let new = node.member("justice", "Ministry of Justice", "government");
    let old = scene.member.uri.as_str();
    let alias = ["organisation", "alias", "--handle", "justice", "--uri", old];
    node.run(&alias).expect(0);
    let depart = ["organisation", "move", "--handle", "moj", "--to", &new.uri];
    node.run(&depart).expect(0);

    let moved = is_about("Move", old);
    let moved = foreign.await_received("a Move", moved).await;
    assert_eq!(moved["actor"], json!(old));
    assert_eq!(moved["target"], json!(new.uri));
    scene.await_following(&new.uri).await;
    let document = http::get(old).accept(ACTIVITY_JSON);
    let document = document.send().await.expect(200).json();
    assert_eq!(document["movedTo"], json!(new.uri), "{document}");

    let entry = new.forum().publish(&full_request("Trainers")).await;
    let entry = uri(&entry);
    let create = is_about("Create", &entry);
    foreign.await_received("what is new there", create).await;
}

with_every_software! {
    they_move_and_we_follow_them_there,
    we_move_and_they_follow_us_there,
}
