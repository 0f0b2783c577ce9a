//! What anybody reads, and what nobody without the right finds.

use http::StatusCode;
use serde_json::json;

use super::scene::Scene;
use crate::{
    domain::{account::Role, audience::Audience},
    storage::testing::on_both,
    tests::test_app::ORIGIN,
};

#[test]
fn the_public_timeline_pages_through_everything_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(scene.publish(&scene.moj, |_| {}).await);
        }
        ids.reverse();
        let first = scene
            .get("/api/v1/timelines/public?limit=2&local=true")
            .await;
        assert_eq!(first.ids(), ids[..2]);
        let next = format!(
            "<{ORIGIN}/api/v1/timelines/public?limit=2&local=true&max_id={}>; rel=\"next\", ",
            ids[1]
        );
        assert!(first.header("link").starts_with(&next), "{first:?}");
        let path = format!("/api/v1/timelines/public?limit=2&max_id={}", ids[1]);
        let second = scene.get(&path).await;
        assert_eq!(second.ids(), ids[2..4]);
        let path = format!("/api/v1/timelines/public?limit=2&min_id={}", ids[4]);
        assert_eq!(scene.get(&path).await.ids(), ids[2..4]);
        let path = format!("/api/v1/timelines/public?max_id={}", ids[4]);
        let end = scene.get(&path).await;
        assert_eq!((end.json.clone(), end.header("link")), (json!([]), ""));
    });
}

#[test]
fn local_remote_and_media_timelines_hold_what_they_say() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let ours = scene.publish(&scene.moj, |_| {}).await;
        let theirs = scene.publish(&scene.remote, |_| {}).await;
        scene.reply(&scene.moj, &ours, Audience::Public).await;
        let public = "/api/v1/timelines/public";
        let ask = async |query: &str| scene.get(&format!("{public}?{query}")).await;
        assert_eq!(ask("").await.ids(), [&theirs, &ours]);
        assert_eq!(ask("local=1").await.ids(), [&ours]);
        assert_eq!(ask("remote=True&local=False").await.ids(), [&theirs]);
        assert_eq!(ask("only_media=true").await.json, json!([]));
    });
}

#[test]
fn tag_timelines_ignore_case_and_take_further_tags() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let tagged = async |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            scene.publish(&scene.moj, |entry| entry.tags = tags).await
        };
        let both = tagged(&["water", "forcedlabour"]).await;
        let water = tagged(&["water"]).await;
        let other = tagged(&["other"]).await;
        let ask = async |path: &str| scene.get(&format!("/api/v1/timelines/tag/{path}")).await;
        assert_eq!(ask("Water").await.ids(), [&water, &both]);
        assert_eq!(ask("water?all[]=ForcedLabour").await.ids(), [&both]);
        assert_eq!(ask("water?none[]=forcedlabour").await.ids(), [&water]);
        assert_eq!(ask("other?any[]=forcedlabour").await.ids(), [&other, &both]);
        let tag = scene.get("/api/v1/tags/Water").await;
        assert_eq!(tag.json["name"], "water");
        let unused = scene.get("/api/v1/tags/unused").await;
        assert_eq!(unused.json["name"], "unused");
        assert_eq!(unused.json["history"][0]["uses"], "0");
        let no_name = scene.get("/api/v1/tags/a%3Cb").await;
        assert_eq!(no_name.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_status_shows_the_entry_its_author_and_the_forum_object() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let id = scene.publish(&scene.moj, |_| {}).await;
        let status = scene.get(&format!("/api/v1/statuses/{id}")).await;
        assert_eq!(status.status, StatusCode::OK);
        assert_eq!(status.json["account"]["acct"], "moj");
        assert_eq!(status.json["account"]["statuses_count"], 1);
        assert_eq!(status.json["forum"]["kind"], "request");
        assert_eq!(status.json["uri"], format!("{ORIGIN}/entries/{id}"));
        assert!(status.json.get("favourited").is_none());
        let several = scene
            .get(&format!("/api/v1/statuses?id[]={id}&id[]=1"))
            .await;
        assert_eq!(several.ids(), [&id]);
        let history = scene.get(&format!("/api/v1/statuses/{id}/history")).await;
        assert_eq!(history.json[0]["content"], status.json["content"]);
        for part in ["reblogged_by", "favourited_by", "quotes"] {
            let path = format!("/api/v1/statuses/{id}/{part}");
            assert_eq!(scene.get(&path).await.json, json!([]), "{part}");
        }
    });
}

