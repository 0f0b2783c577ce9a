//! A request as it came in, and the checks that both schemes share.

use chrono::{DateTime, TimeDelta, Utc};
use http::{
    HeaderMap, Method,
    header::{HOST, HeaderName},
};
use url::Url;

use super::{MAX_BODY_BYTES, SignatureError};
use crate::federation::origin::Origin;

/// How old a request may be, and how far ahead its clock (PROTOCOL.md 7.3).
pub const MAX_AGE: TimeDelta = TimeDelta::hours(12);
pub const MAX_AHEAD: TimeDelta = TimeDelta::hours(1);

/// Longest header that is read, in bytes: an RSA-8192 signature takes 1,368.
pub(super) const MAX_HEADER: usize = 8 * 1024;
const MAX_KEY_ID: usize = 2_048;

/// A request as it came in, the path and query as they stood in its first line.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl<'a> Received<'a> {
    pub fn new(
        method: &'a Method,
        uri: &'a http::Uri,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> Self {
        Self {
            method,
            path: uri.path(),
            query: uri.query(),
            headers,
            body,
        }
    }

    /// The only value of a header; several are refused, as two readers might
    /// pick different ones.
    pub(super) fn single(&self, name: &HeaderName) -> Result<Option<&'a str>, SignatureError> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(SignatureError::Malformed("a header stands twice"));
        }
        value
            .to_str()
            .map(Some)
            .map_err(|_| SignatureError::Malformed("a header is not plain text"))
    }

    /// The value that a covered header adds to what was signed.
    pub(super) fn covered(&self, name: &str) -> Result<String, SignatureError> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| SignatureError::Malformed("a signed header has no valid name"))?;
        self.single(&name)?
            .map(|value| value.trim().to_owned())
            .ok_or(SignatureError::Malformed("a signed header is missing"))
    }

    /// What may change something, or has a body, must have its body signed.
    pub(super) fn needs_digest(&self) -> bool {
        !matches!(*self.method, Method::GET | Method::HEAD) || !self.body.is_empty()
    }

    /// What comes before any header is read.
    pub(super) fn check_size_and_method(&self) -> Result<(), SignatureError> {
        if self.body.len() > MAX_BODY_BYTES {
            return Err(SignatureError::TooLarge);
        }
        // Schemes write the method in one case: "post" must not pass for POST.
        if self.method.as_str().bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(SignatureError::Malformed("the method is not in capitals"));
        }
        Ok(())
    }

    pub(super) fn check_host(&self, ours: &Origin) -> Result<(), SignatureError> {
        let host = self
            .single(&HOST)?
            .ok_or(SignatureError::Malformed("there is no host"))?;
        if ours.is_named_by(host) {
            Ok(())
        } else {
            Err(SignatureError::WrongHost)
        }
    }
}

/// SECURITY.md 2.2: at most 12 hours old and 1 hour ahead.
pub(super) fn check_window(date: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), SignatureError> {
    let age = now.signed_duration_since(date);
    if age > MAX_AGE {
        Err(SignatureError::TooOld)
    } else if age < -MAX_AHEAD {
        Err(SignatureError::TooEarly)
    } else {
        Ok(())
    }
}

/// An end that the sender set; its clock may be an hour behind ours.
pub(super) fn check_expiry(
    expires: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    match expires {
        Some(expires) if now > expires + MAX_AHEAD => Err(SignatureError::Expired),
        Some(_) | None => Ok(()),
    }
}

/// The name of a key: an http or https address without user and password.
pub(super) fn key_id(text: &str) -> Result<Url, SignatureError> {
    let malformed = SignatureError::Malformed("the keyId is not an address");
    if text.len() > MAX_KEY_ID || text.contains(' ') {
        return Err(malformed);
    }
    let url = Url::parse(text).map_err(|_| malformed)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if plain { Ok(url) } else { Err(malformed) }
}
