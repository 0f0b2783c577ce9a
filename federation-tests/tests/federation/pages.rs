//! The pages, used by a person whose browser has no JavaScript.

use federation_tests::{
    database::Store,
    forum::{id, uri},
    http::{HTML, Reply},
    node::{self, Node, Plan},
    on_both_databases,
    remote::Remote,
    visitor::Visitor,
    wait,
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

fn location(reply: &Reply) -> String {
    let location = reply.header("location");
    match location.find("/entries/") {
        Some(at) => location[at..]
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_owned(),
        None => panic!("leads to no entry: {location}"),
    }
}

async fn an_entry_is_written_previewed_published_edited_and_deleted(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut person = Visitor::signed_in(&node, &member.email).await;
    let form = "/compose?kind=request";

    let mut preview = REQUEST;
    preview[8].1 = "preview";
    let page = person
        .submit(form, "/compose", &preview)
        .await
        .expect(200)
        .text();
    assert!(page.contains("<strong>forty officers</strong>"), "{page}");
    assert!(
        node.forum().entries("").await.is_empty(),
        "a preview stores nothing"
    );

    let published = person.submit(form, "/compose", &REQUEST).await.expect(303);
    let path = location(&published);
    let entries = node.forum().entries("").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["countries"][0], "AL");
    let page = node.get(&path).accept(HTML).send().await.expect(200).text();
    for word in [
        "Training for border police",
        "<strong>forty officers</strong>",
        "Albania",
        "Ministry of Justice",
    ] {
        assert!(page.contains(word), "{word} is not on {page}");
    }

    let mut changed = REQUEST;
    changed[1].1 = "Training for coast guards";
    person
        .submit(&format!("{path}/edit"), &format!("{path}/edit"), &changed)
        .await
        .expect(303);
    let page = node.get(&path).accept(HTML).send().await.expect(200).text();
    assert!(page.contains("Training for coast guards"), "{page}");

    person
        .submit(&format!("{path}/delete"), &format!("{path}/delete"), &[])
        .await
        .expect(303);
    node.get(&path).accept(HTML).send().await.expect(410);
}

async fn a_refused_form_keeps_what_was_typed_and_stores_nothing(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut person = Visitor::signed_in(&node, &member.email).await;
    let long = "x".repeat(201);
    for (at, value) in [
        (1, ""),
        (1, long.as_str()),
        (2, ""),
        (3, "not a tag"),
        (5, "XX"),
        (7, ""),
    ] {
        let mut form = REQUEST;
        form[at].1 = value;
        let name = form[at].0;
        let page = person
            .submit("/compose?kind=request", "/compose", &form)
            .await
            .expect(422)
            .text();
        assert!(page.contains("role=\"alert\""), "{name}: {page}");
        let kept = if at == 2 {
            "Training for border police"
        } else {
            "forty officers"
        };
        assert!(page.contains(kept), "{name} lost what was typed");
    }
    assert!(node.forum().entries("").await.is_empty());
}

async fn forms_from_elsewhere_are_refused(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut person = Visitor::signed_in(&node, &member.email).await;
    let without = person.send_form("/compose", &REQUEST).await;
    assert_eq!(without.status, 403, "without a token");
    let page = person
        .open("/compose?kind=request")
        .await
        .expect(200)
        .text();
    let token = federation_tests::visitor::hidden(&page, "token").expect("forms carry a token");
    let mut form = REQUEST.to_vec();
    form.push(("token", &token));
    let foreign = person
        .send_form_from("https://evil.example", "/compose", &form)
        .await;
    assert_eq!(foreign.status, 403, "from another origin");
    assert!(node.forum().entries("").await.is_empty());
    person.send_form("/compose", &form).await.expect(303);
}

async fn every_page_offers_help_and_carries_the_safety_headers(store: Store) {
    let node = Node::alone(store).await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let entry = member
        .forum()
        .publish(&federation_tests::forum::full_request("Training"))
        .await;
    let entry = format!("/entries/{}", id(&entry));
    let mut person = Visitor::signed_in(&node, &member.email).await;
    let pages = [
        "/",
        "/sign-in",
        "/about",
        "/organisations",
        "/orgs/moj",
        "/help",
        "/nowhere",
        &entry,
        "/timeline",
        "/compose",
        "/find",
        "/following",
        "/followers",
    ];
    for path in pages {
        let reply = person.open(path).await;
        assert!(
            reply.status == 200 || path == "/nowhere" || path == "/sign-in",
            "{path}: {}",
            reply.status
        );
        if reply.status == 303 {
            continue;
        }
        let page = reply.text();
        assert!(page.contains("Need help now"), "{path}");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
}

async fn a_focal_point_finds_and_follows_an_organisation_elsewhere(store: Store) {
    let [a, b] = node::network(store, &[]).await;
    let ministry = a.member("moj", "Ministry of Justice", "government");
    let shelter = b.member("shelter", "Shelter for All", "civil_society");
    let mut person = Visitor::signed_in(&b, &shelter.email).await;
    let address = ministry.address();
    let found = person
        .submit("/find", "/find", &[("address", &address)])
        .await
        .expect(303);
    let page = found.header("location").to_owned();
    let text = person.open(&page).await.expect(200).text();
    assert!(text.contains("Ministry of Justice"), "{text}");
    let action = text
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.ends_with("/follow"))
        .expect("the page offers to follow")
        .to_owned();
    person.submit(&page, &action, &[]).await.expect(303);
    wait::until("the follow to be accepted", || async {
        let mut person = person.clone();
        let text = person.open("/following").await.expect(200).text();
        (text.contains("Ministry of Justice") && !text.contains("not answered yet")).then_some(())
    })
    .await;
    let sent = ministry
        .forum()
        .publish(&federation_tests::forum::full_request("Seen elsewhere"))
        .await;
    shelter.forum().await_entry(&uri(&sent)).await;
    let timeline = person.open("/timeline").await.expect(200).text();
    assert!(timeline.contains("Seen elsewhere"), "{timeline}");
}

async fn finding_nothing_says_so_plainly(store: Store) {
    let remote = Remote::start().await;
    let node = Plan::new(store)
        .reaching(&[remote.authority()])
        .start()
        .await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut person = Visitor::signed_in(&node, &member.email).await;
    for address in [
        format!("@nobody@{}", remote.authority()),
        "nonsense".to_owned(),
        "http://127.0.0.1:1/x".to_owned(),
    ] {
        let reply = person
            .submit("/find", "/find", &[("address", &address)])
            .await;
        assert!(
            [404, 422, 502].contains(&reply.status),
            "{address}: {}",
            reply.status
        );
        assert!(
            reply.text().contains("role=\"alert\""),
            "{address}: {}",
            reply.text()
        );
    }
}

on_both_databases! {
    an_entry_is_written_previewed_published_edited_and_deleted,
    a_refused_form_keeps_what_was_typed_and_stores_nothing,
    forms_from_elsewhere_are_refused,
    every_page_offers_help_and_carries_the_safety_headers,
    a_focal_point_finds_and_follows_an_organisation_elsewhere,
    finding_nothing_says_so_plainly,
}
