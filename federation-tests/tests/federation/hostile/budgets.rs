//! How much one request makes the node ask, of servers that have an answer to
//! everything and never come to an end.

use std::time::{Duration, Instant};

use federation_tests::{
    database::Store,
    on_both_databases,
    remote::{self, Answer, Remote},
    rogue::{Rogue, Step},
    signing::Key,
};
use serde_json::{Value, json};

use super::{Scene, scene, scene_with, served};

/// So many are as good as without end.
const MANY: usize = 100;
/// Requests that one activity may cause, whatever comes of it.
const FETCHES: usize = 20;
/// Pages of collections among them.
const PAGES: usize = 10;

impl Scene {
    /// Has mallory answer an entry that nobody here knows. Tells what was asked
    /// because of that, until nothing more is.
    async fn answer_unknown(&self, number: &str, parent: &str) -> Vec<String> {
        let before = self.asked_at_rest().await.len();
        let mut create = self.create(number);
        create["object"]["inReplyTo"] = json!(self.remote.at(parent));
        self.remote
            .deliver(&self.node.origin(), &create)
            .await
            .success();
        let asked = self.asked_at_rest().await.split_off(before);
        // It was asked, and what it said was believed.
        assert!(asked.contains(&parent.to_owned()), "{asked:?}");
        let parent = self.remote.at(parent);
        self.member.forum().await_entry(&parent).await;
        assert!(asked.len() <= FETCHES, "{}: {asked:?}", asked.len());
        asked
    }
}

async fn an_endless_chain_of_parents_ends_with_the_budget(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    // Each is of another author, who has to be fetched, too.
    for number in 0..MANY {
        let author = format!("author-{number}");
        remote.introduce(&author, &remote.key);
        let mut note = served(remote.note(&format!("chain-{number}"), "<p>On and on</p>"));
        note["attributedTo"] = json!(remote.at(&format!("/users/{author}")));
        note["inReplyTo"] = json!(remote.at(&format!("/notes/chain-{}", number + 1)));
        let path = format!("/notes/chain-{number}");
        remote.say(&path, Answer::Document(note));
    }
    let asked = scene.answer_unknown("leaf", "/notes/chain-0").await;
    assert!(asked.contains(&"/users/author-0".to_owned()), "{asked:?}");
}

/// Pages without end under `/pages/{name}/`, each with what `members` makes of
/// its number, and the collection that begins with them.
fn endless(remote: &Remote, name: &str, members: impl Fn(usize) -> Vec<Value>) -> Value {
    let page = |number: usize| remote.at(&format!("/pages/{name}/{number}"));
    let list = remote.at(&format!("/lists/{name}"));
    for number in 0..MANY {
        let document = json!({
            "id": page(number), "type": "CollectionPage", "partOf": list,
            "next": page(number + 1), "items": members(number),
        });
        let path = format!("/pages/{name}/{number}");
        remote.say(&path, Answer::Document(served(document)));
    }
    let collection = json!({"id": list, "type": "Collection", "first": page(0)});
    let answer = Answer::Document(served(collection.clone()));
    remote.say(&format!("/lists/{name}"), answer);
    collection
}

async fn an_endless_conversation_is_read_for_ten_pages(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let empty = endless(remote, "empty", |_| Vec::new());
    for (key, is_embedded) in [
        ("replies", true),
        ("replies", false),
        ("context", false),
        ("contextHistory", false),
    ] {
        let name = format!("{key}-{is_embedded}");
        let root = remote.at(&format!("/notes/{name}"));
        // Each reply has replies of its own, of which there are none for ever.
        let collection = endless(remote, &name, |number| {
            let reply = remote.note(&format!("{name}-{number}"), "<p>Me too</p>");
            let mut reply = served(reply);
            reply["inReplyTo"] = json!(root);
            reply["replies"] = empty.clone();
            vec![reply]
        });
        let mut note = served(remote.note(&name, "<p>The beginning</p>"));
        note[key] = match is_embedded {
            true => collection,
            false => collection["id"].clone(),
        };
        let path = format!("/notes/{name}");
        remote.say(&path, Answer::Document(note));
        let asked = scene.answer_unknown(&format!("leaf-{name}"), &path).await;
        let pages = asked.iter().filter(|path| path.starts_with("/pages/"));
        let pages = pages.count();
        assert!((1..=PAGES).contains(&pages), "{name}: {asked:?}");
    }
}

