//! One request for a page: who asks, what they asked for, and how the answer
//! is dressed. Every handler takes a [`Visit`], every handler of a form a
//! [`Submission`].

use askama::Template;
use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use chrono::{DateTime, Utc};

use crate::{
    app::{App, client},
    domain::{account::Role, agent, audience::Viewer, follow::FollowState, page::Window},
    operations::{
        people::{self, Need, Person as Who},
        random_token,
    },
    storage::{
        self, applications,
        follows::{self, Side},
        reports,
    },
};

use super::{
    assets,
    error::PageError,
    form::Fields,
    layout::{Layout, Node, Notice, Person, VERSION},
    render::{self, Keep},
    session::{self, Cookies},
    views::organisation,
};

/// Requests to follow that are counted; more are "that many" all the same.
const MAX_REQUESTS: i64 = 99;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub who: Who,
    /// The session's own token, as in the cookie.
    pub token: String,
    /// When the session ends in any case.
    expires_at: DateTime<Utc>,
    /// What this session's forms must send back.
    csrf: String,
    /// Requests to follow that wait for an answer.
    requests: usize,
    /// Reports that wait for an administrator.
    reports: i64,
    /// Applications about which nothing is decided.
    applications: i64,
}

impl SignedIn {
    pub fn role(&self) -> Role {
        self.who.user.role
    }

    /// How long the session goes on at most.
    pub fn lasts(&self, now: DateTime<Utc>) -> std::time::Duration {
        (self.expires_at - now).to_std().unwrap_or_default()
    }
}

/// Somebody who has signed in, but must do something before anything else.
/// Until then they read what everybody reads.
#[derive(Debug, Clone)]
struct Held {
    somebody: SignedIn,
    need: Need,
}

/// A request for a page.
#[derive(Clone)]
pub struct Visit {
    pub app: App,
    pub query: Fields,
    pub person: Option<SignedIn>,
    held: Option<Held>,
    path: String,
    target: String,
    /// The form token of a browser that is not signed in.
    form: Option<String>,
}

impl Visit {
    async fn begin(app: &App, parts: &Parts) -> Result<Self, PageError> {
        Self::of(app, &parts.headers, &parts.uri).await
    }

    pub async fn of(
        app: &App,
        headers: &HeaderMap,
        uri: &axum::http::Uri,
    ) -> Result<Self, PageError> {
        let cookies = Cookies::new(app.forum.urls.origin());
        let (person, held) = match cookies.session(headers) {
            Some(token) => find_person(app, token).await?,
            None => (None, None),
        };
        Ok(Self {
            app: app.clone(),
            query: Fields::parse(uri.query().unwrap_or_default().as_bytes()),
            person,
            held,
            path: uri.path().to_owned(),
            target: uri
                .path_and_query()
                .map_or_else(|| uri.path().to_owned(), ToString::to_string),
            form: cookies.form(headers),
        })
    }

    pub fn viewer(&self) -> Viewer {
        match &self.person {
            Some(person) => person.who.viewer(),
            None => Viewer::Anonymous,
        }
    }

    pub fn cookies(&self) -> Cookies {
        Cookies::new(self.app.forum.urls.origin())
    }

    /// Whoever is signed in; anybody else is led to the sign-in page and back.
    pub fn person(&self) -> Result<&SignedIn, PageError> {
        if let Some(held) = &self.held {
            return Err(PageError::Before(held.need));
        }
        self.person.as_ref().ok_or_else(|| PageError::SignIn {
            next: self.target.clone(),
        })
    }

    /// Like [`Visit::person`], but also somebody who must do something first:
    /// for the pages on which they do it.
    pub fn somebody(&self) -> Result<&SignedIn, PageError> {
        match &self.held {
            Some(held) => Ok(&held.somebody),
            None => self.person(),
        }
    }

    /// The session's token, whatever the session is good for.
    pub fn session_token(&self) -> Option<&str> {
        self.somebody().ok().map(|somebody| somebody.token.as_str())
    }

    pub fn has_session(&self) -> bool {
        self.session_token().is_some()
    }

    /// The secret of this browser's forms; empty when it has none.
    pub fn form_secret(&self) -> &str {
        self.token().unwrap_or_default()
    }

    /// The same visit after its session got another token.
    pub async fn with_session(mut self, token: String) -> Result<Self, PageError> {
        (self.person, self.held) = find_person(&self.app, token).await?;
        Ok(self)
    }

    /// Like [`Visit::person`], with a role that may write entries.
    pub fn writer(&self) -> Result<&SignedIn, PageError> {
        self.allowed(Role::may_write)
    }

    /// Like [`Visit::person`], with a role that speaks for the organisation.
    pub fn representative(&self) -> Result<&SignedIn, PageError> {
        self.allowed(Role::may_represent)
    }

    /// Like [`Visit::person`], with a role that runs the node.
    pub fn administrator(&self) -> Result<&SignedIn, PageError> {
        self.allowed(Role::may_administer)
    }

    fn allowed(&self, may: fn(Role) -> bool) -> Result<&SignedIn, PageError> {
        let person = self.person()?;
        if may(person.role()) {
            Ok(person)
        } else {
            Err(PageError::Forbidden)
        }
    }

