//! Applying, deciding, and handing over, by the pages.

use axum::http::StatusCode;
use chrono::TimeDelta;

use crate::{
    domain::{account::Role, organisation::Category},
    operations::people,
    storage::{Db, applications, testing::on_both},
    tests::{
        browser::{Browser, PASSWORD, location},
        test_app::TestApp,
    },
};

async fn hub(db: Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("hub", Category::InternationalOrganisation)
        .await;
    node.organisation("second", Category::CivilSociety).await;
    node
}

/// What comes before anything else at the first sign-in.
async fn accept_rules(browser: &mut Browser<'_>) {
    let rules = "/account/rules";
    let held = browser.open("/timeline").await;
    assert_eq!(location(&held), rules);
    let accepted = [("version", "1"), ("accepted", "yes")];
    let accepted = browser.submit(rules, rules, &accepted).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
}

const LANTERN: [(&str, &str); 8] = [
    ("name", "Lantern House"),
    ("handle", "lantern"),
    ("category", "civil_society"),
    ("country", "NP"),
    ("website", "https://lantern.example/"),
    ("reason", "We run <b>shelters</b>.\nIn three places."),
    ("referee", "@hub"),
    ("email", "focal@lantern.example"),
];

fn but(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = LANTERN.to_vec();
    for field in &mut fields {
        if field.0 == name {
            field.1 = value;
        }
    }
    fields
}

/// Applies; the path of the applicant's page.
async fn apply(node: &TestApp, fields: &[(&str, &str)]) -> String {
    let sent = Browser::new(node).submit("/apply", "/apply", fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let path = location(&sent).strip_suffix("?done=applied");
    path.expect("the applicant's own page").to_owned()
}

/// The page of the newest application in the organisers' queue.
async fn newest(browser: &mut Browser<'_>) -> String {
    let queue = browser.open("/admin/applications?state=all").await.body;
    let (_, rest) = queue
        .split_once("href=\"/admin/applications/")
        .expect("an application");
    let id = rest.split('"').next().expect("an id");
    format!("/admin/applications/{id}")
}

/// What stands in the one place that is shown once.
fn shown_once(html: &str) -> String {
    let (_, rest) = html
        .split_once("class=\"once\" dir=\"ltr\">")
        .expect("shown");
    let link = rest.split('<').next().expect("a link");
    let path = link.strip_prefix("https://n.example");
    path.expect("a link of this node").to_owned()
}

#[test]
fn an_applicant_is_asked_answers_is_admitted_and_signs_in() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let mine = apply(&node, &LANTERN).await;
        let mut applicant = Browser::new(&node);
        let page = applicant.open(&mine).await.body;
        assert!(page.contains("waits for the organisers"));
        assert!(page.contains(&format!("https://n.example{mine}")));

        let home = anna.open("/timeline").await.body;
        assert!(home.contains("Administration (1 application)"));
        let one = newest(&mut anna).await;
        let seen = anna.open(&one).await.body;
        assert!(seen.contains("We run &#60;b&#62;shelters&#60;/b&#62;."));
        assert!(seen.contains("focal@lantern.example") && seen.contains("@hub"));
        let asked = anna
            .submit(&one, &format!("{one}/ask"), &[("question", "Who pays?")])
            .await;
        assert_eq!(location(&asked), format!("{one}?done=asked"));

        let page = applicant.open(&mine).await.body;
        assert!(page.contains("Who pays?") && !page.contains("administrator@hub"));
        let answer = format!("{mine}/answer");
        let empty = applicant.submit(&mine, &answer, &[("answer", " ")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("id=\"e-answer\""));
        let answered = applicant
            .submit(&mine, &answer, &[("answer", "Our members.")])
            .await;
        assert_eq!(location(&answered), format!("{mine}?done=answered"));
        let twice = applicant
            .submit(&mine, &answer, &[("answer", "And others.")])
            .await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert!(twice.body.contains("no question to answer"));

        let approve = format!("{one}/approve");
        let admitted = anna.submit(&one, &approve, &[("handle", "lantern")]).await;
        assert_eq!(admitted.status, StatusCode::OK, "{}", admitted.body);
        let link = shown_once(&admitted.body);
        let again = anna
            .submit("/timeline", &approve, &[("handle", "lantern")])
            .await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.body.contains("approved already"));

        let mut anybody = Browser::new(&node);
        let directory = anybody.open("/organisations").await.body;
        assert!(directory.contains("Lantern House") && directory.contains("Civil society"));
        assert_eq!(anybody.open("/orgs/lantern").await.status, StatusCode::OK);
        let page = applicant.open(&mine).await.body;
        assert!(page.contains("Your organisation is a member") && page.contains("/orgs/lantern"));

        let password = [("password", PASSWORD), ("repeat", PASSWORD)];
        let first = applicant.submit(&link, &link, &password).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
        accept_rules(&mut applicant).await;
        let timeline = applicant.open("/timeline").await.body;
        assert!(timeline.contains("Lantern House"));
        let reused = Browser::new(&node).open(&link).await;
        assert_eq!(reused.status, StatusCode::GONE);
    });
}

