//! A whole node in the test's own process: real router, real database.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tower::ServiceExt;

use super::described::assert_names;
use crate::{
    app::{self, App},
    config::Config,
    domain::{
        account::{Role, Scopes},
        organisation::{Category, Organisation},
        task::{Claimed, Pace, Task},
    },
    federation::outbox,
    operations::{Clock, organisations, people},
    storage::{Db, activities, tasks},
};

/// The origin of every test node.
pub const ORIGIN: &str = "https://n.example";

/// When tests happen unless they move the clock.
pub fn noon() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().expect("a moment")
}

pub struct TestApp {
    pub app: App,
    clock: Arc<Mutex<DateTime<Utc>>>,
    router: Router,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.body))
    }
}

impl TestApp {
    /// A node on an open, migrated database.
    pub fn new(db: Db) -> Self {
        Self::with(db, &[])
    }

    /// A node with settings of its own, as environment variables.
    pub fn with(db: Db, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(Mutex::new(noon()));
        let variables = [("VIRTUAL_FORUM_SERVER__PUBLIC_URL", ORIGIN)]
            .iter()
            .chain(settings)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::load(None, variables).expect("valid settings");
        let app = App::new(config, Clock::Set(clock.clone()), db).expect("a node");
        let router = app::router(app.clone());
        Self { app, clock, router }
    }

    pub fn pass(&self, time: TimeDelta) {
        *self.clock.lock().expect("not poisoned") += time;
    }

    pub async fn organisation(&self, handle: &str, category: Category) -> Organisation {
        organisations::create(
            &self.app.forum,
            None,
            organisations::NewOrganisation {
                handle: handle.into(),
                name: format!("The {handle}"),
                category,
                country: None,
                summary: String::new(),
            },
        )
        .await
        .expect("an organisation")
    }

    /// An account `{role}@{handle}.example` of a local organisation, and an
    /// access token for it.
    pub async fn token(&self, handle: &str, role: Role, scopes: &str) -> String {
        let email = format!("{role}@{handle}.example");
        let forum = &self.app.forum;
        match people::create(forum, None, &email, handle, role, None).await {
            Ok(_) | Err(people::PeopleError::EmailTaken) => {}
            Err(error) => panic!("{error}"),
        }
        let scopes: Scopes = scopes.parse().expect("scopes");
        people::create_token(forum, None, &email, &scopes)
            .await
            .expect("a token")
            .0
    }

    /// The person behind a token.
    pub async fn person(&self, token: &str) -> people::Person {
        let found = people::by_token(&self.app.forum, token).await;
        found.expect("storage works").expect("a valid token").person
    }

    /// Does for a person what everybody does at the first sign-in: a second
    /// factor, where one is required, and the rules.
    pub async fn admit(&self, person: &people::Person) {
        let forum = &self.app.forum;
        if forum.must_have_second_factor(person) {
            self.second_factor(person).await;
        }
        let version = forum.admission.rules.clone().expect("there are rules");
        people::accept_rules(forum, person, &version)
            .await
            .expect("accepted");
    }

    /// Sets a second factor up, unless there is one; the recovery codes.
    pub async fn second_factor(&self, person: &people::Person) -> Vec<String> {
        let forum = &self.app.forum;
        let setup = match people::second_factor::begin(forum, person).await {
            Err(people::PeopleError::HasSecondFactor) => return Vec::new(),
            begun => begun.expect("begun"),
        };
        let code = self.code(&setup.secret);
        let confirmed = people::second_factor::confirm(forum, person, "", &code).await;
        confirmed.expect("confirmed").codes
    }

    /// What an app with this key shows now.
    pub fn code(&self, key: &str) -> String {
        let key: String = key.chars().filter(|c| !c.is_whitespace()).collect();
        let totp = totp_rs::Builder::new()
            .with_secret(totp_rs::Secret::try_from_base32(&key).expect("base32"))
            .build()
            .expect("a long enough key");
        let now = u64::try_from(self.app.forum.now().timestamp()).expect("after 1970");
        totp.generate(now).to_string()
    }

    /// The answer with its body still to come.
    pub async fn open(&self, request: Request<Body>) -> Response {
        let answer = self.router.clone().oneshot(request).await;
        answer.expect("the router is infallible")
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.open(request).await;
        assert_names(&method, &path, answer.status());
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        // Every request has its own: answers could never be compared.
        headers.remove("x-request-id");
        let bytes = to_bytes(answer.into_body(), 16 << 20)
            .await
            .expect("a body");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status,
            headers,
            body,
        }
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    /// A request with a JSON body, and a bearer token if there is one.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        json: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "n.example");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match json {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// Words everything that waits to be told, and answers it.
    pub async fn told(&self) -> Vec<Value> {
        let federation = &self.app.federation;
        let forum = &self.app.forum;
        let mut told = Vec::new();
        loop {
            let claimed = forum.write(|conn, forum| {
                tasks::claim(conn, Pace::Alone, forum.now(), 100, Duration::from_secs(60))
            });
            let claimed: Vec<Claimed> = claimed.await.expect("claimed");
            if claimed.is_empty() {
                break;
            }
            for Claimed { id, task, .. } in claimed {
                let Task::Distribute { activity } = task else {
                    continue;
                };
                let worded = outbox::distribute(federation, activity).await;
                worded.expect("worded");
                let found = forum.write(move |conn, _| {
                    // Those behind it in its line come next.
                    tasks::finish(conn, id)?;
                    activities::find_outgoing(conn, activity)
                });
                if let Some((_, Some(document))) = found.await.expect("read") {
                    told.push((activity, document));
                }
            }
        }
        told.sort_by_key(|(activity, _)| *activity);
        let read = |(_, document): (_, String)| serde_json::from_str(&document).expect("JSON");
        told.into_iter().map(read).collect()
    }
}
