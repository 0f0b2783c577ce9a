//! The main job between two nodes: follow, publish, edit, delete; and what
//! must stay at home.

use federation_tests::{
    database::Store,
    forum::{full_project, full_request, id, note, uri},
    http::{self, ACTIVITY_JSON, HTML},
    node::{self, Member, Node},
    on_both_databases, wait,
};
use serde_json::{Value, json};

/// A government on one node, followed by a shelter on the other.
async fn ministry_and_shelter(store: Store) -> Pair {
    let [a, b] = node::network(store, &[]).await;
    let ministry = a.member("moj", "Ministry of Justice", "government");
    let shelter = b.member("shelter", "Shelter for All", "civil_society");
    shelter.mastodon().follow(&ministry.address()).await;
    Pair {
        a,
        b,
        ministry,
        shelter,
    }
}

struct Pair {
    a: Node,
    b: Node,
    ministry: Member,
    shelter: Member,
}

/// The fields that describe an entry wherever it is read.
const STRUCTURED: [&str; 17] = [
    "uri",
    "url",
    "kind",
    "title",
    "language",
    "audience",
    "tlp",
    "countries",
    "regions",
    "sectors",
    "pillars",
    "exploitation",
    "activities",
    "stage",
    "status",
    "budget",
    "partners",
];
const DATES: [&str; 3] = ["closes_at", "starts_on", "ends_on"];

fn assert_same_entry(here: &Value, there: &Value) {
    for field in STRUCTURED.iter().chain(&DATES) {
        assert_eq!(here[field], there[field], "{field}\n{here}\n{there}");
    }
    assert_eq!(here["author"]["uri"], there["author"]["uri"]);
    assert_eq!(here["author"]["name"], there["author"]["name"]);
    assert_eq!(there["author"]["local"], false);
}

async fn a_public_request_arrives_with_every_field_and_on_every_surface(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let sent = pair
        .ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    assert_eq!(sent["status"], "open", "{sent}");

    let arrived = pair.shelter.forum().await_entry(&uri(&sent)).await;
    assert_same_entry(&sent, &arrived);
    assert!(
        arrived["content"]
            .as_str()
            .is_some_and(|html| html.contains("forty officers")),
        "{arrived}"
    );

    let status = pair.shelter.mastodon().await_home(&uri(&sent)).await;
    assert_eq!(status["forum"]["kind"], "request", "{status}");
    assert_eq!(status["forum"]["countries"], json!(["AL"]));
    assert_eq!(
        status["account"]["acct"],
        pair.ministry.address().trim_start_matches('@')
    );
    assert_eq!(status["visibility"], "public");

    let public = pair.b.forum().await_entry(&uri(&sent)).await;
    assert_eq!(public["id"], arrived["id"]);
    let start = pair.b.get("/").accept(HTML).send().await.expect(200).text();
    assert!(start.contains("Training for border police"), "{start}");
}

async fn a_project_arrives_with_its_budget(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let sent = pair
        .ministry
        .forum()
        .publish(&full_project("A shelter in the north"))
        .await;
    let arrived = pair.shelter.forum().await_entry(&uri(&sent)).await;
    assert_same_entry(&sent, &arrived);
    assert_eq!(arrived["budget"]["gap"], 120_000);
    let seeking = pair.b.forum().entries("?seeking_funding=true").await;
    assert_eq!(seeking.len(), 1, "{seeking:?}");
}

