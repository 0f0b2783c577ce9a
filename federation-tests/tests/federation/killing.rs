//! Nodes killed at random moments under load: nothing that was acknowledged is
//! lost, and nothing takes effect twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use federation_tests::{
    database::Store,
    forum::{Forum, note, uri},
    node::{Node, Plan},
    on_both_databases, wait,
};
use reqwest::Method;

/// How often each side is killed.
const KILLS: usize = 20;
/// How long a node runs between two kills, in milliseconds.
const LIVES: std::ops::Range<u64> = 100..700;
/// How long what was published meanwhile, some thousands, may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(180);

async fn pair(store: Store) -> [Node; 2] {
    let plans = [Plan::new(store), Plan::new(store)];
    let addresses: Vec<String> = plans.iter().map(Plan::socket).collect();
    let mut nodes = Vec::new();
    for plan in plans {
        let plan = plan
            .reaching(&addresses)
            .set("limits.write_per_minute", "0");
        nodes.push(plan.start().await);
    }
    nodes
        .try_into()
        .unwrap_or_else(|_| unreachable!("two plans"))
}

/// Publishes without pause until it is told to stop; answers what was
/// acknowledged.
async fn publish_until(stop: Arc<AtomicBool>, forum: Forum) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let entry = note(&format!("Number {number}"), "public");
        let request = forum.request(Method::POST, "/entries").json(&entry);
        match request.try_send().await {
            Some(reply) if reply.status == 201 => {
                acknowledged.insert(uri(&reply.json()));
            }
            // It is dead, or dying: what became of this one nobody knows.
            Some(_) | None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    acknowledged
}

fn random(range: std::ops::Range<u64>) -> u64 {
    let number = RandomState::new().build_hasher().finish();
    range.start + number % (range.end - range.start)
}

async fn counts(forum: &Forum) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in forum.all_entries().await {
        *counts.entry(uri(&entry)).or_default() += 1;
    }
    counts
}

async fn twenty_kills_of_each_side_lose_nothing_and_double_nothing(store: Store) {
    let mut nodes = pair(store).await;
    let author = nodes[0].member("author", "Author", "government");
    let reader = nodes[1].member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&author.address()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn(publish_until(Arc::clone(&stop), author.forum()));
    for kill in 0..2 * KILLS {
        tokio::time::sleep(Duration::from_millis(random(LIVES))).await;
        let node = &mut nodes[kill % 2];
        node.kill();
        node.start().await;
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged = publishing.await.expect("it publishes to the end");
    assert!(acknowledged.len() > KILLS, "{}", acknowledged.len());

    let published = counts(&author.forum()).await;
    for uri in &acknowledged {
        assert_eq!(published.get(uri), Some(&1), "{uri} on its own node");
    }
    wait::until_within(ARRIVAL, "everything published to arrive", || async {
        let arrived = counts(&reader.forum()).await;
        (arrived.len() >= published.len()).then_some(())
    })
    .await;
    assert_eq!(counts(&reader.forum()).await, published);
}

on_both_databases! {
    twenty_kills_of_each_side_lose_nothing_and_double_nothing,
}
