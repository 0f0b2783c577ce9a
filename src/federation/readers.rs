//! Who may read documents where `federation.authorized_fetch` is on: those
//! whose signature shows a host that is not blocked. What others need in
//! order to sign and to be verified stays readable: the node's own actor, and
//! of an organisation the keys.

use axum::{
    extract::{Request, State},
    http::{Method, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    WireError,
    fetch::Budget,
    reply::Refusal,
    signatures::{self, Received, SignatureError},
};
use crate::{app::App, domain::organisation::Organisation};

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
    let budget = Budget::new(Budget::PER_ACTIVITY);
    let sender = federation.sender(&data, key_id, &budget).await?;
    let sender = federation
        .verified(&data, &unverified, sender, &budget)
        .await?;
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
