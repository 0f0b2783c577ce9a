//! Publishing, changing and deleting.

use axum::http::header;
use serde_json::{Value, json};

use super::{World, id, request, with};
use crate::{
    domain::entry::{MAX_BODY_CHARS, MAX_CODES, MAX_TITLE_CHARS},
    forum_api::tests::{assert_problem, faults},
    storage::testing::on_both,
};

#[test]
fn a_new_entry_says_where_it_is_and_gets_the_defaults() {
    on_both(async |db| {
        let world = World::new(db).await;
        let minimal = json!({"kind": "request", "title": "Training", "body": "Five days."});
        let answer = world.post(&world.moj, minimal).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let entry = answer.json();
        assert_eq!(entry["audience"], "members");
        assert_eq!(entry["tlp"], "GREEN");
        assert_eq!(entry["status"], "open");
        assert_eq!(entry["language"], "en");
        let place = answer.headers[header::LOCATION].to_str().expect("text");
        assert_eq!(world.node.get(place, Some(&world.moj)).await.json(), entry);
    });
}

#[test]
fn everything_wrong_is_reported_at_once_and_nothing_is_stored() {
    on_both(async |db| {
        let world = World::new(db).await;
        let answer = world
            .post(
                &world.ngo,
                json!({
                    "kind": "project", "title": "x".repeat(MAX_TITLE_CHARS + 1),
                    "body": "x".repeat(MAX_BODY_CHARS + 1), "language": "xx", "tlp": "PINK",
                    "audience": "preferential", "countries": ["ZZ"], "regions": ["999"],
                    "sectors": ["15162"], "pillars": ["x"], "exploitation": ["x"],
                    "activities": ["x"], "stage": "dream", "status": "open",
                    "closes_at": "soon", "starts_on": "2027-02-02", "ends_on": "2027-02-01",
                    "budget": {"currency": "USD", "total": 1, "gap": 2}, "partners": ["nobody"],
                    "in_reply_to": "1", "colour": "red"
                }),
            )
            .await;
        let mut found = faults(&answer);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "activities",
                "audience",
                "body",
                "budget",
                "closes_at",
                "colour",
                "countries",
                "ends_on",
                "exploitation",
                "in_reply_to",
                "language",
                "partners",
                "pillars",
                "regions",
                "sectors",
                "stage",
                "status",
                "title",
                "tlp"
            ]
        );
        assert_eq!(
            world.titles("", Some(&world.ngo)).await,
            Vec::<String>::new()
        );
    });
}

#[test]
fn each_fault_alone_is_refused() {
    on_both(async |db| {
        let world = World::new(db).await;
        let many: Vec<_> = (0..=MAX_CODES).map(|number| number.to_string()).collect();
        for (fault, field) in [
            (json!({"kind": null}), "kind"),
            (json!({"kind": "poem"}), "kind"),
            (json!({"title": "  "}), "title"),
            (json!({"title": "two\nlines"}), "title"),
            (json!({"title": 7}), "title"),
            (json!({"body": ""}), "body"),
            (json!({"body": null}), "body"),
            (json!({"language": "English"}), "language"),
            (json!({"audience": "everybody"}), "audience"),
            (json!({"audience": "preferential"}), "audience"),
            (json!({"audience": "named"}), "named"),
            (json!({"named": ["moj"]}), "named"),
            (json!({"audience": "named", "named": ["nobody"]}), "named"),
            (json!({"countries": ["AN"]}), "countries"),
            (json!({"countries": "AL"}), "countries"),
            (json!({"sectors": many}), "sectors"),
            (json!({"stage": "idea"}), "stage"),
            (json!({"status": "lost"}), "status"),
            (json!({"status": null}), "status"),
            (json!({"closes_at": "2027-01-31"}), "closes_at"),
            (json!({"starts_on": "2027-13-01"}), "starts_on"),
            (
                json!({"budget": {"currency": "USD", "total": 1, "gap": 0}}),
                "budget",
            ),
            (json!({"partners": "ngo"}), "partners"),
            (
                json!({"in_reply_to": "https://other.example/1"}),
                "in_reply_to",
            ),
        ] {
            let answer = world
                .post(&world.ngo, with(request("Title"), fault.clone()))
                .await;
            assert_eq!(faults(&answer), [field], "{fault}");
        }
        assert_eq!(
            world.titles("", Some(&world.ngo)).await,
            Vec::<String>::new()
        );
    });
}

