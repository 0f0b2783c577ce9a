//! Foreign servers that are real: applications on Fedify and on cattle_grid, in
//! `foreign/`. Both take the same orders, so that one scenario drives either.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{http, node::text, script, wait};

/// What a foreign server is built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// On Node.
    Fedify,
    /// On Python, with a database of its own.
    CattleGrid,
}

impl Software {
    fn command(self) -> Command {
        match self {
            Self::Fedify => script::node("foreign/fedify/server.js"),
            Self::CattleGrid => script::python("foreign/cattle_grid/server.py"),
        }
    }
}

/// A foreign server, with an actor that does what it is told, and a second one
/// that the first may move to. Both accept every follower.
pub struct Foreign {
    child: Child,
    pub origin: String,
    /// The first actor's wire id.
    pub actor: String,
    // What the server keeps.
    _data: TempDir,
}

impl Foreign {
    /// Starts it on a free port.
    pub fn start(software: Software) -> Self {
        let data = TempDir::with_prefix("forum-foreign-").expect("a directory can be made");
        let mut child = software
            .command()
            .current_dir(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a foreign server can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the foreign server prints its address");
        let hello: Value = match serde_json::from_str(&line) {
            Ok(hello) => hello,
            Err(error) => panic!("{software:?} did not start ({error}): {line:?}"),
        };
        Self {
            child,
            origin: text(&hello, "origin"),
            actor: text(&hello, "actor"),
            _data: data,
        }
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        self.origin.trim_start_matches("http://").to_owned()
    }

    /// Follows an actor by its address. Answers the `id` of the Follow, and
    /// whom it `followed`, with its `name`.
    pub async fn follow(&self, actor: &str) -> Value {
        self.control("follow", &json!({ "actor": actor })).await
    }

    /// Takes back an activity of its own: a Follow, a Like, an Announce.
    pub async fn undo(&self, activity: &str) {
        self.control("undo", &json!({ "id": activity })).await;
    }

    /// Posts a public note to its followers; answers the note's id.
    pub async fn post(&self, content: &str) -> String {
        let note = json!({ "content": content });
        text(&self.control("post", &note).await, "id")
    }

    /// Answers an object, whose author hears of it; answers the note's id.
    pub async fn reply(&self, parent: &str, content: &str) -> String {
        let note = json!({ "content": content, "inReplyTo": parent });
        text(&self.control("post", &note).await, "id")
    }

    /// Changes the text of a note of its own.
    pub async fn edit(&self, note: &str, content: &str) {
        let change = json!({ "id": note, "content": content });
        self.control("edit", &change).await;
    }

    /// Deletes a note of its own.
    pub async fn delete(&self, note: &str) {
        self.control("delete", &json!({ "id": note })).await;
    }

    /// Likes an object; answers the id of the Like.
    pub async fn like(&self, object: &str) -> String {
        text(
            &self.control("like", &json!({ "object": object })).await,
            "id",
        )
    }

    /// Boosts an object; answers the id of the Announce.
    pub async fn announce(&self, object: &str) -> String {
        let boost = json!({ "object": object });
        text(&self.control("announce", &boost).await, "id")
    }

    /// Reports an actor and objects of it to its server.
    pub async fn flag(&self, account: &str, objects: &[&str], content: &str) {
        let report = json!({ "account": account, "objects": objects, "content": content });
        self.control("flag", &report).await;
    }

    /// Moves to its second actor; answers that one's id.
    pub async fn move_away(&self) -> String {
        text(&self.control("move", &json!({})).await, "target")
    }

    /// The activities that passed the server's signature check, oldest first.
    pub async fn received(&self) -> Vec<Value> {
        self.ask("received", "activities").await
    }

    /// Waits for an activity that passed the server's signature check.
    pub async fn await_received(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let found = || async { self.received().await.into_iter().find(|one| is(one)) };
        wait::until(what, found).await
    }

    /// Who follows an actor of it.
    pub async fn followers(&self, actor: &str) -> Vec<Value> {
        self.ask(&format!("followers?actor={actor}"), "followers")
            .await
    }

    /// Whom an actor of it follows, and who has accepted that.
    pub async fn following(&self, actor: &str) -> Vec<Value> {
        self.ask(&format!("following?actor={actor}"), "following")
            .await
    }

    /// Waits until an actor of it has exactly these followers.
    pub async fn await_followers(&self, actor: &str, expected: &[&str]) {
        let what = format!("{expected:?} to follow {actor}");
        wait::until(&what, || async {
            (self.followers(actor).await == expected).then_some(())
        })
        .await;
    }

    async fn ask(&self, question: &str, list: &str) -> Vec<Value> {
        let reply = http::get(&format!("{}/control/{question}", self.origin));
        let reply = reply.send().await.expect(200).json();
        reply[list].as_array().cloned().unwrap_or_default()
    }

    async fn control(&self, name: &str, body: &Value) -> Value {
        let request = http::post(&format!("{}/control/{name}", self.origin));
        request.json(body).send().await.expect(200).json()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It keeps nothing beyond its directory; there is nothing to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
