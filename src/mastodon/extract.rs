//! Parameters of a request, wherever and however the client wrote them.
//!
//! Clients send the same parameter in the query, as JSON, as a form or as
//! multipart, some with an empty body declared as JSON, some with no content
//! type at all. [`Params`] reads all of them into one list of names and
//! values, spelt as in a form: JSON `{"id": [1, 2]}` becomes `id[]=1&id[]=2`.
//! Names that nobody asks for, repeated names and nulls are no fault.

use std::str::FromStr;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header},
};
use mime::Mime;
use serde_json::Value;
use url::form_urlencoded;

use super::error::ApiError;

/// Largest body read, in bytes. No request of this API comes near it.
const MAX_BODY_BYTES: usize = 1 << 20;
/// Most names read; what comes after them is not looked at.
const MAX_PARAMS: usize = 1_000;
/// Deepest nesting of JSON that is read.
const MAX_DEPTH: usize = 8;

/// The parameters of a request; those of the body come after those of the
/// query, and of two with one name the last counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The value of a parameter; an empty one counts as not given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A boolean. As Rails reads it: a few words mean false, anything else
    /// that is given means true.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| {
            !matches!(
                text.to_ascii_lowercase().as_str(),
                "false" | "f" | "0" | "off" | "no" | "none" | "null"
            )
        })
    }

    /// A number, or anything else that is written in one word. What cannot be
    /// read counts as not given.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Every value of a list: `name[]=…`, `name[0]=…` or `name=…`, repeated.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, value)| !value.is_empty() && is_item_of(key, name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// A list of ids. What is no id is left out: it names nothing here.
    pub fn ids<T: FromStr>(&self, name: &str) -> Vec<T> {
        self.list(name)
            .into_iter()
            .filter_map(|text| text.parse().ok())
            .collect()
    }

    fn read_form(&mut self, text: &[u8]) {
        let room = MAX_PARAMS.saturating_sub(self.0.len());
        self.0.extend(
            form_urlencoded::parse(text)
                .take(room)
                .map(|(key, value)| (key.into_owned(), value.into_owned())),
        );
    }

    fn read_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| ApiError::Unreadable(error.to_string()))?;
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.flatten(name, value, MAX_DEPTH);
                }
                Ok(())
            }
            Value::Null => Ok(()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(ApiError::Unreadable("the JSON is not an object".to_owned()))
            }
        }
    }

    fn flatten(&mut self, name: String, value: Value, depth: usize) {
        if depth == 0 || self.0.len() >= MAX_PARAMS {
            return;
        }
        match value {
            Value::Null => {}
            Value::Bool(yes) => self.0.push((name, yes.to_string())),
            Value::Number(number) => self.0.push((name, number.to_string())),
            Value::String(text) => self.0.push((name, text)),
            Value::Array(items) => {
                for item in items {
                    self.flatten(format!("{name}[]"), item, depth - 1);
                }
            }
            Value::Object(members) => {
                for (key, item) in members {
                    self.flatten(format!("{name}[{key}]"), item, depth - 1);
                }
            }
        }
    }

    async fn read_multipart(&mut self, mut parts: Multipart) -> Result<(), ApiError> {
        let unreadable = |error: &dyn std::fmt::Display| ApiError::Unreadable(error.to_string());
        while let Some(part) = parts.next_field().await.map_err(|e| unreadable(&e))? {
            let is_text = part.file_name().is_none();
            let name = part.name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|e| unreadable(&e))?;
            if let (true, Some(name)) = (is_text && self.0.len() < MAX_PARAMS, name) {
                self.0
                    .push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(())
    }
}

/// Is `key` an item of the list `name`: `name`, `name[]` or `name[7]`?
fn is_item_of(key: &str, name: &str) -> bool {
    let Some(rest) = key.strip_prefix(name) else {
        return false;
    };
    let index = rest.strip_prefix('[').and_then(|r| r.strip_suffix(']'));
    rest.is_empty() || index.is_some_and(|index| index.bytes().all(|b| b.is_ascii_digit()))
}

fn content_type(headers: &HeaderMap) -> Option<Mime> {
    headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn is_json(mime: &Mime) -> bool {
    mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON)
}

