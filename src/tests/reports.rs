//! Reports: made by people here, sent by and to other servers, looked at by
//! administrators, and never shown to whoever is reported.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    audience::draft,
    browser::{Browser, location},
    foreign::Foreign,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    domain::{
        account::Role,
        activity::{Outgoing, Subject},
        audience::AudienceKind,
        entry::Entry,
        id::{ActivityId, DeliveryId},
        organisation::Category,
        page::Window,
        report::{Report, ReportCategory},
    },
    federation::outbox::distribute,
    operations::{
        entries::publish,
        reports::{self as verbs, NewReport, ReportError},
    },
    storage::{
        self, Db, activities,
        deliveries::{self, Clearance},
        reports,
        testing::on_both,
    },
};

const TOLD: &str = "It names a victim.";

/// A node with a government `moj`, a shelter, and `hub` which runs it.
async fn node(db: Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    node.organisation("shelter", Category::CivilSociety).await;
    node.organisation("hub", Category::InternationalOrganisation)
        .await;
    node
}

async fn entry_of(node: &TestApp, handle: &str, audience: AudienceKind) -> Entry {
    let token = node.token(handle, Role::Editor, "read write").await;
    let person = node.person(&token).await;
    let entry = publish(&node.app.forum, &person, draft("Wanted", audience)).await;
    entry.expect("published")
}

async fn stored(node: &TestApp) -> Vec<Report> {
    let read = node.app.forum.db.read(|conn| {
        let window = Window::first(1_000);
        reports::list(conn, None, window)
    });
    read.await.expect("a list")
}

#[test]
fn an_entry_is_reported_by_its_page_and_resolved_by_an_administrator() {
    on_both(async |db| {
        let node = node(db).await;
        let entry = entry_of(&node, "moj", AudienceKind::Members).await;
        let mut reader = Browser::signed_in(&node, "shelter", Role::Reader).await;
        let page = format!("/entries/{}", entry.id);
        let form = format!("{page}/report");
        assert!(reader.open(&page).await.body.contains(&form));
        let sent = reader.submit(&form, &form, &[("comment", TOLD)]).await;
        assert_eq!(location(&sent), format!("{page}?done=reported"));
        let report = stored(&node).await.pop().expect("a report");
        assert_eq!(report.entries, [entry.id]);
        assert_eq!(report.reported, entry.author.id);

        let mut administrator = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let queue = administrator.open("/admin/reports").await.body;
        assert!(queue.contains(TOLD) && queue.contains("Administration (1 report)"));
        assert!(queue.contains("(1 waiting)"));
        let resolve = format!("/admin/reports/{}/resolve", report.id);
        administrator.submit("/admin/reports", &resolve, &[]).await;
        let queue = administrator.open("/admin/reports").await.body;
        assert!(!queue.contains(TOLD) && !queue.contains("report)"));
        let resolved = administrator.open("/admin/reports?state=resolved").await;
        assert!(resolved.body.contains(TOLD));
    });
}

