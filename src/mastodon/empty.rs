//! Lists that clients ask for at their start and that have nothing in them on
//! this node. Some clients stop when one of them is missing, so each answers
//! with its own empty form.

use axum::Json;
use serde_json::{Value, json};

use super::{auth::Caller, error::ApiError};
use crate::app::{Auth, Routes};

/// Empty for everybody.
const OPEN: [&str; 6] = [
    "/api/v1/custom_emojis",
    "/api/v1/trends",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
    "/api/v1/timelines/link",
];

/// Empty for whoever has a token with this scope.
const OWN: [(&str, &str); 19] = [
    ("/api/v1/notifications", "read:notifications"),
    ("/api/v1/notifications/requests", "read:notifications"),
    ("/api/v1/filters", "read:filters"),
    ("/api/v2/filters", "read:filters"),
    ("/api/v1/lists", "read:lists"),
    ("/api/v1/lists/{id}/accounts", "read:lists"),
    ("/api/v1/timelines/list/{id}", "read:lists"),
    ("/api/v1/timelines/direct", "read:statuses"),
    ("/api/v1/bookmarks", "read:bookmarks"),
    ("/api/v1/conversations", "read:statuses"),
    ("/api/v1/domain_blocks", "read:blocks"),
    ("/api/v1/announcements", "read"),
    ("/api/v1/followed_tags", "read:follows"),
    ("/api/v1/featured_tags", "read:accounts"),
    ("/api/v1/featured_tags/suggestions", "read:accounts"),
    ("/api/v1/suggestions", "read"),
    ("/api/v2/suggestions", "read"),
    ("/api/v1/endorsements", "read:accounts"),
    ("/api/v1/scheduled_statuses", "read:statuses"),
];

pub fn routes() -> Routes {
    let mut routes = Routes::new();
    for path in OPEN {
        routes = routes.get(path, Auth::None, || async { Json(json!([])) });
    }
    for (path, scope) in OWN {
        routes = for_members(routes, path, scope, json!([]));
    }
    let others = [
        ("/api/v1/markers", "read:statuses", json!({})),
        ("/api/v1/preferences", "read:accounts", preferences()),
        ("/api/v2/notifications", NOTIFICATIONS, groups()),
        (
            "/api/v1/notifications/unread_count",
            NOTIFICATIONS,
            json!({"count": 0}),
        ),
        (
            "/api/v2/notifications/unread_count",
            NOTIFICATIONS,
            json!({"count": 0}),
        ),
        ("/api/v2/notifications/policy", NOTIFICATIONS, policy()),
    ];
    for (path, scope, answer) in others {
        routes = for_members(routes, path, scope, answer);
    }
    routes
}

const NOTIFICATIONS: &str = "read:notifications";

/// The same answer for everybody who is signed in.
fn for_members(routes: Routes, path: &str, scope: &'static str, answer: Value) -> Routes {
    routes.get(path, Auth::Bearer, async move |caller: Caller| {
        caller.member(scope)?;
        Ok::<_, ApiError>(Json(answer))
    })
}

fn groups() -> Value {
    json!({"accounts": [], "statuses": [], "notification_groups": []})
}

fn policy() -> Value {
    json!({
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0}
    })
}

fn preferences() -> Value {
    json!({
        "posting:default:visibility": "public",
        "posting:default:sensitive": false,
        "posting:default:language": null,
        "posting:default:quote_policy": "public",
        "reading:expand:media": "default",
        "reading:expand:spoilers": false,
        "reading:autoplay:gifs": false
    })
}