#[test]
fn a_government_waits_for_a_second_pair_of_eyes() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let mut ben = Browser::signed_in(&node, "second", Role::Administrator).await;
        let mut ministry = but("category", "government");
        ministry.push(("function", "national_rapporteur"));
        apply(&node, &ministry).await;
        let one = newest(&mut anna).await;
        let page = anna.open(&one).await.body;
        assert!(page.contains("another person must approve too"));
        assert!(page.contains("National rapporteur"));
        let approve = format!("{one}/approve");
        let first = anna.submit(&one, &approve, &[("handle", "lantern")]).await;
        assert_eq!(location(&first), format!("{one}?done=first-approval"));
        let page = anna.open(&one).await.body;
        assert!(page.contains("You approved this application") && !page.contains(&approve));
        let forced = anna.submit(&one, &approve, &[("handle", "lantern")]).await;
        assert_eq!(forced.status, StatusCode::CONFLICT);
        let gone = Browser::new(&node).open("/orgs/lantern").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        let page = ben.open(&one).await.body;
        assert!(page.contains("Approved by administrator@hub.example"));
        let second = ben.submit(&one, &approve, &[("handle", "lantern")]).await;
        assert_eq!(second.status, StatusCode::OK, "{}", second.body);
        shown_once(&second.body);
        let people = ben.open("/admin/users").await.body;
        assert!(people.contains("value=\"national_rapporteur\" selected"));
    });
}

