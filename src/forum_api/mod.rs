//! The Forum's own JSON API, with its OpenAPI description generated from the
//! code. One folder or file for each resource, with its documents, handlers
//! and tests; every refusal is a [`problem`].

mod accreditations;
mod applications;
mod audit;
mod body;
mod caller;
mod deliveries;
mod entries;
mod fields;
mod hosts;
mod node;
mod organisations;
mod page;
mod path;
mod problem;
mod query;
mod refusals;
mod reports;
mod vocabulary;

use axum::{
    Json, Router,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::any,
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::app::{App, Auth, RouteInfo, Routes};
use problem::{Problem, ProblemDetails};

/// Where the API begins.
pub const PREFIX: &str = "/api/forum/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Virtual Forum API",
        description = "Requests, projects and offers of organisations that fight human \
            trafficking. What the caller may not see does not exist: 404, never 403. Lists take \
            `limit` and `cursor` and answer `{\"items\": […], \"next\": cursor}`.",
    ),
    modifiers(&BearerToken),
    components(schemas(ProblemDetails)),
    tags(
        (name = "entries", description = "What organisations post"),
        (name = "organisations", description = "The directory"),
        (name = "membership", description = "Applying for membership, deciding about it, handing over"),
        (name = "accreditations", description = "What anchors say of organisations and nodes"),
        (name = "node", description = "This node and its code lists"),
        (name = "administration", description = "For administrators of the node"),
    ),
)]
struct Description;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

fn resources() -> OpenApiRouter<App> {
    let resources = OpenApiRouter::new()
        .merge(entries::router())
        .merge(organisations::router())
        .merge(applications::router())
        .merge(node::router())
        .merge(accreditations::router())
        .merge(deliveries::router())
        .merge(hosts::router())
        .merge(reports::router())
        .merge(audit::router());
    OpenApiRouter::with_openapi(Description::openapi()).nest(PREFIX, resources)
}

/// The description of every route: what it takes, answers and refuses.
pub fn description() -> openapi::OpenApi {
    let (_, mut description) = resources().split_for_parts();
    refusals::add(&mut description);
    description
}

/// The API below [`PREFIX`]; everything there that does not exist is a problem
/// document too.
pub fn routes() -> Routes {
    let (router, _) = resources().split_for_parts();
    let description = description();
    let list = list(&description);
    let openapi = move || {
        let description = description.clone();
        async move { Json(description) }
    };
    Routes::new()
        .with(router, list)
        .get(&format!("{PREFIX}/openapi.json"), Auth::None, openapi)
        .map(guard)
}

/// Answers for what does not exist, and headers for all.
fn guard(router: Router<App>) -> Router<App> {
    router
        .route(PREFIX, any(async || not_found()))
        .route(&format!("{PREFIX}/"), any(async || not_found()))
        .route(&format!("{PREFIX}/{{*rest}}"), any(async || not_found()))
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        // The same for all answers, so that hidden and absent look alike.
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::VARY,
            HeaderValue::from_static("Accept, Signature, Signature-Input, Authorization, Cookie"),
        ))
}

/// What an address of this door answers at which nothing is.
pub fn not_found() -> Response {
    Problem::NotFound.into_response()
}

/// What this door answers when the node is at fault.
pub fn internal_error() -> Response {
    Problem::Internal.into_response()
}

/// Every route of the description, with who may call it.
fn list(description: &openapi::OpenApi) -> Vec<RouteInfo> {
    let mut list = Vec::new();
    for (path, item) in &description.paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                list.push(RouteInfo {
                    method: method.to_string(),
                    path: path.clone(),
                    auth: auth(path, operation),
                    takes: "",
                });
            }
        }
    }
    list
}

fn auth(path: &str, operation: &Operation) -> Auth {
    let requirements = operation.security.as_deref().unwrap_or_default();
    let text = serde_json::to_string(requirements).unwrap_or_default();
    if path.contains("/by-link/") {
        Auth::Link
    } else if requirements.is_empty() {
        Auth::None
    } else if requirements.contains(&SecurityRequirement::default()) {
        Auth::Optional
    } else if text.contains("\"admin:") {
        Auth::Administrator
    } else {
        Auth::Bearer
    }
}

#[cfg(test)]
mod tests;
