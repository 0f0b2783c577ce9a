//! The form of a document: what is not plain, unambiguous JSON is refused
//! before anything looks at its meaning (SECURITY.md 2.5).

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Largest document, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Deepest nesting of objects and arrays.
pub const MAX_DEPTH: usize = 64;

/// Why a document was refused. The texts are safe to send back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("the document is larger than 1 MiB")]
    TooLarge,
    #[error("the document is nested deeper than 64 levels")]
    TooDeep,
    #[error("the document has the same key twice in one object")]
    DuplicateKey,
    #[error("the document names more than 1,000 recipients")]
    TooManyRecipients,
    /// Also lone surrogates, bytes that are not UTF-8, and numbers out of range.
    #[error("the document is not valid JSON")]
    Malformed,
}

/// Reads one JSON value and refuses what different readers might read
/// differently: duplicate keys and lone surrogates.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_BYTES {
        return Err(JsonError::TooLarge);
    }
    let reason = Cell::new(JsonError::Malformed);
    let strict = Strict {
        depth: 0,
        reason: &reason,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| reason.get())
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// Says why, as the error of the deserializer carries text only.
    reason: &'a Cell<JsonError>,
}

impl Strict<'_> {
    fn refuse<E: Error>(self, reason: JsonError) -> E {
        self.reason.set(reason);
        E::custom(reason)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(JsonError::TooDeep));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.refuse(JsonError::Malformed))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if map.insert(key, value).is_some() {
                return Err(self.refuse(JsonError::DuplicateKey));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_json_reads_as_serde_reads_it() {
        let text = r#"{"a":[1,-2,1.5,true,null,"\u00e9\ud83d\ude00"],"b":{"a":{}}}"#;
        assert_eq!(
            parse_strict(text.as_bytes()),
            Ok(serde_json::from_str(text).expect("valid"))
        );
    }

    #[test]
    fn a_key_twice_in_one_object_is_refused_however_it_is_escaped() {
        for text in [
            r#"{"id":1,"id":1}"#,
            r#"{"id":1,"\u0069d":2}"#,
            r#"[{"x":{"a":1,"b":2,"a":3}}]"#,
        ] {
            assert_eq!(
                parse_strict(text.as_bytes()),
                Err(JsonError::DuplicateKey),
                "{text}"
            );
        }
    }

    #[test]
    fn lone_surrogates_bad_text_and_bad_numbers_are_refused() {
        let cases: [&[u8]; 12] = [
            br#""\ud800""#,
            br#""\udc00""#,
            br#""\ud800\ud800""#,
            br#"{"\ud800":1}"#,
            b"\"\xff\"",
            b"\xef\xbb\xbf{}",
            b"1e999",
            b"NaN",
            b"{} {}",
            b"{\"a\":1,}",
            b"'a'",
            b"",
        ];
        for bytes in cases {
            assert_eq!(
                parse_strict(bytes),
                Err(JsonError::Malformed),
                "{}",
                bytes.escape_ascii()
            );
        }
    }

    #[test]
    fn depth_64_is_read_and_depth_65_refused() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let nested = |depth: usize| {
                let core = if open == "[" { "" } else { "1" };
                format!("{}{core}{}", open.repeat(depth), close.repeat(depth))
            };
            assert!(parse_strict(nested(64).as_bytes()).is_ok());
            assert_eq!(
                parse_strict(nested(65).as_bytes()),
                Err(JsonError::TooDeep),
                "{open}"
            );
            assert_eq!(
                parse_strict(nested(100_000).as_bytes()),
                Err(JsonError::TooDeep)
            );
        }
    }

    #[test]
    fn one_mebibyte_is_read_and_one_byte_more_refused() {
        let text = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
        assert!(parse_strict(text(MAX_BYTES).as_bytes()).is_ok());
        assert_eq!(
            parse_strict(text(MAX_BYTES + 1).as_bytes()),
            Err(JsonError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse_strict(&bytes);
        }

        #[test]
        fn what_is_read_is_what_serde_reads(text in r#"[\[\]{}",:0-9a-e\\u.\-]{0,40}"#) {
            if let Ok(value) = parse_strict(text.as_bytes()) {
                prop_assert_eq!(Some(value), serde_json::from_str(&text).ok());
            }
        }
    }
}