#[test]
fn the_office_of_a_person_is_noted_and_taken_back() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let token = node.token("second", Role::Editor, "read").await;
        let id = node.person(&token).await.user.id;
        let path = format!("/admin/users/{id}/function");
        let page = "/admin/users";
        let chosen = "value=\"parliamentarian\" selected";
        for (office, shown) in [("parliamentarian", true), ("", false)] {
            let sent = anna.submit(page, &path, &[("function", office)]).await;
            assert_eq!(location(&sent), "/admin/users?done=saved");
            assert_eq!(anna.open(page).await.body.contains(chosen), shown);
        }
        let wrong = anna.submit(page, &path, &[("function", "king")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_stores_nothing() {
    on_both(async |db| {
        let node = hub(db).await;
        let long: &'static str = "x".repeat(6_000).leak();
        for (name, bad) in [
            ("name", ""),
            ("name", "\u{202E}"),
            ("handle", "hub"),
            ("category", "bank"),
            ("country", "ZZ"),
            ("website", "javascript:alert(1)"),
            ("reason", long),
            ("referee", &long[..301]),
            ("email", "nobody"),
        ] {
            let refused = Browser::new(&node)
                .submit("/apply", "/apply", &but(name, bad))
                .await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(refused.body.contains(&format!("id=\"e-{name}\"")), "{name}");
            if name != "email" {
                assert!(refused.body.contains("focal@lantern.example"), "{name}");
            }
        }
        let mut huge = LANTERN.to_vec();
        let megabytes = "x".repeat(2 << 20);
        huge[5].1 = &megabytes;
        let refused = Browser::new(&node).submit("/apply", "/apply", &huge).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        let count = node.app.forum.db.read(applications::count_open);
        assert_eq!(count.await.expect("counted"), 0);
    });
}

#[test]
fn a_form_from_elsewhere_is_refused() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut browser = Browser::new(&node);
        browser.open("/apply").await;
        let forged = browser
            .post("/apply", "https://evil.example", &LANTERN)
            .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        let tokenless = browser.post("/apply", "https://n.example", &LANTERN).await;
        assert_eq!(tokenless.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn a_node_without_applications_says_where_to_apply() {
    on_both(async |db| {
        let node = TestApp::with(
            db,
            &[
                ("VIRTUAL_FORUM_MEMBERSHIP__APPLICATIONS", "false"),
                (
                    "VIRTUAL_FORUM_MEMBERSHIP__ELSEWHERE",
                    "Apply at https://hub.example/apply",
                ),
            ],
        );
        let mut browser = Browser::new(&node);
        let page = browser.open("/apply").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("takes no applications"));
        assert!(page.body.contains("Apply at https://hub.example/apply"));
        assert!(!page.body.contains("action=\"/apply\""));
        let home = browser.open("/sign-in").await.body;
        assert!(home.contains("href=\"/apply\""));
    });
}

#[test]
fn an_applicant_withdraws_and_a_stranger_finds_nothing() {
    on_both(async |db| {
        let node = hub(db).await;
        let mine = apply(&node, &LANTERN).await;
        let mut applicant = Browser::new(&node);
        let withdraw = format!("{mine}/withdraw");
        let unsure = applicant.submit(&mine, &withdraw, &[]).await;
        assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
        let sure = applicant.submit(&mine, &withdraw, &[("sure", "yes")]).await;
        assert_eq!(location(&sure), format!("{mine}?done=withdrawn"));
        let page = applicant.open(&mine).await.body;
        assert!(page.contains("You withdrew your application"));
        let twice = applicant
            .submit("/apply", &withdraw, &[("sure", "yes")])
            .await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        for wrong in ["/apply/x", "/apply/%00", "/apply/%0d%0ax"] {
            let nothing = applicant.open(wrong).await;
            assert_eq!(nothing.status, StatusCode::NOT_FOUND, "{wrong}");
            for action in ["answer", "withdraw"] {
                let posted = applicant
                    .submit("/apply", &format!("{wrong}/{action}"), &[("answer", "x")])
                    .await;
                assert_eq!(posted.status, StatusCode::NOT_FOUND, "{wrong} {action}");
            }
        }
    });
}

#[test]
fn an_application_is_refused_with_its_reason_and_shown_by_state() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let mine = apply(&node, &LANTERN).await;
        let one = newest(&mut anna).await;
        let refuse = format!("{one}/refuse");
        let unreasoned = anna.submit(&one, &refuse, &[("reason", "")]).await;
        assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unreasoned.body.contains("id=\"e-reason\""));
        let refused = anna
            .submit(&one, &refuse, &[("reason", "Nobody knows you.")])
            .await;
        assert_eq!(
            location(&refused),
            format!("{one}?done=application-refused")
        );
        let page = Browser::new(&node).open(&mine).await.body;
        assert!(page.contains("was refused") && page.contains("Nobody knows you."));
        let open = anna.open("/admin/applications").await.body;
        assert!(open.contains("No application here"));
        let list = anna.open("/admin/applications?state=refused").await.body;
        assert!(list.contains("Lantern House"));
        let page = anna.open(&one).await.body;
        assert!(!page.contains(&refuse), "nothing is left to do");
    });
}

#[test]
fn nobody_sees_a_button_for_their_own_application() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        apply(&node, &but("email", "administrator@hub.example")).await;
        let one = newest(&mut anna).await;
        let page = anna.open(&one).await.body;
        assert!(page.contains("somebody else must decide"));
        for action in ["approve", "refuse", "ask"] {
            let path = format!("{one}/{action}");
            assert!(!page.contains(&path));
            let fields = [("handle", "lantern"), ("reason", "x"), ("question", "x")];
            let forced = anna.submit("/timeline", &path, &fields).await;
            assert_eq!(forced.status, StatusCode::FORBIDDEN, "{action}");
        }
    });
}

#[test]
fn an_address_with_an_account_is_told_to_organisers_and_not_to_applicants() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        node.token("second", Role::Editor, "read").await;
        apply(&node, &but("email", "editor@second.example")).await;
        let one = newest(&mut anna).await;
        let page = anna.open(&one).await.body;
        assert!(page.contains("There is an account with this e-mail address already"));
        let approve = format!("{one}/approve");
        let refused = anna.submit(&one, &approve, &[("handle", "lantern")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("id=\"e-email\""), "{}", refused.body);
    });
}

