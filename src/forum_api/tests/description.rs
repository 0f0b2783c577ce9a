//! The description of the API: it names every route, and documents fit it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    app::Auth,
    forum_api::{PREFIX, routes},
    storage::testing::on_both,
    tests::test_app::TestApp,
};

#[test]
fn the_description_is_openapi_3_1_and_names_every_route() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let answer = node.get(&format!("{PREFIX}/openapi.json"), None).await;
        let description = answer.json();
        assert_eq!(description["openapi"], "3.1.0");
        for route in routes().list() {
            if route.path.ends_with("/openapi.json") {
                continue;
            }
            let operation = &description["paths"][&route.path][route.method.to_lowercase()];
            assert!(operation["responses"].is_object(), "{route:?}");
            assert!(operation["summary"].is_string(), "{route:?}");
        }
        assert_references_lead_somewhere(&description, &description);
        assert_eq!(
            description["components"]["schemas"]["Entry"]["properties"]["kind"]["enum"],
            json!(["request", "project", "offer", "note"])
        );
    });
}

#[test]
fn a_token_that_does_not_count_is_refused_exactly_where_a_token_may_be_shown() {
    on_both(async |db| {
        let node = TestApp::new(db);
        for route in routes().list() {
            let path: Vec<&str> = route.path.split('/').map(filled).collect();
            let method = route.method.parse().expect("a method");
            let answer = node
                .call(method, &path.join("/"), Some("wrong"), None)
                .await;
            let refused = answer.status == StatusCode::UNAUTHORIZED;
            match route.auth {
                Auth::None => assert!(!refused, "{route:?}"),
                Auth::Optional | Auth::Bearer | Auth::Administrator => {
                    assert!(refused, "{route:?}: {}", answer.status);
                }
                // The link stands for a token.
                Auth::Link => {}
                Auth::Session | Auth::Signature => panic!("not of this API: {route:?}"),
            }
        }
    });
}

/// A part of an address; any number for a parameter.
fn filled(part: &str) -> &str {
    if part.starts_with('{') { "1" } else { part }
}

