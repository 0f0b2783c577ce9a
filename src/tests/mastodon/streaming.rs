//! Streams of server-sent events, through the router: who is told what, and
//! when a stream ends.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use http::{Request, StatusCode, header};
use serde_json::Value;
use tokio::time::timeout;

use super::scene::Scene;
use crate::{
    domain::{
        account::Role,
        audience::{Audience, Tlp},
        id::EntryId,
    },
    storage::{entries, testing::on_both},
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a test waits for what must not come: several times the time for
/// which changes are gathered.
const A_WHILE: Duration = Duration::from_secs(1);

/// An open stream.
struct Listener {
    body: BodyDataStream,
    read: String,
}

impl Listener {
    async fn open(scene: &Scene, token: Option<&str>, path: &str) -> Self {
        let mut request = Request::get(format!("/api/v1/streaming/{path}"));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = scene.open(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(headers[header::CACHE_CONTROL], "private, no-store");
        Self {
            body: response.into_body().into_data_stream(),
            read: String::new(),
        }
    }

    /// The next event: its name and its data. `None` at the end.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = event.lines();
                    lines
                        .filter_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim_start().to_owned())
                        .next()
                };
                let found = field("event:").zip(field("data:"));
                self.read = rest.to_owned();
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let chunk = self.body.next().await?.expect("the stream is readable");
            self.read.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// What must come: the name of the event and the id of the status.
    async fn told(&mut self) -> (String, String) {
        let next = timeout(PATIENCE, self.next()).await.expect("it is told");
        let (event, data) = next.expect("the stream goes on");
        let id = match serde_json::from_str(&data) {
            Ok(Value::Object(status)) => status["id"].as_str().expect("an id").to_owned(),
            _ => data,
        };
        (event, id)
    }

    async fn assert_told(&mut self, event: &str, id: &str) {
        assert_eq!(self.told().await, (event.to_owned(), id.to_owned()));
    }

    async fn assert_silent(&mut self) {
        let next = timeout(A_WHILE, self.next()).await;
        assert!(next.is_err(), "told {next:?}");
    }

    async fn assert_ends(&mut self) {
        let next = timeout(PATIENCE, self.next()).await;
        assert_eq!(next.expect("it ends"), None);
    }
}

#[test]
fn each_reader_is_told_its_part_and_no_more() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let government = scene.token(&scene.moj, Role::Reader, "read").await;
        let shelter = scene.token(&scene.shelter, Role::Reader, "read").await;
        let mut stranger = Listener::open(&scene, None, "public").await;
        let mut civil = Listener::open(&scene, Some(&shelter), "public").await;
        let mut all = Listener::open(&scene, Some(&government), "public").await;
        let named = Audience::Named(vec![scene.moj.id]);
        let mut ids = Vec::new();
        for audience in [
            named,
            Audience::Preferential,
            Audience::Members,
            Audience::Public,
        ] {
            let entry = |entry: &mut crate::domain::entry::Entry| {
                entry.content.tlp = Tlp::Green;
                entry.audience = audience;
            };
            ids.push(scene.publish(&scene.moj, entry).await);
        }
        for id in &ids {
            all.assert_told("update", id).await;
        }
        civil.assert_told("update", &ids[2]).await;
        civil.assert_told("update", &ids[3]).await;
        stranger.assert_told("update", &ids[3]).await;
        for listener in [&mut all, &mut civil, &mut stranger] {
            listener.assert_silent().await;
        }
    });
}

#[test]
fn a_status_on_a_stream_is_the_one_that_the_timeline_shows() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut listener = Listener::open(&scene, None, "public").await;
        scene.publish(&scene.moj, |_| {}).await;
        let (_, data) = listener.next().await.expect("an event");
        let told: Value = serde_json::from_str(&data).expect("JSON");
        let timeline = scene.get("/api/v1/timelines/public").await;
        assert_eq!(told, timeline.json[0]);
    });
}

#[test]
fn a_stream_has_what_its_timeline_has() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        scene.follows(&scene.shelter, &scene.moj).await;
        let mut local = Listener::open(&scene, None, "public/local").await;
        let mut remote = Listener::open(&scene, None, "public/remote").await;
        let mut tag = Listener::open(&scene, None, "hashtag?tag=Border").await;
        let mut home = Listener::open(&scene, Some(&token), "user").await;
        let path = "user/notification";
        let mut silent = Listener::open(&scene, Some(&token), path).await;
        let tagged = |entry: &mut crate::domain::entry::Entry| {
            entry.tags = vec!["border".to_owned()];
        };
        let theirs = scene.publish(&scene.remote, tagged).await;
        let followed = scene.publish(&scene.moj, |_| {}).await;
        let answer = scene.reply(&scene.moj, &followed, Audience::Public).await;
        local.assert_told("update", &followed).await;
        remote.assert_told("update", &theirs).await;
        tag.assert_told("update", &theirs).await;
        home.assert_told("update", &followed).await;
        home.assert_told("update", &answer).await;
        for listener in [&mut local, &mut remote, &mut tag, &mut home, &mut silent] {
            listener.assert_silent().await;
        }
    });
}