async fn edits_and_deletions_follow_the_entry(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let sent = pair
        .ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let (uri, id) = (uri(&sent), id(&sent));
    let first = pair.shelter.forum().await_entry(&uri).await;

    let change = json!({"title": "Training for coast guards", "status": "agreed", "countries": ["AL", "ME"]});
    let edited = pair
        .ministry
        .forum()
        .edit(&id, &change)
        .await
        .success()
        .json();
    assert_eq!(edited["title"], "Training for coast guards");
    let after = wait::until("the edit", || async {
        let entry = pair.shelter.forum().find(&uri).await?;
        (entry["title"] == "Training for coast guards").then_some(entry)
    })
    .await;
    assert_same_entry(&edited, &after);
    assert_eq!(first["id"], after["id"], "an edit makes no second entry");
    let status = pair.shelter.mastodon().await_home(&uri).await;
    assert!(status["edited_at"].is_string(), "{status}");

    pair.ministry.forum().delete(&id).await.success();
    wait::until("the deletion", || async {
        pair.shelter
            .forum()
            .find(&uri)
            .await
            .is_none()
            .then_some(())
    })
    .await;
    let home = pair.shelter.mastodon().list("/api/v1/timelines/home").await;
    assert!(home.is_empty(), "{home:?}");
    let path = format!("/entries/{}", node::text(&after, "id"));
    let gone = pair.shelter.forum().get(&path).await;
    assert!([404, 410].contains(&gone.status), "{}", gone.status);

    let tombstone = http::get(&uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(410)
        .json();
    assert_eq!(tombstone["type"], "Tombstone", "{tombstone}");
    assert_eq!(tombstone["id"], uri);
    http::get(&uri).accept(HTML).send().await.expect(410);
}

async fn an_unfollowed_organisation_is_no_longer_heard(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let shelter = pair.shelter.mastodon();
    let account = shelter.follow(&pair.ministry.uri).await;
    shelter
        .post(&format!("/api/v1/accounts/{account}/unfollow"))
        .await
        .expect(200);
    assert_eq!(shelter.relationship(&account).await["following"], false);
    let followers = format!("{}/followers", pair.ministry.uri);
    wait::until("the undone follow", || async {
        let followers = http::get(&followers)
            .accept(ACTIVITY_JSON)
            .send()
            .await
            .expect(200);
        (followers.json()["totalItems"] == 0).then_some(())
    })
    .await;
    pair.ministry
        .forum()
        .publish(&note("Nobody follows this.", "public"))
        .await;
    wait::a_while().await;
    assert!(pair.shelter.forum().entries("").await.is_empty());
}

async fn entries_for_others_than_the_public_never_leave_the_node(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let other = pair
        .a
        .member("mfa", "Ministry of Foreign Affairs", "government");
    let forum = pair.ministry.forum();
    for audience in ["members", "preferential"] {
        forum
            .publish(&note(&format!("Canary {audience}"), audience))
            .await;
    }
    let mut named = note("Canary named", "named");
    named["named"] = json!([other.uri]);
    forum.publish(&named).await;
    let marker = forum.publish(&note("For everybody", "public")).await;

    pair.shelter.forum().await_entry(&uri(&marker)).await;
    wait::a_while().await;
    let entries = pair.shelter.forum().all_entries().await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let home = pair.shelter.mastodon().list("/api/v1/timelines/home").await;
    assert_eq!(home.len(), 1, "{home:?}");
}

async fn a_deleted_organisation_leaves_the_other_node(store: Store) {
    let pair = ministry_and_shelter(store).await;
    let sent = pair
        .ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    pair.shelter.forum().await_entry(&uri(&sent)).await;
    pair.a
        .run(&["organisation", "delete", "--handle", "moj"])
        .expect(0);
    wait::until("the entry to leave", || async {
        pair.shelter
            .forum()
            .find(&uri(&sent))
            .await
            .is_none()
            .then_some(())
    })
    .await;
    let actor = http::get(&pair.ministry.uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(410);
    assert_eq!(actor.json()["type"], "Tombstone");
}

on_both_databases! {
    a_public_request_arrives_with_every_field_and_on_every_surface,
    a_project_arrives_with_its_budget,
    edits_and_deletions_follow_the_entry,
    an_unfollowed_organisation_is_no_longer_heard,
    entries_for_others_than_the_public_never_leave_the_node,
    a_deleted_organisation_leaves_the_other_node,
}
