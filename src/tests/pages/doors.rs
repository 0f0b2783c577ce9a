//! Signing in and out, and one-time links.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;

use crate::{
    domain::{account::Role, organisation::Category},
    operations::{node, people},
    storage::testing::on_both,
    tests::{
        browser::{Browser, PASSWORD, field, location},
        test_app::{ORIGIN, TestApp},
    },
};

const EMAIL: &str = "focal@moj.example";

/// Somebody who may sign in with the password alone.
async fn with_a_person(db: crate::storage::Db) -> TestApp {
    with_a_focal_point(db, Category::CivilSociety).await.0
}

/// A node with a focal point of an organisation of this category, who has
/// done what everybody must at the first sign-in; with their recovery codes.
async fn with_a_focal_point(db: crate::storage::Db, category: Category) -> (TestApp, Vec<String>) {
    let node = TestApp::new(db);
    node.organisation("moj", category).await;
    let person = made(&node).await;
    let mut codes = Vec::new();
    if node.app.forum.must_have_second_factor(&person) {
        codes = node.second_factor(&person).await;
    }
    node.admit(&person).await;
    (node, codes)
}

async fn made(node: &TestApp) -> people::Person {
    let forum = &node.app.forum;
    let password = Some(PASSWORD.into());
    let made = people::create(forum, None, EMAIL, "moj", Role::FocalPoint, password).await;
    made.expect("an account");
    let scopes = "read".parse().expect("scopes");
    let token = people::create_token(forum, None, EMAIL, &scopes).await;
    node.person(&token.expect("a token").0).await
}

