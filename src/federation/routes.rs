//! Everything that other servers read and write. `/orgs/{handle}` and
//! `/entries/{id}` are shared with people: `app` asks what the caller accepts
//! (see [`negotiation`](super::negotiation)) and calls [`documents`].

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Federation, collections, credentials::serving, discovery, documents, inbox, nodeinfo,
    origin::Origin, reply::Refusal, synchronisation,
};
use crate::app::{App, Auth, Routes};

/// Every address of the wire but the two that `app` shares out. To be laid
/// under [`only_our_host`].
pub fn routes() -> Routes {
    Routes::new()
        .merge(discovery())
        .merge(actors())
        .merge(accreditations())
        .merge(entries())
        .merge(inboxes())
}

fn discovery() -> Routes {
    Routes::new()
        .get("/.well-known/webfinger", Auth::None, discovery::webfinger)
        .get("/.well-known/host-meta", Auth::None, discovery::host_meta)
        .get(
            "/.well-known/host-meta.json",
            Auth::None,
            discovery::host_meta_json,
        )
        .get("/.well-known/nodeinfo", Auth::None, nodeinfo::index)
        .get("/nodeinfo/2.0", Auth::None, nodeinfo::v2_0)
        .get("/nodeinfo/2.1", Auth::None, nodeinfo::v2_1)
}

fn actors() -> Routes {
    Routes::new()
        .get("/actor", Auth::None, documents::node)
        .get("/actor/outbox", Auth::None, collections::node_outbox)
        .get("/orgs/{handle}/outbox", Auth::Optional, collections::outbox)
        .get(
            "/orgs/{handle}/followers",
            Auth::None,
            collections::followers,
        )
        .get(
            "/orgs/{handle}/following",
            Auth::None,
            collections::following,
        )
        .get(
            "/orgs/{handle}/followers_synchronization",
            Auth::Signature,
            synchronisation::followers_of_reader,
        )
        .get(
            "/orgs/{handle}/featured",
            Auth::Optional,
            collections::featured,
        )
}

fn accreditations() -> Routes {
    const BASE: &str = "/.well-known/virtual-forum";
    Routes::new()
        .get("/actor/accreditations", Auth::None, serving::of_node)
        .get(
            "/orgs/{handle}/accreditations",
            Auth::None,
            serving::of_organisation,
        )
        .get(
            &format!("{BASE}/accreditations"),
            Auth::None,
            serving::renewals,
        )
        .get(
            &format!("{BASE}/status-lists"),
            Auth::None,
            serving::mirrored,
        )
        .get(
            &format!("{BASE}/status-lists/{{number}}"),
            Auth::None,
            serving::status_list,
        )
}

fn entries() -> Routes {
    Routes::new()
        .get("/entries/{id}/quotes/{leave}", Auth::None, documents::quote)
        .get(
            "/entries/{id}/replies",
            Auth::Optional,
            collections::replies,
        )
        .get(
            "/entries/{id}/context",
            Auth::Optional,
            collections::conversation,
        )
        .get(
            "/entries/{id}/proposal",
            Auth::Optional,
            documents::proposal,
        )
        .get("/activities/{id}", Auth::Optional, documents::activity)
}

fn inboxes() -> Routes {
    Routes::new()
        .post("/inbox", Auth::Signature, inbox::shared)
        .post("/orgs/{handle}/inbox", Auth::Signature, inbox::own)
}

/// Refuses requests that were meant for another host: ids begin with our
/// origin, and whoever comes by another name must not be given them.
pub async fn only_our_host(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_for_us(&app.federation, request.uri(), request.headers()) {
        next.run(request).await
    } else {
        Refusal::Misdirected.into_response()
    }
}

/// Does the request name our origin, once, and no other?
pub fn is_for_us(federation: &Federation, uri: &Uri, headers: &HeaderMap) -> bool {
    names(&federation.origin, uri, headers)
}

fn names(origin: &Origin, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(|host| origin.is_named_by(host)),
        // HTTP/2 names the host in the address alone.
        (None, _) => uri.authority().is_some(),
        (Some(_), Some(_)) => false,
    };
    let address = uri
        .authority()
        .is_none_or(|authority| origin.is_named_by(authority.as_str()));
    header && address
}
