//! Reading an answer, within its limits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, RETRY_AFTER},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;

use super::{FetchError, MAX_ANSWER_BYTES};

/// A server that asks for more than this asks for ever.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How much of the answer to a POST is read, so that the connection can be
/// used again, and how much of it is shown.
const MAX_POST_ANSWER: usize = 64 * 1024;
const POST_ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
const EXCERPT_CHARS: usize = 300;

pub(super) type Answer = http::Response<Incoming>;

/// Nothing compressed was asked for, so nothing compressed is read: a small
/// answer cannot unfold into a large one.
pub(super) async fn read_body(answer: Answer) -> Result<Bytes, FetchError> {
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !answer.headers().get_all(CONTENT_ENCODING).iter().all(plain) {
        return Err(FetchError::Encoded);
    }
    let announced = single(answer.headers(), &CONTENT_LENGTH).and_then(|text| text.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > MAX_ANSWER_BYTES) {
        return Err(FetchError::TooLarge);
    }
    match Limited::new(answer.into_body(), MAX_ANSWER_BYTES)
        .collect()
        .await
    {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
        Err(error) => Err(FetchError::of_client(error.as_ref())),
    }
}

/// What came of the answer's text within its limits; nothing if it came not.
pub(super) async fn excerpt(answer: Answer) -> String {
    let read = Limited::new(answer.into_body(), MAX_POST_ANSWER).collect();
    let Ok(Ok(body)) = timeout(POST_ANSWER_TIMEOUT, read).await else {
        return String::new();
    };
    String::from_utf8_lossy(&body.to_bytes())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(EXCERPT_CHARS)
        .collect()
}

pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (Some(_) | None, _) => None,
    }
}

/// Seconds or a date (RFC 9110 10.2.3), at most [`MAX_RETRY_AFTER`].
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = single(headers, &RETRY_AFTER)?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date: DateTime<Utc> = httpdate::parse_http_date(text).ok()?.into();
            (date - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}
