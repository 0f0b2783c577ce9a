//! Receivers that are killed, slow, or answer 500, beside a healthy one: that
//! one hears everything at once and in order, and the others hear everything,
//! once, when they are well again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use federation_tests::{
    database::Store,
    forum::{Forum, id, note, uri},
    front::{Front, Heard, Mood},
    node::{Member, Node, Plan, text},
    on_both_databases, wait,
};
use serde_json::{Value, json};

/// A node that follows the author, and what stands before it.
struct Receiver {
    front: Front,
    _node: Node,
    reader: Member,
}

struct Scene {
    hub: Node,
    author: Member,
    healthy: Receiver,
    slow: Receiver,
    failing: Receiver,
    /// Reached directly: when it is dead, nobody answers at all.
    killed: Node,
    sleeper: Member,
}

async fn scene(store: Store) -> Scene {
    let (hub, killed) = (Plan::new(store), Plan::new(store));
    let (healthy, healthy_plan) = Front::before(Plan::new(store)).await;
    let (slow, slow_plan) = Front::before(Plan::new(store)).await;
    let (failing, failing_plan) = Front::before(Plan::new(store)).await;
    let addresses = [
        &hub.socket(),
        &killed.socket(),
        healthy.authority(),
        slow.authority(),
        failing.authority(),
    ]
    .map(str::to_owned);
    let hub = hub.reaching(&addresses).start().await;
    let author = hub.member("hub", "The Hub", "international_organisation");
    let killed = killed.reaching(&addresses).start().await;
    let sleeper = killed.member("sleeper", "Asleep", "civil_society");
    sleeper.mastodon().follow(&author.address()).await;
    let address = author.address();
    Scene {
        healthy: receiver(healthy, healthy_plan.reaching(&addresses), &address).await,
        slow: receiver(slow, slow_plan.reaching(&addresses), &address).await,
        failing: receiver(failing, failing_plan.reaching(&addresses), &address).await,
        hub,
        author,
        killed,
        sleeper,
    }
}

async fn receiver(front: Front, plan: Plan, followed: &str) -> Receiver {
    let node = plan.start().await;
    let reader = node.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(followed).await;
    Receiver {
        front,
        _node: node,
        reader,
    }
}

/// Entries that are published, reworded and, some, deleted.
async fn write(forum: &Forum, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let entry = note(&format!("Number {number}, as it was"), "public");
        let entry = id(&forum.publish(&entry).await);
        let again = json!({"body": format!("Number {number}, reworded")});
        forum.edit(&entry, &again).await.success();
        if number % 5 == 4 {
            forum.delete(&entry).await.success();
        }
    }
}

/// What a forum shows: every listing of each entry, by wire id.
async fn shown(forum: &Forum) -> BTreeMap<String, Vec<Value>> {
    let mut shown: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut entry in forum.all_entries().await {
        let content = entry["content"].take();
        shown.entry(uri(&entry)).or_default().push(content);
    }
    shown
}

async fn await_the_same(author: &Member, reader: &Member) {
    let expected = shown(&author.forum()).await;
    let what = format!("{} to show what its author does", reader.handle);
    wait::until(&what, || async {
        (shown(&reader.forum()).await == expected).then_some(())
    })
    .await;
}

/// Of each object: first its Create, then its Updates, then its Delete; and
/// nothing that was taken came a second time.
fn assert_in_order_and_once(heard: &[Heard]) {
    let mut ids = BTreeSet::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for one in heard.iter().filter(|one| one.status == 202) {
        let (kind, object) = one.about();
        let steps = ["Create", "Update", "Delete"];
        let Some(step) = steps.iter().position(|step| *step == kind) else {
            continue;
        };
        assert!(ids.insert(text(&one.activity, "id")), "twice: {one:?}");
        let before = last.insert(object, step);
        assert!(before <= Some(step), "{kind} of {object} too late");
    }
}

/// How it stands with the host of a receiver, as the author's node tells it.
async fn lane(hub: &Node, host: &str, token: &str) -> Value {
    let forum = Forum::with_token(&hub.origin(), token);
    let lanes = forum.get("/admin/deliveries").await.expect(200).json();
    let lanes = lanes["items"].as_array().expect("a list of hosts").clone();
    let found = lanes.into_iter().find(|lane| lane["host"] == host);
    found.unwrap_or_else(|| panic!("no lane of {host}"))
}

