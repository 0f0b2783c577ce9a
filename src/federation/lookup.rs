//! Finding organisations and entries on a person's behalf, here or on other
//! servers.

use activitypub_federation::fetch::webfinger::Webfinger;
use url::Url;

use super::{
    Federation, WireError, Wiring,
    backfill::plan_conversation,
    dereference::{document, entry_of, organisation as dereference, refetch_organisation},
    fetch::{Accept, Budget, FetchError},
    json::normalise,
    objects::{
        Document,
        entry::{is_entry, is_public},
        organisation::ApOrganisation,
    },
};
use crate::{
    domain::{
        audience::Viewer,
        entry::Entry,
        organisation::{Organisation, OrganisationState},
    },
    operations::accreditations::keys_of,
    storage::{self, entries, organisations},
};

/// Requests that one question of a person may cause.
const REQUESTS: u32 = 10;

/// What a person wrote to find somebody or something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// `@handle`, `@handle@host`, `handle@host`, `acct:handle@host`.
    Acct {
        handle: String,
        host: Option<String>,
    },
    /// An http or https address.
    Address(Url),
}

/// What was found.
#[derive(Debug, Clone)]
pub enum Found {
    Organisation(Box<Organisation>),
    Entry(Box<Entry>),
}

/// Why nothing was found. The texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    #[error(
        "this is neither a name such as @office@forum.example nor an address that begins with https://"
    )]
    NotUnderstood,
    #[error("nothing was found under this name or address")]
    NotFound,
    /// The other server failed; says how.
    #[error("the other server could not be asked: {0}")]
    Unreachable(String),
    /// The other server answered with something that cannot be used.
    #[error("the other server's answer cannot be used: {0}")]
    Unusable(String),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl From<WireError> for LookupError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Storage(error) => Self::Storage(error),
            WireError::Fetch(error) => Self::from(error),
            other => Self::Unusable(other.to_string()),
        }
    }
}

impl From<FetchError> for LookupError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Gone => Self::NotFound,
            FetchError::Status {
                status: 404 | 400 | 401 | 403,
                ..
            } => Self::NotFound,
            error if error.is_temporary() => Self::Unreachable(error.to_string()),
            error => Self::Unusable(error.to_string()),
        }
    }
}

/// Reads what a person wrote.
///
/// # Errors
/// [`LookupError::NotUnderstood`].
pub fn parse(text: &str) -> Result<Query, LookupError> {
    let text = text.trim();
    if text.starts_with("http://") || text.starts_with("https://") {
        let mut url = Url::parse(text).map_err(|_| LookupError::NotUnderstood)?;
        url.set_fragment(None);
        return Ok(Query::Address(url));
    }
    let name = text.strip_prefix("acct:").unwrap_or(text);
    let is_name = name.starts_with('@') || name.contains('@');
    let name = name.strip_prefix('@').unwrap_or(name);
    let (handle, host) = match name.split_once('@') {
        Some((handle, host)) => (handle, Some(host)),
        None => (name, None),
    };
    let well_formed = is_name
        && !handle.is_empty()
        && !name.contains(char::is_whitespace)
        && host.is_none_or(|host| !host.is_empty() && !host.contains(['/', '@', '?', '#']));
    if !well_formed {
        return Err(LookupError::NotUnderstood);
    }
    Ok(Query::Acct {
        handle: handle.to_owned(),
        host: host.map(str::to_lowercase),
    })
}

/// Finds an organisation or an entry, here or on its own server.
///
/// # Errors
/// [`LookupError`].
pub async fn find(wiring: &Wiring, viewer: &Viewer, text: &str) -> Result<Found, LookupError> {
    match parse(text)? {
        Query::Acct { handle, host } => {
            let found = by_acct(wiring, &handle, host.as_deref()).await?;
            Ok(Found::Organisation(Box::new(found)))
        }
        Query::Address(url) if wiring.origin.is_claimed_by(&url) => {
            local_address(wiring, viewer, &url).await
        }
        Query::Address(url) => by_address(wiring, viewer, &url).await,
    }
}

