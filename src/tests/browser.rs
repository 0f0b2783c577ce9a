//! A browser without JavaScript: it keeps cookies and sends the forms that
//! pages carry.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Request, header},
};

use super::test_app::{Answer, ORIGIN, TestApp};
use crate::{domain::account::Role, operations::people};

/// What everybody's password is.
pub const PASSWORD: &str = "a long enough password";

pub struct Browser<'a> {
    node: &'a TestApp,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(node: &'a TestApp) -> Self {
        Self {
            node,
            cookies: BTreeMap::new(),
        }
    }

    /// Somebody of a local organisation, signed in without the slow password.
    pub async fn signed_in(node: &'a TestApp, handle: &str, role: Role) -> Self {
        let token = node.token(handle, role, "read").await;
        let person = node.person(&token).await;
        node.admit(&person).await;
        let session = people::start_session(&node.app.forum, person.user.id, "Firefox").await;
        let session = session.expect("a session");
        let mut browser = Self::new(node);
        browser
            .cookies
            .insert("__Host-vf_session".into(), session.token.0);
        browser
    }

    /// The token of the session's cookie; empty without one.
    pub fn session(&self) -> &str {
        self.cookies
            .get("__Host-vf_session")
            .map_or("", String::as_str)
    }

    /// The same browser, after the node was started anew.
    pub fn at<'b>(&self, node: &'b TestApp) -> Browser<'b> {
        Browser {
            node,
            cookies: self.cookies.clone(),
        }
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty());
        self.send(request.expect("a request")).await
    }

    /// Opens `page` and sends a form with its token to `action`.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let html = self.open(page).await.body;
        let token = field(&html, "token").expect("the page carries a form token");
        let mut all = fields.to_vec();
        all.push(("token", &token));
        self.post(action, ORIGIN, &all).await
    }

    /// Sends a form as it is, as if from a page of `origin`.
    pub async fn post(&mut self, action: &str, origin: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            body.append_pair(name, value);
        }
        let request = self
            .request("POST", action)
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.finish()));
        self.send(request.expect("a request")).await
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "n.example")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, pairs.join("; "))
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = self.node.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("text").split(';').next();
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The value of a hidden field.
pub fn field(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// Where a redirect leads.
pub fn location(answer: &Answer) -> &str {
    let value = answer.headers.get(header::LOCATION);
    value.map_or("", |value| value.to_str().expect("text"))
}
