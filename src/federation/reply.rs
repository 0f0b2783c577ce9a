//! How documents and refusals leave to other servers: content types, what may
//! be kept, and one body for everything that is not there.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::signatures::rfc9421;
use crate::{
    domain::{audience::Viewer, entry::Entry},
    storage,
};

/// What an answer may depend on (SECURITY.md 1.3).
const VARY: &str = "Accept, Signature, Signature-Input, Authorization, Cookie";

/// May be kept, but is to be asked for again each time: a deletion counts at
/// once.
const ASK_AGAIN: &str = "no-cache";
const NOBODY: &str = "private, no-store";

const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";

/// Why another server gets no document.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Says what is wrong with the request.
    #[error("{0}")]
    BadRequest(&'static str),
    /// Not there, or not for everybody: nobody learns which.
    #[error("there is nothing at this address")]
    NotFound,
    /// Was there for everybody; carries its Tombstone.
    #[error("deleted or suspended")]
    Gone(Value),
    #[error(
        "this address serves application/activity+json, application/ld+json with the profile of \
         ActivityStreams, and text/html"
    )]
    NotAcceptable,
    #[error("this address is not for that method")]
    MethodNotAllowed,
    /// Only those who sign may read; says what is wrong with the signature.
    #[error("{0}")]
    Unauthorised(String),
    /// The reader's server did not answer when it was asked for the key.
    #[error("the signing key cannot be fetched now")]
    KeyUnavailable,
    /// The request names another host than ours.
    #[error("this node does not answer for that host")]
    Misdirected,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// An ActivityStreams document that everybody may read.
pub fn document(document: &Value) -> Response {
    reply(
        StatusCode::OK,
        ACTIVITY_JSON,
        ASK_AGAIN,
        document.to_string(),
    )
}

/// A document that is for the one who asked, and is kept by nobody.
pub fn document_for_one(document: &Value) -> Response {
    let text = document.to_string();
    reply(StatusCode::OK, ACTIVITY_JSON, NOBODY, text)
}

/// A document that is for everybody, or for the one who asked.
pub fn document_for(readers: Readers, worded: &Value) -> Response {
    match readers {
        Readers::Everybody => document(worded),
        Readers::WhoAsked => document_for_one(worded),
    }
}

/// Whom an answer is for, and so whether it may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Everybody,
    WhoAsked,
}

impl Readers {
    /// Of an entry.
    pub fn of(entry: &Entry) -> Self {
        match entry.audience.is_public() {
            true => Self::Everybody,
            false => Self::WhoAsked,
        }
    }

    /// Of a list, which holds what this viewer may see.
    pub fn of_list(viewer: &Viewer) -> Self {
        match viewer {
            Viewer::Anonymous => Self::Everybody,
            Viewer::Member(_) | Viewer::Organisation(_) | Viewer::Node(_) => Self::WhoAsked,
        }
    }
}

/// What describes the node itself; `keep` is a Cache-Control value.
pub fn description(content_type: &'static str, keep: &'static str, text: String) -> Response {
    reply(StatusCode::OK, content_type, keep, text)
}

fn reply(
    status: StatusCode,
    content_type: &'static str,
    keep: &'static str,
    text: String,
) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, keep),
        (header::VARY, VARY),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Says with a 401 which signatures are taken (PROTOCOL.md 7.3.7).
pub(super) fn offer_signature(response: &mut Response) {
    response.headers_mut().insert(
        HeaderName::from_static("accept-signature"),
        HeaderValue::from_static(rfc9421::OFFER),
    );
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorised(_) => StatusCode::UNAUTHORIZED,
            Self::KeyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Storage(storage::Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let error = |text: &str| {
            let body = json!({"error": text}).to_string();
            reply(status, "application/json", NOBODY, body)
        };
        match self {
            Self::Unauthorised(reason) => {
                let mut response = error(&reason);
                offer_signature(&mut response);
                response
            }
            refusal @ Self::KeyUnavailable => {
                let mut response = error(&refusal.to_string());
                let wait = HeaderValue::from_static("30");
                response.headers_mut().insert(header::RETRY_AFTER, wait);
                response
            }
            Self::Gone(tombstone) => reply(status, ACTIVITY_JSON, NOBODY, tombstone.to_string()),
            Self::Storage(storage::Error::Unavailable(reason)) => {
                tracing::warn!(%reason, "storage is unavailable");
                let mut response = error("the node cannot reach its database now");
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
                response
            }
            // Ours to mend; the text is for the log, never for the caller.
            Self::Storage(fault) => {
                tracing::error!(%fault, "a document could not be read");
                error("something went wrong on our side")
            }
            refusal @ (Self::BadRequest(_)
            | Self::NotFound
            | Self::NotAcceptable
            | Self::MethodNotAllowed
            | Self::Misdirected) => error(&refusal.to_string()),
        }
    }
}
