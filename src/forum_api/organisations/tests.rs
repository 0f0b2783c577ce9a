//! The directory and profiles through the real router, on both databases.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    domain::{
        account::Role,
        organisation::{Category, OrganisationState},
    },
    forum_api::{
        PREFIX,
        tests::{assert_described, assert_problem, faults},
    },
    operations::organisations,
    storage::testing::on_both,
    tests::test_app::{Answer, TestApp},
};

async fn world(db: crate::storage::Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    node.organisation("ngo", Category::CivilSociety).await;
    node
}

async fn find(node: &TestApp, handle: &str) -> Value {
    let list = node
        .get(&format!("{PREFIX}/organisations?q={handle}"), None)
        .await;
    list.json()["items"][0].clone()
}

async fn patch(node: &TestApp, token: &str, organisation: &Value, change: Value) -> Answer {
    let id = organisation["id"].as_str().expect("an id");
    let path = format!("{PREFIX}/organisations/{id}");
    node.call(Method::PATCH, &path, Some(token), Some(change))
        .await
}

async fn handles(node: &TestApp, query: &str) -> Vec<String> {
    let list = node
        .get(&format!("{PREFIX}/organisations?{query}"), None)
        .await;
    assert_eq!(list.status, 200, "{}", list.body);
    let list = list.json();
    let items = list["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["handle"].as_str().expect("a handle").to_owned())
        .collect()
}

#[test]
fn an_organisation_is_shown_with_its_names() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let moj = find(&node, "moj").await;
        let answer = patch(
            &node,
            &token,
            &moj,
            json!({
                "name": "Ministry of Justice", "summary": "We *act*.", "country": "AL",
                "website": "https://moj.example/", "locked": true,
                "expertise": {"countries": ["AL", "XK"], "regions": ["039"],
                              "sectors": ["15130"], "languages": ["sq"]}
            }),
        )
        .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let after = answer.json();
        assert_described(&node, "Organisation", &after).await;
        let mut expected = json!({
            "handle": "moj", "name": "Ministry of Justice", "uri": "https://n.example/orgs/moj",
            "url": "https://n.example/orgs/moj", "category": "government", "country": "AL",
            "local": true, "summary": "We *act*.", "content": "<p>We <em>act</em>.</p>\n",
            "website": "https://moj.example/", "avatar": null, "locked": true,
            "expertise": {"countries": ["AL", "XK"], "regions": ["039"], "sectors": ["15130"],
                          "languages": ["sq"]},
            "labels": {"category": "Government", "country": "Albania",
                       "countries": {"AL": "Albania", "XK": "Kosovo"},
                       "regions": {"039": "Southern Europe"},
                       "sectors": {"15130": "Legal and judicial development"},
                       "languages": {"sq": "Albanian"}}
        });
        for same in ["id", "created_at", "updated_at"] {
            expected[same] = after[same].clone();
        }
        assert_eq!(after, expected);
        let path = format!(
            "{PREFIX}/organisations/{}",
            after["id"].as_str().expect("an id")
        );
        assert_eq!(node.get(&path, None).await.json(), after);
    });
}

#[test]
fn the_directory_is_filtered() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let moj = find(&node, "moj").await;
        let profile = json!({"country": "AL", "expertise": {"countries": ["NP"],
                             "regions": ["014"], "sectors": ["15130"]}});
        assert_eq!(patch(&node, &token, &moj, profile).await.status, 200);
        for (query, found) in [
            ("", "ngo moj"),
            ("category=government", "moj"),
            ("category=government,civil_society", "ngo moj"),
            ("category=media", ""),
            ("country=AL", "moj"),
            ("country=NP", "moj"),
            ("country=FR", ""),
            ("region=039", "moj"),
            ("region=142", "moj"),
            ("region=202", "moj"),
            ("region=021", ""),
            ("sector=15130", "moj"),
            ("sector=15132", ""),
            ("q=NGO", "ngo"),
            ("q=the%20m", "moj"),
            ("q=%25", ""),
            ("limit=1", "ngo"),
        ] {
            let expected: Vec<_> = found.split_whitespace().collect();
            assert_eq!(handles(&node, query).await, expected, "{query}");
        }
        let first = node
            .get(&format!("{PREFIX}/organisations?limit=1"), None)
            .await
            .json();
        let cursor = first["next"].as_str().expect("there is more");
        assert_eq!(
            handles(&node, &format!("limit=1&cursor={cursor}")).await,
            ["moj"]
        );
    });
}