#[test]
fn a_change_keeps_what_is_absent_and_empties_what_is_null() {
    on_both(async |db| {
        let world = World::new(db).await;
        let full = with(
            request("Before"),
            json!({"countries": ["AL"], "closes_at": "2027-01-31T23:59:59Z", "tlp": "AMBER",
                   "partners": ["ngo"], "language": "fr"}),
        );
        let before = world.publish(&world.moj, full).await;
        let change = json!({"title": "After", "closes_at": null, "partners": null});
        let answer = world.patch(&world.moj, id(&before), change).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let after = answer.json();
        assert_eq!(after["title"], "After");
        assert_eq!(after["closes_at"], Value::Null);
        assert_eq!(after["partners"], json!([]));
        for kept in [
            "countries",
            "body",
            "tlp",
            "language",
            "status",
            "created_at",
            "id",
            "uri",
        ] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        assert_ne!(after["updated_at"], before["updated_at"]);
        let read = world.get(&format!("/entries/{}", id(&before)), None).await;
        assert_eq!(read.json(), after);
        assert_eq!(world.titles("q=After", None).await, ["After"]);
        assert_eq!(world.titles("q=Before", None).await, Vec::<String>::new());
    });
}

#[test]
fn a_document_that_was_read_may_be_sent_back_whole() {
    on_both(async |db| {
        let world = World::new(db).await;
        let named = with(
            request("Mine"),
            json!({"audience": "named", "named": ["ngo"]}),
        );
        let entry = world.publish(&world.moj, named).await;
        let answer = world
            .patch(
                &world.moj,
                id(&entry),
                with(entry.clone(), json!({"title": "Ours"})),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["named"], entry["named"]);
        let reply = json!({"kind": "note", "body": "Yes", "in_reply_to": id(&entry)});
        let reply = world.publish(&world.ngo, reply).await;
        assert_eq!(
            world
                .patch(&world.ngo, id(&reply), reply.clone())
                .await
                .status,
            200
        );
    });
}

#[test]
fn kind_and_place_of_an_entry_never_change_and_its_audience_never_widens() {
    on_both(async |db| {
        let world = World::new(db).await;
        let other = world.publish(&world.moj, request("Other")).await;
        let mine = with(request("Mine"), json!({"audience": "members"}));
        let entry = world.publish(&world.moj, mine).await;
        for (change, field) in [
            (json!({"kind": "offer"}), "kind"),
            (json!({"audience": "public"}), "audience"),
            (json!({"named": ["ngo"]}), "named"),
            (json!({"in_reply_to": id(&other)}), "in_reply_to"),
            (json!({"body": " "}), "body"),
            (json!({"status": "withdrawn", "stage": "idea"}), "stage"),
        ] {
            let answer = world.patch(&world.moj, id(&entry), change.clone()).await;
            assert_eq!(faults(&answer), [field], "{change}");
        }
        let path = format!("/entries/{}", id(&entry));
        let read = world.get(&path, Some(&world.moj)).await;
        assert_eq!(read.json(), entry);
    });
}

#[test]
fn only_its_author_changes_or_deletes_an_entry() {
    on_both(async |db| {
        let world = World::new(db).await;
        let entry = world.publish(&world.moj, request("Mine")).await;
        assert_problem(
            &world
                .patch(&world.io, id(&entry), json!({"title": "x"}))
                .await,
            403,
        );
        assert_problem(&world.delete(&world.io, id(&entry)).await, 403);
        let read = world.get(&format!("/entries/{}", id(&entry)), None).await;
        assert_eq!(read.json(), entry);
        assert_eq!(world.delete(&world.moj, id(&entry)).await.status, 204);
        assert_problem(&world.delete(&world.moj, id(&entry)).await, 410);
        assert_problem(
            &world
                .patch(&world.moj, id(&entry), json!({"title": "x"}))
                .await,
            410,
        );
    });
}

#[test]
fn a_reply_cannot_change_the_audience_of_its_root() {
    on_both(async |db| {
        let world = World::new(db).await;
        let asked = with(request("Asked"), json!({"audience": "members"}));
        let asked = world.publish(&world.moj, asked).await;
        let wider = json!({"kind": "note", "body": "x", "audience": "public",
                           "in_reply_to": id(&asked)});
        assert_eq!(faults(&world.post(&world.ngo, wider).await), ["audience"]);
        let same = json!({"kind": "note", "body": "x", "in_reply_to": id(&asked)});
        assert_eq!(world.publish(&world.ngo, same).await["audience"], "members");
    });
}
