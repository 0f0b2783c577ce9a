//! Nodes that die: a dead one delays nobody, and nothing is lost or doubled.

use std::collections::BTreeMap;

use federation_tests::{
    database::Store,
    forum::{Forum, note, uri},
    node, on_both_databases, wait,
};

/// How many entries of this list the forum shows, when every one of them is there.
async fn await_all(forum: &Forum, uris: &[String]) {
    wait::until(&format!("{} entries", uris.len()), || async {
        let counts = counts(forum).await;
        uris.iter()
            .all(|uri| counts.contains_key(uri))
            .then_some(())
    })
    .await;
    let counts = counts(forum).await;
    let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "more than once: {doubled:?}");
    assert_eq!(counts.len(), uris.len(), "only what was published");
}

async fn counts(forum: &Forum) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in forum.all_entries().await {
        *counts.entry(uri(&entry)).or_default() += 1;
    }
    counts
}

async fn publish(forum: &Forum, numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut uris = Vec::new();
    for number in numbers {
        let entry = forum
            .publish(&note(&format!("Number {number}"), "public"))
            .await;
        uris.push(uri(&entry));
    }
    uris
}

async fn a_dead_follower_delays_nobody_and_hears_everything_later(store: Store) {
    let [hub, mut dead, alive] = node::network(store, &[]).await;
    let author = hub.member("hub", "The Hub", "international_organisation");
    let sleeper = dead.member("sleeper", "Asleep", "civil_society");
    let reader = alive.member("reader", "Awake", "civil_society");
    sleeper.mastodon().follow(&author.address()).await;
    reader.mastodon().follow(&author.address()).await;

    dead.kill();
    let uris = publish(&author.forum(), 0..10).await;
    await_all(&reader.forum(), &uris).await;

    dead.start().await;
    await_all(&sleeper.forum(), &uris).await;
}

async fn a_receiver_killed_amid_deliveries_gets_everything_once(store: Store) {
    let [a, mut b] = node::network(store, &[]).await;
    let author = a.member("author", "Author", "government");
    let reader = b.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&author.address()).await;

    let mut uris = publish(&author.forum(), 0..20).await;
    b.kill();
    uris.extend(publish(&author.forum(), 20..35).await);
    b.start().await;
    uris.extend(publish(&author.forum(), 35..50).await);
    b.restart().await;
    await_all(&reader.forum(), &uris).await;
}

async fn a_sender_killed_after_acknowledged_posts_delivers_them_all_once(store: Store) {
    let [mut a, b] = node::network(store, &[]).await;
    let author = a.member("author", "Author", "government");
    let reader = b.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&author.address()).await;

    let uris = publish(&author.forum(), 0..15).await;
    a.kill();
    a.start().await;
    let more = publish(&author.forum(), 15..20).await;
    a.kill();
    a.start().await;
    await_all(&reader.forum(), &[uris, more].concat()).await;
}

async fn a_node_stops_gracefully_and_loses_nothing(store: Store) {
    let [mut a, b] = node::network(store, &[]).await;
    let author = a.member("author", "Author", "government");
    let reader = b.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&author.address()).await;
    let uris = publish(&author.forum(), 0..10).await;
    let (status, took) = a.stop();
    assert_eq!(status, Some(0), "{}", a.log());
    assert!(took.as_secs() < 25, "{took:?}");
    a.start().await;
    await_all(&reader.forum(), &uris).await;
}

on_both_databases! {
    a_dead_follower_delays_nobody_and_hears_everything_later,
    a_receiver_killed_amid_deliveries_gets_everything_once,
    a_sender_killed_after_acknowledged_posts_delivers_them_all_once,
    a_node_stops_gracefully_and_loses_nothing,
}
