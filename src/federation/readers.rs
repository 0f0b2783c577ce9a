//! Who reads documents: by a valid signature an organisation of another server,
//! or that server as a whole, which then see what is for them; else anybody.
//!
//! And who may read at all where `federation.authorized_fetch` is on: those
//! whose signature shows a host that is not blocked. What others need in
//! order to sign and to be verified stays readable: the node's own actor, and
//! of an organisation the keys.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, Method, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    WireError, credentials,
    fetch::Budget,
    reply::Refusal,
    signatures::{self, Received, SignatureError},
};
use crate::{
    app::App,
    domain::{audience::Viewer, organisation::Organisation},
    operations::accreditations::viewer_of,
    storage::organisations,
    urls,
};

/// Why somebody may not read.
#[derive(Debug)]
pub enum NotAReader {
    /// Did not sign: may learn a key, and nothing else.
    Unsigned,
    /// Signed, and was refused.
    Refused(Refusal),
}

impl From<NotAReader> for Refusal {
    fn from(reason: NotAReader) -> Self {
        match reason {
            NotAReader::Unsigned => Self::Unauthorised(SignatureError::Unsigned.to_string()),
            NotAReader::Refused(refusal) => refusal,
        }
    }
}

/// Refuses those who may not read. To be laid around the routes of the wire;
/// the addresses that are shared with people ask [`check`] themselves.
pub async fn only_readers(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match check(&app, &parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(reason) => Refusal::from(reason).into_response(),
    }
}

/// Discovery, and the actor in whose name this node fetches: without it two
/// nodes that both require signatures could never verify one another.
fn is_open(path: &str) -> bool {
    path == "/actor"
        || path.starts_with("/.well-known/")
        || path.starts_with("/nodeinfo/")
        || shows_accreditations(path)
}

/// Accreditations are public: each proves itself, and they say who may sign.
fn shows_accreditations(path: &str) -> bool {
    let actor = path.strip_suffix("/accreditations").unwrap_or_default();
    let handle = actor.strip_prefix("/orgs/").unwrap_or("/");
    actor == "/actor" || !handle.contains('/')
}

/// May whoever sent this read documents?
///
/// # Errors
/// [`NotAReader`], only where the settings ask for signatures.
pub async fn check(app: &App, parts: &Parts) -> Result<(), NotAReader> {
    if !app.config.federation.authorized_fetch {
        return Ok(());
    }
    identify(app, parts).await.map(drop)
}

/// Whoever asks, as a reader of entries. A signature that is not believed is as
/// good as none: what is hidden stays as absent as it is to anybody.
pub struct Asker(pub Viewer);

impl FromRequestParts<App> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(viewer(app, parts).await?))
    }
}

/// To learn what whoever asks is accredited for.
const REQUESTS: u32 = 4;

const SIGNATURES: [HeaderName; 2] = [
    HeaderName::from_static("signature"),
    HeaderName::from_static("signature-input"),
];

/// As whom this request reads. Credentials that were never asked for are asked
/// for now; a node that stands alone asks nobody, as nothing restricted leaves it.
///
/// # Errors
/// Storage only.
pub async fn viewer(app: &App, parts: &Parts) -> Result<Viewer, Refusal> {
    let is_signed = SIGNATURES
        .iter()
        .any(|name| parts.headers.contains_key(name));
    if !is_signed || app.forum.trust.stands_alone() {
        return Ok(Viewer::Anonymous);
    }
    let reader = match identify(app, parts).await {
        Ok(reader) => reader,
        Err(NotAReader::Refused(Refusal::Storage(error))) => return Err(error.into()),
        Err(NotAReader::Unsigned | NotAReader::Refused(_)) => return Ok(Viewer::Anonymous),
    };
    credentials::ask_about_with_node(&app.federation, &reader.uri, &Budget::new(REQUESTS))
        .await
        .map_err(refusal)?;
    let forum = app.forum.clone();
    let read = app.forum.db.read(move |conn| {
        match organisations::find(conn, reader.id)? {
            // As it is now: it may have been suspended a moment ago.
            Some(reader) => viewer_of(conn, &forum, &reader),
            None => Ok(Viewer::Anonymous),
        }
    });
    Ok(read.await?)
}

/// Who sent this.
///
/// # Errors
/// [`NotAReader`], whatever the settings.
pub async fn identify(app: &App, parts: &Parts) -> Result<Organisation, NotAReader> {
    let received = Received::new(&parts.method, &parts.uri, &parts.headers, b"");
    match verify(app, &received).await {
        Ok(reader) => Ok(reader),
        Err(WireError::Signature(SignatureError::Unsigned)) => Err(NotAReader::Unsigned),
        Err(error) => {
            tracing::info!(%error, "a reader was refused");
            Err(NotAReader::Refused(refusal(error)))
        }
    }
}

async fn verify(app: &App, received: &Received<'_>) -> Result<Organisation, WireError> {
    let federation = &app.federation;
    let unverified = signatures::parse(received, &federation.origin, federation.forum.now())?;
    let key_id = unverified.key_id();
    federation.admit(key_id).await?;
    let data = federation.to_request_data();
    let budget = Budget::default().unverified();
    let sender = federation.sender(&data, key_id, &budget).await?;
    let sender = federation
        .verified(&data, &unverified, sender, &budget)
        .await?;
    federation.heard_from(&urls::authority(key_id)).await;
    Ok(sender.organisation.clone())
}

fn refusal(error: WireError) -> Refusal {
    match error {
        WireError::Storage(error) => Refusal::Storage(error),
        WireError::KeyUnavailable => Refusal::KeyUnavailable,
        WireError::Signature(error) => Refusal::Unauthorised(error.to_string()),
        // One text for all, so that nobody can probe the block list.
        WireError::Json(_)
        | WireError::Proof(_)
        | WireError::Malformed(_)
        | WireError::NotTheirs(_)
        | WireError::UnknownKey
        | WireError::NoInbox
        | WireError::TooSlow
        | WireError::Full
        | WireError::Fetch(_) => Refusal::Unauthorised(WireError::UnknownKey.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_discovery_and_the_nodes_actor_are_open() {
        for path in [
            "/actor",
            "/.well-known/webfinger",
            "/.well-known/nodeinfo",
            "/nodeinfo/2.1",
            "/actor/accreditations",
            "/orgs/moj/accreditations",
        ] {
            assert!(is_open(path), "{path}");
        }
        for path in [
            "/actor/outbox",
            "/actors",
            "/orgs/moj/outbox",
            "/entries/1/replies",
            "/activities/1",
            "/nodeinfo",
            "/orgs/moj",
            "/orgs/moj/x/accreditations",
            "/accreditations",
            "/entries/1/accreditations",
        ] {
            assert!(!is_open(path), "{path}");
        }
    }
}
