//! Who calls: the bearer token's person, organisation and scopes.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::error::ApiError;
use crate::{
    app::App,
    domain::{account::Scopes, audience::Viewer},
    operations::people::{self, Bearer, Person},
};

/// A caller, anonymous or with a token that counts. A request with a token
/// that does not count is refused before anything else.
#[derive(Debug, Clone)]
pub struct Caller {
    viewer: Viewer,
    member: Option<(Person, Scopes)>,
    owes_rules: bool,
}

impl Caller {
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The scopes of the token, if there is one.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.member.as_ref().map(|(_, scopes)| scopes)
    }

    /// For what anybody may read. A token, when given, must include `scope`.
    pub fn reads(&self, scope: &str) -> Result<&Viewer, ApiError> {
        match &self.member {
            Some((_, scopes)) if !scopes.allow(scope) => Err(ApiError::OutsideScope),
            Some(_) | None => Ok(&self.viewer),
        }
    }

    /// For what needs a token that includes `scope`.
    pub fn member(&self, scope: &str) -> Result<&Person, ApiError> {
        self.member_with_any(&[scope])
    }

    /// For what needs a token that includes one of `scopes`.
    pub fn member_with_any(&self, scopes: &[&str]) -> Result<&Person, ApiError> {
        let (person, granted) = self.member.as_ref().ok_or(ApiError::InvalidToken)?;
        if !scopes.iter().any(|scope| granted.allow(scope)) {
            return Err(ApiError::OutsideScope);
        }
        let writes = scopes
            .iter()
            .any(|scope| !scope.starts_with("read") && *scope != "profile");
        if self.owes_rules && writes {
            return Err(ApiError::RulesOwed);
        }
        Ok(person)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::by_token(app, bearer(&parts.headers)?).await
    }
}

impl Caller {
    /// Whoever a token belongs to, as things are now; anybody without one.
    pub async fn by_token(app: &App, token: Option<&str>) -> Result<Self, ApiError> {
        let Some(token) = token else {
            return Ok(Self {
                viewer: Viewer::Anonymous,
                member: None,
                owes_rules: false,
            });
        };
        let Bearer {
            person,
            scopes,
            owes_rules,
        } = people::by_token(&app.forum, token)
            .await?
            .ok_or(ApiError::InvalidToken)?;
        Ok(Self {
            viewer: person.viewer(),
            member: Some((person, scopes)),
            owes_rules,
        })
    }
}

/// The token of `Authorization: Bearer …`; `None` without that header.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| ApiError::InvalidToken)?;
    let (scheme, token) = value.split_once(' ').ok_or(ApiError::InvalidToken)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(Some(token))
    } else {
        Err(ApiError::InvalidToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mastodon::convert::samples;

    fn caller(scopes: Option<&str>) -> Caller {
        let member = scopes.map(|scopes| {
            let scopes = scopes.parse().expect("known scopes");
            (samples::person(), scopes)
        });
        Caller {
            viewer: Viewer::Anonymous,
            member,
            owes_rules: false,
        }
    }

    #[test]
    fn anybody_reads_what_is_open_and_a_token_must_include_it() {
        assert!(caller(None).reads("read:statuses").is_ok());
        assert!(caller(Some("read")).reads("read:statuses").is_ok());
        let writer = caller(Some("write"));
        assert!(matches!(
            writer.reads("read:statuses"),
            Err(ApiError::OutsideScope)
        ));
    }

    #[test]
    fn what_needs_a_token_is_refused_without_one_and_outside_its_scope() {
        let anonymous = caller(None);
        assert!(matches!(
            anonymous.member("read:follows"),
            Err(ApiError::InvalidToken)
        ));
        let reader = caller(Some("read"));
        assert!(reader.member("read:follows").is_ok());
        assert!(matches!(
            reader.member("write:follows"),
            Err(ApiError::OutsideScope)
        ));
        assert!(caller(Some("follow")).member("write:follows").is_ok());
        let profile = caller(Some("profile"));
        assert!(
            profile
                .member_with_any(&["read:accounts", "profile"])
                .is_ok()
        );
    }

    #[test]
    fn only_a_bearer_token_counts_and_a_broken_header_is_refused() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            let value = value.parse().expect("a header value");
            headers.insert(header::AUTHORIZATION, value);
            bearer(&headers).map(|token| token.map(str::to_owned))
        };
        assert!(matches!(bearer(&HeaderMap::new()), Ok(None)));
        for good in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(read(good).ok().flatten().as_deref(), Some("abc"), "{good}");
        }
        for bad in ["Bearer", "Bearer ", "Basic abc", "abc", ""] {
            assert!(matches!(read(bad), Err(ApiError::InvalidToken)), "{bad:?}");
        }
    }
}