#[test]
fn a_context_holds_what_stands_above_and_below() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let top = scene.publish(&scene.moj, |_| {}).await;
        let reply = scene.reply(&scene.shelter, &top, Audience::Public).await;
        let context = scene.get(&format!("/api/v1/statuses/{top}/context")).await;
        assert_eq!(context.json["ancestors"], json!([]));
        assert_eq!(context.json["descendants"][0]["id"], reply.as_str());
        assert_eq!(
            context.json["descendants"][0]["in_reply_to_id"],
            top.as_str()
        );
        let moj = scene.moj.id.to_string();
        let account = &context.json["descendants"][0]["in_reply_to_account_id"];
        assert_eq!(*account, moj.as_str());
        let context = scene
            .get(&format!("/api/v1/statuses/{reply}/context"))
            .await;
        assert_eq!(context.json["ancestors"][0]["id"], top.as_str());
    });
}

/// A word that only stands in the restricted entry.
const CANARY: &str = "zanzibarcanary";

#[test]
fn a_restricted_entry_is_behind_no_address_for_those_who_may_not_read_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let open = scene.publish(&scene.moj, |_| {}).await;
        let named = Audience::Named(vec![scene.remote.id]);
        let mut hidden = Vec::new();
        for audience in [Audience::Preferential, named] {
            let id = scene
                .publish(&scene.moj, |entry| {
                    entry.content.title = CANARY.to_owned();
                    entry.content.body = CANARY.to_owned();
                    entry.html = format!("<p>{CANARY}</p>");
                    entry.tags = vec![CANARY.to_owned()];
                    entry.audience = audience;
                })
                .await;
            scene.reply(&scene.moj, &open, Audience::Preferential).await;
            hidden.push(id);
        }
        let shelter = scene.token(&scene.shelter, Role::Reader, "read").await;
        let moj = scene.moj.id;
        for id in &hidden {
            let absent = scene.get("/api/v1/statuses/99999").await;
            for path in [
                format!("/api/v1/statuses/{id}"),
                format!("/api/v1/statuses/{id}/context"),
                format!("/api/v1/statuses/{id}/history"),
                format!("/api/v1/statuses/{id}/reblogged_by"),
            ] {
                for reply in [scene.get(&path).await, scene.get_as(&shelter, &path).await] {
                    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
                    assert_eq!(reply.json, absent.json, "{path}");
                }
            }
        }
        let tag = |name: &str| format!("/api/v1/tags/{name}");
        let unused = scene.get_as(&shelter, &tag("unused")).await.json;
        let used = scene.get_as(&shelter, &tag(CANARY)).await.json;
        assert_eq!(used["history"], unused["history"]);
        for path in [
            "/api/v1/timelines/public".to_owned(),
            format!("/api/v1/timelines/tag/{CANARY}"),
            format!("/api/v1/statuses?id[]={}&id[]={}", hidden[0], hidden[1]),
            format!("/api/v1/statuses/{open}/context"),
            format!("/api/v1/accounts/{moj}/statuses"),
            format!("/api/v2/search?q={CANARY}"),
            format!("/api/v2/search?q={ORIGIN}/entries/{}", hidden[0]),
            "/api/v1/accounts/lookup?acct=moj".to_owned(),
            "/api/v1/instance".to_owned(),
        ] {
            for reply in [scene.get(&path).await, scene.get_as(&shelter, &path).await] {
                assert_eq!(reply.status, StatusCode::OK, "{path}");
                let text = reply.json.to_string();
                assert!(!text.contains(CANARY), "{path}: {text}");
                assert!(
                    hidden.iter().all(|id| !text.contains(id.as_str())),
                    "{path}: {text}"
                );
            }
        }
        let account = scene.get("/api/v1/accounts/lookup?acct=moj").await;
        assert_eq!(account.json["statuses_count"], 1);
        let status = scene.get(&format!("/api/v1/statuses/{open}")).await;
        assert_eq!(status.json["replies_count"], 0);
    });
}

