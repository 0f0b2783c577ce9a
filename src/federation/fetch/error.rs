//! What can go wrong on the way out. The texts are safe to show: they name no
//! address of our network and nothing that the other server sent.

use std::{error::Error, io, time::Duration};

use tower::timeout::error::Elapsed;

use super::connector::ConnectError;
use crate::federation::{json::JsonError, signatures::SignError};

/// Why nothing was fetched or sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("this is not an address that can be fetched")]
    BadAddress,
    #[error("the address is not https")]
    NotHttps,
    #[error("the address leads into a network that is not public")]
    Forbidden,
    #[error("the host name cannot be resolved")]
    Unresolved,
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("the server has no valid certificate")]
    Untrusted,
    #[error("the server did not answer in time")]
    Timeout,
    /// A matter of ours, not of the other server.
    #[error("too many connections are open: try again later")]
    Busy,
    #[error("the server's answer breaks the HTTP protocol or its limits")]
    Protocol,
    #[error("the server's answer is larger than 1 MiB")]
    TooLarge,
    #[error("the server's answer is compressed although that was not asked for")]
    Encoded,
    #[error("the server redirects too often")]
    TooManyRedirects,
    #[error("the server redirects to something that is not an address")]
    BadRedirect,
    #[error("the server redirects from https to http")]
    Downgrade,
    #[error("the server redirects to another server, which must not speak for it")]
    CrossOriginRedirect,
    #[error("the server answered with status {status}")]
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// 410: it was there and will not come back.
    #[error("what stood at this address is gone")]
    Gone,
    #[error("the server's answer is not of the expected type")]
    ContentType,
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the document has no id")]
    NoId,
    #[error("the document's id is on another server")]
    ForeignId,
    #[error("this needs more requests than one activity may cause")]
    BudgetSpent,
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl FetchError {
    /// May the same request succeed later?
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unresolved
            | Self::Unreachable
            | Self::Untrusted
            | Self::Timeout
            | Self::Busy
            | Self::Protocol => true,
            Self::Status { status, .. } => matches!(status, 401 | 403 | 408 | 429 | 500..),
            Self::BadAddress
            | Self::NotHttps
            | Self::Forbidden
            | Self::TooLarge
            | Self::Encoded
            | Self::TooManyRedirects
            | Self::BadRedirect
            | Self::Downgrade
            | Self::CrossOriginRedirect
            | Self::Gone
            | Self::ContentType
            | Self::Json(_)
            | Self::NoId
            | Self::ForeignId
            | Self::BudgetSpent
            | Self::Sign(_) => false,
        }
    }

    /// Finds the cause in what the HTTP client reports.
    pub(super) fn of_client(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<ConnectError>() {
                return error.into();
            }
            if is_tls(error) {
                return Self::Untrusted;
            }
            if error.is::<Elapsed>() {
                return Self::Timeout;
            }
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                return Self::of_hyper(error);
            }
            cause = error.source();
        }
        Self::Unreachable
    }

    fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse() || error.is_parse_too_large() {
            Self::Protocol
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Unreachable
        }
    }
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An io::Error names the source of what it holds, not what it holds.
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}

impl From<&ConnectError> for FetchError {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::BadAddress => Self::BadAddress,
            ConnectError::Forbidden => Self::Forbidden,
            ConnectError::Unresolved => Self::Unresolved,
            ConnectError::Unreachable => Self::Unreachable,
            ConnectError::Busy => Self::Busy,
        }
    }
}
