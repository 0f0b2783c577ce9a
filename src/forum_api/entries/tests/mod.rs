//! Entries through the real router, on both databases.

mod filters;
mod remote;
mod seeing;
mod shape;
mod writing;
mod written;

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::PREFIX,
    storage::Db,
    tests::test_app::{Answer, TestApp},
};

/// A node with a government, a civil-society and an international
/// organisation, and an editor's token for each.
struct World {
    node: TestApp,
    moj: String,
    ngo: String,
    io: String,
}

impl World {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        for (handle, category) in [
            ("moj", Category::Government),
            ("ngo", Category::CivilSociety),
            ("io", Category::InternationalOrganisation),
        ] {
            node.organisation(handle, category).await;
        }
        let moj = node.token("moj", Role::Editor, "read write").await;
        let ngo = node.token("ngo", Role::Editor, "read write").await;
        let io = node.token("io", Role::Editor, "read write").await;
        Self { node, moj, ngo, io }
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.node.get(&format!("{PREFIX}{path}"), token).await
    }

    async fn post(&self, token: &str, entry: Value) -> Answer {
        let path = format!("{PREFIX}/entries");
        self.node
            .call(Method::POST, &path, Some(token), Some(entry))
            .await
    }

    /// Publishes an entry and gives its document.
    async fn publish(&self, token: &str, entry: Value) -> Value {
        let answer = self.post(token, entry).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    async fn patch(&self, token: &str, id: &str, change: Value) -> Answer {
        let path = format!("{PREFIX}/entries/{id}");
        self.node
            .call(Method::PATCH, &path, Some(token), Some(change))
            .await
    }

    async fn delete(&self, token: &str, id: &str) -> Answer {
        let path = format!("{PREFIX}/entries/{id}");
        self.node
            .call(Method::DELETE, &path, Some(token), None)
            .await
    }

    /// The titles of a list, in order.
    async fn titles(&self, query: &str, token: Option<&str>) -> Vec<String> {
        let answer = self.get(&format!("/entries?{query}"), token).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        titles(&answer.json())
    }
}

fn titles(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["title"].as_str().expect("a title").to_owned())
        .collect()
}

fn id(entry: &Value) -> &str {
    entry["id"].as_str().expect("an id")
}

/// A small public request.
fn request(title: &str) -> Value {
    json!({"kind": "request", "title": title, "body": "Five days.", "audience": "public"})
}

/// `entry` with more members.
fn with(mut entry: Value, more: Value) -> Value {
    let (Value::Object(members), Value::Object(more)) = (&mut entry, more) else {
        panic!("objects")
    };
    members.extend(more);
    entry
}
