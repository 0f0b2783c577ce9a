//! How a stream is asked for.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use url::form_urlencoded;

use super::{channel::Channel, watch::Watch};
use crate::{
    app::{App, client},
    mastodon::{
        auth::{Caller, bearer},
        error::ApiError,
    },
};

/// Whoever is behind no address that we know.
const UNKNOWN: &str = "?";

/// A request for a stream: who asks, and with which parameters.
pub struct Opening {
    app: App,
    token: Option<String>,
    pub caller: Caller,
    query: Vec<(String, String)>,
    /// The network address, as a key to count by.
    address: String,
}

impl Opening {
    /// A parameter of the address; an empty one counts as not given.
    pub fn param(&self, name: &str) -> Option<&str> {
        param(&self.query, name)
    }

    /// Begins to watch, if a place is free. What happens from now on is told.
    pub fn watch(self) -> Result<Watch, ApiError> {
        let key = match self.caller.viewer().organisation() {
            Some(organisation) => format!("organisation {organisation}"),
            None => self.address,
        };
        let seat = self.app.limits.streams.take(&key);
        let seat = seat.map_err(|refused| ApiError::too_many(refused, self.app.forum.now()))?;
        Ok(Watch::new(self.app, self.token, seat))
    }

    /// The channel that the address names with `stream`, if it does.
    pub fn channel(&self) -> Result<Option<Channel>, ApiError> {
        let Some(name) = self.param("stream") else {
            return Ok(None);
        };
        let channel = Channel::named(name, self.param("tag"))?;
        channel.check(&self.caller)?;
        Ok(Some(channel))
    }
}

impl FromRequestParts<App> for Opening {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let token = token(&parts.headers, &query)?;
        let caller = Caller::by_token(app, token.as_deref()).await?;
        let address = client::key(parts, &app.config.server.trusted_proxies);
        Ok(Self {
            app: app.clone(),
            token,
            caller,
            query,
            address: address.unwrap_or_else(|| UNKNOWN.to_owned()),
        })
    }
}

fn param<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().rev().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The token, wherever clients put it: browsers cannot set a header on a
/// WebSocket, so that some name it as the protocol, and others in the query.
fn token(headers: &HeaderMap, query: &[(String, String)]) -> Result<Option<String>, ApiError> {
    if let Some(token) = bearer(headers)? {
        return Ok(Some(token.to_owned()));
    }
    if let Some(protocol) = protocol(headers) {
        return Ok(Some(protocol));
    }
    Ok(param(query, "access_token").map(str::to_owned))
}

/// The first protocol that a client proposes for its WebSocket.
pub fn protocol(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let first = value.split(',').next()?.trim();
    (!first.is_empty()).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)], query: &str) -> Option<String> {
        let headers = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            (name, value.parse().expect("a value"))
        });
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        token(&headers.collect(), &query).expect("readable")
    }

    #[test]
    fn the_token_is_found_in_header_protocol_and_query() {
        assert_eq!(read(&[], ""), None);
        assert_eq!(read(&[], "access_token="), None);
        assert_eq!(read(&[], "access_token=q").as_deref(), Some("q"));
        let protocol = ("sec-websocket-protocol", "p, other");
        assert_eq!(read(&[protocol], "access_token=q").as_deref(), Some("p"));
        let header = ("authorization", "Bearer h");
        assert_eq!(read(&[header, protocol], "").as_deref(), Some("h"));
    }
}
