//! Receiving: limits → headers → date → body and digest → host and key → signature →
//! parse → origin rules → effects (SECURITY.md 2.1). An answer of success is
//! given after the commit.

use std::time::Duration;

use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, header::RETRY_AFTER, request::Parts},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    Federation, WireError, activities,
    authorship::{Claim, establish},
    bodies,
    fetch::Budget,
    json::{check_recipients, normalise, parse_strict},
    objects::Document,
    proofs::Proof,
    reply,
    signatures::{self, Received, SignatureError},
    synchronisation,
};
use crate::{
    app::App,
    domain::organisation::{Organisation, OrganisationState},
    storage::{self, organisations},
    urls,
};

/// How long the body of a request may take to arrive. Senders give up sooner;
/// who drips would keep a connection and its memory for ever.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// `POST /inbox`.
pub async fn shared(State(app): State<App>, request: Request) -> Response {
    answer(take_in(&app, request).await)
}

/// `POST /orgs/{handle}/inbox`.
pub async fn own(State(app): State<App>, Path(handle): Path<String>, request: Request) -> Response {
    let known = app
        .forum
        .db
        .read(move |conn| organisations::find_local(conn, &handle))
        .await;
    match known {
        Ok(Some(one)) if one.state == OrganisationState::Active => {
            answer(take_in(&app, request).await)
        }
        Ok(_) => answer(Err(WireError::NoInbox)),
        Err(error) => answer(Err(error.into())),
    }
}

fn answer(result: Result<(), WireError>) -> Response {
    let error = match result {
        Ok(()) => return StatusCode::ACCEPTED.into_response(),
        Err(error) => error,
    };
    let status = status(&error);
    if status.is_server_error() {
        tracing::error!(%error, "an activity could not be taken in");
    } else {
        tracing::info!(%error, %status, "an activity was refused");
    }
    let text = match &error {
        // What the database said stays here.
        WireError::Storage(_) => "this node cannot store anything now".to_owned(),
        other => other.to_string(),
    };
    let mut response = (status, axum::Json(json!({"error": text}))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        reply::offer_signature(&mut response);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(RETRY_AFTER, axum::http::HeaderValue::from_static("30"));
    }
    response
}

