//! Reading JSON from other servers: strictly as to its form, so that two
//! readers never see two meanings, and tolerantly as to its spelling.

mod normalise;
mod strict;
mod terms;

pub use normalise::normalise;
pub use strict::{JsonError, MAX_BYTES, MAX_DEPTH, parse_strict};
pub use terms::{ACTIVITY_STREAMS, PUBLIC, VFORUM};

use serde_json::Value;

/// Most recipients of one activity with its embedded objects (SECURITY.md 2.5).
pub const MAX_RECIPIENTS: usize = 1_000;

/// The properties that say to whom a document goes.
pub const ADDRESSING: [&str; 5] = ["to", "cc", "bto", "bcc", "audience"];

/// Refuses a normalised document that names more than [`MAX_RECIPIENTS`].
pub fn check_recipients(document: &Value) -> Result<(), JsonError> {
    if recipients(document) > MAX_RECIPIENTS {
        Err(JsonError::TooManyRecipients)
    } else {
        Ok(())
    }
}

fn recipients(value: &Value) -> usize {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, inner)| match inner {
                Value::Array(list) if ADDRESSING.contains(&key.as_str()) => list.len(),
                _ => recipients(inner),
            })
            .sum(),
        Value::Array(list) => list.iter().map(recipients).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recipients_are_counted_over_the_activity_and_what_it_embeds() {
        let list = |n: usize| -> Vec<String> { (0..n).map(|i| format!("https://a/{i}")).collect() };
        let document = |n: usize| {
            normalise(
                json!({"type": "Create", "to": list(500), "cc": "https://a/x",
                "object": {"type": "Note", "cc": list(n)}}),
            )
        };
        assert_eq!(check_recipients(&document(499)), Ok(()));
        assert_eq!(
            check_recipients(&document(500)),
            Err(JsonError::TooManyRecipients)
        );
    }
}