fn assert_references_lead_somewhere(part: &Value, whole: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.trim_start_matches('#');
                assert!(whole.pointer(pointer).is_some(), "{reference}");
            }
            for member in members.values() {
                assert_references_lead_somewhere(member, whole);
            }
        }
        Value::Array(items) => {
            for item in items {
                assert_references_lead_somewhere(item, whole);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Holds an answer to its schema in the description: types, words, members
/// that must be there, and none that are not described.
pub async fn assert_described(node: &TestApp, name: &str, answer: &Value) {
    let description = node
        .get(&format!("{PREFIX}/openapi.json"), None)
        .await
        .json();
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let faults = misfits(answer, &schema, &description, name);
    assert!(faults.is_empty(), "{faults:#?}\n{answer:#}");
}

/// Where a value does not fit its schema; as much of JSON Schema as we use.
fn misfits(value: &Value, schema: &Value, whole: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = whole.pointer(reference.trim_start_matches('#'));
        return misfits(value, target.expect("the schema is there"), whole, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = |choice: &Value| misfits(value, choice, whole, at).is_empty();
        let count = choices.iter().filter(|choice| fits(choice)).count();
        return if count == 1 {
            Vec::new()
        } else {
            vec![format!("{at}: fits {count} choices")]
        };
    }
    let mut faults = Vec::new();
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits_type = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => true,
    };
    if !fits_type {
        faults.push(format!("{at}: {kind} is not {}", schema["type"]));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(value))
    {
        faults.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        faults.extend(misfits(
            item,
            &schema["items"],
            whole,
            &format!("{at}/{index}"),
        ));
    }
    if let Some(members) = value.as_object() {
        faults.extend(member_misfits(members, schema, whole, at));
    }
    faults
}

fn member_misfits(
    members: &serde_json::Map<String, Value>,
    schema: &Value,
    whole: &Value,
    at: &str,
) -> Vec<String> {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    let parts = schema["allOf"].as_array().into_iter().flatten();
    for part in parts.chain([schema]) {
        let part = match part["$ref"].as_str() {
            Some(reference) => whole
                .pointer(reference.trim_start_matches('#'))
                .expect("a schema"),
            None => part,
        };
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let absent = required
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !members.contains_key(*name))
        .map(|name| format!("{at}: {name} is missing"));
    let mut faults: Vec<String> = absent.collect();
    for (name, member) in members {
        let inside = format!("{at}/{name}");
        match (properties.get(name), &schema["additionalProperties"]) {
            (Some(schema), _) => faults.extend(misfits(member, schema, whole, &inside)),
            (None, Value::Null) => faults.push(format!("{inside}: not described")),
            (None, schema) => faults.extend(misfits(member, schema, whole, &inside)),
        }
    }
    faults
}

#[test]
fn every_route_says_who_may_call_it() {
    let found: Vec<_> = routes()
        .list()
        .into_iter()
        .map(|route| {
            let path = route.path.trim_start_matches(PREFIX).to_owned();
            (route.method, path, route.auth)
        })
        .collect();
    let expected = [
        ("GET", "/accreditations", Auth::Bearer),
        ("POST", "/admin/accreditations", Auth::Administrator),
        (
            "GET",
            "/admin/accreditations/proposals",
            Auth::Administrator,
        ),
        (
            "POST",
            "/admin/accreditations/proposals/{id}/approve",
            Auth::Administrator,
        ),
        (
            "POST",
            "/admin/accreditations/proposals/{id}/decline",
            Auth::Administrator,
        ),
        (
            "POST",
            "/admin/accreditations/{id}/renew",
            Auth::Administrator,
        ),
        (
            "POST",
            "/admin/accreditations/{id}/revoke",
            Auth::Administrator,
        ),
        ("GET", "/admin/audit", Auth::Administrator),
        ("GET", "/admin/audit/check", Auth::Administrator),
        ("GET", "/admin/deliveries", Auth::Administrator),
        ("POST", "/admin/deliveries/drop", Auth::Administrator),
        ("POST", "/admin/deliveries/replay", Auth::Administrator),
        ("GET", "/admin/deliveries/{host}", Auth::Administrator),
        ("GET", "/admin/hosts", Auth::Administrator),
        ("POST", "/admin/hosts", Auth::Administrator),
        ("DELETE", "/admin/hosts/{host}", Auth::Administrator),
        ("GET", "/admin/reports", Auth::Administrator),
        ("POST", "/admin/reports/{id}/resolve", Auth::Administrator),
        ("GET", "/applications", Auth::Administrator),
        ("POST", "/applications", Auth::None),
        ("GET", "/applications/by-link/{token}", Auth::Link),
        ("POST", "/applications/by-link/{token}/answer", Auth::Link),
        ("POST", "/applications/by-link/{token}/withdraw", Auth::Link),
        ("GET", "/applications/{id}", Auth::Administrator),
        ("POST", "/applications/{id}/approve", Auth::Administrator),
        ("POST", "/applications/{id}/ask", Auth::Administrator),
        ("POST", "/applications/{id}/refuse", Auth::Administrator),
        ("GET", "/entries", Auth::Optional),
        ("POST", "/entries", Auth::Bearer),
        ("POST", "/entries/audience", Auth::Bearer),
        ("DELETE", "/entries/{id}", Auth::Bearer),
        ("GET", "/entries/{id}", Auth::Optional),
        ("PATCH", "/entries/{id}", Auth::Bearer),
        ("GET", "/node", Auth::None),
        ("GET", "/openapi.json", Auth::None),
        ("GET", "/organisations", Auth::Optional),
        ("GET", "/organisations/{id}", Auth::Optional),
        ("PATCH", "/organisations/{id}", Auth::Bearer),
        ("DELETE", "/organisations/{id}/handover", Auth::Bearer),
        ("POST", "/organisations/{id}/handover", Auth::Bearer),
    ];
    let expected = expected.map(|(method, path, auth)| (method.to_owned(), path.to_owned(), auth));
    assert_eq!(found, expected);
}
