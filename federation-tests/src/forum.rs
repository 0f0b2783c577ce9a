//! A client of the Forum API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    http::{Reply, Request},
    node::text,
    wait,
};

/// The Forum API of one node, for one caller.
#[derive(Debug, Clone)]
pub struct Forum {
    base: String,
    token: Option<String>,
}

impl Forum {
    pub fn anonymous(origin: &str) -> Self {
        Self {
            base: format!("{origin}/api/forum/v1"),
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
        let request = Request::new(method, &format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.request(Method::POST, path).json(body).send().await
    }

    /// Publishes, and answers the entry.
    pub async fn publish(&self, entry: &Value) -> Value {
        self.post("/entries", entry).await.success().json()
    }

    pub async fn edit(&self, id: &str, changes: &Value) -> Reply {
        let request = self.request(Method::PATCH, &format!("/entries/{id}"));
        request.json(changes).send().await
    }

    pub async fn delete(&self, id: &str) -> Reply {
        self.request(Method::DELETE, &format!("/entries/{id}"))
            .send()
            .await
    }

    /// The entries of one page of a list, for example `?kind=request`.
    pub async fn entries(&self, query: &str) -> Vec<Value> {
        let page = self.get(&format!("/entries{query}")).await.expect(200);
        items(&page.json())
    }

    /// Every entry of a list, page by page.
    pub async fn all_entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut query = "?limit=100".to_owned();
        loop {
            let page = self.get(&format!("/entries{query}")).await.expect(200);
            let page = page.json();
            entries.extend(items(&page));
            match page["next"].as_str() {
                Some(cursor) => query = format!("?limit=100&cursor={cursor}"),
                None => return entries,
            }
        }
    }

    /// The entry with this wire id, if it is listed.
    pub async fn find(&self, uri: &str) -> Option<Value> {
        let entries = self.all_entries().await;
        entries.into_iter().find(|entry| entry["uri"] == uri)
    }

    /// Waits until the entry with this wire id is listed.
    pub async fn await_entry(&self, uri: &str) -> Value {
        wait::until(&format!("{uri} at {}", self.base), || self.find(uri)).await
    }
}

fn items(page: &Value) -> Vec<Value> {
    match page["items"].as_array() {
        Some(items) => items.clone(),
        None => panic!("no items in {page}"),
    }
}

/// A public request with every field that a request may carry.
pub fn full_request(title: &str) -> Value {
    json!({
        "kind": "request",
        "title": title,
        "body": "Five days for **forty officers** at the land border.\n\nTravel is paid.",
        "language": "en",
        "audience": "public",
        "tlp": "CLEAR",
        "countries": ["AL"],
        "regions": ["039"],
        "sectors": ["15190"],
        "pillars": ["prevention"],
        "exploitation": ["forced-labour"],
        "activities": ["training"],
        "status": "open",
        "closes_at": "2027-01-31T23:59:59Z",
        "starts_on": "2027-02-01",
        "ends_on": "2027-02-05"
    })
}

/// A public project with a funding gap.
pub fn full_project(title: &str) -> Value {
    json!({
        "kind": "project",
        "title": title,
        "body": "A shelter with twenty places.",
        "language": "en",
        "audience": "public",
        "countries": ["AL"],
        "pillars": ["protection"],
        "stage": "pipeline",
        "budget": {"currency": "USD", "total": 180000, "gap": 120000}
    })
}

/// A short note for an audience.
pub fn note(body: &str, audience: &str) -> Value {
    json!({"kind": "note", "title": "", "body": body, "language": "en", "audience": audience})
}

/// The wire id of an entry.
pub fn uri(entry: &Value) -> String {
    text(entry, "uri")
}

/// The id of an entry on the node it was read from.
pub fn id(entry: &Value) -> String {
    text(entry, "id")
}
