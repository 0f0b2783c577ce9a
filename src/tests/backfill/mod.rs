//! What was said before this node listened. On both databases.

mod conversation;
mod history;
mod later;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{foreign::Foreign, server::Server, test_app::TestApp};
use crate::{
    domain::{
        account::Role,
        audience::Viewer,
        entry::Entry,
        organisation::Category,
        page::Window,
        task::{Pace, Task},
    },
    federation::{
        WireError,
        activities::take_again,
        backfill::{Reading, read_conversation, read_history, read_pins},
        synchronisation::compare,
    },
    operations::{follows, people::Person},
    storage::{Db, entries, follows as stored, tasks},
};

/// A node with a government that asked to follow an organisation of another
/// server.
pub(super) struct Scene {
    pub node: TestApp,
    pub token: String,
    pub me: Person,
    pub server: Server,
    pub her: Foreign,
}

impl Scene {
    pub async fn new(db: Db) -> Self {
        let server = Server::start().await;
        let node = server.node(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read write follow");
        let token = token.await;
        let me = node.person(&token).await;
        let origin = format!("http://{}", server.authority);
        let her = Foreign::at(&node, &origin, "her").await;
        let scene = Self {
            node,
            token,
            me,
            server,
            her,
        };
        let asked = follows::follow(&scene.node.app.forum, &scene.me, scene.her.organisation.id);
        asked.await.expect("asked");
        scene
    }

    /// Another one on the same server, whose document it gives out.
    pub async fn neighbour(&self) -> Foreign {
        let origin = format!("http://{}", self.server.authority);
        Foreign::at(&self.node, &origin, "him").await
    }

    pub async fn receive(&self, from: &Foreign, activity: &Value) {
        let answer = from.send(&self.node, activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{activity}");
    }

    /// She accepts, by an activity with this number.
    pub async fn accepted(&self, number: u32) {
        let (me, her) = (self.me.organisation.id, self.her.organisation.id);
        let read = self
            .node
            .app
            .forum
            .db
            .read(move |conn| stored::find(conn, me, her));
        let follow = read.await.expect("storage").expect("a follow");
        let accept = self
            .her
            .activity(number, "Accept", json!(follow.activity_uri));
        self.receive(&self.her, &accept).await;
    }

    /// The tasks that wait for other servers.
    pub async fn planned(&self) -> Vec<Task> {
        let claimed = self.node.app.forum.write(|conn, forum| {
            tasks::claim(
                conn,
                Pace::Asking,
                forum.now(),
                100,
                Duration::from_secs(60),
            )
        });
        let claimed = claimed.await.expect("claimed").into_iter();
        claimed.map(|claimed| claimed.task).collect()
    }

    /// Does what is planned, and what that plans; says how each ended.
    pub async fn read_all(&self) -> Vec<Result<Reading, WireError>> {
        let wiring = &self.node.app.federation;
        let mut ends = Vec::new();
        loop {
            let planned = self.planned().await;
            if planned.is_empty() {
                return ends;
            }
            for task in planned {
                ends.push(match task {
                    Task::ReadHistory { organisation } => read_history(wiring, organisation).await,
                    Task::ReadPins { organisation } => read_pins(wiring, organisation).await,
                    Task::ReadConversation { entry } => read_conversation(wiring, entry).await,
                    Task::CompareFollowers { organisation, url } => {
                        compare(wiring, organisation, &url).await
                    }
                    Task::TakeAgain { sender, activity } => {
                        take_again(wiring, sender, activity).await
                    }
                    Task::Distribute { .. }
                    | Task::MailLink { .. }
                    | Task::MailApplicant { .. }
                    | Task::Sweep
                    | Task::KeepAccreditations
                    | Task::AskForLists
                    | Task::AskForAccreditations => unreachable!("they are not planned"),
                });
            }
        }
    }

    /// Every public entry, the oldest first.
    pub async fn entries(&self) -> Vec<Entry> {
        let listed = self.node.app.forum.db.read(|conn| {
            let all = entries::Filter::default();
            entries::list(conn, &Viewer::Anonymous, &all, Window::first(500))
        });
        let mut listed = listed.await.expect("read");
        listed.reverse();
        listed
    }

    async fn texts(&self) -> Vec<String> {
        let entries = self.entries().await.into_iter();
        entries.map(|entry| entry.html).collect()
    }
}

/// A public note of somebody, published at this minute of an hour long ago.
fn note(by: &Foreign, number: u32) -> Value {
    let mut note = by.note(number, &format!("<p>Note {number}</p>"));
    note["published"] = json!(format!("2026-10-01T10:{number:02}:00Z"));
    note
}

/// The same as an answer to another.
fn answer(by: &Foreign, number: u32, to: &Value) -> Value {
    let mut note = note(by, number);
    note["inReplyTo"] = to["id"].clone();
    note
}

fn html(number: u32) -> String {
    format!("<p>Note {number}</p>")
}
