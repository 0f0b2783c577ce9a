//! `virtual-forum routes`

use std::fmt::Write;

use serde_json::json;

use super::Report;
use crate::app;

/// Every HTTP route, by path and method, with who may call it.
pub(super) fn run() -> Report {
    let routes = app::routes().list();
    let mut text = String::new();
    for route in &routes {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:6} {:60} {}",
            route.method,
            route.path,
            route.auth.as_str()
        );
    }
    Report::new(text, json!({ "routes": routes }))
}
