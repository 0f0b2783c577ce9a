//! The first start of an empty node, one-time links, and signing in.

use std::time::{Duration, Instant};

use federation_tests::{
    database::Store,
    http::HTML,
    node::{Node, PASSWORD},
    on_both_databases,
    visitor::Visitor,
    wait,
};

const FORM: [(&str, &str); 7] = [
    ("name", "The Hub"),
    ("handle", "hub"),
    ("category", "international_organisation"),
    ("country", ""),
    ("email", "admin@hub.example"),
    ("password", PASSWORD),
    ("repeat", PASSWORD),
];

async fn first_link(node: &Node) -> String {
    wait::until("the one-time link", || async { links(node).pop() }).await
}

/// The one-time links in a node's output.
fn links(node: &Node) -> Vec<String> {
    find_links(&node.log(), node)
}

fn find_links(text: &str, node: &Node) -> Vec<String> {
    let prefix = node.at("/links/");
    let words = text.split(|c: char| c.is_whitespace() || c == '"' || c == '\\');
    words
        .filter(|word| word.starts_with(&prefix))
        .map(str::to_owned)
        .collect()
}

async fn the_first_start_prints_a_link_that_sets_the_node_up_once(store: Store) {
    let mut node = Node::alone(store).await;
    let link = first_link(&node).await;
    let mut visitor = Visitor::new(&node);
    visitor.open(&link).await.expect(200);

    let mut short = FORM;
    short[5].1 = "short";
    short[6].1 = "short";
    let refused = visitor.submit(&link, &link, &short).await.expect(422);
    assert!(refused.text().contains("12"), "{}", refused.text());
    node.get("/orgs/hub").accept(HTML).send().await.expect(404);

    visitor.submit(&link, &link, &FORM).await.expect(303);
    let held = visitor.open("/admin/organisations").await.expect(303);
    assert_eq!(held.header("location"), "/account/second-factor");
    visitor.arrive(&node, "admin@hub.example").await;
    let home = visitor.open("/").await.expect(200).text();
    assert!(home.contains("admin@hub.example"), "not signed in: {home}");
    visitor.open("/admin/organisations").await.expect(200);
    node.get("/orgs/hub").accept(HTML).send().await.expect(200);

    let mut late = Visitor::new(&node);
    let again = late.open(&link).await;
    assert!([404, 410].contains(&again.status), "{}", again.status);
    let mut second = FORM;
    second[1].1 = "second";
    second[4].1 = "second@hub.example";
    let again = late.send_form(&link, &second).await;
    assert!((400..500).contains(&again.status), "{}", again.status);
    node.get("/orgs/second")
        .accept(HTML)
        .send()
        .await
        .expect(404);

    let before = links(&node).len();
    node.restart().await;
    assert_eq!(
        links(&node).len(),
        before,
        "no link once the node is set up"
    );
}

async fn a_wrong_link_opens_nothing(store: Store) {
    let node = Node::alone(store).await;
    let link = first_link(&node).await;
    let mut wrong = link.clone();
    wrong.pop();
    wrong.push(if link.ends_with('A') { 'B' } else { 'A' });
    let mut visitor = Visitor::new(&node);
    for address in [wrong.as_str(), &node.at("/links/x"), &node.at("/links/")] {
        let reply = visitor.open(address).await;
        assert!(
            [404, 410].contains(&reply.status),
            "{address}: {}",
            reply.status
        );
    }
    let reply = visitor.send_form(&wrong, &FORM).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    node.get("/orgs/hub").accept(HTML).send().await.expect(404);
    visitor.open(&link).await.expect(200);
}

async fn a_person_made_without_a_password_chooses_one_by_link_once(store: Store) {
    let node = Node::alone(store).await;
    node.member("moj", "Ministry of Justice", "government");
    let made = node.run(&[
        "user",
        "create",
        "--email",
        "new@moj.example",
        "--organisation",
        "moj",
        "--role",
        "editor",
    ]);
    let made = made.expect(0).stdout;
    let link = find_links(&made, &node)
        .pop()
        .expect("a one-time link is printed");
    let mut visitor = Visitor::new(&node);
    let fields = [("password", PASSWORD), ("repeat", PASSWORD)];
    visitor.submit(&link, &link, &fields).await.expect(303);
    Visitor::signed_in(&node, "new@moj.example").await;
    let again = Visitor::new(&node).open(&link).await;
    assert!([404, 410].contains(&again.status), "{}", again.status);
}

async fn a_wrong_password_and_an_unknown_person_look_alike(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut visitor = Visitor::new(&node);
    let known = timed(&mut visitor, &member.email).await;
    let unknown = timed(&mut visitor, "focal.point@mfa.example").await;
    assert_eq!(known.0, unknown.0, "the status tells who exists");
    let page = |text: &str, email: &str| text.replace(email, "");
    assert_eq!(
        page(&known.1, &member.email),
        page(&unknown.1, "focal.point@mfa.example")
    );
    assert!(
        unknown.2 > known.2 / 3,
        "the time tells who exists: {:?} {:?}",
        known.2,
        unknown.2
    );
    assert!((400..500).contains(&known.0), "{}", known.0);
    let home = visitor.open("/timeline").await;
    assert_ne!(home.status, 200, "signed in without a password");
}

/// Status, page without its form token, and the shortest time of three.
async fn timed(visitor: &mut Visitor, email: &str) -> (u16, String, Duration) {
    let mut best = Duration::MAX;
    let mut last = None;
    for _ in 0..3 {
        let start = Instant::now();
        last = Some(visitor.sign_in(email, "a wrong long password").await);
        best = best.min(start.elapsed());
    }
    let reply = last.expect("three were sent");
    let text = reply.text();
    let token = federation_tests::visitor::hidden(&text, "token").unwrap_or_default();
    (reply.status, text.replace(&token, ""), best)
}

async fn guessing_passwords_is_slowed_down(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut visitor = Visitor::new(&node);
    let mut statuses = Vec::new();
    for _ in 0..14 {
        statuses.push(
            visitor
                .sign_in(&member.email, "a wrong long password")
                .await
                .status,
        );
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

async fn signing_in_leads_back_to_this_node_and_signing_out_ends_it(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("shelter", "Shelter for All", "civil_society");
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let mut visitor = Visitor::new(&node);
        let fields = [
            ("email", member.email.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let reply = visitor
            .submit("/sign-in", "/sign-in", &fields)
            .await
            .expect(303);
        let location = reply.header("location");
        let local = location.starts_with('/')
            && !location.starts_with("//")
            && !location.starts_with("/\\");
        assert!(
            local || location.starts_with(&node.at("/")),
            "{next} leads to {location}"
        );
    }
    let mut visitor = Visitor::signed_in(&node, &member.email).await;
    visitor.open("/timeline").await.expect(200);
    let before = visitor.clone();
    visitor
        .submit("/timeline", "/sign-out", &[])
        .await
        .expect(303);
    assert_ne!(visitor.open("/timeline").await.status, 200);
    let mut thief = before;
    assert_ne!(
        thief.open("/timeline").await.status,
        200,
        "the old cookie still works"
    );
}

on_both_databases! {
    the_first_start_prints_a_link_that_sets_the_node_up_once,
    a_wrong_link_opens_nothing,
    a_person_made_without_a_password_chooses_one_by_link_once,
    a_wrong_password_and_an_unknown_person_look_alike,
    guessing_passwords_is_slowed_down,
    signing_in_leads_back_to_this_node_and_signing_out_ends_it,
}