#[test]
fn those_whom_an_entry_is_addressed_to_read_it() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let id = scene
            .publish(&scene.moj, |entry| entry.audience = Audience::Members)
            .await;
        let shelter = scene.token(&scene.shelter, Role::Reader, "read").await;
        let status = scene
            .get_as(&shelter, &format!("/api/v1/statuses/{id}"))
            .await;
        assert_eq!(status.json["visibility"], "private");
        assert_eq!(status.json["favourited"], false);
        let timeline = scene.get_as(&shelter, "/api/v1/timelines/public").await;
        assert_eq!(timeline.ids(), [&id]);
    });
}

#[test]
fn accounts_are_found_by_id_by_name_and_with_our_own_host() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let id = scene.remote.id;
        let account = scene.get(&format!("/api/v1/accounts/{id}")).await;
        assert_eq!(account.json["acct"], "ngo@m.example");
        for (acct, found) in [
            ("moj", true),
            ("@MOJ", true),
            ("moj@n.example", true),
            ("ngo@m.example", true),
            ("ngo", false),
            ("moj@m.example", false),
            ("", false),
        ] {
            let reply = scene
                .get(&format!("/api/v1/accounts/lookup?acct={acct}"))
                .await;
            assert_eq!(reply.status == StatusCode::OK, found, "{acct}");
        }
        let several = scene
            .get(&format!("/api/v1/accounts?id[]={id}&id[]=77"))
            .await;
        assert_eq!(several.ids(), [id.to_string()]);
        let directory = scene.get("/api/v1/directory?local=true").await;
        assert_eq!(directory.ids().len(), 2);
        let second = scene
            .get("/api/v1/directory?local=true&offset=1&limit=1")
            .await;
        assert_eq!(second.ids(), directory.ids()[1..]);
    });
}

#[test]
fn an_accounts_statuses_leave_replies_out_when_asked() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let top = scene.publish(&scene.moj, |_| {}).await;
        let reply = scene.reply(&scene.moj, &top, Audience::Public).await;
        scene.publish(&scene.shelter, |_| {}).await;
        let path = format!("/api/v1/accounts/{}/statuses", scene.moj.id);
        assert_eq!(scene.get(&path).await.ids(), [&reply, &top]);
        let without = scene
            .get(&format!(
                "{path}?exclude_replies=true&exclude_reblogs=False"
            ))
            .await;
        assert_eq!(without.ids(), [&top]);
        assert_eq!(
            scene.get(&format!("{path}?pinned=true")).await.json,
            json!([])
        );
        let missing = scene.get("/api/v1/accounts/99/statuses").await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn followers_and_followed_are_listed_and_counted() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        scene.follows(&scene.shelter, &scene.moj).await;
        scene.follows(&scene.remote, &scene.moj).await;
        let path = format!("/api/v1/accounts/{}", scene.moj.id);
        let (shelter, remote) = (scene.shelter.id.to_string(), scene.remote.id.to_string());
        let followers = scene.get(&format!("{path}/followers")).await;
        assert_eq!(followers.ids(), [&remote, &shelter]);
        let first = scene.get(&format!("{path}/followers?limit=1")).await;
        assert_eq!(first.ids(), [&remote]);
        let next = first
            .header("link")
            .split(['<', '>'])
            .nth(1)
            .expect("an address");
        let second = scene
            .get(next.strip_prefix(ORIGIN).expect("our origin"))
            .await;
        assert_eq!(second.ids(), [&shelter]);
        assert_eq!(
            scene.get(&format!("{path}/following")).await.json,
            json!([])
        );
        assert_eq!(scene.get(&path).await.json["followers_count"], 2);
    });
}

