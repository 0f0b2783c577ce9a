//! Refusals, in the one form that Mastodon clients read: JSON with `error` in
//! words. One client library fails on any other content type.

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::{app::TooMany, operations::follows::FollowError, storage};

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No token where one is needed, or one that is wrong, ended or revoked.
    #[error("The access token is invalid")]
    InvalidToken,
    /// The token was not given for this.
    #[error("This action is outside the authorized scopes")]
    OutsideScope,
    /// The person may not do this for their organisation.
    #[error("This action is not allowed")]
    NotAllowed,
    /// The person has not accepted the rules of participation.
    #[error("The rules of participation must be accepted on the pages of this node first")]
    RulesOwed,
    /// Not there, or not for this viewer: nobody learns which.
    #[error("Record not found")]
    NotFound,
    /// The address exists, for other methods.
    #[error("Method not allowed")]
    MethodNotAllowed,
    /// The body cannot be read as what its content type says.
    #[error("The request could not be read: {0}")]
    Unreadable(String),
    #[error("The request is too large")]
    TooLarge,
    /// Readable, and against a rule.
    #[error("Validation failed: {0}")]
    Invalid(String),
    /// Asked too often, until this moment.
    #[error("Too many requests")]
    TooMany { until: DateTime<Utc> },
    #[error("Something went wrong on our side")]
    Internal,
    /// Storage is busy or away; try again.
    #[error("The node cannot answer just now; please try again")]
    Unavailable,
}

impl From<storage::Error> for ApiError {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Unavailable(_) => {
                tracing::warn!(%error, "storage is unavailable");
                Self::Unavailable
            }
            storage::Error::Newer { .. }
            | storage::Error::Conflict { .. }
            | storage::Error::Corrupt(_)
            | storage::Error::Panicked
            | storage::Error::Url(_)
            | storage::Error::Migration { .. }
            | storage::Error::Diesel(_) => {
                tracing::error!(%error, "storage refused");
                Self::Internal
            }
        }
    }
}

impl From<FollowError> for ApiError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::NotAllowed => Self::NotAllowed,
            FollowError::NotFound => Self::NotFound,
            FollowError::Blocked => Self::NotAllowed,
            FollowError::Myself => Self::Invalid(error.to_string()),
            FollowError::Storage(error) => error.into(),
        }
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'static str>,
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::OutsideScope | Self::NotAllowed | Self::RulesOwed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn description(&self) -> Option<&'static str> {
        match self {
            Self::NotAllowed => {
                Some("Your role in your organisation does not include this; ask its focal point.")
            }
            Self::InvalidToken
            | Self::OutsideScope
            | Self::RulesOwed
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Unreadable(_)
            | Self::TooLarge
            | Self::Invalid(_)
            | Self::TooMany { .. }
            | Self::Internal
            | Self::Unavailable => None,
        }
    }
}

impl ApiError {
    pub fn too_many(refused: TooMany, now: DateTime<Utc>) -> Self {
        Self::TooMany {
            until: now + refused.retry_after,
        }
    }

    fn headers(&self) -> HeaderMap {
        let (name, value) = match self {
            Self::InvalidToken => (
                header::WWW_AUTHENTICATE,
                "Bearer realm=\"virtual-forum\"".to_owned(),
            ),
            // Without it one client library waits ever longer.
            Self::TooMany { until } => (
                HeaderName::from_static("x-ratelimit-reset"),
                until.to_rfc3339_opts(SecondsFormat::Millis, true),
            ),
            Self::Unavailable => (header::RETRY_AFTER, "5".to_owned()),
            Self::OutsideScope
            | Self::NotAllowed
            | Self::RulesOwed
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Unreadable(_)
            | Self::TooLarge
            | Self::Invalid(_)
            | Self::Internal => return HeaderMap::new(),
        };
        HeaderValue::from_str(&value)
            .map(|value| HeaderMap::from_iter([(name, value)]))
            .unwrap_or_default()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = ErrorBody {
            error: self.to_string(),
            error_description: self.description(),
        };
        (status, self.headers(), Json(body)).into_response()
    }
}

/// Answers for addresses under `/api/v1` and `/api/v2` that do not exist.
pub async fn not_found() -> ApiError {
    ApiError::NotFound
}

/// Answers for addresses that exist, but not for this method.
pub async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    async fn answer(error: ApiError) -> (StatusCode, String, Value) {
        let response = error.into_response();
        let status = response.status();
        let content_type = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .expect("ASCII")
            .to_owned();
        let bytes = response.into_body().collect().await.expect("a body");
        let body = serde_json::from_slice(&bytes.to_bytes()).expect("JSON");
        (status, content_type, body)
    }

    #[tokio::test]
    async fn errors_are_json_with_the_words_that_clients_know() {
        let json = "application/json".to_owned();
        for (error, status, text) in [
            (ApiError::InvalidToken, 401, "The access token is invalid"),
            (
                ApiError::OutsideScope,
                403,
                "This action is outside the authorized scopes",
            ),
            (ApiError::NotFound, 404, "Record not found"),
            (ApiError::MethodNotAllowed, 405, "Method not allowed"),
            (ApiError::Invalid("x".into()), 422, "Validation failed: x"),
            (ApiError::TooLarge, 413, "The request is too large"),
        ] {
            let expected = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                answer(error).await,
                (expected, json.clone(), json!({"error": text}))
            );
        }
    }

    #[tokio::test]
    async fn a_description_is_given_where_there_is_advice() {
        let (_, _, body) = answer(ApiError::NotAllowed).await;
        assert!(
            body["error_description"]
                .as_str()
                .is_some_and(|text| text.contains("focal point"))
        );
    }
}
