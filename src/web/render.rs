//! How every page leaves: its headers, whatever it shows.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

/// Who may keep a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The same for everybody; to be asked for again each time.
    Public,
    /// Made for one person, or about to change: nobody (SECURITY.md 1.3).
    Private,
}

/// Nothing but our own style, script, pictures and forms; never in a frame
/// (SECURITY.md 5).
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `same-origin`, not `no-referrer`: with that, browsers send `Origin: null`
/// with our own forms, and the check of the origin would refuse them.
const REFERRER: &str = "same-origin";

pub fn html(status: StatusCode, page: String, keep: Keep) -> Response {
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = status;
    let cache = match keep {
        Keep::Public => "no-cache",
        Keep::Private => "private, no-store",
    };
    let all: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, cache),
        (
            header::VARY,
            "Accept, Signature, Signature-Input, Authorization, Cookie",
        ),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, REFERRER),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in all {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_no_code_or_style_inside_pages() {
        let response = html(StatusCode::OK, String::new(), Keep::Private);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(policy.starts_with("default-src 'none'"));
        assert!(!policy.contains("unsafe"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "private, no-store"
        );
    }
}
