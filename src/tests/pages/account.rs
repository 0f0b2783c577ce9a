//! A person's own account: second factor, rules, sign-ins, programs.

use axum::http::{Method, StatusCode, header};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::PREFIX,
    operations::people::{self, Person},
    storage::{Db, testing::on_both},
    tests::{
        browser::{Browser, PASSWORD, field, location},
        test_app::{ORIGIN, TestApp},
    },
};

const EMAIL: &str = "focal@moj.example";

/// A focal point with a password who was never signed in.
async fn newcomer(node: &TestApp, category: Category) -> Person {
    node.organisation("moj", category).await;
    let forum = &node.app.forum;
    let password = Some(PASSWORD.into());
    let made = people::create(forum, None, EMAIL, "moj", Role::FocalPoint, password).await;
    made.expect("an account");
    let scopes = "read write".parse().expect("scopes");
    let token = people::create_token(forum, None, EMAIL, &scopes).await;
    node.person(&token.expect("a token").0).await
}

/// Sends address and password, and then a code if there is one.
async fn sign_in<'a>(node: &'a TestApp, code: Option<&str>) -> (Browser<'a>, StatusCode) {
    let mut browser = Browser::new(node);
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let mut answer = browser.submit("/sign-in", "/sign-in", &fields).await;
    if let Some(code) = code {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let token = field(&answer.body, "token").expect("a form token");
        let fields = [("code", code), ("token", token.as_str())];
        answer = browser.post("/sign-in/code", ORIGIN, &fields).await;
    }
    (browser, answer.status)
}

/// The key on the page that sets an app up.
fn key(html: &str) -> String {
    let (_, rest) = html.split_once("id=\"key\">").expect("a key");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn the_first_sign_in_leads_through_second_factor_and_rules_before_anything_else() {
    on_both(async |db| {
        let node = TestApp::new(db);
        newcomer(&node, Category::Government).await;
        let (mut browser, status) = sign_in(&node, None).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        for path in ["/timeline", "/compose", "/account", "/account/rules"] {
            let held = browser.open(path).await;
            match path {
                "/account/rules" => assert_eq!(held.status, StatusCode::OK),
                _ => assert_eq!(location(&held), "/account/second-factor", "{path}"),
            }
        }
        let page = "/account/second-factor";
        let setup = browser.open(page).await.body;
        assert!(setup.contains("<svg role=\"img\""), "the square is there");
        let key = key(&setup);
        let wrong = browser.submit(page, page, &[("code", "000000")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.body.contains(&key),
            "the same key until it is confirmed"
        );

        let thief = browser.session().to_owned();
        let code = node.code(&key);
        let done = browser.submit(page, page, &[("code", &code)]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(done.body.matches("class=\"once\"").count(), 10);
        assert_ne!(browser.session(), thief, "the session has a new token");
        let old = people::by_session(&node.app.forum, &thief).await;
        assert!(old.expect("read").is_none());
        assert!(!browser.open(page).await.body.contains(&key));

        let held = browser.open("/timeline").await;
        assert_eq!(location(&held), "/account/rules");
        let rules = "/account/rules";
        let unticked = browser.submit(rules, rules, &[("version", "1")]).await;
        assert_eq!(unticked.status, StatusCode::UNPROCESSABLE_ENTITY);
        let other = [("version", "0"), ("accepted", "yes")];
        let other = browser.submit(rules, rules, &other).await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        let accepted = [("version", "1"), ("accepted", "yes")];
        let accepted = browser.submit(rules, rules, &accepted).await;
        assert_eq!(location(&accepted), "/timeline?done=rules-accepted");
        assert_eq!(browser.open("/timeline").await.status, StatusCode::OK);
    });
}

#[test]
fn nothing_restricted_is_read_before_the_second_factor_is_set_up() {
    on_both(async |db| {
        let node = TestApp::new(db);
        newcomer(&node, Category::Government).await;
        let token = node.token("moj", Role::Editor, "read write").await;
        let entry = json!({"kind": "note", "body": "Canary for members", "audience": "members"});
        let made = node
            .call(
                Method::POST,
                &format!("{PREFIX}/entries"),
                Some(&token),
                Some(entry),
            )
            .await;
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let (mut browser, _) = sign_in(&node, None).await;
        let path = format!("/entries/{id}");
        let held = browser.open(&path).await;
        assert_eq!(held.status, StatusCode::NOT_FOUND);
        assert!(!browser.open("/").await.body.contains("Canary"));
    });
}

#[test]
fn a_code_lets_in_once_and_a_recovery_code_too() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let person = newcomer(&node, Category::Government).await;
        let setup = people::second_factor::begin(&node.app.forum, &person).await;
        let key = setup.expect("begun").secret;
        let codes = node.second_factor(&person).await;
        let used = node.code(&key);
        assert_eq!(
            sign_in(&node, Some(&used)).await.1,
            StatusCode::UNAUTHORIZED
        );
        node.pass(TimeDelta::seconds(30));
        let fresh = node.code(&key);
        assert_eq!(sign_in(&node, Some(&fresh)).await.1, StatusCode::SEE_OTHER);
        assert_eq!(
            sign_in(&node, Some(&fresh)).await.1,
            StatusCode::UNAUTHORIZED,
            "never twice"
        );
        let recovery = codes[0].to_uppercase();
        assert_eq!(
            sign_in(&node, Some(&recovery)).await.1,
            StatusCode::SEE_OTHER
        );
        assert_eq!(
            sign_in(&node, Some(&recovery)).await.1,
            StatusCode::UNAUTHORIZED
        );
    });
}

