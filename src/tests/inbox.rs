//! What other servers send, and what of it is believed: each refusal asserts
//! that nothing was stored (SECURITY.md 2). On both databases.

use axum::{body::Body, http::StatusCode};
use serde_json::{Value, json};

use super::{
    audience::draft,
    foreign::Foreign,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    config::Mode,
    domain::{
        account::Role,
        audience::{AudienceKind, Viewer},
        entry::Entry,
        follow::FollowState,
        organisation::Category,
        page::Window,
    },
    operations::{entries::publish, follows, hosts},
    storage::{self, entries, hosts::Policy, testing::on_both},
};

pub(super) async fn entries_of(node: &TestApp) -> Vec<Entry> {
    let read = node.app.forum.db.read(|conn| {
        entries::list(
            conn,
            &Viewer::Anonymous,
            &entries::Filter::default(),
            Window::first(100),
        )
    });
    read.await.expect("a list")
}

/// A node with a government `moj` that follows `@her@far.example`.
pub(super) async fn following(db: storage::Db) -> (TestApp, Foreign) {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    let token = node
        .token("moj", Role::FocalPoint, "read write follow")
        .await;
    let person = node.person(&token).await;
    let her = Foreign::new(&node, "far.example", "her").await;
    let asked = follows::follow(&node.app.forum, &person, her.organisation.id).await;
    assert!(asked.expect("asked").requested);
    let follow = {
        let (me, other) = (person.organisation.id, her.organisation.id);
        let read = node
            .app
            .forum
            .db
            .read(move |conn| storage::follows::find(conn, me, other));
        read.await.expect("storage").expect("a follow")
    };
    let accept = her.activity(1, "Accept", json!(follow.activity_uri));
    assert_eq!(her.send(&node, &accept).await.status, StatusCode::ACCEPTED);
    (node, her)
}

#[test]
fn a_followed_organisations_create_update_and_delete_take_effect_once() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let mut note = her.note(1, "<p>Hello <script>x</script><b>world</b></p>");
        let create = her.activity(2, "Create", note.clone());
        for _ in 0..2 {
            assert_eq!(her.send(&node, &create).await.status, StatusCode::ACCEPTED);
        }
        let found = entries_of(&node).await;
        assert_eq!(found.len(), 1);
        assert!(found[0].html.contains("world") && !found[0].html.contains("script"));

        note["content"] = json!("<p>Changed</p>");
        note["updated"] = json!("2026-11-22T11:30:00Z");
        let update = her.activity(3, "Update", note.clone());
        assert_eq!(her.send(&node, &update).await.status, StatusCode::ACCEPTED);
        assert!(entries_of(&node).await[0].html.contains("Changed"));

        note["content"] = json!("<p>Older</p>");
        note["updated"] = json!("2026-11-22T11:20:00Z");
        her.send(&node, &her.activity(4, "Update", note.clone()))
            .await;
        assert!(entries_of(&node).await[0].html.contains("Changed"));

        let delete = her.activity(5, "Delete", json!({"id": note["id"], "type": "Tombstone"}));
        assert_eq!(her.send(&node, &delete).await.status, StatusCode::ACCEPTED);
        her.send(&node, &her.activity(6, "Create", note.clone()))
            .await;
        her.send(&node, &her.activity(7, "Update", note)).await;
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn an_edit_within_the_second_of_what_it_changes_counts() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let mut note = her.note(1, "<p>Hello</p>");
        note["published"] = json!("2026-11-22T11:30:00Z");
        her.send(&node, &her.activity(2, "Create", note.clone()))
            .await;
        for (number, text) in [(3, "once"), (4, "twice")] {
            note["content"] = json!(text);
            note["updated"] = note["published"].clone();
            her.send(&node, &her.activity(number, "Update", note.clone()))
                .await;
            assert!(entries_of(&node).await[0].html.contains(text));
        }
    });
}

