//! The foreign server on Fedify follows us, is followed, and reads and writes.

use federation_tests::{
    database::Store,
    foreign::Foreign,
    forum::{full_request, id, uri},
    node::{Member, Node, Plan},
    on_both_databases, wait,
};
use serde_json::{Value, json};

/// A node that the foreign server follows, and that follows it back.
async fn friends(store: Store) -> (Node, Member, Foreign) {
    let foreign = Foreign::start();
    let plan = Plan::new(store).reaching(&[foreign.authority()]);
    let node = plan.start().await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let followed = foreign.follow(&member.uri).await;
    assert_eq!(followed["name"], "Ministry of Justice", "{followed}");
    received(&foreign, "an Accept", |activity| {
        activity["type"] == "Accept"
    })
    .await;
    (node, member, foreign)
}

/// Waits for an activity that passed the foreign server's checks.
async fn received(foreign: &Foreign, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait::until(what, || async {
        foreign
            .received()
            .await
            .into_iter()
            .find(|activity| is(activity))
    })
    .await
}

async fn a_foreign_server_follows_us_and_reads_signed_entries(store: Store) {
    let (_node, member, foreign) = friends(store).await;
    let sent = member
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let (uri, id) = (uri(&sent), id(&sent));
    let of = |kind: &'static str| {
        let uri = uri.clone();
        move |activity: &Value| {
            let object = &activity["object"];
            activity["type"] == kind && (object["id"] == uri || *object == json!(uri))
        }
    };
    let create = received(&foreign, "a Create", of("Create")).await;
    assert_eq!(create["actor"], member.uri);
    assert_eq!(
        create["object"]["name"], "Training for border police",
        "{create}"
    );
    assert_eq!(create["object"]["type"], "Note");

    member
        .forum()
        .edit(&id, &json!({"title": "Training for coast guards"}))
        .await
        .success();
    let update = received(&foreign, "an Update", of("Update")).await;
    assert_eq!(update["object"]["name"], "Training for coast guards");
    member.forum().delete(&id).await.success();
    received(&foreign, "a Delete", of("Delete")).await;
}

async fn we_follow_a_foreign_actor_and_read_its_notes(store: Store) {
    let (node, member, foreign) = friends(store).await;
    let account = member.mastodon().follow(&foreign.actor).await;
    assert_eq!(foreign.followers().await, [json!(member.uri)]);
    let note = foreign.post("<p>Good morning from elsewhere</p>").await;
    let status = member.mastodon().await_home(&note).await;
    assert_eq!(status["account"]["id"], account.as_str());
    let entry = member.forum().await_entry(&note).await;
    assert_eq!(entry["kind"], "note");
    assert!(
        entry["content"]
            .as_str()
            .is_some_and(|html| html.contains("Good morning")),
        "{entry}"
    );
    node.forum().await_entry(&note).await;

    foreign.delete(&note).await;
    wait::until("the deletion", || async {
        member.forum().find(&note).await.is_none().then_some(())
    })
    .await;

    let by_handle = format!("@partner@{}", foreign.authority());
    let found = member.mastodon().resolve(&by_handle).await;
    assert_eq!(found.map(|found| found["id"].clone()), Some(json!(account)));
    member
        .mastodon()
        .post(&format!("/api/v1/accounts/{account}/unfollow"))
        .await
        .expect(200);
    wait::until("the undone follow", || async {
        foreign.followers().await.is_empty().then_some(())
    })
    .await;
}

on_both_databases! {
    a_foreign_server_follows_us_and_reads_signed_entries,
    we_follow_a_foreign_actor_and_read_its_notes,
}