#[test]
fn after_five_wrong_codes_the_first_step_must_be_taken_again() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_LIMITS__SIGN_IN_PER_MINUTE", "0")];
        let node = TestApp::with(db, &settings);
        let person = newcomer(&node, Category::Government).await;
        let codes = node.second_factor(&person).await;
        let mut browser = Browser::new(&node);
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        let asked = browser.submit("/sign-in", "/sign-in", &fields).await;
        let token = field(&asked.body, "token").expect("a form token");
        for code in ["1", "2", "3", "4", "5", codes[0].as_str()] {
            let fields = [("code", code), ("token", token.as_str())];
            let refused = browser.post("/sign-in/code", ORIGIN, &fields).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{code}");
        }
        assert_eq!(
            sign_in(&node, Some(&codes[0])).await.1,
            StatusCode::SEE_OTHER
        );
    });
}

#[test]
fn the_second_step_must_come_soon_after_the_first_and_from_the_same_browser() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let person = newcomer(&node, Category::Government).await;
        let codes = node.second_factor(&person).await;
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        let mut late = Browser::new(&node);
        let asked = late.submit("/sign-in", "/sign-in", &fields).await;
        let token = field(&asked.body, "token").expect("a form token");

        let mut other = Browser::new(&node);
        let theirs = other.open("/sign-in").await.body;
        let theirs = field(&theirs, "token").expect("a form token");
        let code = [("code", codes[0].as_str()), ("token", theirs.as_str())];
        let refused = other.post("/sign-in/code", ORIGIN, &code).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);

        node.pass(TimeDelta::minutes(11));
        let code = [("code", codes[0].as_str()), ("token", token.as_str())];
        let refused = late.post("/sign-in/code", ORIGIN, &code).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_link_for_a_new_password_does_not_stand_in_for_the_second_factor() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let person = newcomer(&node, Category::Government).await;
        let codes = node.second_factor(&person).await;
        let link = people::new_link(&node.app.forum, None, person.user.id).await;
        let path = format!("/links/{}", link.expect("made").0);
        let mut browser = Browser::new(&node);
        let same = [("password", PASSWORD), ("repeat", PASSWORD)];
        let saved = browser.submit(&path, &path, &same).await;
        assert_eq!(location(&saved), "/sign-in?done=password-saved");
        assert_eq!(
            browser.open("/timeline").await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(
            sign_in(&node, Some(&codes[0])).await.1,
            StatusCode::SEE_OTHER
        );
    });
}

async fn member(db: Db) -> (TestApp, Person) {
    let node = TestApp::new(db);
    let person = newcomer(&node, Category::CivilSociety).await;
    node.admit(&person).await;
    (node, person)
}

