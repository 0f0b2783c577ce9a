//! Composing, previewing, editing, deleting, replying, following.

use axum::http::StatusCode;

use crate::{
    domain::{account::Role, audience::Viewer, organisation::Category},
    storage::{entries, testing::on_both},
    tests::{
        browser::{Browser, location},
        test_app::{ORIGIN, TestApp},
    },
};

const REQUEST: [(&str, &str); 9] = [
    ("kind", "request"),
    ("title", "Training for border police"),
    ("body", "Five days for **forty officers**."),
    ("language", "en"),
    ("status", "open"),
    ("countries", "AL"),
    ("audience", "public"),
    ("public_confirmed", "yes"),
    ("do", "publish"),
];

const FORM: &str = "/compose?kind=request";

fn changed(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = REQUEST.to_vec();
    for field in &mut fields {
        if field.0 == name {
            field.1 = value;
        }
    }
    fields
}

async fn stored(node: &TestApp) -> i64 {
    let count = |conn: &mut crate::storage::Conn| {
        entries::count(conn, &Viewer::Anonymous, &entries::Filter::default())
    };
    node.app.forum.db.read(count).await.expect("a count")
}

/// The path of the entry that a redirect leads to.
fn entry_path(to: &str) -> String {
    to.split(['?', '#']).next().unwrap_or_default().to_owned()
}

async fn ministry(node: &TestApp) -> Browser<'_> {
    node.organisation("moj", Category::Government).await;
    Browser::signed_in(node, "moj", Role::Editor).await
}

#[test]
fn an_entry_is_previewed_published_edited_and_deleted() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        let preview = editor
            .submit(FORM, "/compose", &changed("do", "preview"))
            .await;
        assert_eq!(preview.status, StatusCode::OK);
        assert!(preview.body.contains("<strong>forty officers</strong>"));
        assert!(preview.body.contains("Five days for **forty officers**."));
        assert_eq!(stored(&node).await, 0, "a preview stores nothing");

        let published = editor.submit(FORM, "/compose", &REQUEST).await;
        assert_eq!(
            published.status,
            StatusCode::SEE_OTHER,
            "{}",
            published.body
        );
        let path = entry_path(location(&published));
        let page = editor.open(&path).await;
        for words in [
            "Training for border police",
            "Albania",
            "TLP:CLEAR",
            "/edit",
        ] {
            assert!(page.body.contains(words), "{words}");
        }

        let edit = format!("{path}/edit");
        let form = editor.open(&edit).await.body;
        assert!(form.contains("value=\"Training for border police\""));
        let saved = editor
            .submit(&edit, &edit, &changed("title", "Training for coast guards"))
            .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let page = Browser::new(&node).open(&path).await;
        assert!(page.body.contains("Training for coast guards"));

        let delete = format!("{path}/delete");
        assert!(
            editor
                .open(&delete)
                .await
                .body
                .contains("Delete this entry?")
        );
        assert_eq!(stored(&node).await, 1, "asking deletes nothing");
        editor.submit(&delete, &delete, &[]).await;
        assert_eq!(
            Browser::new(&node).open(&path).await.status,
            StatusCode::GONE
        );
    });
}

#[test]
fn a_refused_form_keeps_everything_and_stores_nothing() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        for (name, bad) in [
            ("title", ""),
            ("language", "not a tag"),
            ("countries", "XX"),
            ("audience", ""),
            ("public_confirmed", ""),
            ("status", "perhaps"),
        ] {
            let refused = editor.submit(FORM, "/compose", &changed(name, bad)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(refused.body.contains("role=\"alert\""), "{name}");
            assert!(
                refused.body.contains("Five days for **forty officers**."),
                "{name}"
            );
            assert!(
                refused.body.contains(&format!("id=\"e-{name}\"")),
                "{name} is not marked"
            );
        }
        let mut unknown = changed("audience", "named");
        unknown.push(("named", "nobody@else.example"));
        let refused = editor.submit(FORM, "/compose", &unknown).await;
        assert!(refused.body.contains("nobody@else.example"));
        assert_eq!(stored(&node).await, 0);
    });
}

#[test]
fn a_form_without_token_or_from_another_site_changes_nothing() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        let without = editor.post("/compose", ORIGIN, &REQUEST).await;
        assert_eq!(without.status, StatusCode::FORBIDDEN);
        let token = crate::tests::browser::field(&editor.open(FORM).await.body, "token");
        let mut fields = REQUEST.to_vec();
        let token = token.expect("a token");
        fields.push(("token", &token));
        let foreign = editor
            .post("/compose", "https://evil.example", &fields)
            .await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
        assert_eq!(stored(&node).await, 0);
        let ours = editor.post("/compose", ORIGIN, &fields).await;
        assert_eq!(ours.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn readers_and_strangers_write_nothing() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let mut reader = Browser::signed_in(&node, "moj", Role::Reader).await;
        assert_eq!(reader.open("/compose").await.status, StatusCode::FORBIDDEN);
        let sent = reader.submit("/timeline", "/compose", &REQUEST).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        let asked = Browser::new(&node).open(FORM).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        assert_eq!(
            location(&asked),
            "/sign-in?next=%2Fcompose%3Fkind%3Drequest"
        );
        assert_eq!(stored(&node).await, 0);
    });
}

