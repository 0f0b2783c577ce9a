//! The body of a request: one JSON object within the node's size limit.

use std::error::Error;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::LengthLimitError;
use mime::Mime;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::app::App;

/// A JSON object.
pub struct JsonObject(pub Map<String, Value>);

/// A JSON object, or no body at all, which counts as an empty object.
pub struct MaybeJsonObject(pub Map<String, Value>);

impl FromRequest<App> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::WrongType);
        }
        let body = read(request, app.config.limits.request_bytes).await?;
        object(&body).map(Self)
    }
}

impl FromRequest<App> for MaybeJsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = read(request, app.config.limits.request_bytes).await?;
        match (body.is_empty(), is_json) {
            (true, _) => Ok(Self(Map::new())),
            (false, true) => object(&body).map(Self),
            (false, false) => Err(Problem::WrongType),
        }
    }
}

async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    to_bytes(request.into_body(), limit).await.map_err(|error| {
        if is_too_large(&error) {
            Problem::TooLarge(limit)
        } else {
            Problem::Unreadable("the connection ended before it was whole".to_owned())
        }
    })
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::Unreadable("it is not a JSON object".to_owned())),
        Err(error) => Err(Problem::Unreadable(format!("it is not JSON ({error})"))),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mime: Option<Mime> = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    mime.is_some_and(|mime| {
        mime.type_() == mime::APPLICATION
            && (mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON))
    })
}

/// The node bounds every body, so that the reason may lie deeper.
fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_content_type() {
        let accepts = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().expect("a header value"));
            is_json(&headers)
        };
        assert!(accepts("application/json; charset=utf-8"));
        assert!(accepts("application/merge-patch+json"));
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "json",
            "",
        ] {
            assert!(!accepts(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
