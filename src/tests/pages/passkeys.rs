//! Passkeys by page: adding and removing them, and signing in.

use axum::http::StatusCode;
use chrono::TimeDelta;

use crate::{
    domain::{account::Role, organisation::Category},
    operations::people,
    storage::{Db, testing::on_both},
    tests::{
        authenticator::Authenticator,
        browser::{Browser, PASSWORD, field, location},
        test_app::{Answer, ORIGIN, TestApp},
    },
};

const PAGE: &str = "/account/passkeys";
const EMAIL: &str = "focal@moj.example";

/// A node with a focal point of a government who has never signed in.
async fn newcomer(db: Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    let forum = &node.app.forum;
    let password = Some(PASSWORD.into());
    let made = people::create(forum, None, EMAIL, "moj", Role::FocalPoint, password).await;
    made.expect("an account");
    node
}

/// What a page gives to the script.
fn options(html: &str) -> String {
    let (_, rest) = html.split_once("data-options=\"").expect("options");
    let text = rest.split('"').next().expect("an end");
    text.replace("&#34;", "\"").replace("&quot;", "\"")
}

/// Adds a passkey, as the script does it.
async fn add(browser: &mut Browser<'_>, key: &mut Authenticator) -> Answer {
    let fields = [("name", "My telephone"), ("password", PASSWORD)];
    let asked = browser.submit(PAGE, PAGE, &fields).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let answer = key.create(&options(&asked.body));
    let token = field(&asked.body, "token").expect("a form token");
    let fields = [
        ("name", "My telephone"),
        ("answer", answer.as_str()),
        ("token", token.as_str()),
    ];
    browser
        .post("/account/passkeys/answer", ORIGIN, &fields)
        .await
}

/// Signs in with a passkey, from a page that offers it.
async fn enter(browser: &mut Browser<'_>, key: &mut Authenticator, page: &str) -> Answer {
    let next = [("next", "/compose")];
    let asked = browser.submit(page, "/sign-in/passkey", &next).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let answer = key.get(&options(&asked.body));
    send(browser, &asked, &answer).await
}

async fn send(browser: &mut Browser<'_>, asked: &Answer, answer: &str) -> Answer {
    let token = field(&asked.body, "token").expect("a form token");
    let next = field(&asked.body, "next").expect("where to");
    let fields = [
        ("answer", answer),
        ("next", next.as_str()),
        ("token", token.as_str()),
    ];
    browser
        .post("/sign-in/passkey/answer", ORIGIN, &fields)
        .await
}

async fn with_password<'a>(node: &'a TestApp) -> (Browser<'a>, Answer) {
    let mut browser = Browser::new(node);
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    let answer = browser.submit("/sign-in", "/sign-in", &fields).await;
    (browser, answer)
}

#[test]
fn a_passkey_is_added_at_the_first_sign_in_and_lets_in_from_then_on() {
    on_both(async |db| {
        let node = newcomer(db).await;
        let (mut browser, first) = with_password(&node).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER);
        let held = browser.open("/timeline").await;
        assert_eq!(location(&held), "/account/second-factor");
        let setup = browser.open(location(&held)).await.body;
        assert!(setup.contains("href=\"/account/passkeys\""));
        let thief = browser.session().to_owned();
        let mut key = Authenticator::es256();
        let added = add(&mut browser, &mut key).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        assert_eq!(added.body.matches("class=\"once\"").count(), 10);
        assert_ne!(browser.session(), thief, "the session has a new token");
        let held = browser.open("/timeline").await;
        assert_eq!(location(&held), "/account/rules", "no factor is due");

        let mut other = Browser::new(&node);
        let entered = enter(&mut other, &mut key, "/sign-in").await;
        assert_eq!(location(&entered), "/compose?done=signed-in");
        let page = other.open("/account/passkeys").await.body;
        assert!(page.contains("My telephone"), "{page}");
        let (_, asked) = with_password(&node).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
        assert!(asked.body.contains("action=\"/sign-in/passkey\""));
    });
}

#[test]
fn after_the_password_a_passkey_stands_in_for_the_code() {
    on_both(async |db| {
        let node = newcomer(db).await;
        let (mut browser, _) = with_password(&node).await;
        let mut key = Authenticator::ed25519();
        add(&mut browser, &mut key).await;
        let (mut other, asked) = with_password(&node).await;
        let token = field(&asked.body, "token").expect("a form token");
        let fields = [("next", ""), ("token", token.as_str())];
        let asked = other.post("/sign-in/passkey", ORIGIN, &fields).await;
        let answer = key.get(&options(&asked.body));
        let entered = send(&mut other, &asked, &answer).await;
        assert_eq!(location(&entered), "/timeline?done=signed-in");
    });
}

