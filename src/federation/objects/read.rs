//! Reading properties of a normalised document without believing their type.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value};
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

    /// A property for people: its text, else the first of its translations
    /// (`contentMap`) that says anything.
    pub fn wording(self, key: &str) -> Option<&'a str> {
        let says = |text: &&str| !text.trim().is_empty();
        self.text(key).filter(says).or_else(|| {
            let translations = self.translations(key)?;
            translations.values().filter_map(Value::as_str).find(says)
        })
    }

    /// The translations of a property, by their language.
    pub fn translations(self, key: &str) -> Option<&'a Map<String, Value>> {
        self.get(&format!("{key}Map"))?.as_object()
    }

    pub fn kind(self) -> &'a str {
        self.text("type").unwrap_or_default()
    }

    /// An address, or the id of an embedded object.
    pub fn url(self, key: &str) -> Option<Url> {
        address(self.get(key)?)
    }

    /// RFC 3339; also an offset without colon, and none at all, as UTC.
    pub fn instant(self, key: &str) -> Option<DateTime<Utc>> {
        let text = self.text(key)?;
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .map(|moment| moment.to_utc())
            .or_else(|_| text.parse().map(|moment: NaiveDateTime| moment.and_utc()))
            .ok()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_the_spellings_in_use() {
        let expected = DateTime::parse_from_rfc3339("2026-11-22T11:00:00Z").ok();
        let expected = expected.map(|moment| moment.to_utc());
        for text in [
            "2026-11-22T11:00:00Z",
            "2026-11-22T11:00:00.000Z",
            "2026-11-22T12:00:00+01:00",
            "2026-11-22T12:00:00+0100",
            "2026-11-22T11:00:00",
        ] {
            let document = json!({"published": text});
            assert_eq!(Document(&document).instant("published"), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_says_nothing_gives_way_to_its_translation() {
        let document = json!({"name": " ", "nameMap": {"de": "", "fr": "Formation"}});
        assert_eq!(Document(&document).wording("name"), Some("Formation"));
        let document = json!({"name": "Training", "nameMap": {"fr": "Formation"}});
        assert_eq!(Document(&document).wording("name"), Some("Training"));
    }
}
