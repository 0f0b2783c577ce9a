//! One plain HTTP client: no proxies, no redirects followed, whole replies.

use std::{net::Ipv4Addr, time::Duration};

use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;

/// The `Accept` of another ActivityPub server.
pub const ACTIVITY_JSON: &str = "application/activity+json";
/// The `Accept` of a browser.
pub const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Method and address, for messages.
    asked: String,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// One header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// # Panics
    /// When the body is no JSON.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{} is no JSON ({error}): {}", self.describe(), self.text()),
        }
    }

    /// # Panics
    /// When the status is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.describe(), self.text());
        self
    }

    /// # Panics
    /// When the status is outside 200–299.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.describe(),
            self.text()
        );
        self
    }

    fn describe(&self) -> String {
        format!("{} answered {}", self.asked, self.status)
    }
}

/// A request under construction.
pub struct Request {
    builder: reqwest::RequestBuilder,
    asked: String,
}

impl Request {
    pub fn new(method: Method, address: &str) -> Self {
        Self {
            builder: client(address).request(method.clone(), address),
            asked: format!("{method} {address}"),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn accept(self, value: &str) -> Self {
        self.header(ACCEPT.as_str(), value)
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string().into_bytes())
    }

    /// A form as browsers send it.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.body("application/x-www-form-urlencoded", body.into_bytes())
    }

    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.builder = self.builder.header(CONTENT_TYPE, content_type).body(body);
        self
    }

    /// `None` when there was no whole answer: refused, cut, or too slow.
    pub async fn try_send(self) -> Option<Reply> {
        let response = self.builder.send().await.ok()?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.ok()?.to_vec();
        Some(Reply {
            status,
            headers,
            body,
            asked: self.asked,
        })
    }

    /// # Panics
    /// When there was no whole answer.
    pub async fn send(self) -> Reply {
        let asked = self.asked.clone();
        match self.try_send().await {
            Some(reply) => reply,
            None => panic!("{asked}: no answer"),
        }
    }
}

pub fn get(address: &str) -> Request {
    Request::new(Method::GET, address)
}

pub fn post(address: &str) -> Request {
    Request::new(Method::POST, address)
}

// A client per request: a pooled connection to a node that was killed in
// between would fail in a way that says nothing about the node.
fn client(address: &str) -> reqwest::Client {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30));
    // Names under localhost are this machine (RFC 6761 6.3), also where the
    // system's resolver does not know that.
    let host = url::Url::parse(address).ok();
    let host = host
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    if host.ends_with(".localhost") {
        builder = builder.resolve(host, (Ipv4Addr::LOCALHOST, 0).into());
    }
    builder.build().expect("a plain client can be built")
}