#[test]
fn a_change_keeps_what_is_absent_and_empties_what_is_null() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let moj = find(&node, "moj").await;
        let full = json!({"summary": "Text", "country": "AL", "website": "https://a.example/",
                          "locked": true,
                          "expertise": {"countries": ["AL"], "languages": ["en"]}});
        patch(&node, &token, &moj, full).await;
        let change = json!({"country": null, "expertise": {"languages": null}});
        let after = patch(&node, &token, &moj, change).await.json();
        assert_eq!(after["country"], Value::Null);
        assert_eq!(after["expertise"]["languages"], json!([]));
        assert_eq!(after["expertise"]["countries"], json!(["AL"]));
        assert_eq!(after["summary"], "Text");
        assert_eq!(after["website"], "https://a.example/");
        assert_eq!(after["locked"], true);
        // What was read may be sent back whole.
        let same = patch(&node, &token, &moj, after.clone()).await;
        assert_eq!(same.status, 200, "{}", same.body);
    });
}

#[test]
fn bad_profiles_are_refused_with_every_fault() {
    on_both(async |db| {
        let node = world(db).await;
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let moj = find(&node, "moj").await;
        let shapeless = json!({"name": 7, "locked": "yes", "website": "not an address",
                               "expertise": {"colours": ["red"], "sectors": "15130"},
                               "colour": "red"});
        let mut found = faults(&patch(&node, &token, &moj, shapeless).await);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "colour",
                "expertise.colours",
                "expertise.sectors",
                "locked",
                "name",
                "website"
            ]
        );
        let ruled_out = json!({"name": "", "country": "ZZ", "website": "javascript:alert(1)",
                               "expertise": {"countries": ["ZZ"], "languages": ["xx"]}});
        let mut found = faults(&patch(&node, &token, &moj, ruled_out).await);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "country",
                "expertise.countries",
                "expertise.languages",
                "name",
                "website"
            ]
        );
        assert_eq!(find(&node, "moj").await, moj);
    });
}

#[test]
fn only_its_own_focal_points_change_a_profile() {
    on_both(async |db| {
        let node = world(db).await;
        let moj = find(&node, "moj").await;
        let change = json!({"name": "Mine"});
        let editor = node.token("moj", Role::Editor, "read write").await;
        assert_problem(&patch(&node, &editor, &moj, change.clone()).await, 403);
        let other = node.token("ngo", Role::FocalPoint, "read write").await;
        assert_problem(&patch(&node, &other, &moj, change.clone()).await, 403);
        let reading = node.token("moj", Role::FocalPoint, "read").await;
        assert_problem(&patch(&node, &reading, &moj, change).await, 403);
        assert_eq!(find(&node, "moj").await, moj);
    });
}

#[test]
fn an_organisation_that_no_longer_takes_part_is_gone() {
    on_both(async |db| {
        let node = world(db).await;
        let moj = find(&node, "moj").await;
        let id = moj["id"].as_str().expect("an id");
        for state in [OrganisationState::Suspended, OrganisationState::Deleted] {
            organisations::set_state(&node.app.forum, None, "moj", state)
                .await
                .expect("changed");
            let answer = node
                .get(&format!("{PREFIX}/organisations/{id}"), None)
                .await;
            assert_problem(&answer, 410);
            assert_eq!(handles(&node, "").await, ["ngo"]);
        }
        for absent in ["114000000000000000", "x", "-1"] {
            let answer = node
                .get(&format!("{PREFIX}/organisations/{absent}"), None)
                .await;
            assert_problem(&answer, 404);
        }
    });
}
