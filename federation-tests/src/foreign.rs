//! A foreign server that is real: the application on Fedify in `foreign/`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{http, node::text, script};

/// The Fedify application, with its one actor.
pub struct Foreign {
    child: Child,
    pub origin: String,
    /// The actor's wire id.
    pub actor: String,
}

impl Foreign {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let mut child = script::node("foreign/server.js")
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the foreign server prints its address");
        let hello: Value = match serde_json::from_str(&line) {
            Ok(hello) => hello,
            Err(error) => panic!("the foreign server did not start ({error}): {line:?}"),
        };
        Self {
            child,
            origin: text(&hello, "origin"),
            actor: text(&hello, "actor"),
        }
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        self.origin.trim_start_matches("http://").to_owned()
    }

    /// Follows an actor by its address.
    pub async fn follow(&self, actor: &str) -> Value {
        self.control("follow", &json!({ "actor": actor })).await
    }

    /// Posts a public note to its followers; answers the note's id.
    pub async fn post(&self, content: &str) -> String {
        let posted = self.control("post", &json!({ "content": content })).await;
        text(&posted, "id")
    }

    /// Deletes a note of its own.
    pub async fn delete(&self, note: &str) {
        self.control("delete", &json!({ "id": note })).await;
    }

    /// The activities that passed Fedify's signature check, oldest first.
    pub async fn received(&self) -> Vec<Value> {
        let reply = http::get(&format!("{}/control/received", self.origin));
        let reply = reply.send().await.expect(200).json();
        reply["activities"].as_array().cloned().unwrap_or_default()
    }

    /// The actors that follow it.
    pub async fn followers(&self) -> Vec<Value> {
        let reply = http::get(&format!("{}/control/followers", self.origin));
        let reply = reply.send().await.expect(200).json();
        reply["followers"].as_array().cloned().unwrap_or_default()
    }

    async fn control(&self, name: &str, body: &Value) -> Value {
        let request = http::post(&format!("{}/control/{name}", self.origin));
        request.json(body).send().await.expect(200).json()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It keeps nothing; there is nothing to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
