//! Likes and boosts, and taking them back.

use federation_tests::{
    database::Store,
    foreign::Software,
    forum::{full_request, uri},
    node::text,
    wait,
};
use serde_json::{Value, json};

use super::{Scene, is_about, undoes, with_every_software};

async fn they_like_and_boost_our_entries(software: Software, store: Store) {
    let scene = Scene::strangers(software, store).await;
    let foreign = &scene.foreign;
    let entry = scene
        .member
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let uri = uri(&entry);

    let like = foreign.like(&uri).await;
    let status = scene.await_count(&uri, "favourites_count", 1).await;
    let by = format!("/api/v1/statuses/{}/favourited_by", text(&status, "id"));
    let by = scene.member.mastodon().list(&by).await;
    assert_eq!(by.len(), 1, "{by:?}");
    assert_eq!(by[0]["uri"], foreign.actor);

    let boost = foreign.announce(&uri).await;
    scene.await_count(&uri, "reblogs_count", 1).await;
    foreign.undo(&like).await;
    scene.await_count(&uri, "favourites_count", 0).await;
    foreign.undo(&boost).await;
    scene.await_count(&uri, "reblogs_count", 0).await;
}

async fn we_like_and_boost_their_notes(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let foreign = &scene.foreign;
    let note = foreign.post("<p>Two trainers are free in March</p>").await;
    let status = scene.member.mastodon().await_home(&note).await;

    scene.act_on(&status, "favourite").await;
    let like = is_about("Like", &note);
    let like = foreign.await_received("a Like", like).await;
    assert_eq!(like["actor"], scene.member.uri);
    scene.act_on(&status, "unfavourite").await;
    foreign.await_received("its Undo", undoes(&like)).await;

    scene.act_on(&status, "reblog").await;
    let boost = is_about("Announce", &note);
    let boost = foreign.await_received("an Announce", boost).await;
    assert_eq!(boost["actor"], scene.member.uri);
    scene.act_on(&status, "unreblog").await;
    foreign.await_received("its Undo", undoes(&boost)).await;
}

/// What an actor that is followed here passes on, of an author whom nobody
/// here follows, is fetched and shown.
async fn their_boosts_appear_with_what_they_pass_on(software: Software, store: Store) {
    let scene = Scene::friends(software, store).await;
    let other = scene
        .node
        .member("mfa", "Ministry of Foreign Affairs", "government");
    let entry = other.forum().publish(&full_request("Interpreters")).await;
    scene.foreign.announce(&uri(&entry)).await;
    let boost = wait::until("the boost in the home timeline", || async {
        let home = scene.member.mastodon();
        let home = home.list("/api/v1/timelines/home").await;
        let is_it = |status: &Value| status["reblog"]["uri"] == json!(uri(&entry));
        home.into_iter().find(is_it)
    })
    .await;
    assert_eq!(boost["account"]["uri"], scene.foreign.actor, "{boost}");
    assert_eq!(boost["reblog"]["account"]["uri"], other.uri);
    assert_eq!(boost["reblog"]["reblogs_count"], 1);
}

with_every_software! {
    they_like_and_boost_our_entries,
    we_like_and_boost_their_notes,
    their_boosts_appear_with_what_they_pass_on,
}
