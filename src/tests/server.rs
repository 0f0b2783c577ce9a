//! The HTTP server of somebody else, which gives out the documents that it
//! was given.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{StatusCode, Uri, header},
    response::IntoResponse,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use url::{Position, Url};

use super::test_app::TestApp;
use crate::storage::Db;

/// Stops when it is dropped.
pub struct Server {
    /// Host and port.
    pub authority: String,
    shelf: Arc<Mutex<Shelf>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shelf {
    /// By their path: with which status, and what.
    objects: HashMap<String, (StatusCode, Value)>,
    /// Paths that were asked for.
    asked: Vec<String>,
    /// Answers everything.
    failing: Option<StatusCode>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let task = tokio::spawn(serve(listener, shelf.clone()));
        Self {
            authority,
            shelf,
            task,
        }
    }

    /// `http://{authority}`.
    pub fn base(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// The address of a path here.
    pub fn url(&self, path: &str) -> Url {
        let url = format!("http://{}{path}", self.authority);
        url.parse().expect("an address")
    }

    /// A node that may fetch from here.
    pub fn node(&self, db: Db) -> TestApp {
        let allowed = format!("[{:?}]", self.authority);
        TestApp::with(
            db,
            &[
                ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "true"),
                ("VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES", &allowed),
            ],
        )
    }

    /// Gives out the innermost object of an activity from now on.
    pub fn give_out(&self, activity: &Value) {
        let mut object = activity.clone();
        while object.get("object").is_some_and(Value::is_object) {
            object = object["object"].take();
        }
        self.put(&object);
    }

    /// Gives out a document at its id from now on.
    pub fn put(&self, document: &Value) {
        self.answer(200, document);
    }

    /// The same, with this status.
    pub fn answer(&self, status: u16, document: &Value) {
        if let Some(id) = document["id"].as_str() {
            let id: Url = id.parse().expect("an address");
            self.shelve(&id[Position::BeforePath..], status, document);
        }
    }

    /// Gives out a document at a path, with its query, that is not its id's.
    pub fn put_at(&self, path: &str, document: &Value) {
        self.shelve(path, 200, document);
    }

    fn shelve(&self, path: &str, status: u16, document: &Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut shelf = self.shelf.lock().expect("no panic");
        let given = (status, document.clone());
        shelf.objects.insert(path.to_owned(), given);
    }

    /// Every answer is this from now on.
    pub fn fail_with(&self, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.shelf.lock().expect("no panic").failing = Some(status);
    }

    /// How many requests there were.
    pub fn asked(&self) -> usize {
        self.shelf.lock().expect("no panic").asked.len()
    }

    /// Nothing is there from now on.
    pub fn clear(&self) {
        self.shelf.lock().expect("no panic").objects.clear();
    }

    /// How often a path was asked for.
    pub fn asked_for(&self, path: &str) -> usize {
        let shelf = self.shelf.lock().expect("no panic");
        shelf.asked.iter().filter(|one| *one == path).count()
    }
}

async fn serve(listener: TcpListener, shelf: Arc<Mutex<Shelf>>) {
    let answer = move |uri: Uri| {
        let mut shelf = shelf.lock().expect("no panic");
        shelf.asked.push(uri.to_string());
        let answer = match (shelf.failing, shelf.objects.get(&uri.to_string())) {
            (Some(status), _) => status.into_response(),
            (None, Some((status, object))) => {
                let kind = match object["credentialSubject"].is_object() {
                    true => "application/vc",
                    false => "application/activity+json",
                };
                let kind = [(header::CONTENT_TYPE, kind)];
                (*status, kind, object.to_string()).into_response()
            }
            (None, None) => StatusCode::NOT_FOUND.into_response(),
        };
        async move { answer }
    };
    let router = Router::new().fallback(answer);
    axum::serve(listener, router).await.expect("serves");
}
