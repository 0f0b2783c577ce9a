//! A refusal as it is sent, and in the description of the API.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{Content, Ref, RefOr, response},
};

use super::{Invalid, Problem};

const MEDIA_TYPE: &str = "application/problem+json";

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// Tells the kinds of problem apart; not an address to visit.
    r#type: String,
    title: &'static str,
    status: u16,
    /// What to do about it.
    detail: String,
    /// Every field at fault (only with status 422).
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Invalid>>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, word, title) = self.kind();
        let detail = self.to_string();
        let extra = self.header();
        let errors = match self {
            Self::Invalid(errors) => Some(errors),
            _ => None,
        };
        let body = Json(ProblemDetails {
            r#type: format!("https://w3id.org/virtual-forum/problems#{word}"),
            title,
            status: status.as_u16(),
            detail,
            errors,
        });
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some((name, value)) = extra {
            headers.insert(name, value);
        }
        response
    }
}

/// In the description of a route, the statuses with which it may refuse:
/// `Refused<401, 403>`. 0 is none.
pub struct Refused<
    const A: u16,
    const B: u16 = 0,
    const C: u16 = 0,
    const D: u16 = 0,
    const E: u16 = 0,
>;

impl<const A: u16, const B: u16, const C: u16, const D: u16, const E: u16> IntoResponses
    for Refused<A, B, C, D, E>
{
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        let details = Ref::from_schema_name(ProblemDetails::name());
        let problem = response::ResponseBuilder::new()
            .content(MEDIA_TYPE, Content::new(Some(details)))
            .build();
        let statuses = [A, B, C, D, E].into_iter().filter(|status| *status != 0);
        statuses
            .map(|status| (status.to_string(), problem.clone().into()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::storage;

    async fn answer(problem: Problem) -> (u16, Value) {
        let response = problem.into_response();
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body");
        (
            status,
            serde_json::from_slice(&bytes.to_bytes()).expect("JSON"),
        )
    }

    #[tokio::test]
    async fn a_refusal_is_a_problem_document() {
        assert_eq!(
            answer(Problem::NotFound).await,
            (
                404,
                json!({"type": "https://w3id.org/virtual-forum/problems#not-found",
                       "title": "Not found", "status": 404, "detail": "There is nothing here."})
            )
        );
    }

    #[tokio::test]
    async fn invalid_fields_are_listed_one_by_one() {
        let problem = Problem::Invalid(vec![
            Invalid::new("title", "Give it one."),
            Invalid::new("countries", "There is no such code."),
        ]);
        let (status, body) = answer(problem).await;
        assert_eq!(status, 422);
        assert_eq!(
            body["errors"],
            json!([{"field": "title", "message": "Give it one."},
                   {"field": "countries", "message": "There is no such code."}])
        );
    }

    #[tokio::test]
    async fn what_went_wrong_inside_is_not_told() {
        let error = storage::Error::Corrupt("secret row".into());
        let (status, body) = answer(error.into()).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secret"));
        let busy = Problem::from(storage::Error::Unavailable("locked".into())).into_response();
        assert_eq!(busy.status(), 503);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "5");
    }
}
