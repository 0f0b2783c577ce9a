//! Every byte that each node received: what a node heard at its door, and what
//! it was answered elsewhere. Restricted words reach those whose accreditation
//! and whose node's membership allow it, and nobody else.

use std::collections::BTreeSet;

use federation_tests::{
    accredited::Place,
    database::Store,
    forum::{id, uri},
    on_both_databases, wait,
};
use serde_json::json;

use super::tapped::scene;

/// Which of these words a text holds.
fn words<'a>(text: &str, all: &[&'a str]) -> BTreeSet<&'a str> {
    all.iter()
        .copied()
        .filter(|word| text.contains(*word))
        .collect()
}

async fn each_node_receives_what_it_may_store_and_nothing_else(store: Store) {
    let scene = scene(store).await;
    let (ngo2, ngo3) = (&scene.ngo2.member.uri, &scene.ngo3.member.uri);
    let public = scene.say("kiwipublic", "public", &[]).await;
    let members = scene.say("kiwimembers", "members", &[]).await;
    let preferential = scene.say("kiwipreferential", "preferential", &[]).await;
    let named2 = scene.say("kiwinamedtwo", "named", &[ngo2]).await;
    let named3 = scene.say("kiwinamedthree", "named", &[ngo3]).await;
    let lone = scene.remote.actor_of("lone");
    let named_lone = scene.say("kiwinamedlone", "named", &[&lone]).await;
    let echo2 = scene
        .answer(&scene.gov2, &preferential, "kiwiechotwo")
        .await;
    let echo3 = scene.answer(&scene.ngo3, &members, "kiwiechothree").await;
    for (reader, entries) in [
        (
            &scene.gov2,
            &[&public, &members, &preferential, &echo2, &echo3][..],
        ),
        (&scene.ngo2, &[&named2][..]),
        (&scene.gov3, &[&public, &members, &echo3][..]),
        (&scene.ngo3, &[&named3][..]),
        (&scene.author, &[&echo2, &echo3][..]),
    ] {
        for entry in entries {
            reader.member.forum().await_entry(&uri(entry)).await;
        }
    }
    let all = [
        &public,
        &members,
        &preferential,
        &named2,
        &named3,
        &named_lone,
        &echo2,
        &echo3,
    ];
    scene.ask_for(&all).await;

    // What is taken from some: the third node is told of the one, and a party
    // of the other.
    let narrowed = scene.say("kiwiwide", "members", &[]).await;
    let parted = scene.say("kiwiboth", "named", &[ngo2, ngo3]).await;
    scene.gov3.member.forum().await_entry(&uri(&narrowed)).await;
    scene.ngo3.member.forum().await_entry(&uri(&parted)).await;
    let forum = scene.author.member.forum();
    let narrower = json!({"audience": "preferential", "body": "kiwinarrow in the text"});
    forum.edit(&id(&narrowed), &narrower).await.success();
    let fewer = json!({"named": [ngo2], "body": "kiwifewer in the text"});
    forum.edit(&id(&parted), &fewer).await.success();
    for (entry, reader, last) in [
        (&narrowed, &scene.gov3, &scene.gov2),
        (&parted, &scene.ngo3, &scene.ngo2),
    ] {
        scene.heard(Place::Third, "Delete", &uri(entry)).await;
        scene.heard(Place::Second, "Update", &uri(entry)).await;
        let (gone, kept) = (reader.member.forum(), last.member.forum());
        let what = "the copy to be gone";
        wait::until(what, || async {
            gone.find(&uri(entry)).await.is_none().then_some(())
        })
        .await;
        kept.await_entry(&uri(entry)).await;
    }
    scene.ask_for(&[&narrowed, &parted]).await;
    wait::a_while().await;

    let all = [
        "kiwipublic",
        "kiwimembers",
        "kiwipreferential",
        "kiwinamedtwo",
        "kiwinamedthree",
        "kiwinamedlone",
        "kiwiechotwo",
        "kiwiechothree",
        "kiwiwide",
        "kiwinarrow",
        "kiwiboth",
        "kiwifewer",
    ];
    let second = words(&scene.received(Place::Second), &all);
    let not_there = BTreeSet::from(["kiwinamedthree", "kiwinamedlone", "kiwiechotwo"]);
    let expected = all.iter().filter(|word| !not_there.contains(*word));
    let expected: BTreeSet<&str> = expected.copied().collect();
    assert_eq!(second, expected, "the second node");
    let third = words(&scene.received(Place::Third), &all);
    let expected = [
        "kiwipublic",
        "kiwimembers",
        "kiwinamedthree",
        "kiwiwide",
        "kiwiboth",
    ];
    assert_eq!(third, BTreeSet::from(expected), "the third node");
    let hub = words(&scene.received(Place::Hub), &all);
    assert_eq!(
        hub,
        BTreeSet::from(["kiwiechotwo", "kiwiechothree"]),
        "the hub"
    );
    let others = words(&scene.given_to_others(), &all);
    assert_eq!(others, BTreeSet::from(["kiwipublic"]), "everybody else");
}

on_both_databases! {
    each_node_receives_what_it_may_store_and_nothing_else,
}
