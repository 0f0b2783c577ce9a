//! What clients depend on before they look at any entity.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::json;

use super::scene::Scene;
use crate::{domain::account::Role, storage::testing::on_both};

#[test]
fn what_is_not_there_is_refused_in_json() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for path in [
            "/api/v1",
            "/api/v1/nothing",
            "/api/v2/x/y",
            "/api/v1/statuses/1",
        ] {
            let reply = scene.get(path).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(reply.header("content-type"), "application/json", "{path}");
            assert_eq!(reply.json, json!({"error": "Record not found"}), "{path}");
        }
    });
}

#[test]
fn a_wrong_method_is_refused_in_json() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let request = Request::post("/api/v1/timelines/public");
        let reply = scene
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.json, json!({"error": "Method not allowed"}));
    });
}

#[test]
fn a_preflight_needs_no_token_and_names_the_headers_one_by_one() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let request = Request::options("/api/v1/accounts/verify_credentials")
            .header(header::ORIGIN, "https://client.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
            .body(Body::empty())
            .expect("a request");
        let reply = scene.send(request).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(
            reply.header("access-control-allow-headers"),
            "authorization,content-type,idempotency-key"
        );
        assert_eq!(
            reply.header("access-control-allow-methods"),
            "GET,POST,PUT,PATCH,DELETE,OPTIONS"
        );
    });
}

#[test]
fn pages_of_other_origins_may_read_every_answer_and_its_paging() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for path in [
            "/api/v1/instance",
            "/api/v1/nothing",
            "/api/v1/timelines/home",
        ] {
            let reply = scene.get(path).await;
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
            let exposed = reply.header("access-control-expose-headers");
            for name in [
                "link",
                "x-ratelimit-reset",
                "x-ratelimit-limit",
                "x-ratelimit-remaining",
                "x-request-id",
                "mastodon-async-refresh",
                "deprecation",
            ] {
                assert!(exposed.split(',').any(|one| one == name), "{path}: {name}");
            }
        }
    });
}

#[test]
fn a_wrong_token_is_refused_even_where_none_is_needed() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let reply = scene.get_as("wrong", "/api/v1/timelines/public").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.error(), "The access token is invalid");
        let reply = scene.get("/api/v1/timelines/home").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_token_is_refused_outside_its_scopes() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.moj, Role::Editor, "write").await;
        for path in ["/api/v1/timelines/home", "/api/v1/timelines/public"] {
            let reply = scene.get_as(&token, path).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(
                reply.error(),
                "This action is outside the authorized scopes"
            );
        }
    });
}

#[test]
fn answers_made_for_a_token_are_kept_by_no_cache() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.moj, Role::Reader, "read").await;
        let reply = scene.get_as(&token, "/api/v1/timelines/public").await;
        assert_eq!(reply.header("cache-control"), "private, no-store");
        for name in ["Accept", "Signature", "Authorization", "Cookie"] {
            assert!(reply.header("vary").contains(name), "{name}");
        }
    });
}

#[test]
fn lists_that_clients_ask_for_at_their_start_are_empty_and_not_missing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for path in [
            "/api/v1/custom_emojis",
            "/api/v1/trends",
            "/api/v1/trends/tags",
            "/api/v1/trends/statuses",
            "/api/v1/trends/links",
            "/api/v1/instance/activity",
            "/api/v1/instance/domain_blocks",
        ] {
            assert_eq!(scene.get(path).await.json, json!([]), "{path}");
        }
        let token = scene.token(&scene.moj, Role::Reader, "read").await;
        for path in [
            "/api/v1/notifications",
            "/api/v1/filters",
            "/api/v2/filters",
            "/api/v1/lists",
            "/api/v1/timelines/list/1",
            "/api/v1/favourites",
            "/api/v1/bookmarks",
            "/api/v1/conversations",
            "/api/v1/blocks",
            "/api/v1/mutes",
            "/api/v1/domain_blocks",
            "/api/v1/announcements",
            "/api/v1/followed_tags",
            "/api/v1/suggestions",
            "/api/v2/suggestions",
            "/api/v1/endorsements",
            "/api/v1/scheduled_statuses",
            "/api/v1/featured_tags",
            "/api/v1/follow_requests",
        ] {
            assert_eq!(scene.get_as(&token, path).await.json, json!([]), "{path}");
            let refused = scene.get(path).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        let markers = scene.get_as(&token, "/api/v1/markers").await;
        assert_eq!(markers.json, json!({}));
        let groups = scene.get_as(&token, "/api/v2/notifications").await;
        assert_eq!(groups.json["notification_groups"], json!([]));
        let preferences = scene.get_as(&token, "/api/v1/preferences").await;
        assert_eq!(preferences.json["posting:default:visibility"], "public");
    });
}
