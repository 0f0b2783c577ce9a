//! One text for each JSON value (RFC 8785), whatever its spelling was.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use super::ProofError;

/// Largest integer that every JSON reader reads exactly.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// SHA-256 of the canonical text.
pub(super) fn hash(object: &BTreeMap<&str, &Value>) -> Result<Vec<u8>, ProofError> {
    if !object.values().all(|value| is_exact(value)) {
        return Err(ProofError::Number);
    }
    let text = serde_json_canonicalizer::to_vec(object)
        .expect("a JSON value has text keys and finite numbers");
    Ok(digest(&SHA256, &text).as_ref().to_vec())
}

/// Canonical text has numbers as doubles: two larger integers may share one.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.unsigned_abs() <= MAX_INTEGER,
            (None, Some(_)) => false,
            (None, None) => true,
        },
        Value::Array(list) => list.iter().all(is_exact),
        Value::Object(map) => map.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}
