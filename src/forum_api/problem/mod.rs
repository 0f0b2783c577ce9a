//! Refusals as RFC 9457 problem details: one form for every error under the
//! API's prefix. The text is for people; what went wrong inside is logged here,
//! once, and never sent.

mod details;

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

pub use details::{ProblemDetails, Refused};

use crate::{app::TooMany, domain::entry::FieldError, storage};

/// One field that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invalid {
    /// The field or the query parameter.
    pub field: String,
    /// A full sentence that says what to do.
    pub message: String,
}

impl Invalid {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl From<FieldError> for Invalid {
    fn from(error: FieldError) -> Self {
        Self::new(error.field, error.message)
    }
}

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("The body cannot be read: {0}.")]
    Unreadable(String),
    #[error("This needs an access token: send it as `Authorization: Bearer …`.")]
    TokenNeeded,
    #[error("The access token is unknown, or was revoked.")]
    InvalidToken,
    #[error("The access token does not cover this; it needs the scope {0}.")]
    OutsideScope(&'static str),
    /// The person behind the token has not accepted the rules of participation.
    #[error(
        "The rules of participation were changed, or not accepted yet: until you sign in on the pages of this node and accept them, your programs read and do not write."
    )]
    RulesOwed,
    /// Visible to the caller, but not theirs to do.
    #[error("{0}")]
    NotAllowed(String),
    /// Not there, or not for this caller: nobody learns which.
    #[error("There is nothing here.")]
    NotFound,
    #[error("This was deleted.")]
    Gone,
    /// What was asked clashes with how things stand now.
    #[error("{0}")]
    Conflict(String),
    #[error("There is something here, but not for this method.")]
    MethodNotAllowed,
    #[error("The body has more than {0} bytes.")]
    TooLarge(usize),
    #[error("Send the body as application/json.")]
    WrongType,
    #[error("Some fields cannot be accepted as they are.")]
    Invalid(Vec<Invalid>),
    #[error("Too many changes in a short time; try again in {} seconds.", whole_seconds(*.0))]
    TooMany(Duration),
    #[error("The node cannot answer just now; try again in a moment.")]
    Unavailable,
    #[error("Something went wrong on our side; it was noted.")]
    Internal,
}

/// Rounded up, so that who waits that long has waited enough.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

impl From<TooMany> for Problem {
    fn from(refused: TooMany) -> Self {
        Self::TooMany(refused.retry_after)
    }
}

impl Problem {
    /// Status, the word that ends `type`, and the title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unreadable(_) => (StatusCode::BAD_REQUEST, "unreadable", "Unreadable request"),
            Self::TokenNeeded => (
                StatusCode::UNAUTHORIZED,
                "token-needed",
                "Access token needed",
            ),
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                "invalid-token",
                "Invalid access token",
            ),
            Self::OutsideScope(_) => (
                StatusCode::FORBIDDEN,
                "outside-scope",
                "Outside the token's scope",
            ),
            Self::RulesOwed => (StatusCode::FORBIDDEN, "rules-owed", "Rules not accepted"),
            Self::NotAllowed(_) => (StatusCode::FORBIDDEN, "not-allowed", "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::Gone => (StatusCode::GONE, "gone", "Deleted"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "Conflict"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
            ),
            Self::TooLarge(_) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "Request too large",
            ),
            Self::WrongType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "wrong-content-type",
                "Wrong content type",
            ),
            Self::Invalid(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "Invalid fields",
            ),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many",
                "Too many requests",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
            ),
        }
    }

    /// A header that belongs to the refusal.
    fn header(&self) -> Option<(header::HeaderName, HeaderValue)> {
        let bearer = |text| Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(text)));
        match self {
            Self::TokenNeeded => bearer("Bearer"),
            Self::InvalidToken => bearer("Bearer error=\"invalid_token\""),
            Self::OutsideScope(_) => bearer("Bearer error=\"insufficient_scope\""),
            Self::TooMany(wait) => Some((header::RETRY_AFTER, whole_seconds(*wait).into())),
            Self::Unavailable => Some((header::RETRY_AFTER, HeaderValue::from_static("5"))),
            Self::Unreadable(_)
            | Self::RulesOwed
            | Self::NotAllowed(_)
            | Self::NotFound
            | Self::Gone
            | Self::Conflict(_)
            | Self::MethodNotAllowed
            | Self::TooLarge(_)
            | Self::WrongType
            | Self::Invalid(_)
            | Self::Internal => None,
        }
    }
}

impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Unavailable(reason) => {
                tracing::warn!(%reason, "storage is not available");
                Self::Unavailable
            }
            storage::Error::Newer { .. }
            | storage::Error::Conflict { .. }
            | storage::Error::Corrupt(_)
            | storage::Error::Panicked
            | storage::Error::Url(_)
            | storage::Error::Migration { .. }
            | storage::Error::Diesel(_) => {
                tracing::error!(%error, "a request failed in storage");
                Self::Internal
            }
        }
    }
}
