//! What the caller may not see does not exist.

use serde_json::json;

use super::{World, id, request, titles, with};
use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::tests::assert_problem,
    storage::testing::on_both,
};

/// Publishes one entry of each audience by the government, the last one for
/// the civil-society organisation alone.
async fn publish_all(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for audience in ["public", "members", "preferential", "named"] {
        let mut entry = with(request(audience), json!({"audience": audience}));
        if audience == "named" {
            entry = with(entry, json!({"named": ["ngo"]}));
        }
        ids.push(id(&world.publish(&world.moj, entry).await).to_owned());
    }
    ids
}

#[test]
fn everybody_reads_what_their_audience_allows_and_nothing_else() {
    on_both(async |db| {
        let world = World::new(db).await;
        let ids = publish_all(&world).await;
        world
            .node
            .organisation("firm", Category::PrivateSector)
            .await;
        let firm = world.node.token("firm", Role::Reader, "read").await;
        let readers: [(Option<&str>, &[&str]); 5] = [
            (None, &["public"]),
            (Some(&firm), &["public", "members"]),
            (Some(&world.ngo), &["public", "members", "named"]),
            (Some(&world.io), &["public", "members", "preferential"]),
            (
                Some(&world.moj),
                &["public", "members", "preferential", "named"],
            ),
        ];
        for (token, allowed) in readers {
            let mut seen = world.titles("", token).await;
            seen.reverse();
            assert_eq!(seen, allowed);
            // Also when asked for by a word, a code or the author.
            for query in [
                "q=Five",
                "kind=request",
                "author=moj",
                "category=government",
            ] {
                let mut seen = world.titles(query, token).await;
                seen.reverse();
                assert_eq!(seen, allowed, "{query}");
            }
            let audiences = ["public", "members", "preferential", "named"];
            for (id, audience) in ids.iter().zip(audiences) {
                let answer = world.get(&format!("/entries/{id}"), token).await;
                if allowed.contains(&audience) {
                    assert_eq!(answer.status, 200);
                } else {
                    assert_problem(&answer, 404);
                }
            }
        }
    });
}

#[test]
fn hidden_and_absent_are_answered_alike() {
    on_both(async |db| {
        let world = World::new(db).await;
        let hidden = with(request("Hidden"), json!({"audience": "preferential"}));
        let hidden = world.publish(&world.moj, hidden).await;
        let absent = "114000000000000000";
        for token in [None, Some(world.ngo.as_str())] {
            let a = world.get(&format!("/entries/{}", id(&hidden)), token).await;
            let b = world.get(&format!("/entries/{absent}"), token).await;
            assert_eq!(
                (a.status, &a.headers, &a.body),
                (b.status, &b.headers, &b.body)
            );
        }
        for (a, b) in [
            (
                world
                    .patch(&world.ngo, id(&hidden), json!({"title": "Mine"}))
                    .await,
                world
                    .patch(&world.ngo, absent, json!({"title": "Mine"}))
                    .await,
            ),
            (
                world.delete(&world.ngo, id(&hidden)).await,
                world.delete(&world.ngo, absent).await,
            ),
        ] {
            assert_problem(&a, 404);
            assert_eq!(
                (a.status, &a.headers, &a.body),
                (b.status, &b.headers, &b.body)
            );
        }
        let reply = |to: &str| json!({"kind": "note", "body": "Hello", "in_reply_to": to});
        let a = world.post(&world.ngo, reply(id(&hidden))).await;
        let b = world.post(&world.ngo, reply(absent)).await;
        assert_eq!((a.status, &a.body), (b.status, &b.body));
        assert_eq!(a.status, 422);
    });
}

#[test]
fn a_page_is_full_although_hidden_entries_lie_between() {
    on_both(async |db| {
        let world = World::new(db).await;
        for number in 0..6 {
            let audience = if number % 2 == 0 {
                "public"
            } else {
                "preferential"
            };
            let entry = with(request(&number.to_string()), json!({"audience": audience}));
            world.publish(&world.moj, entry).await;
        }
        let first = world.get("/entries?limit=2", None).await.json();
        assert_eq!(titles(&first), ["4", "2"]);
        let cursor = first["next"].as_str().expect("there is more");
        let second = world
            .get(&format!("/entries?limit=2&cursor={cursor}"), None)
            .await
            .json();
        assert_eq!(titles(&second), ["0"]);
        assert_eq!(second["next"], json!(null));
    });
}

#[test]
fn a_deleted_entry_is_gone_for_those_who_could_know_of_it() {
    on_both(async |db| {
        let world = World::new(db).await;
        let public = world.publish(&world.moj, request("Public")).await;
        let hidden = with(request("Hidden"), json!({"audience": "preferential"}));
        let hidden = world.publish(&world.moj, hidden).await;
        for entry in [&public, &hidden] {
            assert_eq!(world.delete(&world.moj, id(entry)).await.status, 204);
        }
        let look = async |entry, token| world.get(&format!("/entries/{}", id(entry)), token).await;
        assert_problem(&look(&public, None).await, 410);
        assert_problem(&look(&hidden, None).await, 404);
        assert_problem(&look(&hidden, Some(&world.ngo)).await, 404);
        assert_problem(&look(&hidden, Some(&world.moj)).await, 410);
        assert_eq!(
            world.titles("", Some(&world.moj)).await,
            Vec::<String>::new()
        );
    });
}

#[test]
fn a_reply_names_a_deleted_entry_only_as_the_reply_itself_did() {
    on_both(async |db| {
        let world = World::new(db).await;
        let asked = world.publish(&world.moj, request("Asked")).await;
        let reply = json!({"kind": "note", "body": "We can.", "in_reply_to": id(&asked)});
        let reply = world.publish(&world.ngo, reply).await;
        world.delete(&world.moj, id(&asked)).await;
        let reply = world
            .get(&format!("/entries/{}", id(&reply)), None)
            .await
            .json();
        assert_eq!(reply["in_reply_to"], asked["uri"]);
    });
}

#[test]
fn the_entries_of_a_suspended_organisation_are_not_there() {
    on_both(async |db| {
        let world = World::new(db).await;
        let entry = world.publish(&world.moj, request("Public")).await;
        let suspended = crate::domain::organisation::OrganisationState::Suspended;
        crate::operations::organisations::set_state(&world.node.app.forum, None, "moj", suspended)
            .await
            .expect("suspended");
        assert_problem(
            &world.get(&format!("/entries/{}", id(&entry)), None).await,
            404,
        );
        assert_eq!(
            world.titles("", Some(&world.io)).await,
            Vec::<String>::new()
        );
        assert_problem(&world.get("/entries", Some(&world.moj)).await, 401);
    });
}