#[test]
fn a_focal_point_hands_over_and_loses_access_when_the_new_one_is_in() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut old = Browser::signed_in(&node, "second", Role::FocalPoint).await;
        let token = node.token("second", Role::FocalPoint, "read").await;
        let profile = old.open("/profile").await.body;
        assert!(profile.contains("href=\"/handover\""));
        for bad in [
            "",
            "nobody",
            "focal-point@second.example",
            "administrator@hub.example",
        ] {
            node.token("hub", Role::Administrator, "read").await;
            let refused = old.submit("/handover", "/handover", &[("to", bad)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
            assert!(refused.body.contains("id=\"e-to\""), "{bad}");
        }
        let shown = old
            .submit("/handover", "/handover", &[("to", "New@second.example")])
            .await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
        let link = shown_once(&shown.body);
        let waiting = old.open("/handover").await.body;
        assert!(
            waiting.contains("new@second.example"),
            "nothing is lost yet"
        );

        let mut new = Browser::new(&node);
        let page = new.open(&link).await.body;
        assert!(page.contains("The second") && page.contains("new@second.example"));
        let differ = [("password", PASSWORD), ("repeat", "something else")];
        let refused = new.submit(&link, &link, &differ).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(old.open("/profile").await.status, StatusCode::OK);
        let same = [("password", PASSWORD), ("repeat", PASSWORD)];
        let done = new.submit(&link, &link, &same).await;
        assert_eq!(location(&done), "/timeline?done=took-over", "{}", done.body);
        accept_rules(&mut new).await;
        assert_eq!(new.open("/profile").await.status, StatusCode::OK);

        assert_eq!(old.open("/profile").await.status, StatusCode::SEE_OTHER);
        let by_token = people::by_token(&node.app.forum, &token).await;
        assert!(by_token.expect("read").is_none(), "tokens end too");
        let reused = Browser::new(&node).open(&link).await;
        assert_eq!(reused.status, StatusCode::GONE);
        let posted = new.submit("/timeline", &link, &same).await;
        assert_eq!(posted.status, StatusCode::GONE);
    });
}

#[test]
fn an_administrator_hands_over_for_others_and_withdraws_it() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut anna = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let page = "/admin/organisations/second/handover";
        let cancel = format!("{page}/cancel");
        let none = anna
            .submit(page, page, &[("to", "new@second.example")])
            .await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(none.body.contains("has no focal point"));
        node.token("second", Role::FocalPoint, "read").await;
        let shown = anna
            .submit(page, page, &[("to", "new@second.example")])
            .await;
        let link = shown_once(&shown.body);
        let listed = anna.open(page).await.body;
        assert!(listed.contains("in place of focal-point@second.example"));
        let withdrawn = anna.submit(page, &cancel, &[]).await;
        assert_eq!(
            location(&withdrawn),
            format!("{page}?done=handover-withdrawn")
        );
        let gone = Browser::new(&node).open(&link).await;
        assert_eq!(gone.status, StatusCode::GONE);
        let again = anna.submit(page, &cancel, &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);

        let shown = anna
            .submit(page, page, &[("to", "late@second.example")])
            .await;
        let link = shown_once(&shown.body);
        node.pass(TimeDelta::hours(73));
        let late = Browser::new(&node).open(&link).await;
        assert_eq!(late.status, StatusCode::GONE);
    });
}

#[test]
fn only_focal_points_and_administrators_hand_over() {
    on_both(async |db| {
        let node = hub(db).await;
        let mut editor = Browser::signed_in(&node, "second", Role::Editor).await;
        assert_eq!(editor.open("/handover").await.status, StatusCode::FORBIDDEN);
        let sent = editor
            .submit("/timeline", "/handover", &[("to", "new@second.example")])
            .await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        let mut focal = Browser::signed_in(&node, "second", Role::FocalPoint).await;
        let other = "/admin/organisations/hub/handover";
        assert_eq!(focal.open(other).await.status, StatusCode::FORBIDDEN);
        let sent = focal
            .submit("/timeline", other, &[("to", "new@hub.example")])
            .await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        let stranger = Browser::new(&node).open("/handover").await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    });
}