#[test]
fn a_delete_that_overtakes_its_create_wins() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let note = her.note(1, "late");
        her.send(&node, &her.activity(2, "Delete", note["id"].clone()))
            .await;
        let create = her.activity(3, "Create", note);
        assert_eq!(her.send(&node, &create).await.status, StatusCode::ACCEPTED);
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn what_nobody_here_asked_for_is_acknowledged_and_not_kept() {
    on_both(async |db| {
        let (node, _) = following(db).await;
        let stranger = Foreign::new(&node, "far.example", "stranger").await;
        let create = stranger.activity(1, "Create", stranger.note(1, "spam"));
        assert_eq!(
            stranger.send(&node, &create).await.status,
            StatusCode::ACCEPTED
        );
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn what_is_not_public_is_not_kept() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        for (number, to) in [
            json!([format!("{}/followers", her.uri)]),
            json!(["https://w3id.org/virtual-forum/ns#Members"]),
            json!([format!("{ORIGIN}/orgs/moj")]),
            json!([]),
        ]
        .into_iter()
        .enumerate()
        {
            let number = u32::try_from(number).expect("small") + 10;
            let mut note = her.note(number, "secret");
            note["to"] = to;
            let create = her.activity(number, "Create", note);
            assert_eq!(her.send(&node, &create).await.status, StatusCode::ACCEPTED);
        }
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn unsigned_altered_and_misaddressed_requests_store_nothing() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let body = her.activity(2, "Create", her.note(1, "x")).to_string();
        let signed = || her.request(&node, body.as_bytes());
        type Change = fn(&mut axum::http::Request<Body>);
        let changes: [(&str, Change); 7] = [
            ("unsigned", |request| {
                request.headers_mut().remove("signature");
            }),
            ("another body", |request| {
                *request.body_mut() = Body::from("{}");
            }),
            ("another host", |request| {
                request
                    .headers_mut()
                    .insert("host", "other.example".parse().expect("valid"));
            }),
            ("another date", |request| {
                let date = "Sun, 22 Nov 2026 11:59:00 GMT".parse().expect("valid");
                request.headers_mut().insert("date", date);
            }),
            ("a second digest", |request| {
                let digest = request.headers()["digest"].clone();
                request.headers_mut().append("digest", digest);
            }),
            ("no digest", |request| {
                request.headers_mut().remove("digest");
            }),
            ("another path", |request| {
                *request.uri_mut() = "/orgs/moj/inbox".parse().expect("valid");
            }),
        ];
        for (what, change) in changes {
            let mut request = signed();
            change(&mut request);
            let status = node.send(request).await.status;
            let expected = match what {
                // Refused before anybody looks at the signature.
                "another host" => StatusCode::MISDIRECTED_REQUEST,
                _ => StatusCode::UNAUTHORIZED,
            };
            assert_eq!(status, expected, "{what}");
        }
        assert_eq!(entries_of(&node).await, []);
        assert_eq!(node.send(signed()).await.status, StatusCode::ACCEPTED);
        assert_eq!(entries_of(&node).await.len(), 1);
    });
}

#[test]
fn old_and_early_requests_are_refused() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let body = her.activity(2, "Create", her.note(1, "x")).to_string();
        let request = her.request(&node, body.as_bytes());
        node.pass(chrono::TimeDelta::hours(13));
        assert_eq!(node.send(request).await.status, StatusCode::UNAUTHORIZED);
        let ahead = {
            node.pass(chrono::TimeDelta::hours(2));
            let request = her.request(&node, body.as_bytes());
            node.pass(chrono::TimeDelta::hours(-2));
            request
        };
        assert_eq!(node.send(ahead).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn malformed_documents_are_refused_with_400() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
        let many: Vec<String> = (0..1_001)
            .map(|i| format!("https://a.example/{i}"))
            .collect();
        let mut crowded = her.activity(3, "Create", her.note(1, "x"));
        crowded["to"] = json!(many);
        let mut odd_id = her.activity(4, "Create", her.note(1, "x"));
        odd_id["id"] = json!("not an address");
        let mut two_actors = her.activity(5, "Create", her.note(1, "x"));
        two_actors["actor"] = json!([her.uri, "https://far.example/users/other"]);
        for body in [
            "{".to_owned(),
            r#"{"type":"Create","type":"Delete"}"#.to_owned(),
            deep,
            crowded.to_string(),
            odd_id.to_string(),
            two_actors.to_string(),
            json!({"id": format!("{}/1", her.uri), "type": "Create", "actor": her.uri}).to_string(),
        ] {
            let answer = node.send(her.request(&node, body.as_bytes())).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.80}");
        }
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn bodies_over_one_mebibyte_are_refused() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let body = vec![b' '; 1024 * 1024 + 1];
        let answer = node.send(her.request(&node, &body)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    });
}