async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| ApiError::TooLarge)
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let mut params = Self::default();
        params.read_form(request.uri().query().unwrap_or_default().as_bytes());
        let kind = content_type(request.headers());
        let (parts, body) = request.into_parts();
        let bytes = read_body(body).await?;
        // A follow arrives with an empty body that is declared as JSON.
        if bytes.is_empty() {
            return Ok(params);
        }
        match kind {
            Some(kind) if is_json(&kind) => params.read_json(&bytes)?,
            Some(kind) if kind.essence_str() == mime::MULTIPART_FORM_DATA.essence_str() => {
                let whole = Request::from_parts(parts, Body::from(bytes));
                let multipart = Multipart::from_request(whole, state)
                    .await
                    .map_err(|error| ApiError::Unreadable(error.body_text()))?;
                params.read_multipart(multipart).await?;
            }
            // Forms often come with no content type, or as plain text.
            Some(_) | None => params.read_form(&bytes),
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(
        uri: &str,
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Result<Params, ApiError> {
        let mut request = Request::post(uri);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(body.into()).expect("a request");
        Params::from_request(request, &()).await
    }

    async fn query(query: &str) -> Params {
        read(&format!("/?{query}"), None, "").await.expect("reads")
    }

    const MULTIPART: &str = "--x\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\nHi\r\n\
        --x\r\nContent-Disposition: form-data; name=\"media_ids[]\"\r\n\r\n1\r\n\
        --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n";

    #[tokio::test]
    async fn json_forms_and_multipart_say_the_same() {
        let json = r#"{"status": "Hi", "media_ids": [1]}"#;
        let form = "status=Hi&media_ids[]=1";
        for (content_type, body) in [
            (Some("application/json"), json),
            (Some("application/json; charset=utf-8"), json),
            (Some("application/x-www-form-urlencoded"), form),
            (Some("text/plain"), form),
            (None, form),
            (Some("multipart/form-data; boundary=x"), MULTIPART),
        ] {
            let params = read("/", content_type, body).await.expect("reads");
            assert_eq!(params.text("status"), Some("Hi"), "{content_type:?}");
            assert_eq!(params.list("media_ids"), ["1"], "{content_type:?}");
            assert_eq!(params.text("file"), None);
        }
    }

    #[tokio::test]
    async fn an_empty_body_is_no_fault_whatever_it_is_declared_as() {
        for content_type in [
            None,
            Some("application/json"),
            Some("multipart/form-data; boundary=x"),
            Some("multipart/form-data"),
        ] {
            let params = read("/?a=1", content_type, "").await.expect("reads");
            assert_eq!(params.text("a"), Some("1"), "{content_type:?}");
        }
    }

    #[tokio::test]
    async fn nulls_unknown_names_and_repeated_names_are_no_fault() {
        let body = r#"{"status": "Hi", "language": null, "poll": {"options": ["a", null]}}"#;
        let params = read("/", Some("application/json"), body)
            .await
            .expect("reads");
        assert_eq!(params.text("language"), None);
        assert_eq!(params.list("poll[options]"), ["a"]);
        let params = query("oauth_info=issuer&oauth_info=other&q=x").await;
        assert_eq!(params.text("oauth_info"), Some("other"));
        assert_eq!(params.text("q"), Some("x"));
    }

    #[tokio::test]
    async fn the_body_counts_before_the_query() {
        let params = read("/?a=1", None, "a=2").await.expect("reads");
        assert_eq!(params.text("a"), Some("2"));
    }

    #[tokio::test]
    async fn booleans_are_read_as_clients_write_them() {
        for text in ["true", "True", "1", "on", "t", "yes"] {
            assert!(query(&format!("a={text}")).await.flag("a"), "{text}");
        }
        for text in ["false", "False", "0", "off", "f", "", "None"] {
            assert!(!query(&format!("a={text}")).await.flag("a"), "{text:?}");
        }
        assert!(!query("b=1").await.flag("a"));
        let json = read("/", Some("application/json"), r#"{"a": true, "b": 0}"#)
            .await
            .expect("reads");
        assert!(json.flag("a") && !json.flag("b"));
    }

    #[tokio::test]
    async fn lists_are_read_with_and_without_brackets() {
        for text in ["id[]=1&id[]=2", "id=1&id=2", "id%5B%5D=1&id[1]=2"] {
            assert_eq!(query(text).await.list("id"), ["1", "2"], "{text}");
        }
        let json = read("/", Some("application/json"), r#"{"id": ["1", 2]}"#)
            .await
            .expect("reads");
        assert_eq!(json.ids::<i64>("id"), [1, 2]);
        assert!(query("id[x]=1&idx=2").await.list("id").is_empty());
    }

    #[tokio::test]
    async fn what_is_no_id_is_left_out_of_a_list_of_ids() {
        assert_eq!(query("id[]=1&id[]=x").await.ids::<i64>("id"), [1]);
    }

    #[tokio::test]
    async fn broken_json_and_json_that_is_no_object_are_refused() {
        for body in ["{", "[1]", "\"a\""] {
            let refused = read("/", Some("application/json"), body).await;
            assert!(matches!(refused, Err(ApiError::Unreadable(_))), "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        let refused = read("/", None, "x".repeat(MAX_BODY_BYTES + 1)).await;
        assert!(matches!(refused, Err(ApiError::TooLarge)));
    }

    #[tokio::test]
    async fn no_more_names_are_kept_than_the_limit() {
        let many = "a[]=1&".repeat(MAX_PARAMS * 2);
        let params = read("/", None, many).await.expect("reads");
        assert_eq!(params.list("a").len(), MAX_PARAMS);
    }
}
