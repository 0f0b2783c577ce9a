//! Restricted entries behind every door of one node.

use federation_tests::{
    database::Store,
    forum::{id, note},
    http::{self, ACTIVITY_JSON, HTML},
    node::{Member, Node},
    on_both_databases,
};
use serde_json::{Value, json};

/// A word of every restricted entry that must not be seen…
const CANARY: &str = "zanzibarcanary";
/// …and one to search for them with, which pages repeat in their forms.
const LURE: &str = "quokkalure";

struct House {
    node: Node,
    ministry: Member,
    embassy: Member,
    shelter: Member,
    /// One restricted entry each for members, preferential and named readers.
    entries: Vec<Value>,
}

async fn house(store: Store) -> House {
    let node = Node::alone(store).await;
    let ministry = node.member("moj", "Ministry of Justice", "government");
    let embassy = node.member("embassy", "Embassy", "government");
    let shelter = node.member("shelter", "Shelter for All", "civil_society");
    let forum = ministry.forum();
    let mut entries = Vec::new();
    for audience in ["members", "preferential", "named"] {
        let mut entry = json!({
            "kind": "request", "title": format!("{CANARY} {LURE} title {audience}"), "language": "en",
            "body": format!("{CANARY} body {audience} #{LURE}tag"), "status": "open",
            "audience": audience, "countries": ["AL"],
        });
        if audience == "named" {
            entry["named"] = json!([embassy.uri]);
        }
        entries.push(forum.publish(&entry).await);
    }
    forum.publish(&note("An open word", "public")).await;
    House {
        node,
        ministry,
        embassy,
        shelter,
        entries,
    }
}

async fn strangers_find_restricted_entries_behind_no_door(store: Store) {
    let house = house(store).await;
    for entry in &house.entries {
        let id = id(entry);
        for (path, accept) in [
            (format!("/entries/{id}"), HTML),
            (format!("/entries/{id}"), ACTIVITY_JSON),
            (format!("/entries/{id}/replies"), ACTIVITY_JSON),
            (format!("/entries/{id}/context"), ACTIVITY_JSON),
            (format!("/entries/{id}/proposal"), ACTIVITY_JSON),
            (format!("/api/forum/v1/entries/{id}"), "application/json"),
            (format!("/api/v1/statuses/{id}"), "application/json"),
            (format!("/api/v1/statuses/{id}/context"), "application/json"),
        ] {
            let reply = house.node.get(&path).accept(accept).send().await;
            assert_eq!(reply.status, 404, "{path}");
            assert!(!reply.text().contains(CANARY), "{path}");
        }
    }
}

async fn a_hidden_entry_answers_as_one_that_never_was(store: Store) {
    let house = house(store).await;
    let hidden = id(&house.entries[0]);
    for prefix in [
        "/api/forum/v1/entries/",
        "/api/v1/statuses/",
        "/entries/",
        "/@moj/",
    ] {
        let absent = house.node.get(&format!("{prefix}1")).send().await;
        let reply = house.node.get(&format!("{prefix}{hidden}")).send().await;
        assert_eq!(reply.status, absent.status, "{prefix}");
        assert_eq!(reply.text(), absent.text(), "{prefix}");
    }
}

async fn no_route_shows_a_stranger_a_restricted_word(store: Store) {
    let house = house(store).await;
    let routes = house.node.command(&["routes"]);
    let routes = routes["routes"].as_array().cloned().unwrap_or_default();
    assert!(routes.len() > 20, "{routes:?}");
    let mut asked = 0;
    for route in routes.iter().filter(|route| route["method"] == "GET") {
        let path = route["path"].as_str().unwrap_or_default();
        for entry in &house.entries {
            for path in concrete(path, &id(entry), &house.ministry) {
                for accept in [HTML, ACTIVITY_JSON, "application/json"] {
                    let Some(reply) = http::get(&house.node.at(&path))
                        .accept(accept)
                        .try_send()
                        .await
                    else {
                        continue;
                    };
                    asked += 1;
                    assert!(reply.status < 500, "{path}: {}", reply.text());
                    assert!(!reply.text().contains(CANARY), "{path}: {}", reply.text());
                }
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

/// The addresses that a route pattern stands for, with everything that could
/// lead to the entry put into its parameters and its query.
fn concrete(pattern: &str, entry: &str, author: &Member) -> Vec<String> {
    if pattern.contains("streaming") {
        return Vec::new();
    }
    let fill = |value: &str| {
        let mut path = String::new();
        for segment in pattern.split('/').skip(1) {
            path.push('/');
            match segment.find('{') {
                Some(at) => path.push_str(&format!("{}{value}", &segment[..at])),
                None => path.push_str(segment),
            }
        }
        path
    };
    let handle = fill(&author.handle);
    let mut paths = vec![
        fill(entry),
        fill(&author.id),
        format!("{handle}?q={LURE}&resource=acct:moj@host&acct=moj&id[]={entry}&page=1&limit=40"),
        fill(&format!("{LURE}tag")),
    ];
    if pattern.contains("{handle}") && pattern.contains("{id}") {
        let path = pattern.replace("{handle}", &author.handle);
        paths.push(path.replace("{id}", entry));
    }
    paths
}

async fn members_of_the_node_read_what_their_category_allows(store: Store) {
    let house = house(store).await;
    let may = async |member: &Member| {
        let mut may = Vec::new();
        for entry in &house.entries {
            let path = format!("/entries/{}", id(entry));
            may.push(member.forum().get(&path).await.status == 200);
        }
        may
    };
    assert_eq!(may(&house.embassy).await, [true, true, true]);
    assert_eq!(may(&house.shelter).await, [true, false, false]);
    assert_eq!(may(&house.ministry).await, [true, true, true]);

    let listed = house.shelter.forum().entries(&format!("?q={CANARY}")).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let listed = house.node.forum().entries(&format!("?q={CANARY}")).await;
    assert!(listed.is_empty(), "{listed:?}");
}

async fn restricted_answers_are_not_kept_by_caches(store: Store) {
    let house = house(store).await;
    let path = format!("/entries/{}", id(&house.entries[0]));
    let reply = house.shelter.forum().get(&path).await.expect(200);
    let control = reply.header("cache-control");
    assert!(
        control.contains("no-store") && control.contains("private"),
        "{control:?}"
    );
    for header in ["Accept", "Signature", "Authorization", "Cookie"] {
        let vary = reply.header("vary").to_lowercase();
        assert!(
            vary.contains(&header.to_lowercase()),
            "{header} in {vary:?}"
        );
    }
}

on_both_databases! {
    strangers_find_restricted_entries_behind_no_door,
    a_hidden_entry_answers_as_one_that_never_was,
    no_route_shows_a_stranger_a_restricted_word,
    members_of_the_node_read_what_their_category_allows,
    restricted_answers_are_not_kept_by_caches,
}