#[test]
fn nobody_speaks_for_somebody_else() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let note = her.note(1, "hers");
        her.send(&node, &her.activity(2, "Create", note.clone()))
            .await;
        let neighbour = Foreign::new(&node, "far.example", "neighbour").await;
        let attacker = Foreign::new(&node, "evil.example", "eve").await;

        // Another actor than the key's.
        let mut posing = attacker.activity(1, "Create", her.note(2, "forged"));
        posing["actor"] = json!(her.uri);
        // Another origin's object, id or activity.
        let mut borrowed = attacker.note(3, "forged");
        borrowed["id"] = json!("https://far.example/users/her/notes/9");
        let mut claimed = attacker.activity(4, "Create", attacker.note(4, "forged"));
        claimed["id"] = json!("https://far.example/users/her/activities/9");
        let mut ours = attacker.note(5, "forged");
        ours["id"] = json!(format!("{ORIGIN}/entries/5"));
        let refused = [
            posing,
            attacker.activity(2, "Create", her.note(2, "forged")),
            attacker.activity(3, "Create", borrowed),
            claimed,
            attacker.activity(5, "Create", ours),
            attacker.activity(6, "Delete", note["id"].clone()),
            attacker.activity(7, "Delete", json!(her.uri)),
        ];
        for activity in refused {
            let status = attacker.send(&node, &activity).await.status;
            assert_eq!(status, StatusCode::FORBIDDEN, "{activity}");
        }
        // A neighbour on the same server changes nothing either.
        let mut changed = note.clone();
        changed["content"] = json!("defaced");
        changed["updated"] = json!("2026-11-22T11:59:00Z");
        neighbour
            .send(&node, &neighbour.activity(1, "Update", changed))
            .await;
        neighbour
            .send(&node, &neighbour.activity(2, "Delete", note["id"].clone()))
            .await;
        let found = entries_of(&node).await;
        assert_eq!(found.len(), 1);
        assert!(found[0].html.contains("hers"));
    });
}

#[test]
fn a_blocked_host_is_answered_like_an_unknown_one() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        hosts::decide(
            &node.app.forum,
            None,
            Mode::Open,
            "far.example",
            Policy::Block,
            "test",
        )
        .await
        .expect("blocked");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let blocked = her
            .send(&node, &her.activity(2, "Create", her.note(1, "x")))
            .await;
        let mut unknown = Foreign::new(&node, "known.example", "a").await;
        unknown.signer.key_id = "https://nobody.invalid/nobody#main-key"
            .parse()
            .expect("valid");
        let missing = unknown
            .send(&node, &unknown.activity(1, "Create", unknown.note(1, "x")))
            .await;
        assert_eq!(blocked.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            (blocked.status, blocked.body),
            (missing.status, missing.body)
        );
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn a_follow_is_accepted_at_once_and_undone_by_its_follower_only() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let moj = format!("{ORIGIN}/orgs/moj");
        let follow = her.activity(20, "Follow", json!(moj));
        assert_eq!(her.send(&node, &follow).await.status, StatusCode::ACCEPTED);
        let state = async || {
            let her = her.organisation.id;
            let read = node.app.forum.db.read(move |conn| {
                let moj = storage::organisations::find_local(conn, "moj")?.expect("known");
                storage::follows::find(conn, her, moj.id)
            });
            read.await.expect("storage").map(|follow| follow.state)
        };
        assert_eq!(state().await, Some(FollowState::Accepted));

        let attacker = Foreign::new(&node, "evil.example", "eve").await;
        let undo = attacker.activity(1, "Undo", follow["id"].clone());
        attacker.send(&node, &undo).await;
        assert_eq!(state().await, Some(FollowState::Accepted));

        let undo = her.activity(21, "Undo", follow.clone());
        assert_eq!(her.send(&node, &undo).await.status, StatusCode::ACCEPTED);
        assert_eq!(state().await, None);
    });
}

#[test]
fn a_follow_of_what_is_not_there_is_acknowledged_and_stores_nothing() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        for object in [
            format!("{ORIGIN}/orgs/nobody"),
            "https://x.example/y".into(),
        ] {
            let follow = her.activity(30, "Follow", json!(object));
            assert_eq!(her.send(&node, &follow).await.status, StatusCode::ACCEPTED);
        }
        let her_id = her.organisation.id;
        let read = node.app.forum.db.read(move |conn| {
            storage::follows::count(conn, her_id, storage::follows::Side::Following)
        });
        assert_eq!(read.await.expect("a count"), 0);
    });
}

#[test]
fn an_answer_to_a_hidden_entry_is_not_kept() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let person = node.person(&token).await;
        let answer_to = async |audience, number: u32| {
            let entry = publish(&node.app.forum, &person, draft("Wanted", audience))
                .await
                .expect("published");
            let mut note = her.note(number, "an answer");
            note["inReplyTo"] = json!(entry.uri);
            her.send(&node, &her.activity(number, "Create", note)).await;
            let viewer = person.viewer();
            let read = node
                .app
                .forum
                .db
                .read(move |conn| entries::conversation(conn, &viewer, entry.id, 10));
            read.await.expect("a thread").len()
        };
        assert_eq!(answer_to(AudienceKind::Public, 40).await, 2);
        assert_eq!(answer_to(AudienceKind::Members, 41).await, 1);
    });
}

