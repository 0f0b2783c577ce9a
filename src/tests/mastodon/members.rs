//! What a token adds: the own account, the home timeline, follows.

use http::StatusCode;
use serde_json::json;

use super::scene::Scene;
use crate::{
    domain::{account::Role, follow::FollowState},
    storage::testing::on_both,
};

#[test]
fn the_own_account_has_its_source_and_role() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.moj, Role::FocalPoint, "read").await;
        let own = scene
            .get_as(&token, "/api/v1/accounts/verify_credentials")
            .await;
        assert_eq!(own.json["acct"], "moj");
        assert_eq!(own.json["source"]["note"], "");
        assert_eq!(own.json["role"]["name"], "Focal point");
        let app = scene
            .get_as(&token, "/api/v1/apps/verify_credentials")
            .await;
        assert_eq!(app.json["scopes"], json!(["read"]));
    });
}

#[test]
fn the_home_timeline_has_the_followed_and_the_own_and_no_others() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        scene.follows(&scene.shelter, &scene.moj).await;
        let followed = scene.publish(&scene.moj, |_| {}).await;
        let own = scene.publish(&scene.shelter, |_| {}).await;
        scene.publish(&scene.remote, |_| {}).await;
        let home = scene.get_as(&token, "/api/v1/timelines/home").await;
        assert_eq!(home.ids(), [&own, &followed]);
    });
}

#[test]
fn familiar_followers_are_those_whom_one_follows_oneself() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        scene.follows(&scene.shelter, &scene.moj).await;
        scene.follows(&scene.moj, &scene.remote).await;
        let id = scene.remote.id;
        let path = format!("/api/v1/accounts/familiar_followers?id[]={id}");
        let reply = scene.get_as(&token, &path).await;
        assert_eq!(reply.json[0]["id"], id.to_string());
        assert_eq!(reply.json[0]["accounts"][0]["acct"], "moj");
    });
}

#[test]
fn accounts_are_searched_with_a_token() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        let path = "/api/v1/accounts/search?q=shel";
        let found = scene.get_as(&token, path).await;
        assert_eq!(found.ids(), [scene.shelter.id.to_string()]);
        assert_eq!(scene.get(path).await.status, StatusCode::UNAUTHORIZED);
        let none = scene
            .get_as(&token, "/api/v1/accounts/search?q=moj&following=true")
            .await;
        assert_eq!(none.json, json!([]));
    });
}

#[test]
fn following_is_told_at_once_and_doing_it_twice_changes_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene
            .token(&scene.shelter, Role::FocalPoint, "read follow")
            .await;
        let account = format!("/api/v1/accounts/{}", scene.moj.id);
        for _ in 0..2 {
            let follow = scene.post_as(&token, &format!("{account}/follow")).await;
            assert_eq!(follow.status, StatusCode::OK);
            assert_eq!(follow.json["following"], true);
        }
        let moj = scene.get(&account).await;
        assert_eq!(moj.json["followers_count"], 1);
        let ids = format!("id[]={}&id[]={}&id[]=7", scene.moj.id, scene.remote.id);
        let path = format!("/api/v1/accounts/relationships?{ids}");
        let stands = scene.get_as(&token, &path).await;
        let (moj, remote) = (scene.moj.id.to_string(), scene.remote.id.to_string());
        assert_eq!(stands.ids(), [&moj, &remote]);
        assert_eq!(stands.json[0]["following"], true);
        assert_eq!(stands.json[1]["following"], false);
        let unfollow = scene.post_as(&token, &format!("{account}/unfollow")).await;
        assert_eq!(unfollow.json["following"], false);
    });
}

#[test]
fn a_follow_of_an_organisation_elsewhere_waits_for_its_answer() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene
            .token(&scene.shelter, Role::FocalPoint, "read write")
            .await;
        let path = format!("/api/v1/accounts/{}/follow", scene.remote.id);
        let follow = scene.post_as(&token, &path).await;
        assert_eq!(
            (&follow.json["following"], &follow.json["requested"]),
            (&json!(false), &json!(true))
        );
    });
}