#[test]
fn nobody_edits_or_deletes_the_entries_of_another_organisation() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        let published = editor.submit(FORM, "/compose", &REQUEST).await;
        let path = entry_path(location(&published));
        node.organisation("ngo", Category::CivilSociety).await;
        let mut other = Browser::signed_in(&node, "ngo", Role::Administrator).await;
        for action in ["edit", "delete"] {
            let address = format!("{path}/{action}");
            assert_eq!(other.open(&address).await.status, StatusCode::FORBIDDEN);
            let sent = other.submit("/timeline", &address, &REQUEST).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(stored(&node).await, 1);
    });
}

#[test]
fn a_reply_stands_below_its_entry_for_the_same_readers() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        let members = changed("audience", "members");
        let published = editor.submit(FORM, "/compose", &members).await;
        let path = entry_path(location(&published));
        node.organisation("ngo", Category::CivilSociety).await;
        let mut ngo = Browser::signed_in(&node, "ngo", Role::Editor).await;
        let reply = [("body", "We can send trainers."), ("language", "en")];
        let sent = ngo.submit(&path, &format!("{path}/reply"), &reply).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        assert!(
            editor
                .open(&path)
                .await
                .body
                .contains("We can send trainers.")
        );
        assert_eq!(stored(&node).await, 0, "nothing of it is public");
        let empty = ngo
            .submit(&path, &format!("{path}/reply"), &[("language", "en")])
            .await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn following_brings_entries_into_the_timeline_and_ends_when_asked() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        editor.submit(FORM, "/compose", &REQUEST).await;
        node.organisation("ngo", Category::CivilSociety).await;
        let mut ngo = Browser::signed_in(&node, "ngo", Role::FocalPoint).await;
        assert!(
            !ngo.open("/timeline")
                .await
                .body
                .contains("Training for border police")
        );
        let found = ngo
            .submit("/find", "/find", &[("address", "@moj@n.example")])
            .await;
        assert_eq!(location(&found), "/orgs/moj");
        let page = ngo.open("/orgs/moj").await.body;
        let action = page
            .split("action=\"")
            .filter_map(|rest| rest.split('"').next())
            .find(|action| action.ends_with("/follow"))
            .expect("a form to follow")
            .to_owned();
        ngo.submit("/orgs/moj", &action, &[]).await;
        assert!(
            ngo.open("/timeline")
                .await
                .body
                .contains("Training for border police")
        );
        assert!(ngo.open("/following").await.body.contains("The moj"));
        ngo.submit("/orgs/moj", &action.replace("/follow", "/unfollow"), &[])
            .await;
        assert!(
            !ngo.open("/timeline")
                .await
                .body
                .contains("Training for border police")
        );
    });
}

#[test]
fn finding_nothing_says_so_beside_what_was_typed() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        for address in [
            "nobody",
            "@nobody@n.example",
            "two words",
            "https://n.example/x",
        ] {
            let answer = editor
                .submit("/find", "/find", &[("address", address)])
                .await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
            assert!(answer.body.contains("role=\"alert\""), "{address}");
            assert!(
                answer.body.contains(&format!("value=\"{address}\"")),
                "{address}"
            );
        }
        let found = editor.submit("/find", "/find", &[("address", "moj")]).await;
        assert_eq!(location(&found), "/orgs/moj");
    });
}

#[test]
fn a_locked_organisation_approves_or_refuses_its_followers() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let moj = node.organisation("moj", Category::Government).await;
        let ngo = node.organisation("ngo", Category::CivilSociety).await;
        let mut ministry = Browser::signed_in(&node, "moj", Role::FocalPoint).await;
        let profile = [("name", "Ministry of Justice"), ("locked", "yes")];
        let saved = ministry.submit("/profile", "/profile", &profile).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let mut follower = Browser::signed_in(&node, "ngo", Role::FocalPoint).await;
        let follow = format!("/organisations/{}/follow", moj.id);
        follower.submit("/orgs/moj", &follow, &[]).await;
        assert!(
            follower
                .open("/orgs/moj")
                .await
                .body
                .contains("it has not answered yet")
        );
        let requests = ministry.open("/followers").await.body;
        assert!(requests.contains("The ngo") && requests.contains("(1 waiting)"));
        let approve = format!("/followers/{}/approve", ngo.id);
        ministry.submit("/followers", &approve, &[]).await;
        assert!(
            follower
                .open("/orgs/moj")
                .await
                .body
                .contains("You follow this organisation.")
        );
        let refuse = format!("/followers/{}/refuse", ngo.id);
        ministry.submit("/followers", &refuse, &[]).await;
        assert!(
            !follower
                .open("/orgs/moj")
                .await
                .body
                .contains("You follow this organisation.")
        );
    });
}

#[test]
fn a_profile_is_the_focal_points_to_keep_and_its_codes_are_checked() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut editor = ministry(&node).await;
        assert_eq!(editor.open("/profile").await.status, StatusCode::FORBIDDEN);
        let mut focal = Browser::signed_in(&node, "moj", Role::FocalPoint).await;
        let bad = [
            ("name", ""),
            ("website", "nowhere"),
            ("summary", "Kept as typed"),
        ];
        let refused = focal.submit("/profile", "/profile", &bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Kept as typed"));
        let good = [
            ("name", "Ministry of Justice"),
            ("summary", "We *coordinate*."),
            ("sectors", "15130"),
            ("languages", "en ar"),
        ];
        focal.submit("/profile", "/profile", &good).await;
        let page = Browser::new(&node).open("/orgs/moj").await.body;
        for words in [
            "Ministry of Justice",
            "<em>coordinate</em>",
            "15130",
            "Arabic (ar)",
        ] {
            assert!(page.contains(words), "{words}");
        }
    });
}