    /// What stands around the page.
    pub fn layout(&self) -> Layout {
        let node = &self.app.config.node;
        Layout {
            node: Node {
                name: node.name.clone(),
                contact: node.contact_email.clone(),
                fictional: node.fictional,
                version: VERSION,
            },
            person: self.somebody().ok().map(|person| Person {
                email: person.who.user.email.clone(),
                role: person.role(),
                organisation: person.who.organisation.name.clone(),
                organisation_path: organisation::path(&person.who.organisation),
                requests: person.requests,
                reports: person.reports,
                applications: person.applications,
            }),
            token: self.token().unwrap_or_default().to_owned(),
            notice: Notice::read(self.query.text("done")),
            path: self.path.clone(),
            style: assets::path("forum.css"),
            script: assets::path("forum.js"),
        }
    }

    /// Gives a browser that is not signed in a form token, for pages whose
    /// form it may send: signing in, and one-time links.
    pub fn with_form_token(mut self) -> Self {
        if !self.has_session() && self.form.is_none() {
            self.form = Some(random_token());
        }
        self
    }

    fn token(&self) -> Option<&str> {
        match self.somebody() {
            Ok(somebody) => Some(&somebody.csrf),
            Err(_) => self.form.as_deref(),
        }
    }

    /// The page, kept by nobody unless it is the same for everybody.
    pub fn show(&self, page: &impl Template) -> Result<Response, PageError> {
        self.show_as(StatusCode::OK, page)
    }

    /// A form that is refused, with everything that was typed.
    pub fn refuse(&self, page: &impl Template) -> Result<Response, PageError> {
        self.show_as(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    pub fn show_as(&self, status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
        let keep = match self.token() {
            Some(_) => Keep::Private,
            None => Keep::Public,
        };
        let mut response = render::html(status, page.render()?, keep);
        if !self.has_session()
            && let Some(token) = &self.form
        {
            set_cookie(&mut response, &self.cookies().set_form(token));
        }
        Ok(response)
    }
}

/// Adds a cookie to a reply.
pub fn set_cookie(response: &mut Response, cookie: &str) {
    let value = HeaderValue::from_str(cookie).expect("our cookies hold only safe characters");
    response.headers_mut().append(header::SET_COOKIE, value);
}

/// Leads to another page of ours, with a word about what was done.
pub fn go(path: &str, notice: Notice) -> Response {
    let glue = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{glue}done={}", notice.word())).into_response()
}

impl FromRequestParts<App> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        Self::begin(app, parts).await
    }
}

/// A form that was sent from one of our own pages: origin and token are
/// checked before anything else looks at it (SECURITY.md 4).
#[derive(Clone)]
pub struct Submission {
    pub visit: Visit,
    pub fields: Fields,
    /// Where it came from, to count tries by.
    pub client: Option<String>,
    /// What the browser is, in a few words.
    pub agent: String,
}

impl FromRequest<App> for Submission {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let visit = Visit::begin(app, &parts).await?;
        if !session::is_from_here(&parts.headers, app.forum.urls.origin()) {
            return Err(PageError::Forged);
        }
        let bytes = to_bytes(body, app.config.limits.request_bytes)
            .await
            .map_err(|_| PageError::TooLarge)?;
        let fields = Fields::parse(&bytes);
        let expected = visit.token().unwrap_or_default();
        if !session::tokens_match(expected, fields.text("token")) {
            return Err(PageError::Forged);
        }
        if let Ok(person) = visit.somebody() {
            let account = person.who.user.id.to_string();
            app.limits.write.check(&account)?;
        }
        Ok(Self {
            client: client::key(&parts, &app.config.server.trusted_proxies),
            agent: agent::describe(user_agent(&parts.headers)),
            visit,
            fields,
        })
    }
}

fn user_agent(headers: &HeaderMap) -> &str {
    let sent = headers.get(header::USER_AGENT);
    sent.and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Whoever is behind a session, and free to go on, or must do something first.
async fn find_person(
    app: &App,
    token: String,
) -> Result<(Option<SignedIn>, Option<Held>), PageError> {
    let Some(present) = people::by_session(&app.forum, &token).await? else {
        return Ok((None, None));
    };
    let (who, session) = (present.person, present.session);
    let me = who.organisation.id;
    let requests = match who.user.role.may_represent() {
        true => app
            .forum
            .db
            .read(move |conn| {
                let most = Window::first(MAX_REQUESTS);
                follows::list(conn, me, Side::Followers, FollowState::Pending, most)
            })
            .await?
            .len(),
        false => 0,
    };
    let (reports, applications) = match who.user.role.may_administer() {
        true => {
            let waiting = app.forum.db.read(|conn| -> Result<_, storage::Error> {
                Ok((reports::count_open(conn)?, applications::count_open(conn)?))
            });
            waiting.await?
        }
        false => (0, 0),
    };
    let somebody = SignedIn {
        who,
        token,
        expires_at: session.expires_at,
        csrf: session.csrf,
        requests,
        reports,
        applications,
    };
    Ok(match present.need {
        Some(need) => (None, Some(Held { somebody, need })),
        None => (Some(somebody), None),
    })
}
