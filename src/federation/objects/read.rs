//! Reading properties of a normalised document without believing their type.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use url::Url;

/// An http or https address, as text or as an object with an `id`.
pub fn address(value: &Value) -> Option<Url> {
    let text = match value {
        Value::String(text) => text,
        Value::Object(map) => map.get("id")?.as_str()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// A JSON object read leniently: a property of another type than expected
/// is as good as absent.
#[derive(Clone, Copy)]
pub struct Document<'a>(pub &'a Value);

impl<'a> Document<'a> {
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub fn text(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    pub fn kind(self) -> &'a str {
        self.text("type").unwrap_or_default()
    }

    /// An address, or the id of an embedded object.
    pub fn url(self, key: &str) -> Option<Url> {
        address(self.get(key)?)
    }

    pub fn instant(self, key: &str) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(self.text(key)?)
            .ok()
            .map(|moment| moment.to_utc())
    }

    pub fn date(self, key: &str) -> Option<NaiveDate> {
        self.text(key)?.parse().ok()
    }

    pub fn truth(self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The members of a list, or a single value as a list of one.
    pub fn list(self, key: &str) -> &'a [Value] {
        match self.get(key) {
            Some(Value::Array(list)) => list,
            Some(one) => std::slice::from_ref(one),
            None => &[],
        }
    }

    pub fn texts(self, key: &str) -> Vec<&'a str> {
        self.list(key).iter().filter_map(Value::as_str).collect()
    }

    pub fn inner(self, key: &str) -> Option<Document<'a>> {
        self.get(key)
            .filter(|value| value.is_object())
            .map(Document)
    }

    /// Does `to`, `cc` or `audience` name this address?
    pub fn is_addressed_to(self, name: &str) -> bool {
        ["to", "cc", "audience"]
            .iter()
            .any(|key| self.texts(key).contains(&name))
    }
}
