//! A client of the Mastodon API.

use reqwest::Method;
use serde_json::Value;

use crate::{
    http::{Reply, Request},
    node::text,
    wait,
};

/// The Mastodon API of one node, for one caller.
#[derive(Debug, Clone)]
pub struct Mastodon {
    origin: String,
    token: Option<String>,
}

impl Mastodon {
    pub fn anonymous(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            token: None,
        }
    }

    pub fn with_token(origin: &str, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..Self::anonymous(origin)
        }
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        let request = Request::new(method, &format!("{}{path}", self.origin));
        match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str) -> Reply {
        self.request(Method::POST, path).send().await
    }

    /// A list, for example `/api/v1/timelines/home`.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let reply = self.get(path).await.expect(200).json();
        match reply {
            Value::Array(items) => items,
            other => panic!("{path} is no list: {other}"),
        }
    }

    /// Looks an organisation up by `@handle@host` or address, wherever it is.
    pub async fn resolve(&self, text: &str) -> Option<Value> {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let path = format!("/api/v2/search?q={query}&resolve=true&type=accounts");
        let found = self.get(&path).await.expect(200).json();
        found["accounts"].as_array()?.first().cloned()
    }

    pub async fn relationship(&self, account: &str) -> Value {
        let path = format!("/api/v1/accounts/relationships?id[]={account}");
        let found = self.list(&path).await;
        match found.into_iter().next() {
            Some(relationship) => relationship,
            None => panic!("no relationship with {account}"),
        }
    }

    /// Finds an organisation, follows it, and waits until that is accepted.
    /// Answers its account id here.
    pub async fn follow(&self, address: &str) -> String {
        let what = format!("{address} to be found");
        let found = wait::until(&what, || self.resolve(address)).await;
        let account = text(&found, "id");
        let follow = format!("/api/v1/accounts/{account}/follow");
        self.post(&follow).await.expect(200);
        wait::until(&format!("{address} to accept the follow"), || async {
            let relationship = self.relationship(&account).await;
            (relationship["following"] == true).then_some(())
        })
        .await;
        account
    }

    /// Waits until the home timeline shows the status with this wire id.
    pub async fn await_home(&self, uri: &str) -> Value {
        wait::until(&format!("{uri} in a home timeline"), || async {
            let home = self.list("/api/v1/timelines/home?limit=40").await;
            home.into_iter().find(|status| status["uri"] == uri)
        })
        .await
    }
}
