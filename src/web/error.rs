//! Why a page cannot be shown, as a page that says what to do.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{app::TooMany, operations::people::Need, storage, web::layout::Layout};

use super::render;

/// What stands in the way of a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Only for people who are signed in; leads them there and back.
    #[error("not signed in")]
    SignIn { next: String },
    /// Signed in, but something must be done before anything else.
    #[error("something must be done first")]
    Before(Need),
    /// There is nothing, or nothing that this viewer may know of.
    #[error("not found")]
    NotFound,
    /// There was something; it was deleted or suspended.
    #[error("gone")]
    Gone,
    /// The viewer's role does not allow this.
    #[error("the role does not allow this")]
    Forbidden,
    /// The form did not come from our own page, or is too old.
    #[error("the form token is wrong")]
    Forged,
    /// A one-time link that was used, has expired, or never was.
    #[error("the one-time link is of no use")]
    DeadLink,
    /// What was sent makes no sense, in a full sentence.
    #[error("{0}")]
    Unprocessable(String),
    /// What was asked clashes with how things stand now, in a full sentence.
    #[error("{0}")]
    Conflict(String),
    #[error("too large")]
    TooLarge,
    #[error("too many requests")]
    TooMany { seconds: u64 },
    #[error("the database cannot be used now")]
    Unavailable,
    /// Ours to mend; the text is for the log, never for the page.
    #[error("{0}")]
    Internal(String),
}

