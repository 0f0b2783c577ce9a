//! What anybody, and what members, see.

use axum::http::{StatusCode, header};

use crate::{
    domain::{
        account::Role,
        audience::AudienceKind,
        entry::{Codes, Content, Draft, Entry, Kind, Status},
        organisation::{Category, OrganisationState},
    },
    operations::{entries, organisations},
    storage::testing::on_both,
    tests::{browser::Browser, test_app::TestApp},
};

async fn publish(node: &TestApp, handle: &str, title: &str, audience: AudienceKind) -> Entry {
    let token = node.token(handle, Role::Editor, "write").await;
    let person = node.person(&token).await;
    let draft = Draft {
        content: Content {
            kind: Kind::Request,
            title: title.into(),
            body: format!("The text of {title}."),
            language: "en".into(),
            tlp: audience.default_tlp(),
            codes: Codes {
                countries: vec!["AL".into()],
                ..Codes::default()
            },
            stage: None,
            status: Some(Status::Open),
            closes_at: None,
            starts_on: None,
            ends_on: None,
            budget: None,
        },
        audience: Some(audience),
        named: vec![],
        partners: vec![],
        in_reply_to: None,
    };
    let published = entries::publish(&node.app.forum, &person, draft).await;
    published.expect("a valid draft")
}

#[test]
fn filters_find_what_matches_and_an_empty_result_helps() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        publish(&node, "moj", "Police training", AudienceKind::Public).await;
        let mut browser = Browser::new(&node);
        for query in [
            "",
            "?kind=request",
            "?country=AL",
            "?region=039",
            "?region=150",
            "?q=police",
            "?status=open",
            "?category=government",
            "?language=en",
        ] {
            let page = browser.open(&format!("/{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}");
            assert!(page.body.contains("Police training"), "{query}");
        }
        for query in [
            "?kind=offer",
            "?country=BE",
            "?q=fishing",
            "?country=XX",
            "?seeking_funding=true",
        ] {
            let page = browser.open(&format!("/{query}")).await;
            assert!(!page.body.contains("Police training"), "{query}");
            assert!(page.body.contains("No entry matches"), "{query}");
        }
        let tagged = browser.open("/tags/albania").await;
        assert!(tagged.body.contains("Police training"));
    });
}

#[test]
fn long_lists_have_pages() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        for number in 0..23 {
            publish(
                &node,
                "moj",
                &format!("Entry no. {number}."),
                AudienceKind::Public,
            )
            .await;
        }
        let mut browser = Browser::new(&node);
        let first = browser.open("/?kind=request").await.body;
        assert!(first.contains("Entry no. 22.") && !first.contains("Entry no. 2."));
        let older = first
            .split("href=\"")
            .filter_map(|rest| rest.split('"').next())
            .find(|link| link.contains("before="))
            .expect("a link to older entries")
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        assert!(older.contains("kind=request"), "{older}");
        let second = browser.open(&older).await.body;
        assert!(second.contains("Entry no. 2.") && !second.contains("Entry no. 22."));
    });
}

#[test]
fn each_reader_sees_on_every_page_what_the_audience_allows_and_nothing_of_the_rest() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        node.organisation("io", Category::InternationalOrganisation)
            .await;
        node.organisation("ngo", Category::CivilSociety).await;
        let mut paths = Vec::new();
        for (title, audience) in [
            ("Canary public", AudienceKind::Public),
            ("Canary members", AudienceKind::Members),
            ("Canary preferential", AudienceKind::Preferential),
        ] {
            let entry = publish(&node, "moj", title, audience).await;
            paths.push((title, format!("/entries/{}", entry.id)));
        }
        let mut readers = [
            (Browser::new(&node), 1),
            (Browser::signed_in(&node, "ngo", Role::Reader).await, 2),
            (Browser::signed_in(&node, "io", Role::Reader).await, 3),
        ];
        for (browser, sees) in &mut readers {
            for (index, (title, path)) in paths.iter().enumerate() {
                let may = index < *sees;
                for list in ["/", "/?q=canary", "/orgs/moj"] {
                    let page = browser.open(list).await.body;
                    assert_eq!(page.contains(title), may, "{title} on {list} for {sees}");
                }
                let page = browser.open(path).await;
                let expected = if may {
                    StatusCode::OK
                } else {
                    StatusCode::NOT_FOUND
                };
                assert_eq!(page.status, expected, "{title}");
                assert_eq!(page.body.contains(title), may);
            }
        }
        let about = Browser::new(&node).open("/about").await.body;
        assert!(about.contains("1 public entries"), "{about}");
    });
}

#[test]
fn what_is_hidden_answers_like_what_never_was() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let hidden = publish(&node, "moj", "Canary", AudienceKind::Members).await;
        let mut browser = Browser::new(&node);
        let real = browser.open(&format!("/entries/{}", hidden.id)).await;
        let never = browser.open("/entries/1").await;
        assert_eq!(real.status, never.status);
        assert_eq!(real.headers, never.headers);
        assert_eq!(real.body, never.body);
    });
}

#[test]
fn pages_made_for_one_reader_are_kept_by_nobody() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let entry = publish(&node, "moj", "Canary", AudienceKind::Members).await;
        let mut member = Browser::signed_in(&node, "moj", Role::Reader).await;
        for path in ["/", "/timeline", &format!("/entries/{}", entry.id)] {
            let page = member.open(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert_eq!(
                page.headers[header::CACHE_CONTROL],
                "private, no-store",
                "{path}"
            );
            assert!(
                page.headers[header::VARY]
                    .to_str()
                    .expect("text")
                    .contains("Cookie")
            );
        }
    });
}

#[test]
fn a_suspended_organisation_and_its_entries_are_gone() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        publish(&node, "moj", "Canary", AudienceKind::Public).await;
        let forum = &node.app.forum;
        let suspended =
            organisations::set_state(forum, None, "moj", OrganisationState::Suspended).await;
        suspended.expect("suspended");
        let mut browser = Browser::new(&node);
        assert_eq!(browser.open("/orgs/moj").await.status, StatusCode::GONE);
        assert!(!browser.open("/").await.body.contains("Canary"));
        assert!(
            !browser
                .open("/organisations")
                .await
                .body
                .contains("The moj")
        );
    });
}

#[test]
fn the_directory_filters_organisations() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        node.organisation("ngo", Category::CivilSociety).await;
        let mut browser = Browser::new(&node);
        let all = browser.open("/organisations").await.body;
        assert!(all.contains("The moj") && all.contains("The ngo"));
        let some = browser
            .open("/organisations?category=civil_society")
            .await
            .body;
        assert!(!some.contains("The moj") && some.contains("The ngo"));
        let none = browser.open("/organisations?q=nobody").await.body;
        assert!(none.contains("No organisation matches"));
    });
}

#[test]
fn every_page_for_anybody_is_there_and_an_unknown_address_is_a_page_too() {
    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_NODE__NAME", "Our Node")]);
        let mut browser = Browser::new(&node);
        for path in [
            "/",
            "/organisations",
            "/about",
            "/about/codes",
            "/help",
            "/sign-in",
        ] {
            let page = browser.open(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.body.contains("Our Node"), "{path}");
        }
        let unknown = browser.open("/nowhere").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(
            unknown.body.contains("Our Node") && unknown.body.contains("There is nothing here")
        );
        let style = browser.open("/assets/forum.css").await;
        assert_eq!(
            style.headers[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        assert_eq!(
            browser.open("/assets/nothing").await.status,
            StatusCode::NOT_FOUND
        );
    });
}