#[test]
fn a_second_factor_that_is_not_required_can_be_had_and_removed() {
    on_both(async |db| {
        let (node, person) = member(db).await;
        let codes = node.second_factor(&person).await;
        let (mut browser, status) = sign_in(&node, Some(&codes[0])).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let page = "/account/second-factor";
        assert!(
            browser
                .open("/account")
                .await
                .body
                .contains("9 recovery codes left")
        );
        let renew = format!("{page}/codes");
        let renewed = browser.submit(page, &renew, &[("code", &codes[1])]).await;
        assert_eq!(renewed.body.matches("class=\"once\"").count(), 10);
        let remove = format!("{page}/remove");
        let old = browser.submit(page, &remove, &[("code", &codes[2])]).await;
        assert_eq!(
            old.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "they are void"
        );
        let (_, rest) = renewed
            .body
            .split_once("<li class=\"once\">")
            .expect("codes");
        let fresh = rest.split('<').next().unwrap_or_default().to_owned();
        let removed = browser.submit(page, &remove, &[("code", &fresh)]).await;
        assert_eq!(location(&removed), "/account?done=second-factor-removed");
        assert_eq!(sign_in(&node, None).await.1, StatusCode::SEE_OTHER);
    });
}

#[test]
fn a_required_second_factor_cannot_be_removed_but_another_administrator_resets_it() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let person = newcomer(&node, Category::Government).await;
        node.admit(&person).await;
        let forum = &node.app.forum;
        let refused = people::second_factor::remove(forum, &person, "000000").await;
        assert!(matches!(
            refused,
            Err(people::PeopleError::SecondFactorRequired)
        ));

        let mut administrator = Browser::signed_in(&node, "moj", Role::Administrator).await;
        let users = "/admin/users";
        let reset = format!("{users}/{}/second-factor/reset", person.user.id);
        let done = administrator.submit(users, &reset, &[]).await;
        assert_eq!(location(&done), "/admin/users?done=second-factor-reset");
        let (mut browser, status) = sign_in(&node, None).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let held = browser.open("/timeline").await;
        assert_eq!(location(&held), "/account/second-factor");

        let token = node.token("moj", Role::Administrator, "read").await;
        let me = node.person(&token).await.user.id;
        let own = format!("{users}/{me}/second-factor/reset");
        let refused = administrator.submit(users, &own, &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let log = administrator.open("/admin/audit").await.body;
        assert!(log.contains("Second factor reset"));
    });
}