impl From<storage::Error> for PageError {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Unavailable(reason) => {
                tracing::warn!(%reason, "storage is unavailable");
                Self::Unavailable
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<TooMany> for PageError {
    fn from(error: TooMany) -> Self {
        // Rounded up: asking a moment too early would count again.
        let seconds = error.retry_after.as_secs() + 1;
        Self::TooMany { seconds }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// What an error page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub status: StatusCode,
    pub heading: &'static str,
    pub explanation: String,
    pub advice: &'static str,
}

impl PageError {
    pub fn words(&self) -> Words {
        let words = |status, heading, explanation: &str, advice| Words {
            status,
            heading,
            explanation: explanation.to_owned(),
            advice,
        };
        match self {
            Self::SignIn { .. } => words(
                StatusCode::UNAUTHORIZED,
                "Please sign in",
                "This page is for people who are signed in.",
                "Sign in, and you will be led back here.",
            ),
            Self::Before(_) => words(
                StatusCode::FORBIDDEN,
                "One step is missing",
                "You have signed in, but your account is not ready yet.",
                "Go to your account, and you will be led through it.",
            ),
            Self::NotFound => words(
                StatusCode::NOT_FOUND,
                "There is nothing here",
                "The address may be mistyped, or what it names is not for you to read.",
                "If somebody gave you this address, sign in with your organisation's account and try again, or ask them who may read it.",
            ),
            Self::Gone => words(
                StatusCode::GONE,
                "This is gone",
                "What was here has been deleted or suspended.",
                "It will not come back at this address unless its organisation is restored.",
            ),
            Self::Forbidden => words(
                StatusCode::FORBIDDEN,
                "Your role does not allow this",
                "Another role of your organisation or of this node is needed.",
                "Ask your focal point, or the people who run this node.",
            ),
            Self::Forged => words(
                StatusCode::FORBIDDEN,
                "This form cannot be accepted",
                "It was open for too long, you signed in or out meanwhile, or it did not come from this site. Nothing was changed.",
                "Go back, load the page again, and send the form once more.",
            ),
            Self::DeadLink => words(
                StatusCode::GONE,
                "This link cannot be used",
                "A one-time link works once, within 72 hours. This one was used, has expired, or is incomplete.",
                "If you have set a password already, sign in. If not, ask the person who gave you the link for a new one.",
            ),
            Self::Unprocessable(text) => words(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This cannot be done",
                text,
                "Go back, change what is needed, and try again.",
            ),
            Self::Conflict(text) => words(
                StatusCode::CONFLICT,
                "This cannot be done now",
                text,
                "Load the page again to see how things stand.",
            ),
            Self::TooLarge => words(
                StatusCode::PAYLOAD_TOO_LARGE,
                "This is too large",
                "What was sent is larger than this node accepts. Nothing was changed.",
                "Shorten the text and send it again.",
            ),
            Self::TooMany { .. } => words(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many tries",
                "This was tried too often within a short time.",
                "Wait a minute, then try again.",
            ),
            Self::Unavailable => words(
                StatusCode::SERVICE_UNAVAILABLE,
                "Not possible at this moment",
                "The node cannot reach its database. Nothing was changed.",
                "Try again in a minute. What you typed is still in your browser: go back to it.",
            ),
            Self::Internal(_) => words(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here",
                "The fault is this node's, not yours. It has been noted in its log.",
                "Try again. If it stays, tell the people who run this node what you did.",
            ),
        }
    }

    /// The page around these words; `layout` is bare when the node is not at
    /// hand.
    pub fn page(&self, layout: Layout) -> Response {
        let words = self.words();
        let page = ErrorPage {
            offer_sign_in: layout.person.is_none() && *self == Self::NotFound,
            layout,
            status: words.status.as_u16(),
            heading: words.heading,
            explanation: words.explanation,
            advice: words.advice,
        };
        let text = page.render().unwrap_or_else(|_| words.heading.to_owned());
        let mut response = render::html(words.status, text, render::Keep::Private);
        if let Some(seconds) = self.retry_after() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { seconds } => Some(*seconds),
            Self::Unavailable => Some(30),
            Self::SignIn { .. }
            | Self::Before(_)
            | Self::NotFound
            | Self::Gone
            | Self::Forbidden
            | Self::Forged
            | Self::DeadLink
            | Self::Unprocessable(_)
            | Self::Conflict(_)
            | Self::TooLarge
            | Self::Internal(_) => None,
        }
    }
}

impl IntoResponse for PageError {
    /// A bare page; `routes::dress` puts the node's name and the viewer's
    /// navigation around it.
    fn into_response(self) -> Response {
        if let Self::SignIn { next } = &self {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("next", next)
                .finish();
            return Redirect::to(&format!("/sign-in?{query}")).into_response();
        }
        if let Self::Before(need) = &self {
            return Redirect::to(match need {
                Need::SecondFactor => "/account/second-factor",
                Need::Rules => "/account/rules",
            })
            .into_response();
        }
        if let Self::Internal(reason) = &self {
            tracing::error!(%reason, "a page failed");
        }
        let mut response = self.page(Layout::bare());
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    heading: &'static str,
    explanation: String,
    advice: &'static str,
    offer_sign_in: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<PageError> {
        vec![
            PageError::NotFound,
            PageError::Gone,
            PageError::Forbidden,
            PageError::Forged,
            PageError::DeadLink,
            PageError::Unprocessable("No.".into()),
            PageError::Conflict("No.".into()),
            PageError::TooLarge,
            PageError::TooMany { seconds: 60 },
            PageError::Unavailable,
            PageError::Internal("secret of the database".into()),
        ]
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await;
        String::from_utf8(bytes.expect("a body").to_vec()).expect("text")
    }

    #[tokio::test]
    async fn every_error_is_a_page_with_its_status_and_what_to_do() {
        for error in all() {
            let words = error.words();
            let response = error.into_response();
            assert_eq!(response.status(), words.status);
            let text = body(response).await.replace("&#39;", "'");
            assert!(text.contains(words.heading) && text.contains(words.advice));
            assert!(text.contains("href=\"/help\""));
            assert!(!text.contains("secret of the database"));
        }
    }

    #[test]
    fn waiting_times_are_told() {
        for error in [PageError::Unavailable, PageError::TooMany { seconds: 9 }] {
            let response = error.into_response();
            assert!(response.headers().contains_key(header::RETRY_AFTER));
        }
    }

    #[test]
    fn who_must_sign_in_is_led_there_and_back() {
        let next = "/compose?kind=request&x=1".to_owned();
        let response = PageError::SignIn { next }.into_response();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            response.headers()[header::LOCATION],
            "/sign-in?next=%2Fcompose%3Fkind%3Drequest%26x%3D1"
        );
    }
}