#[test]
fn only_focal_points_follow_and_only_with_the_scope() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let path = format!("/api/v1/accounts/{}/follow", scene.moj.id);
        for (role, scopes, error) in [
            (
                Role::Editor,
                "read write follow",
                "This action is not allowed",
            ),
            (
                Role::FocalPoint,
                "read",
                "This action is outside the authorized scopes",
            ),
        ] {
            let token = scene.token(&scene.shelter, role, scopes).await;
            let refused = scene.post_as(&token, &path).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN);
            assert_eq!(refused.error(), error);
        }
        let moj = scene
            .get(&format!("/api/v1/accounts/{}", scene.moj.id))
            .await;
        assert_eq!(moj.json["followers_count"], 0);
    });
}

#[test]
fn what_cannot_be_followed_is_refused_with_words() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene
            .token(&scene.shelter, Role::FocalPoint, "follow")
            .await;
        let path = format!("/api/v1/accounts/{}/follow", scene.shelter.id);
        let myself = scene.post_as(&token, &path).await;
        assert_eq!(myself.status, StatusCode::UNPROCESSABLE_ENTITY);
        for id in ["77", "x"] {
            let path = format!("/api/v1/accounts/{id}/follow");
            let nobody = scene.post_as(&token, &path).await;
            assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        }
    });
}

#[test]
fn requests_to_follow_are_listed_and_answered() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene
            .token(&scene.moj, Role::FocalPoint, "read follow")
            .await;
        for one in [&scene.shelter, &scene.remote] {
            scene.follow(one, &scene.moj, FollowState::Pending).await;
        }
        let waiting = scene.get_as(&token, "/api/v1/follow_requests").await;
        let (shelter, remote) = (scene.shelter.id.to_string(), scene.remote.id.to_string());
        assert_eq!(waiting.ids(), [&remote, &shelter]);
        let own = scene
            .get_as(&token, "/api/v1/accounts/verify_credentials")
            .await;
        assert_eq!(own.json["source"]["follow_requests_count"], 2);
        let path = format!("/api/v1/follow_requests/{shelter}/authorize");
        let accepted = scene.post_as(&token, &path).await;
        assert_eq!(accepted.json["followed_by"], true);
        let path = format!("/api/v1/follow_requests/{remote}/reject");
        let refused = scene.post_as(&token, &path).await;
        assert_eq!(refused.json["followed_by"], false);
        let waiting = scene.get_as(&token, "/api/v1/follow_requests").await;
        assert_eq!(waiting.json, json!([]));
        assert_eq!(
            scene.post_as(&token, &path).await.status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn too_many_changes_are_refused_with_the_time_to_come_back() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_LIMITS__WRITE_PER_MINUTE", "1")];
        let scene = Scene::with(db, &settings).await;
        let token = scene
            .token(&scene.shelter, Role::FocalPoint, "follow")
            .await;
        let path = format!("/api/v1/accounts/{}/follow", scene.moj.id);
        assert_eq!(scene.post_as(&token, &path).await.status, StatusCode::OK);
        let refused = scene.post_as(&token, &path).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(
            refused
                .header("x-ratelimit-reset")
                .starts_with("2026-11-22T12:0")
        );
    });
}

#[test]
fn a_search_elsewhere_that_finds_nothing_is_empty_and_no_error() {
    on_both(async |db| {
        let scene = Scene::new(db).await.with_node_keys().await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        for text in [
            "@a@127.0.0.1:1",
            "http://127.0.0.1:1/a",
            "https://n.example/orgs/nobody",
        ] {
            let path = format!("/api/v2/search?resolve=true&q={text}");
            let reply = scene.get_as(&token, &path).await;
            let nothing = json!({"accounts": [], "statuses": [], "hashtags": []});
            assert_eq!(
                (reply.status, reply.json),
                (StatusCode::OK, nothing),
                "{text}"
            );
        }
    });
}

#[test]
fn too_many_questions_to_other_servers_are_refused() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_LIMITS__LOOKUP_PER_MINUTE", "1")];
        let scene = Scene::with(db, &settings).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        let path = "/api/v2/search?resolve=true&q=@a@127.0.0.1:1";
        assert_eq!(scene.get_as(&token, path).await.status, StatusCode::OK);
        let refused = scene.get_as(&token, path).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let known = "/api/v2/search?resolve=true&q=@moj@n.example";
        assert_eq!(scene.get_as(&token, known).await.status, StatusCode::OK);
    });
}
