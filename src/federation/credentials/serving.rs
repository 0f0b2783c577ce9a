//! What other servers read about accreditations: public, whoever asks, because
//! each document proves itself.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::{
    app::App,
    domain::accreditation::Did,
    federation::{
        documents::active,
        objects::context,
        reply::{Refusal, description, document},
    },
    operations::accreditations as verbs,
};

/// VC 2.0, 6.1.
const VC: &str = "application/vc";

/// May be kept, but is to be asked for again each time: a revocation counts
/// at once.
const ASK_AGAIN: &str = "no-cache";

/// What an organisation of ours shows.
pub async fn of_organisation(
    State(app): State<App>,
    Path(handle): Path<String>,
) -> Result<Response, Refusal> {
    let forum = app.forum.clone();
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let owner = active(conn, &handle)?;
        let shown = verbs::shown_of(conn, &forum, &owner.uri)?;
        let at = forum
            .urls
            .organisation_part(&owner.handle, "accreditations");
        Ok(collection(&at, Some(&owner.uri), &shown))
    });
    Ok(document(&read.await?))
}

/// What the node itself shows: its memberships.
pub async fn of_node(State(app): State<App>) -> Result<Response, Refusal> {
    let forum = app.forum.clone();
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let actor = forum.urls.node_actor();
        let shown = verbs::shown_of(conn, &forum, &actor)?;
        Ok(collection(
            &forum.urls.node_accreditations(),
            Some(&actor),
            &shown,
        ))
    });
    Ok(document(&read.await?))
}

/// What this node's anchor has issued for an actor elsewhere (`?of=`): its
/// node fetches here what renews it.
pub async fn renewals(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let actor = asked(query)?;
    let forum = app.forum.clone();
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let issued = verbs::renewals_for(conn, &forum, &actor)?;
        let mut at = forum.urls.absolute(verbs::RENEWALS);
        at.query_pairs_mut().append_pair("of", actor.as_str());
        Ok(collection(&at, None, &issued))
    });
    Ok(document(&read.await?))
}

/// A status list of this node's anchor.
pub async fn status_list(
    State(app): State<App>,
    Path(number): Path<String>,
) -> Result<Response, Refusal> {
    let number: i32 = number.parse().map_err(|_| Refusal::NotFound)?;
    let forum = app.forum.clone();
    let read = app
        .forum
        .db
        .read(move |conn| verbs::own_list(conn, &forum, number));
    list(read.await?)
}

/// The newest status list that is known from elsewhere (`?of=`), so that a
/// revocation reaches whoever can reach any node. Whoever names its anchor, too
/// (`&by=`), is not given what another anchor signed for that address.
pub async fn mirrored(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let by = parameter(query.as_deref(), "by");
    let by = by.map(|did| did.parse::<Did>()).transpose();
    let by = by.map_err(|_| Refusal::BadRequest("say by whom: &by=did:key:…"))?;
    let address = asked(query)?;
    let read = app
        .forum
        .db
        .read(move |conn| verbs::mirrored_list(conn, &address, by.as_ref()));
    list(read.await?)
}

fn list(found: Option<String>) -> Result<Response, Refusal> {
    let text = found.ok_or(Refusal::NotFound)?;
    Ok(description(VC, ASK_AGAIN, text))
}

/// The address in `?of=`.
fn asked(query: Option<String>) -> Result<Url, Refusal> {
    parameter(query.as_deref(), "of")
        .and_then(|value| Url::parse(&value).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or(Refusal::BadRequest("say of which address: ?of=https://…"))
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn collection(id: &Url, owner: Option<&Url>, items: &[Value]) -> Value {
    let mut collection = json!({
        "@context": context::plain(),
        "id": id,
        "type": "Collection",
        "totalItems": items.len(),
        "items": items,
    });
    if let Some(owner) = owner {
        collection["attributedTo"] = json!(owner);
    }
    collection
}