#[test]
fn a_search_finds_accounts_statuses_and_hashtags() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let id = scene
            .publish(&scene.moj, |entry| entry.tags = vec!["water".into()])
            .await;
        let words = scene.get("/api/v2/search?q=border").await;
        assert_eq!(words.json["statuses"][0]["id"], id.as_str());
        let name = scene.get("/api/v2/search?q=moj&type=accounts").await;
        assert_eq!(name.json["accounts"][0]["acct"], "moj");
        assert_eq!(name.json["statuses"], json!([]));
        let tag = scene.get("/api/v2/search?q=%23Water").await;
        assert_eq!(tag.json["hashtags"][0]["name"], "water");
        let address = scene
            .get(&format!("/api/v2/search?q={ORIGIN}/entries/{id}"))
            .await;
        assert_eq!(address.json["statuses"][0]["id"], id.as_str());
        let address = scene
            .get(&format!("/api/v2/search?q={ORIGIN}/orgs/moj"))
            .await;
        assert_eq!(address.json["accounts"][0]["acct"], "moj");
        let nothing = scene.get("/api/v2/search?q=").await;
        assert_eq!(
            nothing.json,
            json!({"accounts": [], "statuses": [], "hashtags": []})
        );
    });
}

#[test]
fn only_a_token_makes_the_node_ask_other_servers() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let reply = scene.get("/api/v2/search?q=a@b.example&resolve=true").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn the_instance_tells_its_name_limits_and_rules_in_both_versions() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_NODE__RULES", r#"["No case data."]"#)];
        let scene = Scene::with(db, &settings).await;
        scene.publish(&scene.moj, |_| {}).await;
        let v1 = scene.get("/api/v1/instance").await.json;
        assert_eq!(v1["uri"], "n.example");
        assert_eq!(v1["urls"]["streaming_api"], "wss://n.example");
        assert_eq!(
            v1["stats"],
            json!({"user_count": 2, "status_count": 1, "domain_count": 1})
        );
        let v2 = scene.get("/api/v2/instance").await.json;
        assert_eq!(v2["domain"], "n.example");
        assert_eq!(v2["configuration"]["statuses"]["max_characters"], 50_000);
        assert_eq!(v2["configuration"]["limited_federation"], false);
        assert_eq!(v2["registrations"]["enabled"], false);
        assert_eq!(v2["api_versions"], json!({"mastodon": 2, "forum": 1}));
        let version = v2["version"].as_str().expect("a version");
        assert!(
            version.starts_with("4.5.0 (compatible; Forum "),
            "{version}"
        );
        let rules = scene.get("/api/v1/instance/rules").await.json;
        assert_eq!(rules[0]["text"], "No case data.");
        assert_eq!(
            scene.get("/api/v1/instance/peers").await.json,
            json!(["m.example"])
        );
        for page in ["extended_description", "privacy_policy"] {
            let reply = scene.get(&format!("/api/v1/instance/{page}")).await;
            assert!(reply.json["content"].is_string(), "{page}");
        }
        let none = scene.get("/api/v1/instance/terms_of_service").await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_node_that_speaks_with_named_servers_alone_says_so() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_FEDERATION__MODE", "allowlist")];
        let scene = Scene::with(db, &settings).await;
        let v2 = scene.get("/api/v2/instance").await.json;
        assert_eq!(v2["configuration"]["limited_federation"], true);
    });
}

#[test]
fn the_forum_object_is_the_forum_apis_entry_without_its_text() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let top = scene.publish(&scene.moj, |_| {}).await;
        let named = Audience::Named(vec![scene.shelter.id]);
        let partner = scene.remote.id;
        let restricted = scene
            .publish(&scene.moj, |entry| {
                entry.audience = named;
                entry.partners = vec![partner];
                entry.content.codes.countries = vec!["AL".to_owned()];
                entry.content.codes.pillars = vec!["prevention".to_owned()];
                entry.content.closes_at = Some(entry.created_at);
            })
            .await;
        let reply = scene.reply(&scene.moj, &top, Audience::Public).await;
        let token = scene.token(&scene.moj, Role::Reader, "read").await;
        for id in [top, restricted, reply] {
            let status = scene
                .get_as(&token, &format!("/api/v1/statuses/{id}"))
                .await;
            let path = format!("/api/forum/v1/entries/{id}");
            let mut entry = scene.get_as(&token, &path).await.json;
            let members = entry.as_object_mut().expect("an object");
            for carried in ["title", "body", "content", "warning"] {
                members.remove(carried);
            }
            assert_eq!(status.json["forum"], entry, "{id}");
        }
    });
}
