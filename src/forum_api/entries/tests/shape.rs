//! The entry's document is the contract (INTERFACE.md 4), member by member.

use serde_json::{Value, json};

use super::{World, id, request, with};
use crate::{forum_api::tests::assert_described, storage::testing::on_both};

/// The document with ids that differ from run to run made plain.
fn plain(entry: &Value) -> Value {
    let text = entry.to_string();
    let text = text.replace(id(entry), "ENTRY");
    let author = entry["author"]["id"].as_str().expect("an id");
    serde_json::from_str(&text.replace(author, "AUTHOR")).expect("JSON")
}

#[test]
fn a_request_has_every_member_of_the_contract_and_the_names_beside() {
    on_both(async |db| {
        let world = World::new(db).await;
        let entry = world
            .publish(
                &world.moj,
                json!({
                    "kind": "request", "title": "Training for border police",
                    "body": "Five *days*.", "language": "en", "audience": "members",
                    "tlp": "GREEN", "countries": ["AL"], "regions": ["039"],
                    "sectors": ["15190"], "pillars": ["prevention"],
                    "exploitation": ["forced-labour"], "activities": ["training"],
                    "closes_at": "2027-01-31T23:59:59Z"
                }),
            )
            .await;
        let contract: Value = serde_json::from_str(include_str!("request.json")).expect("JSON");
        assert_eq!(plain(&entry), contract);
        assert_described(&world.node, "Entry", &entry).await;
        // What was answered is what is read.
        let read = world
            .get(&format!("/entries/{}", id(&entry)), Some(&world.moj))
            .await;
        assert_eq!(read.json(), entry);
    });
}

#[test]
fn a_project_carries_stage_dates_money_partners_and_named_parties() {
    on_both(async |db| {
        let world = World::new(db).await;
        let entry = world
            .publish(
                &world.moj,
                json!({
                    "kind": "project", "title": "Pilot", "body": "Two districts.",
                    "stage": "pipeline", "starts_on": "2027-03-01", "ends_on": "2028-02-28",
                    "budget": {"currency": "USD", "total": 180_000, "gap": 120_000},
                    "audience": "named", "named": ["https://n.example/orgs/ngo", "io"],
                    "partners": ["ngo"], "language": "pt-br"
                }),
            )
            .await;
        assert_eq!(entry["stage"], "pipeline");
        assert_eq!(entry["status"], Value::Null);
        assert_eq!(entry["starts_on"], "2027-03-01");
        assert_eq!(entry["ends_on"], "2028-02-28");
        assert_eq!(
            entry["budget"],
            json!({"currency": "USD", "total": 180_000, "gap": 120_000})
        );
        assert_eq!(entry["tlp"], "RED");
        assert_eq!(entry["language"], "pt-BR");
        assert_eq!(entry["labels"]["language"], "Portuguese (Brazil)");
        assert_eq!(entry["labels"]["stage"], "Pipeline");
        assert_eq!(entry["partners"], json!(["https://n.example/orgs/ngo"]));
        assert_described(&world.node, "Entry", &entry).await;
        let mut named: Vec<_> = entry["named"].as_array().expect("a list").clone();
        named.sort_by_key(Value::to_string);
        assert_eq!(
            named,
            ["https://n.example/orgs/io", "https://n.example/orgs/ngo"]
        );
    });
}

#[test]
fn the_body_is_kept_as_written_and_shown_without_harm() {
    on_both(async |db| {
        let world = World::new(db).await;
        let body = "# Need\n<script>alert(1)</script>\n[x](javascript:alert(1)) https://un.org/";
        let entry = world
            .publish(&world.moj, with(request("Title"), json!({"body": body})))
            .await;
        assert_eq!(entry["body"], body);
        let content = entry["content"].as_str().expect("HTML");
        assert!(content.contains("<strong>Need</strong>"), "{content}");
        assert!(
            !content.contains("<script") && !content.contains("javascript:"),
            "{content}"
        );
        assert!(content.contains("<a href=\"https://un.org/\""), "{content}");
    });
}

#[test]
fn a_reply_names_what_it_answers_and_is_counted() {
    on_both(async |db| {
        let world = World::new(db).await;
        let asked = world.publish(&world.moj, request("Asked")).await;
        let note = json!({"kind": "note", "body": "We can.", "in_reply_to": id(&asked)});
        let reply = world.publish(&world.ngo, note).await;
        assert_eq!(reply["in_reply_to"], asked["id"]);
        // A reply carries its root's audience, and the mark that goes with it.
        assert_eq!(
            (&reply["audience"], &reply["tlp"]),
            (&json!("public"), &json!("CLEAR"))
        );
        let by_uri = json!({"kind": "note", "body": "We too.", "in_reply_to": asked["uri"]});
        assert_eq!(
            world.publish(&world.io, by_uri).await["in_reply_to"],
            asked["id"]
        );
        let read = world
            .get(&format!("/entries/{}", id(&asked)), None)
            .await
            .json();
        assert_eq!(read["counts"], json!({"responses": 0, "replies": 2}));
    });
}