#[test]
fn a_boost_is_told_at_home_to_who_follows_and_sees_what_it_brings() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        scene.follows(&scene.shelter, &scene.moj).await;
        let open = scene.publish(&scene.remote, |_| {}).await;
        let hidden = |entry: &mut crate::domain::entry::Entry| {
            entry.audience = Audience::Preferential;
        };
        let hidden = scene.publish(&scene.moj, hidden).await;
        let mut home = Listener::open(&scene, Some(&token), "user").await;
        let mut public = Listener::open(&scene, Some(&token), "public").await;
        scene.boost(&scene.moj, &hidden).await;
        scene.boost(&scene.remote, &open).await;
        let boost = scene.boost(&scene.moj, &open).await;
        home.assert_told("update", &boost).await;
        home.assert_silent().await;
        public.assert_silent().await;
    });
}

#[test]
fn edits_and_deletions_are_told_to_whoever_could_see_the_entry() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let government = scene.token(&scene.moj, Role::Reader, "read").await;
        let shelter = scene.token(&scene.shelter, Role::Reader, "read").await;
        let id = scene
            .publish(&scene.moj, |entry| entry.audience = Audience::Members)
            .await;
        let entry: EntryId = id.parse().expect("an id");
        let mut stranger = Listener::open(&scene, None, "public").await;
        let mut civil = Listener::open(&scene, Some(&shelter), "public").await;
        let mut all = Listener::open(&scene, Some(&government), "public").await;
        scene
            .edit(entry, |entry| entry.content.title = "New".to_owned())
            .await;
        civil.assert_told("status.update", &id).await;
        all.assert_told("status.update", &id).await;
        scene
            .edit(entry, |entry| entry.audience = Audience::Preferential)
            .await;
        civil.assert_told("delete", &id).await;
        all.assert_told("status.update", &id).await;
        scene
            .edit(entry, |entry| entry.content.title = "Newer".to_owned())
            .await;
        all.assert_told("status.update", &id).await;
        let now = scene.now();
        scene
            .store(move |conn| entries::bury(conn, entry, now))
            .await;
        all.assert_told("delete", &id).await;
        for listener in [&mut all, &mut civil, &mut stranger] {
            listener.assert_silent().await;
        }
    });
}

#[test]
fn old_entries_that_are_read_from_their_server_now_are_no_news() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut listener = Listener::open(&scene, None, "public").await;
        let old = |entry: &mut crate::domain::entry::Entry| {
            entry.created_at -= chrono::TimeDelta::days(1);
        };
        scene.publish(&scene.remote, old).await;
        let new = scene.publish(&scene.remote, |_| {}).await;
        listener.assert_told("update", &new).await;
    });
}

#[test]
fn what_was_undone_is_not_told() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let id = scene.publish(&scene.moj, |_| {}).await;
        let entry: EntryId = id.parse().expect("an id");
        let mut listener = Listener::open(&scene, None, "public").await;
        let now = scene.now();
        scene
            .fail(move |conn| entries::bury(conn, entry, now))
            .await;
        listener.assert_silent().await;
    });
}

#[test]
fn a_revoked_token_ends_its_streams_and_lost_rights_count_at_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let token = scene.token(&scene.shelter, Role::Reader, "read").await;
        let mut revoked = Listener::open(&scene, Some(&token), "user").await;
        let other = scene.token(&scene.shelter, Role::Editor, "read").await;
        let mut suspended = Listener::open(&scene, Some(&other), "public").await;
        scene.revoke(&token).await;
        revoked.assert_ends().await;
        scene.suspend(&scene.shelter).await;
        suspended.assert_ends().await;
    });
}

#[test]
fn streams_end_when_the_node_stops() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let mut listener = Listener::open(&scene, None, "public").await;
        scene.stop();
        listener.assert_ends().await;
    });
}

#[test]
fn what_is_no_stream_of_the_caller_is_refused_with_the_reason() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let reader = scene.token(&scene.moj, Role::Reader, "read").await;
        let writer = scene.token(&scene.moj, Role::Editor, "write").await;
        for (token, path, status) in [
            (None, "user", 401),
            (None, "user/notification", 401),
            (None, "direct", 401),
            (None, "list?list=1", 401),
            (Some("wrong"), "public", 401),
            (Some(&*writer), "public", 403),
            (Some(&*writer), "user", 403),
            (Some(&*reader), "list?list=1", 404),
            (None, "hashtag", 422),
            (None, "nothing", 404),
            // Without the headers of a WebSocket.
            (None, "?stream=public", 400),
            (None, "?stream=nothing", 404),
        ] {
            let path = format!("/api/v1/streaming/{path}");
            let reply = match token {
                Some(token) => scene.get_as(token, &path).await,
                None => scene.get(&path).await,
            };
            assert_eq!(reply.status, status, "{path}");
            assert!(!reply.error().is_empty(), "{path}");
        }
        let health = scene.get("/api/v1/streaming/health").await;
        assert_eq!(health.status, StatusCode::OK);
    });
}

#[test]
fn one_caller_has_a_limited_number_of_streams() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_LIMITS__OPEN_STREAMS", "3")];
        let scene = Scene::with(db, &settings).await;
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(Listener::open(&scene, None, "public").await);
        }
        let refused = scene.get("/api/v1/streaming/public").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        open.pop();
        Listener::open(&scene, None, "public").await;
    });
}