async fn a_list_of_members_elsewhere_is_read_within_the_budget(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    // One page, with more on it than may be fetched.
    let replies: Vec<String> = (0..MANY)
        .map(|number| remote.at(&format!("/notes/reply-{number}")))
        .collect();
    for (number, uri) in replies.iter().enumerate() {
        let author = format!("author-{number}");
        remote.introduce(&author, &remote.key);
        let mut reply = served(remote.note(&format!("reply-{number}"), "<p>Me too</p>"));
        reply["attributedTo"] = json!(remote.at(&format!("/users/{author}")));
        reply["inReplyTo"] = json!(remote.at("/notes/root"));
        let path = uri.trim_start_matches(&remote.origin);
        remote.say(path, Answer::Document(reply));
    }
    let mut root = served(remote.note("root", "<p>The beginning</p>"));
    root["replies"] = json!({"type": "Collection", "items": replies});
    remote.say("/notes/root", Answer::Document(root));
    let asked = scene.answer_unknown("leaf", "/notes/root").await;
    let first = "/notes/reply-0".to_owned();
    assert!(asked.contains(&first), "{asked:?}");
}

async fn a_chain_of_redirects_is_followed_for_three_requests(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    for number in 0..MANY {
        let next = remote.at(&format!("/hops/{}", number + 1));
        remote.say(&format!("/hops/{number}"), Answer::Redirect(next));
    }
    let before = scene.asked_at_rest().await.len();
    let boost = remote.activity("boost", "Announce", &json!(remote.at("/hops/0")));
    let reply = remote.deliver(&scene.node.origin(), &boost).await;
    assert!(reply.status < 500, "{}", reply.text());
    let asked = scene.asked_at_rest().await.split_off(before);
    assert_eq!(asked, ["/hops/0", "/hops/1", "/hops/2"]);
    scene.assert_nothing_but(&[]).await;
}

async fn an_answer_that_never_ends_is_left_after_ten_seconds(store: Store) {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\n\r\n";
    let rogue = Rogue::start(move |_| {
        let body = Step::Drip(vec![b' '; 10_000], Duration::from_millis(500));
        vec![Step::Send(head.to_vec()), body]
    })
    .await;
    let also = std::slice::from_ref(&rogue.authority);
    let scene = scene_with(store, also, |plan| plan).await;
    let mut delivery = scene.remote.delivery(
        &scene.node.origin(),
        scene.create("bad").to_string().into_bytes(),
    );
    delivery.key_id = rogue.at("/users/x#main-key");
    let signature = delivery.signature(&Key::generate());
    let begun = Instant::now();
    let reply = remote::send(&delivery, Some(&signature)).await;
    let taken = begun.elapsed();
    assert!(
        matches!(reply.status, 401 | 503),
        "{}: {}",
        reply.status,
        reply.text()
    );
    // It would go on for more than an hour.
    assert!(taken > Duration::from_secs(8), "{taken:?}");
    assert_eq!(rogue.connections(), 1);
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_host_is_asked_for_keys_only_so_often(store: Store) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| {
        plan.set("limits.key_fetches_per_minute", "3")
    })
    .await;
    let origin = scene.node.origin();
    for number in 0..10 {
        let name = format!("stranger-{number}");
        rival.introduce(&name, &rival.key);
        let mut activity = rival.activity(&name, "Like", &json!(scene.member.uri));
        activity["actor"] = json!(rival.at(&format!("/users/{name}")));
        let mut delivery = rival.delivery(&origin, activity.to_string().into_bytes());
        delivery.key_id = rival.at(&format!("/users/{name}#main-key"));
        let reply = remote::send(&delivery, Some(&delivery.signature(&rival.key))).await;
        // Whoever is known there is to come again later.
        let expected = if number < 3 { 202 } else { 503 };
        assert!(
            [202, expected].contains(&reply.status),
            "{name}: {} {}",
            reply.status,
            reply.text()
        );
    }
    // Three, and one more for each third of a minute that it took.
    let asked = rival.seen().len();
    assert!((3..=5).contains(&asked), "asked {asked} times");
    // Those of another host are asked for all the same.
    let remote = &scene.remote;
    remote.introduce("trudy", &remote.key);
    let like = remote.activity("like", "Like", &json!(scene.member.uri));
    let reply = scene.deliver_as("trudy", &remote.key, &like).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
}

on_both_databases! {
    an_endless_chain_of_parents_ends_with_the_budget,
    an_endless_conversation_is_read_for_ten_pages,
    a_list_of_members_elsewhere_is_read_within_the_budget,
    a_chain_of_redirects_is_followed_for_three_requests,
    an_answer_that_never_ends_is_left_after_ten_seconds,
    a_host_is_asked_for_keys_only_so_often,
}