#[test]
fn a_refused_passkey_says_the_same_to_everybody_and_asks_anew() {
    on_both(async |db| {
        let node = newcomer(db).await;
        let (mut browser, _) = with_password(&node).await;
        let mut key = Authenticator::es256();
        add(&mut browser, &mut key).await;
        let mut stranger = Authenticator::es256();
        stranger.owner.clone_from(&key.owner);
        key.verifies = false;
        let mut pages = Vec::new();
        for key in [&mut key, &mut stranger] {
            let mut other = Browser::new(&node);
            let refused = enter(&mut other, key, "/sign-in").await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
            let token = field(&refused.body, "token").expect("a form token");
            let options = options(&refused.body);
            let options: serde_json::Value = serde_json::from_str(&options).expect("JSON");
            let challenge = options["challenge"].as_str().expect("a challenge");
            pages.push(refused.body.replace(&token, "").replace(challenge, ""));
            assert!(other.session().is_empty());
        }
        assert_eq!(pages[0], pages[1]);
        key.verifies = true;
        let mut other = Browser::new(&node);
        let asked = enter(&mut other, &mut stranger, "/sign-in").await;
        let again = key.get(&options(&asked.body));
        let entered = send(&mut other, &asked, &again).await;
        assert_eq!(
            entered.status,
            StatusCode::SEE_OTHER,
            "the new question counts"
        );
    });
}

/// Where the first passkey of a list is removed.
fn first_of(list: &str) -> String {
    let paths = list
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next());
    let mut remove = paths.filter(|path| path.ends_with("/remove"));
    remove.next().expect("a passkey to remove").to_owned()
}

#[test]
fn passkeys_are_removed_after_a_question_and_the_last_required_one_is_not() {
    on_both(async |db| {
        let node = newcomer(db).await;
        let (mut browser, _) = with_password(&node).await;
        let (mut first, mut second) = (Authenticator::es256(), Authenticator::es256());
        add(&mut browser, &mut first).await;
        let added = add(&mut browser, &mut second).await;
        assert_eq!(location(&added), "/account/passkeys?done=passkey-added");
        node.pass(TimeDelta::minutes(11));
        let path = first_of(&browser.open(PAGE).await.body);
        let asked = browser.open(&path).await;
        assert!(asked.body.contains("Remove this passkey?"));
        let wrong = [("password", "a wrong password")];
        let refused = browser.submit(&path, &path, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("This is not your password."));
        let right = [("password", PASSWORD)];
        let removed = browser.submit(&path, &path, &right).await;
        assert_eq!(location(&removed), "/account/passkeys?done=passkey-removed");
        let again = browser.submit(PAGE, &path, &right).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);

        let mut other = Browser::new(&node);
        let refused = enter(&mut other, &mut first, "/sign-in").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let path = first_of(&browser.open(PAGE).await.body);
        let stays = browser.submit(PAGE, &path, &right).await;
        assert_eq!(stays.status, StatusCode::CONFLICT, "{path}");
        let entered = enter(&mut other, &mut second, "/sign-in").await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn a_form_for_passkeys_says_what_is_wrong_and_is_counted() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_LIMITS__SIGN_IN_PER_MINUTE", "4")];
        let node = TestApp::with(newcomer(db).await.app.forum.db.clone(), &settings);
        let (mut browser, _) = with_password(&node).await;
        let unnamed = browser.submit(PAGE, PAGE, &[("name", " ")]).await;
        assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unnamed.body.contains("id=\"e-name\""));
        let empty = [("name", "Key"), ("answer", "")];
        let empty = browser
            .submit(PAGE, "/account/passkeys/answer", &empty)
            .await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("The passkey was not added"));
        for _ in 0..2 {
            browser.submit(PAGE, PAGE, &[("name", "")]).await;
        }
        let often = browser.submit(PAGE, PAGE, &[("name", "")]).await;
        assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS);

        let mut stranger = Browser::new(&node);
        let foreign = [("token", "")];
        let forged = stranger.post("/sign-in/passkey", ORIGIN, &foreign).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        let mut last = StatusCode::OK;
        for _ in 0..5 {
            let sent = [("answer", "{}")];
            let page = "/sign-in/passkey/answer";
            last = stranger.submit("/sign-in", page, &sent).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn who_lost_the_passkey_signs_in_with_password_and_recovery_code() {
    on_both(async |db| {
        let node = newcomer(db).await;
        let (mut browser, _) = with_password(&node).await;
        let shown = add(&mut browser, &mut Authenticator::es256()).await;
        let code = |html: &str| {
            let (_, rest) = html.split_once("<li class=\"once\">").expect("codes");
            rest.split('<').next().unwrap_or_default().to_owned()
        };
        let old = code(&shown.body);
        let renew = "/account/passkeys/codes";
        let renewed = browser.submit(PAGE, renew, &[]).await;
        let fresh = code(&renewed.body);
        for (code, status) in [
            (old, StatusCode::UNAUTHORIZED),
            (fresh, StatusCode::SEE_OTHER),
        ] {
            let (mut other, asked) = with_password(&node).await;
            let token = field(&asked.body, "token").expect("a form token");
            let fields = [("code", code.as_str()), ("token", token.as_str())];
            let answer = other.post("/sign-in/code", ORIGIN, &fields).await;
            assert_eq!(answer.status, status);
        }
    });
}
