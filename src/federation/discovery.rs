//! How others find our actors: WebFinger (RFC 7033, FEP-d556) and host-meta
//! (RFC 6415).

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde::Serialize;
use serde_json::json;
use url::{Url, form_urlencoded};

use super::{
    Federation,
    documents::active,
    reply::{Refusal, description},
};
use crate::{app::App, domain::organisation::Handle, urls::Urls};

const ACTIVITY_JSON: &str = "application/activity+json";
const PROFILE_PAGE: &str = "http://webfinger.net/rel/profile-page";
/// The rel under which a node's own actor is found (FEP-d556).
const SERVICE: &str = "https://www.w3.org/ns/activitystreams#Service";

/// A day; where WebFinger is never moves.
const KEEP: &str = "public, max-age=86400";

/// What WebFinger answers: a JRD (RFC 7033, 4.4). Our own shape, because that of
/// `activitypub_federation` writes `null` for what a link does not have, and a
/// member of a link must be a string (RFC 6415, appendix A).
#[derive(Debug, Serialize)]
struct Description {
    subject: String,
    aliases: Vec<Url>,
    links: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Link {
    rel: &'static str,
    r#type: &'static str,
    href: Url,
}

/// Whom a WebFinger query asks for.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Node,
    Organisation(Handle),
}

pub(super) async fn webfinger(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let resource = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(key, _)| key == "resource")
        .map(|(_, resource)| resource.into_owned())
        .ok_or(Refusal::BadRequest("name a resource to look up"))?;
    let found = match subject(&app.federation, &resource)? {
        Subject::Node => about_node(&app.forum.urls),
        Subject::Organisation(handle) => {
            let name = handle.to_string();
            let found = app.forum.db.read(move |conn| active(conn, &name)).await?;
            about_organisation(&app.forum.urls, &found.handle, found.uri, found.url)
        }
    };
    let text = serde_json::to_string(&found).expect("strings and addresses serialise");
    Ok(description("application/jrd+json", "no-cache", text))
}

/// Reads `acct:handle@host`, with or without the scheme and whatever its case,
/// and every address of our actors.
fn subject(federation: &Federation, resource: &str) -> Result<Subject, Refusal> {
    let resource = resource.trim();
    let scheme = resource.get(..5).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("acct:") {
        return account(federation, &resource[5..]);
    }
    match Url::parse(resource) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => address(federation, &url),
        // `handle@host:8080` has no scheme, but may look as if it had one.
        Ok(_) | Err(_) if resource.contains('@') => account(federation, resource),
        Ok(_) => Err(Refusal::NotFound),
        Err(_) => Err(MALFORMED),
    }
}

const MALFORMED: Refusal =
    Refusal::BadRequest("the resource must be acct:handle@host or an http address");

fn account(federation: &Federation, account: &str) -> Result<Subject, Refusal> {
    let account = account.trim_start_matches('@');
    let (user, host) = account.rsplit_once('@').ok_or(MALFORMED)?;
    if user.is_empty() || host.is_empty() {
        return Err(MALFORMED);
    }
    if !federation.origin.is_named_by(host) {
        return Err(Refusal::NotFound);
    }
    if federation.origin.is_named_by(user) {
        return Ok(Subject::Node);
    }
    organisation(user)
}

fn organisation(handle: &str) -> Result<Subject, Refusal> {
    let handle = handle.parse().map_err(|_| Refusal::NotFound)?;
    Ok(Subject::Organisation(handle))
}

fn address(federation: &Federation, url: &Url) -> Result<Subject, Refusal> {
    let urls = &federation.forum.urls;
    if !urls.is_ours(url) || url.query().is_some() {
        return Err(Refusal::NotFound);
    }
    match url.path() {
        "/" | "/actor" => Ok(Subject::Node),
        path => {
            let handle = path
                .strip_prefix("/orgs/")
                .or_else(|| path.strip_prefix("/@"))
                .ok_or(Refusal::NotFound)?;
            organisation(handle)
        }
    }
}

fn about_organisation(urls: &Urls, handle: &str, uri: Url, page: Url) -> Description {
    Description {
        subject: format!("acct:{handle}@{}", urls.authority()),
        aliases: vec![uri.clone(), urls.absolute(&format!("/@{handle}"))],
        links: vec![
            link("self", ACTIVITY_JSON, uri),
            link(PROFILE_PAGE, "text/html", page),
        ],
    }
}

/// Named after its host, as other servers name their own actors.
fn about_node(urls: &Urls) -> Description {
    let (host, actor) = (urls.authority(), urls.node_actor());
    Description {
        subject: format!("acct:{host}@{host}"),
        aliases: vec![urls.home(), actor.clone()],
        links: vec![
            link("self", ACTIVITY_JSON, actor.clone()),
            link(SERVICE, ACTIVITY_JSON, actor),
            link(PROFILE_PAGE, "text/html", urls.absolute("/about")),
        ],
    }
}

fn link(rel: &'static str, r#type: &'static str, href: Url) -> Link {
    Link { rel, r#type, href }
}

pub(super) async fn host_meta(State(app): State<App>) -> Response {
    // A host can hold no character that XML would have to escape.
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{}\"/>\n\
         </XRD>\n",
        template(&app.forum.urls)
    );
    description("application/xrd+xml; charset=utf-8", KEEP, text)
}

pub(super) async fn host_meta_json(State(app): State<App>) -> Response {
    let text = json!({"links": [{
        "rel": "lrdd",
        "type": "application/jrd+json",
        "template": template(&app.forum.urls),
    }]});
    description("application/jrd+json", KEEP, text.to_string())
}

/// Not a URL: the braces are to be replaced first.
fn template(urls: &Urls) -> String {
    format!(
        "{}?resource={{uri}}",
        urls.absolute("/.well-known/webfinger")
    )
}