#[test]
fn a_person_signs_in_is_led_back_and_signs_out() {
    on_both(async |db| {
        let node = with_a_person(db).await;
        let mut browser = Browser::new(&node);
        let fields = [
            ("email", EMAIL),
            ("password", PASSWORD),
            ("next", "/compose?kind=note"),
        ];
        let answer = browser.submit("/sign-in", "/sign-in", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(location(&answer), "/compose?kind=note&done=signed-in");
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
        for part in [
            "__Host-vf_session=",
            "HttpOnly",
            "Secure",
            "SameSite=Lax",
            "Path=/",
        ] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(browser.open("/timeline").await.body.contains(EMAIL));
        browser.submit("/timeline", "/sign-out", &[]).await;
        assert_eq!(
            browser.open("/timeline").await.status,
            StatusCode::SEE_OTHER
        );
    });
}

#[test]
fn signing_in_leads_to_no_other_site() {
    on_both(async |db| {
        let node = with_a_person(db).await;
        let mut browser = Browser::new(&node);
        let fields = [
            ("email", EMAIL),
            ("password", PASSWORD),
            ("next", "//evil.example"),
        ];
        let answer = browser.submit("/sign-in", "/sign-in", &fields).await;
        assert_eq!(location(&answer), "/timeline?done=signed-in");
    });
}

#[test]
fn whoever_is_not_in_at_once_is_asked_for_a_code_and_learns_nothing() {
    on_both(async |db| {
        let (node, _) = with_a_focal_point(db, Category::Government).await;
        let mut pages = Vec::new();
        for (email, password) in [
            (EMAIL, PASSWORD),
            (EMAIL, "a wrong password"),
            ("other@moj.example", PASSWORD),
        ] {
            let mut browser = Browser::new(&node);
            let fields = [("email", email), ("password", password)];
            let asked = browser.submit("/sign-in", "/sign-in", &fields).await;
            assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
            assert!(asked.body.contains("Second step"));
            let token = field(&asked.body, "token").expect("a form token");
            let code = [("code", "000000"), ("token", token.as_str())];
            let refused = browser.post("/sign-in/code", ORIGIN, &code).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
            let plain = |body: &str| body.replace(&token, "").replace(email, "");
            pages.push((plain(&asked.body), plain(&refused.body)));
            let closed = browser.open("/timeline").await;
            assert_eq!(location(&closed), "/sign-in?next=%2Ftimeline");
        }
        assert_eq!(pages[0], pages[1]);
        assert_eq!(pages[0], pages[2]);
    });
}

#[test]
fn a_wrong_password_alone_lets_nobody_in() {
    on_both(async |db| {
        let node = with_a_person(db).await;
        let mut browser = Browser::new(&node);
        let fields = [("email", EMAIL), ("password", "a wrong password")];
        let asked = browser.submit("/sign-in", "/sign-in", &fields).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
        assert!(!asked.body.contains("a wrong password"));
        assert_eq!(
            browser.open("/timeline").await.status,
            StatusCode::SEE_OTHER
        );
    });
}

#[test]
fn signing_in_needs_a_token_of_our_own_page() {
    on_both(async |db| {
        let node = with_a_person(db).await;
        let mut browser = Browser::new(&node);
        let fields = [("email", EMAIL), ("password", PASSWORD), ("token", "")];
        let answer = browser.post("/sign-in", "https://n.example", &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn too_many_tries_are_told_to_wait() {
    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_LIMITS__SIGN_IN_PER_MINUTE", "2")]);
        let mut browser = Browser::new(&node);
        let fields = [("email", EMAIL), ("password", "a wrong password")];
        let mut last = browser.submit("/sign-in", "/sign-in", &fields).await;
        for _ in 0..2 {
            last = browser.submit("/sign-in", "/sign-in", &fields).await;
        }
        assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(last.headers.contains_key(header::RETRY_AFTER));
        assert!(last.body.contains("Too many tries"));
    });
}

#[test]
fn the_first_link_sets_the_node_up_once() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let link = node::setup_link(&node.app.forum)
            .await
            .expect("storage works");
        let path = format!("/links/{}", link.expect("the node is empty").0);
        let mut browser = Browser::new(&node);
        let mut fields = vec![
            ("name", "The Hub"),
            ("handle", "Not a handle"),
            ("category", "international_organisation"),
            ("email", "admin@hub.example"),
            ("password", PASSWORD),
            ("repeat", PASSWORD),
        ];
        let refused = browser.submit(&path, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("id=\"e-handle\"") && refused.body.contains("The Hub"));
        assert!(!refused.body.contains(PASSWORD));
        fields[1].1 = "hub";
        let done = browser.submit(&path, &path, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let first = browser.open("/admin/organisations").await;
        assert_eq!(location(&first), "/account/second-factor");
        let again = Browser::new(&node).open(&path).await;
        assert_eq!(again.status, StatusCode::GONE);
        assert!(again.body.contains("This link cannot be used"));
    });
}

#[test]
fn a_one_time_link_sets_a_password_once_and_within_its_time() {
    on_both(async |db| {
        let node = with_a_person(db).await;
        let made = people::create(
            &node.app.forum,
            None,
            "new@moj.example",
            "moj",
            Role::Editor,
            None,
        );
        let path = format!("/links/{}", made.await.expect("made").1.expect("a link").0);
        let mut browser = Browser::new(&node);
        assert!(browser.open(&path).await.body.contains("new@moj.example"));
        let differ = [("password", PASSWORD), ("repeat", "another long password")];
        let refused = browser.submit(&path, &path, &differ).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let same = [("password", PASSWORD), ("repeat", PASSWORD)];
        let done = browser.submit(&path, &path, &same).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let first = browser.open("/timeline").await;
        assert_eq!(location(&first), "/account/rules");
        assert_eq!(
            Browser::new(&node).open(&path).await.status,
            StatusCode::GONE
        );

        let made = people::create(
            &node.app.forum,
            None,
            "late@moj.example",
            "moj",
            Role::Editor,
            None,
        );
        let path = format!("/links/{}", made.await.expect("made").1.expect("a link").0);
        node.pass(TimeDelta::hours(73));
        assert_eq!(
            Browser::new(&node).open(&path).await.status,
            StatusCode::GONE
        );
    });
}

#[test]
fn a_stranger_gets_a_form_token_of_their_own() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let (mut one, mut other) = (Browser::new(&node), Browser::new(&node));
        let first = field(&one.open("/sign-in").await.body, "token");
        assert_eq!(field(&one.open("/sign-in").await.body, "token"), first);
        assert_ne!(field(&other.open("/sign-in").await.body, "token"), first);
    });
}
