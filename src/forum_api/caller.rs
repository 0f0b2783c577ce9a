//! Who calls: nobody in particular, or the person behind a bearer token.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
};

use super::problem::Problem;
use crate::{
    app::{App, client},
    domain::audience::Viewer,
    operations::people::{self, Bearer, Person},
};

/// A caller, anonymous or with a token that counts. A token that does not
/// count is refused before anything else.
#[derive(Debug, Clone)]
pub struct Caller(Option<Bearer>);

impl Caller {
    /// For what anybody may read, each as much as they may see. A token, when
    /// given, must cover `scope`.
    pub fn reads(self, scope: &'static str) -> Result<Viewer, Problem> {
        match self.0 {
            None => Ok(Viewer::Anonymous),
            Some(bearer) => covered(bearer, scope).map(|one| one.viewer()),
        }
    }

    /// For what changes something: needs a token that covers `scope`, and
    /// counts towards the account's rate. What the person's role allows, the
    /// operation says.
    pub fn changes(self, app: &App, scope: &'static str) -> Result<Person, Problem> {
        let bearer = self.0.ok_or(Problem::TokenNeeded)?;
        let owes_rules = bearer.owes_rules;
        let person = covered(bearer, scope)?;
        if owes_rules {
            return Err(Problem::RulesOwed);
        }
        app.limits.write.check(&person.user.id.to_string())?;
        Ok(person)
    }

    /// For what concerns the person: needs a token that covers `scope`.
    pub fn signed_in(self, scope: &'static str) -> Result<Person, Problem> {
        covered(self.0.ok_or(Problem::TokenNeeded)?, scope)
    }

    /// For administrators with a token that covers `scope`.
    pub fn administers(self, scope: &'static str) -> Result<Person, Problem> {
        let bearer = self.0.ok_or(Problem::TokenNeeded)?;
        let owes_rules = bearer.owes_rules && scope != "admin:read";
        let person = covered(bearer, scope)?;
        if owes_rules {
            return Err(Problem::RulesOwed);
        }
        if person.user.role.may_administer() {
            Ok(person)
        } else {
            Err(Problem::NotAllowed(
                "Only administrators of this node may do this.".to_owned(),
            ))
        }
    }
}

/// The network address that a request came from, as a key to count by.
pub struct Client(pub Option<String>);

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(client::key(parts, &app.config.server.trusted_proxies)))
    }
}

fn covered(bearer: Bearer, scope: &'static str) -> Result<Person, Problem> {
    if bearer.scopes.allow(scope) {
        Ok(bearer.person)
    } else {
        Err(Problem::OutsideScope(scope))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Self(None));
        };
        let token = bearer(value).ok_or(Problem::InvalidToken)?;
        match people::by_token(&app.forum, token).await? {
            Some(found) => Ok(Self(Some(found))),
            None => Err(Problem::InvalidToken),
        }
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750; the word without case).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_read() {
        let token = |text: &'static str| bearer(&HeaderValue::from_static(text)).map(str::to_owned);
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        assert_eq!(token("bearer  abc "), Some("abc".into()));
        for text in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(token(text), None, "{text:?}");
        }
    }
}