/// Finds an organisation by name or address.
///
/// # Errors
/// [`LookupError`]; an address of something else is `NotFound`.
pub async fn organisation(wiring: &Wiring, text: &str) -> Result<Organisation, LookupError> {
    match find(wiring, &Viewer::Anonymous, text).await? {
        Found::Organisation(organisation) => Ok(*organisation),
        Found::Entry(_) => Err(LookupError::NotFound),
    }
}

/// Makes sure that the Ed25519 key of an actor is known, so that it can be
/// accredited: of one of ours it is, of another server's it is fetched unless
/// it is stored. Answers the actor's id.
///
/// # Errors
/// [`LookupError`]; an actor without such a key is found all the same.
pub async fn key_holder(wiring: &Wiring, address: &Url) -> Result<Url, LookupError> {
    if wiring.origin.is_claimed_by(address) {
        return Ok(address.clone());
    }
    let uri = address.clone();
    let keys = wiring.forum.db.read(move |conn| keys_of(conn, &uri));
    if keys.await?.is_some_and(|keys| !keys.is_empty()) {
        return Ok(address.clone());
    }
    let data = wiring.to_request_data();
    let budget = Budget::new(REQUESTS);
    let ApOrganisation(found) = refetch_organisation(&data, address, &budget).await?;
    active(found).map(|found| found.uri)
}

async fn by_acct(
    wiring: &Wiring,
    handle: &str,
    host: Option<&str>,
) -> Result<Organisation, LookupError> {
    let host = host.filter(|host| *host != wiring.forum.urls.authority());
    let (name, at) = (handle.to_owned(), host.map(str::to_owned));
    let known = wiring
        .forum
        .db
        .read(move |conn| organisations::find_by_acct(conn, &name, at.as_deref()))
        .await?
        .filter(|one| one.state == OrganisationState::Active);
    let Some(host) = host else {
        return known.ok_or(LookupError::NotFound);
    };
    let budget = Budget::new(REQUESTS);
    let data = wiring.to_request_data();
    let address = match known {
        Some(known) => known.uri,
        None => webfinger(wiring, handle, host, &budget).await?,
    };
    if wiring.origin.is_claimed_by(&address) {
        return Err(LookupError::Unusable(
            "it names one of our own organisations".into(),
        ));
    }
    let ApOrganisation(found) = dereference(&data, &address, &budget).await?;
    active(found)
}

fn active(organisation: Organisation) -> Result<Organisation, LookupError> {
    match organisation.state {
        OrganisationState::Active => Ok(organisation),
        OrganisationState::Suspended | OrganisationState::Deleted => Err(LookupError::NotFound),
    }
}

