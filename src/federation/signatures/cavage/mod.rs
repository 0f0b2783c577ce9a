//! Draft-cavage-http-signatures-12 as the fediverse speaks it (PROTOCOL.md 7),
//! read strictly: what is ambiguous, unsigned or undated is refused.

mod parameters;
mod sign;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use http::{
    Method,
    header::{DATE, HeaderName},
};

use self::parameters::Parameters;
use super::{
    Algorithm, Announced, Received, SignatureError, Unverified,
    digest::{self, Claimed},
    request::{check_expiry, check_window},
};
use crate::federation::origin::Origin;

pub use sign::{Query, sign};

const REQUEST_TARGET: &str = "(request-target)";
const CREATED: &str = "(created)";
const EXPIRES: &str = "(expires)";

static SIGNATURE: HeaderName = HeaderName::from_static("signature");
static DIGEST: HeaderName = HeaderName::from_static("digest");

/// The draft's part of [`announced`](super::announced).
pub(super) fn parse(
    request: &Received<'_>,
    ours: &Origin,
    now: DateTime<Utc>,
) -> Result<Announced, SignatureError> {
    let header = request
        .single(&SIGNATURE)?
        .ok_or(SignatureError::Unsigned)?;
    let parameters = Parameters::parse(header)?;
    check_coverage(request, &parameters)?;
    request.check_host(ours)?;
    let signed_at = check_dates(request, &parameters, now)?;
    // A digest is checked wherever one stands, signed or not.
    let digests = match request.single(&DIGEST)? {
        Some(header) => digest::claimed(header)?,
        None => Claimed::default(),
    };
    let unverified = Unverified {
        messages: messages(request, &parameters)?,
        key_id: parameters.key_id,
        algorithm: parameters.algorithm,
        signature: parameters.signature,
        signed_at,
    };
    Ok(Announced {
        unverified,
        digests,
    })
}

/// SECURITY.md 2.2: target, host, a date, and the digest of what may change
/// something are signed.
fn check_coverage(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
) -> Result<(), SignatureError> {
    let required = [REQUEST_TARGET, "host"]
        .into_iter()
        .chain(request.needs_digest().then_some("digest"));
    for name in required {
        if !parameters.covers(name) {
            return Err(SignatureError::NotCovered(name));
        }
    }
    if !parameters.covers("date") && !parameters.covers(CREATED) {
        return Err(SignatureError::NotCovered("date"));
    }
    let timed = parameters.covers(CREATED) || parameters.covers(EXPIRES);
    if timed && parameters.algorithm == Algorithm::RsaSha256 {
        // The draft (2.3) forbids both names with algorithms named after a key.
        return Err(SignatureError::Malformed(
            "(created) and (expires) need the algorithm hs2019",
        ));
    }
    Ok(())
}

/// Answers when the request was signed; only a time that the signature covers
/// tells that.
fn check_dates(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, SignatureError> {
    let mut signed_at: Option<DateTime<Utc>> = None;
    if parameters.covers("date") {
        let date = request
            .single(&DATE)?
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .ok_or(SignatureError::Malformed("the date cannot be read"))?;
        check_window(date.into(), now)?;
        signed_at = Some(date.into());
    }
    if let Some(created) = parameters.created {
        check_window(created, now)?;
        if parameters.covers(CREATED) {
            signed_at = signed_at.or(Some(created));
        }
    }
    check_expiry(parameters.expires, now)?;
    signed_at.ok_or(SignatureError::Malformed("a signed time is missing"))
}

/// What may have been signed: with the query, and (older senders) without.
fn messages(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
) -> Result<Vec<String>, SignatureError> {
    let mut messages = Vec::with_capacity(2);
    if let Some(query) = request.query {
        let target = format!("{}?{query}", request.path);
        messages.push(message(request, parameters, &target)?);
    }
    messages.push(message(request, parameters, request.path)?);
    Ok(messages)
}

fn message(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
    target: &str,
) -> Result<String, SignatureError> {
    let mut lines = Vec::with_capacity(parameters.headers.len());
    for name in &parameters.headers {
        let value = match *name {
            REQUEST_TARGET => request_target(request.method, target),
            CREATED => seconds(parameters.created)?,
            EXPIRES => seconds(parameters.expires)?,
            name => request.covered(name)?,
        };
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}

fn request_target(method: &Method, target: &str) -> String {
    format!("{} {target}", method.as_str().to_ascii_lowercase())
}

fn seconds(instant: Option<DateTime<Utc>>) -> Result<String, SignatureError> {
    instant
        .map(|instant| instant.timestamp().to_string())
        .ok_or(SignatureError::Malformed("a signed time is missing"))
}
