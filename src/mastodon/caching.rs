//! Which answers may be kept on their way: none that was made for a token
//! (SECURITY.md 1).

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// What an answer may depend on.
const VARY: HeaderValue =
    HeaderValue::from_static("Accept, Signature, Signature-Input, Authorization, Cookie");

pub async fn mark(request: Request, next: Next) -> Response {
    let personal = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, VARY);
    if personal {
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
    }
    response
}