#[test]
fn sign_ins_are_listed_and_ended() {
    on_both(async |db| {
        let (node, _) = member(db).await;
        let (mut first, _) = sign_in(&node, None).await;
        let (mut second, _) = sign_in(&node, None).await;
        let (mut third, _) = sign_in(&node, None).await;
        let list = first.open("/account").await.body;
        assert_eq!(list.matches("(this one)").count(), 1);
        let references: Vec<&str> = list
            .split("/account/sign-ins/")
            .skip(1)
            .filter_map(|rest| rest.split("/end\"").next())
            .filter(|one| one.len() == 43)
            .collect();
        assert_eq!(references.len(), 2);
        let end = format!("/account/sign-ins/{}/end", references[0]);
        let ended = first.submit("/account", &end, &[]).await;
        assert_eq!(location(&ended), "/account?done=sign-in-ended");
        let mut left = 0;
        for browser in [&mut second, &mut third] {
            let open = browser.open("/timeline").await.status == StatusCode::OK;
            left += i32::from(open);
        }
        assert_eq!(left, 1, "one of the two ended at once");
        first
            .submit("/account", "/account/sign-ins/end-others", &[])
            .await;
        for browser in [&mut second, &mut third] {
            let closed = browser.open("/timeline").await;
            assert_eq!(closed.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(first.open("/timeline").await.status, StatusCode::OK);
    });
}

#[test]
fn nobody_ends_the_sign_ins_of_others() {
    on_both(async |db| {
        let (node, _) = member(db).await;
        let (mut mine, _) = sign_in(&node, None).await;
        let mut other = Browser::signed_in(&node, "moj", Role::Editor).await;
        let hash = crate::operations::token_hash(mine.session());
        let end = format!("/account/sign-ins/{hash}/end");
        let refused = other.submit("/account", &end, &[]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert_eq!(mine.open("/timeline").await.status, StatusCode::OK);
    });
}

#[test]
fn an_administrator_ends_all_sign_ins_and_programs_of_a_person() {
    on_both(async |db| {
        let (node, person) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        let scopes = "read".parse().expect("scopes");
        let token = people::create_token(&node.app.forum, None, EMAIL, &scopes).await;
        let token = token.expect("a token").0;
        let mut administrator = Browser::signed_in(&node, "moj", Role::Administrator).await;
        let users = "/admin/users";
        let end = format!("{users}/{}/sign-out", person.user.id);
        administrator.submit(users, &end, &[]).await;
        let closed = browser.open("/timeline").await;
        assert_eq!(closed.status, StatusCode::SEE_OTHER);
        let path = format!("{PREFIX}/entries");
        let refused = node.get(&path, Some(&token)).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn programs_are_listed_with_their_use_and_ended() {
    on_both(async |db| {
        let (node, _) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        let page = browser.open("/account").await.body;
        let (_, rest) = page.split_once("/account/tokens/").expect("a token");
        let reference = rest.split('/').next().unwrap_or_default().to_owned();
        let revoke = format!("/account/tokens/{reference}/revoke");
        let ended = browser.submit("/account", &revoke, &[]).await;
        assert_eq!(location(&ended), "/account?done=token-ended");
        let after = browser.open("/account").await.body;
        assert!(!after.contains(&reference));
        let again = browser.submit("/account", &revoke, &[]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn use_is_noted_now_and_then_and_not_at_every_page() {
    on_both(async |db| {
        let (node, person) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        let seen = async || {
            let forum = &node.app.forum;
            let places = people::places(forum, person.user.id, "").await;
            places.expect("read")[0].session.seen_at
        };
        let first = seen().await;
        node.pass(TimeDelta::minutes(9));
        browser.open("/timeline").await;
        assert_eq!(seen().await, first);
        node.pass(TimeDelta::minutes(2));
        browser.open("/timeline").await;
        assert_eq!(seen().await, first + TimeDelta::minutes(11));
    });
}

#[test]
fn signing_in_again_ends_the_session_that_the_browser_had() {
    on_both(async |db| {
        let (node, _) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        let old = browser.session().to_owned();
        let token = field(&browser.open("/timeline").await.body, "token").expect("a token");
        let fields = [("email", EMAIL), ("password", PASSWORD), ("token", &token)];
        let again = browser.post("/sign-in", ORIGIN, &fields).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        assert_ne!(browser.session(), old);
        let gone = people::by_session(&node.app.forum, &old).await;
        assert!(gone.expect("read").is_none());
    });
}

#[test]
fn rules_are_asked_for_again_when_they_change_and_programs_only_read_until_then() {
    on_both(async |db| {
        let (node, person) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        assert_eq!(browser.open("/timeline").await.status, StatusCode::OK);
        let changed = [("VIRTUAL_FORUM_PARTICIPATION__VERSION", "2")];
        let node = TestApp::with(node.app.forum.db.clone(), &changed);
        let scopes = "read write".parse().expect("scopes");
        let token = people::create_token(&node.app.forum, None, EMAIL, &scopes).await;
        let token = token.expect("a token").0;
        let path = format!("{PREFIX}/entries");
        let entry = json!({"kind": "note", "body": "A note", "audience": "members"});
        let write = async || {
            let entry = Some(entry.clone());
            node.call(Method::POST, &path, Some(&token), entry).await
        };
        let refused = write().await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(
            refused.json()["detail"]
                .as_str()
                .is_some_and(|text| text.contains("rules"))
        );
        let toot = node
            .call(
                Method::POST,
                "/api/v1/statuses/1/favourite",
                Some(&token),
                None,
            )
            .await;
        assert_eq!(toot.status, StatusCode::FORBIDDEN, "{}", toot.body);
        assert_eq!(node.get(&path, Some(&token)).await.status, StatusCode::OK);

        let mut browser = browser.at(&node);
        let held = browser.open("/timeline").await;
        assert_eq!(location(&held), "/account/rules");
        people::accept_rules(&node.app.forum, &person, "2")
            .await
            .expect("accepted");
        assert_eq!(browser.open("/timeline").await.status, StatusCode::OK);
        assert_eq!(write().await.status, StatusCode::CREATED);
    });
}

#[test]
fn the_list_says_what_a_browser_is_in_a_few_words() {
    on_both(async |db| {
        let (node, _) = member(db).await;
        let (mut browser, _) = sign_in(&node, None).await;
        let page = browser.open("/account").await;
        assert!(page.body.contains("An unknown browser (this one)"));
        assert!(
            page.headers[header::CACHE_CONTROL]
                .to_str()
                .is_ok_and(|text| text.contains("no-store"))
        );
    });
}
