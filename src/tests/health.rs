//! Health through the router, and what wakes the background work, on both
//! databases.

use axum::http::StatusCode;
use futures_util::FutureExt;
use serde_json::json;

use super::{
    inbox::following,
    test_app::{ORIGIN, TestApp},
};
use crate::storage::testing::on_both;

#[test]
fn a_node_with_its_database_is_alive_and_ready() {
    on_both(async |db| {
        let node = TestApp::new(db);
        for path in ["/livez", "/readyz"] {
            assert_eq!(node.get(path, None).await.status, StatusCode::OK, "{path}");
        }
    });
}

#[test]
fn only_what_queues_a_task_wakes_the_background_work() {
    on_both(async |db| {
        let (node, her) = following(db).await;
        let rang = || node.app.forum.bell.notified().now_or_never().is_some();
        // Whatever went before.
        rang();
        let create = her.activity(2, "Create", her.note(1, "x"));
        assert_eq!(her.send(&node, &create).await.status, StatusCode::ACCEPTED);
        assert!(!rang());
        let follow = her.activity(3, "Follow", json!(format!("{ORIGIN}/orgs/moj")));
        assert_eq!(her.send(&node, &follow).await.status, StatusCode::ACCEPTED);
        assert!(rang());
    });
}