/// The actor's address behind `handle@host` (RFC 7033).
async fn webfinger(
    federation: &Federation,
    handle: &str,
    host: &str,
    budget: &Budget,
) -> Result<Url, LookupError> {
    if !federation.may_federate(host).await? {
        return Err(LookupError::NotFound);
    }
    let schemes: &[&str] = match (
        federation.config.federation.allows_http(),
        federation.config.server.public_url.scheme(),
    ) {
        (false, _) => &["https"],
        (true, "http") => &["http", "https"],
        (true, _) => &["https", "http"],
    };
    let mut last = LookupError::NotUnderstood;
    for scheme in schemes {
        let Ok(mut url) = Url::parse(&format!("{scheme}://{host}/.well-known/webfinger")) else {
            return Err(LookupError::NotUnderstood);
        };
        url.query_pairs_mut()
            .append_pair("resource", &format!("acct:{handle}@{host}"));
        match federation
            .client
            .get_json(&url, Accept::WebFinger, None, budget)
            .await
        {
            Ok(fetched) => {
                let answer: Webfinger = serde_json::from_value(fetched.json)
                    .map_err(|error| LookupError::Unusable(error.to_string()))?;
                return actor_link(answer).ok_or(LookupError::NotFound);
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn actor_link(answer: Webfinger) -> Option<Url> {
    let is_actor = |kind: Option<&str>| {
        kind.is_some_and(|kind| {
            kind == "application/activity+json" || kind.starts_with("application/ld+json")
        })
    };
    answer
        .links
        .into_iter()
        .filter(|link| link.rel.as_deref() == Some("self") && is_actor(link.kind.as_deref()))
        .find_map(|link| link.href)
}

/// An address of our own, as the viewer may see what stands there.
async fn local_address(
    federation: &Federation,
    viewer: &Viewer,
    url: &Url,
) -> Result<Found, LookupError> {
    let urls = &federation.forum.urls;
    let handle = urls.read_organisation(url).or_else(|| {
        let mut segments = url.path_segments()?;
        let handle = segments.next()?.strip_prefix('@')?.to_owned();
        segments.next().is_none().then_some(handle)
    });
    let entry = urls.read_entry(url);
    let viewer = viewer.clone();
    let found = federation
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            if let Some(handle) = handle {
                let found = organisations::find_local(conn, &handle)?
                    .filter(|one| one.state == OrganisationState::Active);
                return Ok(found.map(|one| Found::Organisation(Box::new(one))));
            }
            let Some(id) = entry else { return Ok(None) };
            let found = entries::find(conn, &viewer, id)?;
            Ok(found.map(|one| Found::Entry(Box::new(one))))
        })
        .await?;
    found.ok_or(LookupError::NotFound)
}

async fn by_address(wiring: &Wiring, viewer: &Viewer, url: &Url) -> Result<Found, LookupError> {
    let (viewer, address) = (viewer.clone(), url.clone());
    let known = wiring
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            if let Some(entry) = entries::find_by_uri(conn, &viewer, &address)? {
                return Ok(Some(Found::Entry(Box::new(entry))));
            }
            let organisation = organisations::find_by_uri(conn, &address)?
                .filter(|one| one.state == OrganisationState::Active);
            Ok(organisation.map(|one| Found::Organisation(Box::new(one))))
        })
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let budget = Budget::new(REQUESTS);
    let data = wiring.to_request_data();
    let document = normalise(document(wiring, url, &budget).await?);
    let read = Document(&document);
    let id = read
        .url("id")
        .ok_or_else(|| LookupError::Unusable("it has no id".into()))?;
    if read.get("inbox").is_some() {
        let ApOrganisation(found) = dereference(&data, &id, &budget).await?;
        return Ok(Found::Organisation(Box::new(active(found)?)));
    }
    // What its server shows to this node is not thereby for who asks here.
    if !is_entry(read) || !is_public(read) {
        return Err(LookupError::NotFound);
    }
    let entry = entry_of(&data, &id, document, &budget).await?;
    plan_conversation(wiring, entry.0.id).await?;
    Ok(Found::Entry(Box::new(entry.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acct(handle: &str, host: Option<&str>) -> Query {
        Query::Acct {
            handle: handle.into(),
            host: host.map(str::to_owned),
        }
    }

    #[test]
    fn names_are_read_in_every_usual_spelling() {
        let read = |text| parse(text).expect("understood");
        for text in [
            "@moj@n.example",
            "moj@N.example",
            "acct:moj@n.example",
            " @moj@n.example ",
        ] {
            assert_eq!(read(text), acct("moj", Some("n.example")), "{text}");
        }
        assert_eq!(read("@moj"), acct("moj", None));
        assert_eq!(
            read("moj@hub.localhost:4000"),
            acct("moj", Some("hub.localhost:4000"))
        );
    }

    #[test]
    fn what_is_neither_name_nor_address_is_refused() {
        for text in [
            "", "moj", "@", "@@x", "a b@c", "ftp://x", "@a@b/c", "https://", "@a@",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