#[test]
fn unknown_activities_and_those_without_id_are_acknowledged() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let mut transient = her.activity(50, "Create", her.note(1, "x"));
        transient.as_object_mut().expect("an object").remove("id");
        for activity in [
            transient,
            her.activity(51, "Dance", json!("https://far.example/floor")),
            her.activity(52, "Offer", json!({"type": "Ticket"})),
        ] {
            assert_eq!(
                her.send(&node, &activity).await.status,
                StatusCode::ACCEPTED
            );
        }
        assert_eq!(entries_of(&node).await, []);
    });
}

#[test]
fn an_entry_of_our_own_kind_arrives_with_every_field() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let mut note: Value = her.note(1, "<p>shown elsewhere</p>");
        for (key, value) in [
            ("name", json!("Safe recruitment")),
            ("kind", json!("project")),
            ("stage", json!("pipeline")),
            ("tlp", json!("CLEAR")),
            ("startsOn", json!("2027-03-01")),
            ("endsOn", json!("2028-02-28")),
            (
                "budget",
                json!({"currency": "USD", "total": 180_000, "gap": 120_000}),
            ),
            ("countries", json!(["NP", "ZZ"])),
            ("regions", json!(["034"])),
            ("sectors", json!(["15190", "15162"])),
            ("pillars", json!(["prevention"])),
            ("exploitation", json!(["forced-labour"])),
            ("activities", json!(["training"])),
            ("contentMap", json!({"ne": "<p>shown elsewhere</p>"})),
            (
                "source",
                json!({"content": "The *text*.", "mediaType": "text/markdown"}),
            ),
        ] {
            note[key] = value;
        }
        her.send(&node, &her.activity(60, "Create", note)).await;
        let entry = entries_of(&node).await.pop().expect("stored");
        let content = &entry.content;
        assert_eq!(content.title, "Safe recruitment");
        assert_eq!(content.stage.map(|stage| stage.as_str()), Some("pipeline"));
        assert_eq!(
            content.budget.as_ref().map(|budget| budget.gap),
            Some(120_000)
        );
        assert_eq!(
            content.codes.countries,
            ["NP"],
            "unknown codes are left out"
        );
        assert_eq!(content.codes.sectors, ["15190"]);
        assert_eq!(content.codes.regions, ["034"]);
        assert_eq!(content.codes.pillars, ["prevention"]);
        assert_eq!(content.language, "ne");
        assert_eq!(content.body, "The *text*.");
        assert!(entry.html.contains("<em>text</em>"));
        assert_eq!(
            content.ends_on.map(|date| date.to_string()),
            Some("2028-02-28".into())
        );
    });
}

#[test]
fn nobody_keeps_a_deletion_from_counting_by_undoing_what_is_not_theirs() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let attacker = Foreign::new(&node, "evil.example", "eve").await;
        let neighbour = Foreign::new(&node, "far.example", "neighbour").await;
        for (number, other, status) in [
            (1, &attacker, StatusCode::FORBIDDEN),
            // Whose word counts for what is their own only.
            (2, &neighbour, StatusCode::ACCEPTED),
        ] {
            let note = her.note(number, "late");
            let undo = other.activity(number, "Undo", note["id"].clone());
            assert_eq!(other.send(&node, &undo).await.status, status);
            let delete = her.activity(number + 10, "Delete", note["id"].clone());
            her.send(&node, &delete).await;
            her.send(&node, &her.activity(number + 20, "Create", note))
                .await;
            assert_eq!(entries_of(&node).await, [], "{}", other.uri);
        }
    });
}

#[test]
fn the_end_of_an_actor_is_acknowledged_wherever_on_its_server_its_key_stood() {
    on_both(async |db| {
        let (node, _) = following(db).await;
        let mut gone = Foreign::new(&node, "known.example", "a").await;
        gone.signer.key_id = "https://127.0.0.1:1/users/gone/main-key"
            .parse()
            .expect("valid");
        for (actor, status) in [
            ("https://127.0.0.1:1/users/gone", StatusCode::ACCEPTED),
            ("https://far.example/users/her", StatusCode::UNAUTHORIZED),
        ] {
            let mut delete = gone.activity(1, "Delete", json!(actor));
            delete["actor"] = json!(actor);
            assert_eq!(gone.send(&node, &delete).await.status, status, "{actor}");
        }
    });
}