async fn a_healthy_receiver_waits_for_none_that_is_dead_slow_or_broken(store: Store) {
    let mut scene = scene(store).await;
    scene.hub.user("admin@hub.example", "hub", "administrator");
    let token = scene.hub.token("admin@hub.example", "read admin:read");
    scene.killed.kill();
    scene.slow.front.turn(Mood::Slow(Duration::from_secs(5)));
    scene.failing.front.turn(Mood::Broken);
    let before = scene.failing.front.heard().len();

    write(&scene.author.forum(), 0..15).await;
    await_the_same(&scene.author, &scene.healthy.reader).await;

    let heard = scene.healthy.front.heard();
    assert_in_order_and_once(&heard);
    let slow = scene.slow.front.heard().len();
    assert!(slow < heard.len(), "{slow} of {}: not slow", heard.len());
    assert_eq!(scene.failing.front.heard().len(), before);
    let healthy = scene.healthy.front.authority();
    wait::until("nothing to wait for the healthy one", || async {
        let lane = lane(&scene.hub, healthy, &token).await;
        (lane["pending"] == 0).then_some(())
    })
    .await;
    let dead = scene.killed.plan.authority();
    for host in [scene.failing.front.authority(), &dead] {
        let lane = lane(&scene.hub, host, &token).await;
        assert!(lane["pending"].as_i64() > Some(0), "{lane}");
        assert!(lane["failures"].as_i64() > Some(0), "{lane}");
        assert!(lane["last_error"].is_string(), "{lane}");
    }

    scene.failing.front.turn(Mood::Well);
    scene.slow.front.turn(Mood::Well);
    scene.killed.start().await;
    write(&scene.author.forum(), 15..20).await;
    for reader in [
        &scene.healthy.reader,
        &scene.slow.reader,
        &scene.failing.reader,
        &scene.sleeper,
    ] {
        await_the_same(&scene.author, reader).await;
    }
    for receiver in [&scene.healthy, &scene.slow, &scene.failing] {
        assert_in_order_and_once(&receiver.front.heard());
    }
    let hosts = [&scene.healthy, &scene.slow, &scene.failing];
    let hosts = hosts.map(|one| one.front.authority());
    for host in hosts.into_iter().chain([dead.as_str()]) {
        wait::until("nothing to wait any more", || async {
            let lane = lane(&scene.hub, host, &token).await;
            (lane["pending"] == 0).then_some(())
        })
        .await;
    }
}

async fn what_is_answered_too_late_and_sent_again_takes_effect_once(store: Store) {
    let hub = Plan::new(store);
    let (front, plan) = Front::before(Plan::new(store)).await;
    let addresses = [&hub.socket(), front.authority()].map(str::to_owned);
    let hub = hub.reaching(&addresses).start().await;
    let author = hub.member("hub", "The Hub", "international_organisation");
    let receiver = receiver(front, plan.reaching(&addresses), &author.address()).await;

    // Longer than anybody waits.
    receiver.front.turn(Mood::Slow(Duration::from_secs(15)));
    write(&author.forum(), 0..3).await;
    wait::until("something to be sent again", || async {
        let heard = receiver.front.heard();
        let ids: BTreeSet<String> = heard.iter().map(|one| text(&one.activity, "id")).collect();
        (ids.len() < heard.len()).then_some(())
    })
    .await;
    receiver.front.turn(Mood::Well);
    await_the_same(&author, &receiver.reader).await;
    let heard = receiver.front.heard();
    assert!(heard.iter().all(|one| one.status == 202), "{heard:?}");
    let home = receiver.reader.mastodon();
    let home = home.list("/api/v1/timelines/home?limit=40").await;
    assert_eq!(home.len(), 3, "{home:?}");
}

async fn what_is_kept_for_a_short_time_is_then_a_dead_letter_and_can_be_replayed(store: Store) {
    let hub = Plan::new(store).set("delivery.keep_for", "6s");
    let (front, plan) = Front::before(Plan::new(store)).await;
    let addresses = [&hub.socket(), front.authority()].map(str::to_owned);
    let hub = hub.reaching(&addresses).start().await;
    let author = hub.member("hub", "The Hub", "international_organisation");
    let receiver = receiver(front, plan.reaching(&addresses), &author.address()).await;
    hub.user("admin@hub.example", "hub", "administrator");
    let scopes = "read admin:read admin:write";
    let token = hub.token("admin@hub.example", scopes);
    let host = receiver.front.authority();

    receiver.front.turn(Mood::Broken);
    write(&author.forum(), 0..1).await;
    wait::until("all to be given up", || async {
        let lane = lane(&hub, host, &token).await;
        (lane["pending"] == 0 && lane["dead"].as_i64() > Some(0)).then_some(())
    })
    .await;
    receiver.front.turn(Mood::Well);
    let administrator = Forum::with_token(&hub.origin(), &token);
    let replay = json!({"host": host});
    let replayed = administrator
        .post("/admin/deliveries/replay", &replay)
        .await;
    let replayed = replayed.expect(200).json();
    assert!(replayed["replayed"].as_i64() > Some(0), "{replayed}");
    await_the_same(&author, &receiver.reader).await;
}

on_both_databases! {
    what_is_kept_for_a_short_time_is_then_a_dead_letter_and_can_be_replayed,
    a_healthy_receiver_waits_for_none_that_is_dead_slow_or_broken,
    what_is_answered_too_late_and_sent_again_takes_effect_once,
}
