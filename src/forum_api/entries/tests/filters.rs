//! Every filter of `GET /entries`, each with what it finds and what it leaves.

use chrono::TimeDelta;
use serde_json::json;

use super::{World, id, request, titles, with};
use crate::{forum_api::tests::faults, storage::testing::on_both};

/// Seven public entries, each an hour after the one before.
async fn publish_all(world: &World) {
    let entries = [
        (
            &world.moj,
            with(
                request("police"),
                json!({"countries": ["AL"], "sectors": ["15132"], "pillars": ["prosecution"],
                       "exploitation": ["forced-labour"], "activities": ["training"],
                       "closes_at": "2027-01-31T23:59:59Z", "language": "en"}),
            ),
        ),
        (
            &world.moj,
            with(
                request("law"),
                json!({"regions": ["039"], "exploitation": ["all"], "language": "pt-BR",
                       "closes_at": "2027-06-30T00:00:00Z", "status": "agreed"}),
            ),
        ),
        (
            &world.ngo,
            json!({"kind": "offer", "title": "shelter", "body": "Beds for twelve.",
                   "audience": "public", "countries": ["NP"], "pillars": ["protection"],
                   "language": "ne"}),
        ),
        (
            &world.ngo,
            json!({"kind": "project", "title": "seeking", "body": "Two districts, épreuve.",
                   "audience": "public", "countries": ["KE"], "stage": "pipeline",
                   "budget": {"currency": "USD", "total": 10, "gap": 5}}),
        ),
        (
            &world.io,
            json!({"kind": "project", "title": "funded", "body": "All paid.",
                   "audience": "public", "regions": ["202"], "stage": "implementation",
                   "budget": {"currency": "USD", "total": 10, "gap": 0}}),
        ),
        (
            &world.io,
            json!({"kind": "project", "title": "closed", "body": "Over.", "audience": "public",
                   "regions": ["001"], "stage": "closed",
                   "budget": {"currency": "USD", "total": 10, "gap": 5}}),
        ),
        (
            &world.io,
            json!({"kind": "note", "title": "note", "body": "Hello #Meeting.",
                   "audience": "public"}),
        ),
    ];
    for (token, entry) in entries {
        world.publish(token, entry).await;
        world.node.pass(TimeDelta::hours(1));
    }
}

#[test]
fn each_filter_finds_what_it_should_and_leaves_the_rest() {
    on_both(async |db| {
        let world = World::new(db).await;
        publish_all(&world).await;
        for (query, found) in [
            ("", "note closed funded seeking shelter law police"),
            ("kind=offer", "shelter"),
            ("kind=offer,note", "note shelter"),
            ("kind=offer&kind=note", "note shelter"),
            // AL itself, a region around it without a country, and the world.
            ("country=AL", "closed law police"),
            ("country=NP", "closed shelter"),
            ("country=FR", "closed"),
            ("country=AL,NP", "closed shelter law police"),
            ("region=039", "law police"),
            ("region=150", "law police"),
            ("region=155", ""),
            ("region=002", "funded seeking"),
            ("region=014", "seeking"),
            ("region=001", "closed funded seeking shelter law police"),
            ("sector=15132", "police"),
            ("sector=15130", ""),
            ("pillar=protection", "shelter"),
            ("exploitation=forced-labour", "law police"),
            ("exploitation=organ-removal", "law"),
            ("exploitation=all", "law"),
            ("activity=training", "police"),
            ("activity=research", ""),
            ("stage=pipeline", "seeking"),
            ("stage=pipeline,closed", "closed seeking"),
            ("status=agreed", "law"),
            ("status=open", "shelter police"),
            ("category=civil_society", "seeking shelter"),
            ("category=media", ""),
            ("language=pt", "law"),
            ("language=pt-BR", "law"),
            ("language=ne", "shelter"),
            ("language=de", ""),
            ("author=ngo", "seeking shelter"),
            ("author=https://n.example/orgs/ngo", "seeking shelter"),
            ("author=@ngo", "seeking shelter"),
            ("author=nobody", ""),
            ("author=1", ""),
            ("q=districts", "seeking"),
            ("q=epreuve", "seeking"),
            ("q=Albania", "police"),
            ("q=beds%20twelve", "shelter"),
            ("q=beds%20thirteen", ""),
            ("q=%22%29%20NOT%20zzz*", ""),
            ("q=%22*%28", ""),
            ("seeking_funding=true", "seeking"),
            (
                "seeking_funding=false&kind=project",
                "closed funded seeking",
            ),
            ("closes_before=2027-03-01", "police"),
            ("closes_before=2027-07-01T00:00:00Z", "law police"),
            ("since=2026-11-22T17:00:00Z", "note closed"),
            ("since=2026-11-23", ""),
            // All that is asked for must hold.
            (
                "kind=request&country=AL&exploitation=forced-labour&status=open",
                "police",
            ),
            ("kind=request&author=ngo", ""),
            // An empty parameter is a form field left blank.
            ("kind=&q=&country=AL", "closed law police"),
        ] {
            let expected: Vec<_> = found.split_whitespace().collect();
            assert_eq!(world.titles(query, None).await, expected, "{query}");
        }
    });
}

#[test]
fn an_author_is_found_by_id() {
    on_both(async |db| {
        let world = World::new(db).await;
        let entry = world.publish(&world.ngo, request("mine")).await;
        world.publish(&world.moj, request("other")).await;
        let author = entry["author"]["id"].as_str().expect("an id");
        assert_eq!(
            world.titles(&format!("author={author}"), None).await,
            ["mine"]
        );
    });
}

#[test]
fn the_cursor_walks_a_filtered_list_to_its_end_without_repeats() {
    on_both(async |db| {
        let world = World::new(db).await;
        for number in 0..5 {
            world
                .publish(&world.moj, request(&format!("r{number}")))
                .await;
            world
                .publish(
                    &world.ngo,
                    json!({"kind": "note", "title": "n", "body": "x",
                                            "audience": "public"}),
                )
                .await;
        }
        let mut walked = Vec::new();
        let mut query = "kind=request&limit=2".to_owned();
        loop {
            let page = world.get(&format!("/entries?{query}"), None).await.json();
            let found = titles(&page);
            assert!(found.len() <= 2);
            walked.extend(found);
            let Some(next) = page["next"].as_str() else {
                break;
            };
            query = format!("kind=request&limit=2&cursor={next}");
        }
        assert_eq!(walked, ["r4", "r3", "r2", "r1", "r0"]);
    });
}

#[test]
fn a_filter_that_does_not_exist_is_refused_and_not_ignored() {
    on_both(async |db| {
        let world = World::new(db).await;
        world.publish(&world.moj, request("Mine")).await;
        let answer = world.get("/entries?countries=AL", None).await;
        assert_eq!(faults(&answer), ["countries"]);
        assert!(
            answer.body.contains("Did you mean country?"),
            "{}",
            answer.body
        );
        let answer = world.get("/entries?sector=15162", None).await;
        assert!(answer.body.contains("withdrawn"), "{}", answer.body);
    });
}

#[test]
fn a_reply_is_listed_as_an_entry_of_its_own() {
    on_both(async |db| {
        let world = World::new(db).await;
        let asked = world.publish(&world.moj, request("asked")).await;
        let reply = json!({"kind": "note", "title": "reply", "body": "x",
                           "in_reply_to": id(&asked)});
        world.publish(&world.ngo, reply).await;
        assert_eq!(world.titles("", None).await, ["reply", "asked"]);
    });
}
