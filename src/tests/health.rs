//! Health through the router, on both databases.

use axum::http::StatusCode;

use super::test_app::TestApp;
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