#[test]
fn the_page_asks_what_kind_of_wrong_it_is_and_which_rules_it_breaks() {
    on_both(async |db| {
        let rules = r#"["Name no victims.", "No advertising."]"#;
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_NODE__RULES", rules)]);
        node.organisation("moj", Category::Government).await;
        node.organisation("shelter", Category::CivilSociety).await;
        let entry = entry_of(&node, "moj", AudienceKind::Public).await;
        let mut reader = Browser::signed_in(&node, "shelter", Role::Reader).await;
        let form = format!("/entries/{}/report", entry.id);
        let page = reader.open(&form).await.body;
        assert!(page.contains("Name no victims.") && page.contains("No advertising."));
        assert!(page.contains(r#"value="other" checked"#), "{page}");
        let legal = [("comment", TOLD), ("category", "legal")];
        reader.submit(&form, &form, &legal).await;
        let ruled = [
            ("comment", TOLD),
            ("category", "spam"),
            ("rules", "2"),
            ("rules", "1"),
        ];
        reader.submit(&form, &form, &ruled).await;
        let [second, first] = &stored(&node).await[..] else {
            panic!("two reports");
        };
        assert_eq!(first.category, ReportCategory::Legal);
        assert!(first.rules.is_empty());
        assert_eq!(second.category, ReportCategory::Violation);
        assert_eq!(second.rules, ["Name no victims.", "No advertising."]);
        for (field, value) in [("category", "rude"), ("rules", "3"), ("rules", "x")] {
            let wrong = [("comment", TOLD), (field, value)];
            let refused = reader.submit(&form, &form, &wrong).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
            assert!(refused.body.contains(TOLD), "what was typed is lost");
            assert!(refused.body.contains(&format!("#f-{field}")), "{value}");
        }
        assert_eq!(stored(&node).await.len(), 2);
    });
}

#[test]
fn whoever_is_reported_sees_nothing_of_it() {
    on_both(async |db| {
        let node = node(db).await;
        let entry = entry_of(&node, "moj", AudienceKind::Public).await;
        let mut reader = Browser::signed_in(&node, "shelter", Role::Reader).await;
        for form in [
            format!("/entries/{}/report", entry.id),
            format!("/organisations/{}/report", entry.author.id),
        ] {
            reader.submit(&form, &form, &[("comment", TOLD)]).await;
        }
        assert_eq!(stored(&node).await.len(), 2);
        let mut reported = Browser::signed_in(&node, "moj", Role::FocalPoint).await;
        let entry_page = format!("/entries/{}", entry.id);
        for path in ["/", "/timeline", "/followers", "/orgs/moj", &entry_page] {
            let page = reported.open(path).await.body;
            assert!(!page.contains(TOLD) && !page.contains("1 report"), "{path}");
        }
        let queue = reported.open("/admin/reports").await;
        assert_eq!(queue.status, StatusCode::FORBIDDEN);
        assert!(!queue.body.contains(TOLD));
    });
}

#[test]
fn nobody_reports_themselves_what_they_may_not_see_or_what_is_not_theirs() {
    on_both(async |db| {
        let node = node(db).await;
        let hidden = entry_of(&node, "moj", AudienceKind::Preferential).await;
        let other = entry_of(&node, "hub", AudienceKind::Public).await;
        let token = node.token("shelter", Role::FocalPoint, "read write").await;
        let person = node.person(&token).await;
        let moj = hidden.author.id;
        let report = async |reported, entries, comment: String| {
            let new = NewReport {
                reported,
                entries,
                category: ReportCategory::default(),
                rules: Vec::new(),
                comment,
                forward: true,
            };
            verbs::report(&node.app.forum, &person, new).await
        };
        let unseen = report(moj, vec![hidden.id], String::new()).await;
        assert!(matches!(unseen, Err(ReportError::NotFound)));
        let not_theirs = report(moj, vec![other.id], String::new()).await;
        assert!(matches!(not_theirs, Err(ReportError::NotFound)));
        let me = report(person.organisation.id, vec![], String::new()).await;
        assert!(matches!(me, Err(ReportError::Myself)));
        let long = report(moj, vec![], "x".repeat(5_001)).await;
        assert!(matches!(long, Err(ReportError::Invalid(_))));
        assert_eq!(stored(&node).await, []);
        // Nobody elsewhere is told of a report about an organisation of ours.
        let made = report(moj, vec![], String::new()).await;
        assert!(!made.expect("reported").forwarded);
    });
}

#[test]
fn a_mastodon_client_reports_an_account_and_its_statuses() {
    on_both(async |db| {
        let node = node(db).await;
        let entry = entry_of(&node, "moj", AudienceKind::Public).await;
        let token = node.token("shelter", Role::Reader, "write:reports").await;
        let body = json!({
            "account_id": entry.author.id, "status_ids": [entry.id], "comment": TOLD,
            "category": "spam", "forward": true,
        });
        let post = async |token: &str, body: &Value| {
            let path = "/api/v1/reports";
            node.call(Method::POST, path, Some(token), Some(body.clone()))
                .await
        };
        let answer = post(&token, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let made = answer.json();
        assert_eq!(made["status_ids"], json!([entry.id]));
        assert_eq!(made["target_account"]["acct"], "moj");
        assert_eq!(made["category"], "spam");
        assert_eq!(made["rule_ids"], json!([]));
        assert_eq!(made["forwarded"], false);
        assert_eq!(made["action_taken_at"], Value::Null);
        let reading = node.token("shelter", Role::Reader, "read").await;
        assert_eq!(post(&reading, &body).await.status, StatusCode::FORBIDDEN);
        let nobody = json!({"account_id": "7"});
        assert_eq!(post(&token, &nobody).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stored(&node).await.len(), 1);
    });
}

#[test]
fn the_category_and_the_rules_of_a_report_reach_whoever_decides() {
    on_both(async |db| {
        let rules = r#"["Name no victims.", "No advertising."]"#;
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_NODE__RULES", rules)]);
        let moj = node.organisation("moj", Category::Government).await;
        node.organisation("shelter", Category::CivilSociety).await;
        let token = node.token("shelter", Role::Reader, "write:reports").await;
        let post = async |more: Value| {
            let mut body = json!({"account_id": moj.id});
            for (key, value) in more.as_object().expect("an object") {
                body[key] = value.clone();
            }
            node.call(Method::POST, "/api/v1/reports", Some(&token), Some(body))
                .await
        };
        for (more, category, ids) in [
            (json!({}), "other", json!([])),
            (json!({"category": "legal"}), "legal", json!([])),
            (json!({"category": "violation"}), "violation", json!([])),
            // Whatever else is said: with rules it is a violation.
            (
                json!({"category": "spam", "rule_ids": ["2"]}),
                "violation",
                json!(["2"]),
            ),
        ] {
            let made = post(more).await.json();
            assert_eq!(
                (&made["category"], &made["rule_ids"]),
                (&json!(category), &ids)
            );
        }
        let before = stored(&node).await;
        for wrong in [
            json!({"category": "rude"}),
            json!({"rule_ids": ["3"]}),
            json!({"rule_ids": ["0"]}),
            json!({"rule_ids": ["1", "x"]}),
        ] {
            let refused = post(wrong.clone()).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(stored(&node).await, before);
        assert_eq!(before[0].category, ReportCategory::Violation);
        assert_eq!(before[0].rules, ["No advertising."]);
        assert_eq!(before[2].category, ReportCategory::Legal);

        let mut administrator = Browser::signed_in(&node, "moj", Role::Administrator).await;
        let queue = administrator.open("/admin/reports").await.body;
        assert!(queue.contains("No advertising.") && !queue.contains("Name no victims."));
        for category in [ReportCategory::Legal, ReportCategory::Violation] {
            let said = format!("Reported as: <strong>{}</strong>", category.name());
            assert!(queue.contains(&said), "{said}");
        }
        assert!(queue.contains("Rules that it cites"));
        let token = node.token("moj", Role::Administrator, "admin:read").await;
        let list = node.get("/api/forum/v1/admin/reports", Some(&token)).await;
        let newest = &list.json()["items"][0];
        assert_eq!(newest["category"], "violation");
        assert_eq!(newest["rules"], json!(["No advertising."]));
    });
}

/// Sends Flags of `objects`, each with an id of its own.
async fn flag(node: &TestApp, by: &Foreign, number: u32, object: Value) -> StatusCode {
    let mut flag = by.activity(number, "Flag", object);
    flag["content"] = json!(TOLD);
    by.send(node, &flag).await.status
}

#[test]
fn a_flag_of_another_server_names_accounts_entries_or_both() {
    on_both(async |db| {
        let node = node(db).await;
        let public = entry_of(&node, "moj", AudienceKind::Public).await;
        let hidden = entry_of(&node, "moj", AudienceKind::Members).await;
        let moderator = Foreign::new(&node, "far.example", "actor").await;
        let account = format!("{ORIGIN}/orgs/moj");
        let objects = [
            json!(account),
            json!([account, public.uri]),
            json!(public.uri),
            json!({"id": public.uri, "type": "Note"}),
            json!([account, hidden.uri]),
        ];
        for (number, object) in (1..).zip(objects) {
            let status = flag(&node, &moderator, number, object).await;
            assert_eq!(status, StatusCode::ACCEPTED);
        }
        let mut found = stored(&node).await;
        found.reverse();
        let entries: Vec<_> = found.iter().map(|one| one.entries.clone()).collect();
        let one = vec![public.id];
        assert_eq!(entries, [vec![], one.clone(), one.clone(), one, vec![]]);
        for report in found {
            assert_eq!(report.reported, public.author.id);
            assert_eq!(report.reporter, moderator.organisation.id);
            assert_eq!(report.comment, TOLD);
        }
    });
}

#[test]
fn a_flag_of_nothing_of_ours_is_acknowledged_and_nothing_is_stored() {
    on_both(async |db| {
        let node = node(db).await;
        let moderator = Foreign::new(&node, "far.example", "actor").await;
        let other = Foreign::new(&node, "other.example", "ngo").await;
        let objects = [
            json!(other.uri),
            json!([format!("{ORIGIN}/orgs/nobody"), "https://x.example/1"]),
            json!(format!("{ORIGIN}/entries/7")),
        ];
        for (number, object) in (1..).zip(objects) {
            let status = flag(&node, &moderator, number, object).await;
            assert_eq!(status, StatusCode::ACCEPTED);
        }
        let nothing = flag(&node, &moderator, 9, json!(["no address"])).await;
        assert_eq!(nothing, StatusCode::BAD_REQUEST);
        assert_eq!(stored(&node).await, []);
    });
}

#[test]
fn a_flag_counts_once_and_a_server_that_reports_too_much_is_passed_over() {
    on_both(async |db| {
        let node = node(db).await;
        let loud = Foreign::new(&node, "loud.example", "actor").await;
        let calm = Foreign::new(&node, "calm.example", "actor").await;
        let account = json!(format!("{ORIGIN}/orgs/moj"));
        for number in [1, 1].into_iter().chain(2..=25) {
            let status = flag(&node, &loud, number, account.clone()).await;
            assert_eq!(status, StatusCode::ACCEPTED);
        }
        assert_eq!(stored(&node).await.len(), 20);
        flag(&node, &calm, 1, account.clone()).await;
        assert_eq!(stored(&node).await.len(), 21);
        node.pass(chrono::TimeDelta::minutes(61));
        flag(&node, &loud, 30, account).await;
        assert_eq!(stored(&node).await.len(), 22);
    });
}

#[test]
fn what_another_server_writes_into_a_report_is_cut_and_cleaned() {
    on_both(async |db| {
        let node = node(db).await;
        let moderator = Foreign::new(&node, "far.example", "actor").await;
        let mut flag = moderator.activity(1, "Flag", json!(format!("{ORIGIN}/orgs/moj")));
        flag["content"] = json!(format!("<p>one\u{202e}</p>{}", "x".repeat(6_000)));
        moderator.send(&node, &flag).await;
        let comment = stored(&node).await.pop().expect("a report").comment;
        assert!(comment.starts_with("one") && !comment.contains(['<', '\u{202e}']));
        assert!(comment.chars().count() <= 5_000);
    });
}

/// The newest activity of ours.
async fn newest(node: &TestApp) -> (ActivityId, Outgoing) {
    let read = node.app.forum.db.read(|conn| {
        use diesel::prelude::*;
        use storage::schema::activities as rows;
        let id: i64 = rows::table
            .filter(rows::local.eq(true))
            .order(rows::id.desc())
            .select(rows::id)
            .first(conn)?;
        let found = activities::find_outgoing(conn, ActivityId(id))?;
        Ok::<_, storage::Error>((ActivityId(id), found.expect("it is there").0))
    });
    read.await.expect("an activity")
}

#[test]
fn a_forwarded_report_comes_from_the_node_and_does_not_tell_who_reported() {
    on_both(async |db| {
        let node = node(db).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let token = node.token("shelter", Role::Editor, "read write").await;
        let person = node.person(&token).await;
        let new = NewReport {
            reported: her.organisation.id,
            entries: Vec::new(),
            category: ReportCategory::default(),
            rules: Vec::new(),
            comment: TOLD.into(),
            forward: true,
        };
        let made = verbs::report(&node.app.forum, &person, new).await;
        assert!(made.expect("reported").forwarded);
        let (id, outgoing) = newest(&node).await;
        assert!(matches!(outgoing.subject, Subject::Report(_)));
        distribute(&node.app.federation, id)
            .await
            .expect("distributed");
        let read = node.app.forum.db.read(move |conn| {
            let next = deliveries::next(conn, "far.example", None, 10)?;
            let ids: Vec<DeliveryId> = next.iter().map(|one| one.id).collect();
            assert_eq!(ids.len(), 1);
            deliveries::clear(conn, ids[0], false)
        });
        let Clearance::Send { document, actor } = read.await.expect("storage") else {
            panic!("it is not sent");
        };
        assert_eq!(actor, node.app.forum.urls.node_actor());
        assert!(!document.contains("shelter"), "{document}");
        let flag: Value = serde_json::from_str(&document).expect("JSON");
        assert_eq!(flag["type"], "Flag");
        assert_eq!(flag["actor"], json!(actor));
        assert_eq!(flag["object"], json!([her.uri]));
        assert_eq!(flag["content"], TOLD);
        // What was told to one server is not for others to read.
        let public = node.get(&format!("/activities/{id}"), None).await;
        assert_eq!(public.status, StatusCode::NOT_FOUND);
    });
}
