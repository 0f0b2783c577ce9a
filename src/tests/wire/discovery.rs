use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Scene, path};
use crate::{
    domain::{audience::AudienceKind, organisation::OrganisationState},
    operations::organisations,
    storage::testing::on_both,
};

fn link<'a>(document: &'a Value, rel: &str) -> &'a Value {
    let links = document["links"].as_array().expect("links");
    let found = links.iter().find(|link| link["rel"] == rel);
    found.unwrap_or(&Value::Null)
}

async fn finger(scene: &Scene, resource: &str) -> super::Answer {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("resource", resource)
        .finish();
    scene
        .ask(&format!("/.well-known/webfinger?{query}"), &[])
        .await
}

#[test]
fn webfinger_knows_an_organisation_by_every_name_and_tells_the_canonical_one() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for resource in [
            "acct:moj@n.example",
            "ACCT:MoJ@N.EXAMPLE",
            "acct:@moj@n.example",
            "moj@n.example",
            "https://n.example/orgs/moj",
            "https://n.example/orgs/MOJ",
            "https://n.example/@moj",
            "acct:moj@n.example:443",
        ] {
            let answer = finger(&scene, resource).await;
            assert_eq!(answer.status, StatusCode::OK, "{resource}");
            assert_eq!(answer.headers["content-type"], "application/jrd+json");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
            let found = answer.json();
            assert_eq!(found["subject"], "acct:moj@n.example", "{resource}");
            assert_eq!(
                found["aliases"],
                json!(["https://n.example/orgs/moj", "https://n.example/@moj"])
            );
            let me = link(&found, "self");
            assert_eq!(me["type"], "application/activity+json");
            assert_eq!(me["href"], "https://n.example/orgs/moj");
            let page = link(&found, "http://webfinger.net/rel/profile-page");
            assert_eq!(page["href"], "https://n.example/orgs/moj");
        }
    });
}

#[test]
fn webfinger_knows_the_node_itself_by_its_address_and_by_its_host() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for resource in [
            "https://n.example/",
            "https://n.example",
            "https://n.example/actor",
            "acct:n.example@n.example",
        ] {
            let answer = finger(&scene, resource).await;
            assert_eq!(answer.status, StatusCode::OK, "{resource}");
            let found = answer.json();
            assert_eq!(found["subject"], "acct:n.example@n.example");
            for rel in ["self", "https://www.w3.org/ns/activitystreams#Service"] {
                assert_eq!(link(&found, rel)["href"], "https://n.example/actor");
            }
            // The two documents name each other, as Mastodon checks.
            let actor = scene.fetch("/actor").await.json();
            assert_eq!(
                found["subject"],
                format!(
                    "acct:{}@n.example",
                    actor["preferredUsername"].as_str().expect("a name")
                )
            );
        }
    });
}

#[test]
fn webfinger_writes_what_a_link_has_and_no_null() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for (resource, links) in [("acct:moj@n.example", 2), ("https://n.example/", 3)] {
            let answer = finger(&scene, resource).await;
            assert!(!answer.body.contains("null"), "{}", answer.body);
            let found = answer.json();
            let all = found["links"].as_array().expect("links");
            assert_eq!(all.len(), links);
            for link in all {
                let link = link.as_object().expect("a link");
                assert_eq!(link.len(), 3, "{link:?}");
                assert!(link.values().all(Value::is_string), "{link:?}");
            }
        }
    });
}

#[test]
fn webfinger_refuses_what_it_cannot_read_and_does_not_know() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for resource in ["", "moj", "acct:moj", "acct:@n.example", "acct:moj@"] {
            let answer = finger(&scene, resource).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{resource:?}");
            assert!(answer.json()["error"].is_string());
        }
        let without = scene.ask("/.well-known/webfinger?rel=self", &[]).await;
        assert_eq!(without.status, StatusCode::BAD_REQUEST);
        for resource in [
            "acct:nobody@n.example",
            "acct:moj@elsewhere.example",
            "acct:moj@n.example:8443",
            "acct:no body@n.example",
            "https://elsewhere.example/orgs/moj",
            "https://n.example/orgs/moj/outbox",
            "https://n.example/entries/1",
            "urn:uuid:1",
        ] {
            let answer = finger(&scene, resource).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{resource}");
        }
        let state = OrganisationState::Suspended;
        organisations::set_state(&scene.node.app.forum, None, "moj", state)
            .await
            .expect("suspended");
        let gone = finger(&scene, "acct:moj@n.example").await;
        assert_eq!(gone.status, StatusCode::GONE);
    });
}

#[test]
fn host_meta_leads_to_webfinger() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let template = "https://n.example/.well-known/webfinger?resource={uri}";
        let xrd = scene.ask("/.well-known/host-meta", &[]).await;
        assert_eq!(
            xrd.headers["content-type"],
            "application/xrd+xml; charset=utf-8"
        );
        assert!(xrd.body.contains(&format!("template=\"{template}\"")));
        let json = scene.ask("/.well-known/host-meta.json", &[]).await.json();
        assert_eq!(link(&json, "lrdd")["template"], template);
    });
}

#[test]
fn nodeinfo_lists_2_0_first_and_leads_to_the_nodes_actor() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let index = scene.ask("/.well-known/nodeinfo", &[]).await.json();
        let rels: Vec<&str> = index["links"]
            .as_array()
            .expect("links")
            .iter()
            .filter_map(|link| link["rel"].as_str())
            .collect();
        assert_eq!(
            rels,
            [
                "http://nodeinfo.diaspora.software/ns/schema/2.0",
                "http://nodeinfo.diaspora.software/ns/schema/2.1",
                "https://www.w3.org/ns/activitystreams#Application",
            ]
        );
        assert_eq!(index["links"][2]["href"], "https://n.example/actor");
        for (place, version) in [(0, "2.0"), (1, "2.1")] {
            let answer = scene.ask(&path(&index["links"][place]["href"]), &[]).await;
            assert_eq!(answer.status, StatusCode::OK);
            let info = answer.json();
            assert_eq!(info["version"], version);
            assert_eq!(info["software"]["name"], "virtual-forum");
            assert_eq!(info["protocols"], json!(["activitypub"]));
            assert_eq!(info["openRegistrations"], false);
            assert_eq!(info["metadata"]["upstream"]["name"], "mastodon");
            assert_eq!(info["metadata"]["nodeName"], "Virtual Forum");
        }
    });
}

#[test]
fn nodeinfo_counts_what_is_public_and_nothing_else() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let usage = async || scene.ask("/nodeinfo/2.1", &[]).await.json()["usage"].clone();
        let empty = json!({"users": {"total": 1}, "localPosts": 0, "localComments": 0});
        assert_eq!(usage().await, empty);
        for audience in [AudienceKind::Members, AudienceKind::Preferential] {
            let hidden = scene.publish(audience).await;
            scene.reply(hidden.id).await;
        }
        assert_eq!(usage().await, empty);
        let shown = scene.publish(AudienceKind::Public).await;
        scene.reply(shown.id).await;
        assert_eq!(
            usage().await,
            json!({"users": {"total": 1}, "localPosts": 1, "localComments": 1})
        );
    });
}
