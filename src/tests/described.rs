//! Holds every answer of the Forum API that any test gets to the description of
//! its route: a status that is not named there fails the test.

use std::sync::OnceLock;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::forum_api::{PREFIX, description};

/// # Panics
/// When the description of the route does not name the status.
pub fn assert_names(method: &Method, path: &str, status: StatusCode) {
    static DESCRIPTION: OnceLock<Value> = OnceLock::new();
    if !path.starts_with(PREFIX) {
        return;
    }
    let description = DESCRIPTION
        .get_or_init(|| serde_json::to_value(description()).expect("the description is JSON"));
    let routes = description["paths"].as_object().expect("routes");
    let method = method.as_str().to_lowercase();
    // Words before parameters, as the router has it.
    let mut found: Vec<_> = routes
        .iter()
        .filter(|(template, operations)| fits(template, path) && operations[&method].is_object())
        .collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    if let Some((template, operations)) = found.first() {
        let responses = &operations[&method]["responses"];
        assert!(
            responses[status.as_str()].is_object(),
            "{method} {template} answered {status}, which its description does not name"
        );
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given) = (template.split('/'), path.split('/'));
    wanted.clone().count() == given.clone().count()
        && wanted
            .zip(given)
            .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}