fn status(error: &WireError) -> StatusCode {
    match error {
        WireError::Signature(SignatureError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        WireError::Signature(_) | WireError::UnknownKey => StatusCode::UNAUTHORIZED,
        WireError::Json(_) | WireError::Proof(_) | WireError::Malformed(_) => {
            StatusCode::BAD_REQUEST
        }
        WireError::NotTheirs(_) => StatusCode::FORBIDDEN,
        WireError::NoInbox => StatusCode::NOT_FOUND,
        WireError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        WireError::Fetch(error) if !error.is_temporary() => StatusCode::BAD_REQUEST,
        WireError::KeyUnavailable | WireError::Full | WireError::Fetch(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        WireError::Storage(storage::Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
        WireError::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn take_in(app: &App, request: Request) -> Result<(), WireError> {
    let (parts, body) = request.into_parts();
    bodies::check_size(&body)?;
    let federation: &Federation = &app.federation;
    let announced = {
        let received = received(&parts);
        signatures::announced(&received, &federation.origin, federation.forum.now())?
    };
    let held = federation.bodies.read(body, BODY_WITHIN).await?;
    let body = &held.bytes;
    let unverified = announced.with(body)?;
    let key_id = unverified.key_id();
    let host = urls::authority(key_id);
    let data = app.federation.to_request_data();
    let budget = Budget::new(Budget::PER_ACTIVITY);
    let found = match federation.admit(key_id).await {
        Ok(()) => {
            let budget = budget.unverified();
            federation.sender(&data, key_id, &budget).await
        }
        Err(error) => Err(error),
    };
    let sender = match found {
        Ok(sender) => sender,
        // The actor of a Delete is often gone before its word arrives.
        Err(WireError::UnknownKey) if says_that_its_actor_is_gone(body, key_id) => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let sender = federation
        .verified(&data, &unverified, sender, &budget.unverified())
        .await?;
    federation.heard_from(&host).await;
    let document = parse_strict(body)?;
    // On the document as received: its spelling is part of what was signed.
    let proof = Proof::read(&document, federation.forum.now())?;
    let document = normalise(document);
    check_recipients(&document)?;
    let sender = sender.organisation.clone();
    let said_at = unverified.signed_at();
    act(app, sender.clone(), said_at, proof, document, &budget).await?;
    // Whatever becomes of the header, the activity was taken in.
    if let Err(error) = synchronisation::notice(federation, &sender, &parts.headers).await {
        tracing::warn!(%error, "followers could not be compared");
    }
    Ok(())
}

/// A request whose body is still to come.
fn received(parts: &Parts) -> Received<'_> {
    Received::new(&parts.method, &parts.uri, &parts.headers, b"")
}

/// Is this the Delete of an actor whose key cannot be had, wherever on its own
/// server that stood? Nothing is believed of it; it is acknowledged so that its
/// server stops sending it.
fn says_that_its_actor_is_gone(body: &[u8], key_id: &url::Url) -> bool {
    let Ok(document) = parse_strict(body) else {
        return false;
    };
    let document = normalise(document);
    let activity = Document(&document);
    let (actor, object) = (activity.url("actor"), activity.url("object"));
    let is_of_its_server = |actor: &url::Url| super::origin::same_origin(actor, key_id);
    activity.kind() == "Delete" && actor == object && actor.as_ref().is_some_and(is_of_its_server)
}

/// The origin rules that hold for every activity, then the activity's own.
async fn act(
    app: &App,
    sender: Organisation,
    said_at: DateTime<Utc>,
    proof: Option<Proof>,
    document: serde_json::Value,
    budget: &Budget,
) -> Result<(), WireError> {
    let activity = Document(&document);
    let actor = activity
        .url("actor")
        .ok_or_else(|| WireError::Malformed("the activity has no usable actor".into()))?;
    let Some(id) = activity.get("id") else {
        // Without an id it is transient: acknowledged and forgotten.
        return Ok(());
    };
    let id = super::objects::address(id)
        .ok_or_else(|| WireError::Malformed("the activity's id is no address".into()))?;
    if !super::origin::same_origin(&id, &actor) {
        return Err(WireError::NotTheirs(
            "the activity's id is of another origin",
        ));
    }
    let data = app.federation.to_request_data();
    let claim = Claim {
        id: id.clone(),
        actor,
        proof,
        document,
    };
    // What nobody answers for is acknowledged and forgotten.
    let Some(believed) = establish(&data, sender, claim, budget).await? else {
        return Ok(());
    };
    let direct = believed.direct;
    let inbound = activities::Inbound {
        id,
        sender: believed.author,
        document: believed.document,
        direct,
        said_at,
        is_named: believed.is_named,
        budget: budget.clone(),
    };
    match activities::receive(inbound, &data).await {
        // Whoever hands it on does not answer for what it says.
        Err(error) if !direct && !matches!(error, WireError::Storage(_)) => {
            tracing::info!(%error, "what was handed on is not taken in");
            Ok(())
        }
        taken => taken,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::{Body, Bytes};
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_end_is_waited_for_no_longer_than_it_may_take() {
        let brief = Duration::from_millis(50);
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let room = bodies::Bodies::default();
        let error = room.read(never, brief).await.expect_err("too slow");
        assert_eq!(status(&error), StatusCode::REQUEST_TIMEOUT);
        let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1_024]));
        let endless = Body::from_stream(stream::repeat_with(chunk));
        let error = room
            .read(endless, BODY_WITHIN)
            .await
            .expect_err("too large");
        assert_eq!(status(&error), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
