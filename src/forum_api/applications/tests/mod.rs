//! Membership through the real router, on both databases.

mod applying;
mod deciding;

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    domain::{account::Role, organisation::Category},
    forum_api::PREFIX,
    storage::Db,
    tests::test_app::{Answer, TestApp},
};

/// A node of two organisations that each have an administrator.
struct World {
    node: TestApp,
    anna: String,
    ben: String,
}

impl World {
    async fn new(db: Db) -> Self {
        let node = TestApp::new(db);
        let hub = Category::InternationalOrganisation;
        node.organisation("hub", hub).await;
        node.organisation("second", Category::CivilSociety).await;
        let scopes = "read admin:read admin:write";
        let anna = node.token("hub", Role::Administrator, scopes).await;
        let ben = node.token("second", Role::Administrator, scopes).await;
        Self { node, anna, ben }
    }

    async fn apply(&self, change: Value) -> Answer {
        let mut body = json!({
            "name": "Lantern House", "handle": "lantern", "category": "civil_society",
            "country": "NP", "website": "https://lantern.example/", "reason": "We run shelters.",
            "referee": "@hub", "email": "focal@lantern.example"
        });
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.post("/applications", None, Some(body)).await
    }

    async fn post(&self, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let path = format!("{PREFIX}{path}");
        self.node.call(Method::POST, &path, token, body).await
    }

    async fn list(&self, query: &str) -> Answer {
        let path = format!("{PREFIX}/applications{query}");
        self.node.get(&path, Some(&self.anna)).await
    }

    /// The id of the newest application.
    async fn newest(&self) -> String {
        let list = self.list("?limit=1").await.json();
        list["items"][0]["id"].as_str().expect("an id").to_owned()
    }

    async fn approve(&self, id: &str, token: &str, body: Option<Value>) -> Answer {
        let path = format!("/applications/{id}/approve");
        self.post(&path, Some(token), body).await
    }
}

/// The secret in an applicant's link.
fn secret(answer: &Answer) -> String {
    let answer = answer.json();
    let link = answer["link"].as_str().expect("a link");
    let secret = link.strip_prefix("https://n.example/apply/");
    secret.expect("the page of the applicant").to_owned()
}

fn names(list: &Answer) -> Vec<Value> {
    let list = list.json();
    let items = list["items"].as_array().expect("items");
    items.iter().map(|one| one["name"].clone()).collect()
}
