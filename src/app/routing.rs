//! Routes that can be listed: every door registers its handlers here, so
//! that `virtual-forum routes` and the tests that walk it miss none.

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, on},
};
use serde::Serialize;

use super::App;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Anybody, and nobody gets more than others.
    None,
    /// Anybody; what is answered depends on who asks.
    Optional,
    /// A signed-in browser.
    Session,
    /// An access token.
    Bearer,
    /// Another server's signature.
    Signature,
    /// A one-time link.
    Link,
    /// A signed-in administrator, by session or token.
    Administrator,
}

impl Auth {
    /// The word shown by `virtual-forum routes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Session => "session",
            Self::Bearer => "bearer",
            Self::Signature => "signature",
            Self::Link => "link",
            Self::Administrator => "administrator",
        }
    }
}

/// One line of `virtual-forum routes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteInfo {
    pub method: String,
    pub path: String,
    pub auth: Auth,
    /// What its handler is called with, in the compiler's words: a test holds `auth`
    /// to it. Empty where the door registers its handlers elsewhere.
    #[serde(skip)]
    pub takes: &'static str,
}

/// A router that knows its routes.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    list: Vec<RouteInfo>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn get<T: 'static>(self, path: &str, auth: Auth, handler: impl Handler<T, App>) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, auth, handler)
    }

    #[must_use]
    pub fn post<T: 'static>(self, path: &str, auth: Auth, handler: impl Handler<T, App>) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, auth, handler)
    }

    #[must_use]
    pub fn put<T: 'static>(self, path: &str, auth: Auth, handler: impl Handler<T, App>) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, path, auth, handler)
    }

    #[must_use]
    pub fn patch<T: 'static>(self, path: &str, auth: Auth, handler: impl Handler<T, App>) -> Self {
        self.on(Method::PATCH, MethodFilter::PATCH, path, auth, handler)
    }

    #[must_use]
    pub fn delete<T: 'static>(self, path: &str, auth: Auth, handler: impl Handler<T, App>) -> Self {
        self.on(Method::DELETE, MethodFilter::DELETE, path, auth, handler)
    }

    fn on<T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &str,
        auth: Auth,
        handler: impl Handler<T, App>,
    ) -> Self {
        self.list.push(RouteInfo {
            method: method.to_string(),
            path: path.to_owned(),
            auth,
            takes: std::any::type_name::<T>(),
        });
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// Routes that were registered elsewhere, with their list.
    #[must_use]
    pub fn with(mut self, router: Router<App>, list: Vec<RouteInfo>) -> Self {
        self.router = self.router.merge(router);
        self.list.extend(list);
        self
    }

    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.with(other.router, other.list)
    }

    /// Wraps the router, for example in layers; the list stays.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        self.router = change(self.router);
        self
    }

    /// Every route, by path and method.
    pub fn list(&self) -> Vec<RouteInfo> {
        let mut list = self.list.clone();
        list.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
        list
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
