//! Draft-cavage-http-signatures-12 as the fediverse speaks it (PROTOCOL.md 7),
//! read strictly: what is ambiguous, unsigned or undated is refused.

mod parameters;
mod sign;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use http::{
    Method,
    header::{DATE, HOST, HeaderName},
};

use self::parameters::Parameters;
use super::{Algorithm, MAX_BODY_BYTES, Received, SignatureError, Unverified, digest};
use crate::federation::origin::Origin;

pub use sign::{Query, SignError, sign};

/// How old a request may be, and how far ahead its clock (PROTOCOL.md 7.3).
pub const MAX_AGE: TimeDelta = TimeDelta::hours(12);
pub const MAX_AHEAD: TimeDelta = TimeDelta::hours(1);

const REQUEST_TARGET: &str = "(request-target)";
const CREATED: &str = "(created)";
const EXPIRES: &str = "(expires)";

static SIGNATURE: HeaderName = HeaderName::from_static("signature");
static DIGEST: HeaderName = HeaderName::from_static("digest");

/// Checks all of a request that can be checked without a key: size, header
/// syntax, what the signature covers, host, date window, digest.
pub fn parse(
    request: &Received<'_>,
    ours: &Origin,
    now: DateTime<Utc>,
) -> Result<Unverified, SignatureError> {
    if request.body.len() > MAX_BODY_BYTES {
        return Err(SignatureError::TooLarge);
    }
    // The signed target has the method in lower case: "post" must not pass for POST.
    if request
        .method
        .as_str()
        .bytes()
        .any(|b| b.is_ascii_lowercase())
    {
        return Err(SignatureError::Malformed("the method is not in capitals"));
    }
    let header = request
        .single(&SIGNATURE)?
        .ok_or(SignatureError::Unsigned)?;
    let parameters = Parameters::parse(header)?;
    check_coverage(request, &parameters)?;
    check_host(request, ours)?;
    check_dates(request, &parameters, now)?;
    check_digest(request)?;
    Ok(Unverified {
        messages: messages(request, &parameters)?,
        key_id: parameters.key_id,
        algorithm: parameters.algorithm,
        signature: parameters.signature,
    })
}

/// SECURITY.md 2.2: target, host, a date, and the digest of what may change
/// something are signed.
fn check_coverage(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
) -> Result<(), SignatureError> {
    let reads = matches!(*request.method, Method::GET | Method::HEAD);
    let required = [REQUEST_TARGET, "host"]
        .into_iter()
        .chain((!reads || !request.body.is_empty()).then_some("digest"));
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

fn check_host(request: &Received<'_>, ours: &Origin) -> Result<(), SignatureError> {
    let host = request
        .single(&HOST)?
        .ok_or(SignatureError::Malformed("there is no host"))?;
    if ours.is_named_by(host) {
        Ok(())
    } else {
        Err(SignatureError::WrongHost)
    }
}

fn check_dates(
    request: &Received<'_>,
    parameters: &Parameters<'_>,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    if parameters.covers("date") {
        let date = request
            .single(&DATE)?
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .ok_or(SignatureError::Malformed("the date cannot be read"))?;
        check_window(date.into(), now)?;
    }
    if let Some(created) = parameters.created {
        check_window(created, now)?;
    }
    if let Some(expires) = parameters.expires
        && now > expires + MAX_AHEAD
    {
        return Err(SignatureError::Expired);
    }
    Ok(())
}

fn check_window(date: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), SignatureError> {
    let age = now.signed_duration_since(date);
    if age > MAX_AGE {
        Err(SignatureError::TooOld)
    } else if age < -MAX_AHEAD {
        Err(SignatureError::TooEarly)
    } else {
        Ok(())
    }
}

/// A digest is checked wherever one stands, signed or not.
fn check_digest(request: &Received<'_>) -> Result<(), SignatureError> {
    match request.single(&DIGEST)? {
        Some(header) => digest::check(header, request.body),
        None => Ok(()),
    }
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
            name => header_value(request, name)?,
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

fn header_value(request: &Received<'_>, name: &str) -> Result<String, SignatureError> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SignatureError::Malformed("a signed header has no valid name"))?;
    request
        .single(&name)?
        .map(|value| value.trim().to_owned())
        .ok_or(SignatureError::Malformed("a signed header is missing"))
}
