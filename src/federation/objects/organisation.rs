//! Organisations as actors, and other servers' actors as organisations.

use activitypub_federation::{
    config::Data,
    traits::{Actor, Object},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::{Document, address, capabilities, context, instant, tombstone};
use crate::{
    domain::{
        accreditation::Standing,
        id::OrganisationId,
        organisation::{
            Endpoints, Expertise, MAX_NAME_CHARS, MAX_SUMMARY_CHARS, Organisation,
            OrganisationState,
        },
        text,
    },
    federation::{
        Federation, WireError, origin::same_origin, proofs::MAX_AHEAD, signatures::PublicKey,
    },
    operations::{
        accreditations::standing_of,
        organisations::{Described, save_remote},
    },
    storage::{
        self,
        keys::{self, Algorithm, StoredKey},
        moves::{self, Moves},
        organisations,
    },
    urls,
};

/// Types of actors; anything else with an inbox is refused.
const ACTOR_TYPES: [&str; 5] = ["Organization", "Person", "Service", "Application", "Group"];

/// The actor document of a local organisation.
pub fn document(
    federation: &Federation,
    organisation: &Organisation,
    keys: &[StoredKey],
    moves: &Moves,
    standing: &Standing,
) -> Value {
    let endpoints = &organisation.endpoints;
    let urls = &federation.forum.urls;
    let mut document = json!({
        "@context": context::actor(),
        "id": organisation.uri,
        "type": organisation.actor_type,
        "preferredUsername": organisation.handle,
        "webfinger": format!("{}@{}", organisation.handle, urls.authority()),
        "name": organisation.name,
        "summary": organisation.summary_html,
        "url": organisation.url,
        "inbox": endpoints.inbox,
        "outbox": endpoints.outbox,
        "followers": endpoints.followers,
        "following": endpoints.following,
        "featured": endpoints.featured,
        "accreditations": urls.organisation_part(&organisation.handle, "accreditations"),
        "endpoints": {"sharedInbox": urls.shared_inbox()},
        "manuallyApprovesFollowers": organisation.locked,
        "discoverable": true,
        "indexable": true,
        "published": instant(organisation.created_at),
        "updated": instant(organisation.updated_at),
        "icon": {"type": "Image", "mediaType": "image/png", "url": urls.avatar()},
        "attachment": fields(federation, organisation, standing),
        "generator": capabilities::generator(urls),
    });
    put_keys(&mut document, &organisation.uri, keys);
    if !moves.aliases.is_empty() {
        document["alsoKnownAs"] = json!(moves.aliases);
    }
    if let Some(target) = &moves.moved_to {
        document["movedTo"] = json!(target);
    }
    document
}

/// The part of [`document`] that verifying its signatures takes.
pub fn stub(organisation: &Organisation, keys: &[StoredKey]) -> Value {
    let mut document = json!({
        "@context": context::actor(),
        "id": organisation.uri,
        "type": organisation.actor_type,
        "preferredUsername": organisation.handle,
        "inbox": organisation.endpoints.inbox,
    });
    put_keys(&mut document, &organisation.uri, keys);
    document
}

/// Facts that Mastodon shows as profile fields.
fn fields(federation: &Federation, organisation: &Organisation, standing: &Standing) -> Vec<Value> {
    let field =
        |name: &str, value: String| json!({"type": "PropertyValue", "name": name, "value": value});
    let mut fields = Vec::new();
    if let Some(website) = &organisation.website {
        let shown = text::escape(website.as_str());
        fields.push(field(
            "Website",
            format!("<a href=\"{shown}\" rel=\"me nofollow noopener noreferrer\">{shown}</a>"),
        ));
    }
    if let (Some(category), Some(basis)) = (standing.category, &standing.basis) {
        let by = federation.forum.trust.name(&basis.issuer);
        let said = format!(
            "{}, accredited by {} until {}",
            category.name(),
            by.unwrap_or(basis.issuer.as_str()),
            basis.valid_until.format("%Y-%m-%d"),
        );
        fields.push(field("Accreditation", text::escape(&said)));
    }
    fields
}

/// The node's own actor, in whose name it fetches.
pub fn node_document(federation: &Federation, keys: &[StoredKey]) -> Value {
    let urls = &federation.forum.urls;
    let actor = urls.node_actor();
    let mut document = json!({
        "@context": context::actor(),
        "id": actor,
        "type": "Application",
        "preferredUsername": urls.authority(),
        "webfinger": format!("{0}@{0}", urls.authority()),
        "name": federation.config.node.name,
        "summary": text::escape(&federation.config.node.description),
        "url": urls.absolute("/about"),
        "inbox": urls.shared_inbox(),
        "outbox": urls.absolute("/actor/outbox"),
        "accreditations": urls.node_accreditations(),
        "endpoints": {"sharedInbox": urls.shared_inbox()},
        "manuallyApprovesFollowers": true,
        "discoverable": false,
        "indexable": false,
        "implements": capabilities::implemented(),
        "generator": capabilities::generator(urls),
    });
    put_keys(&mut document, &actor, keys);
    document
}

/// The RSA key as `publicKey`, the Ed25519 key as a Multikey (FEP-521a).
fn put_keys(document: &mut Value, owner: &Url, keys: &[StoredKey]) {
    for key in keys {
        match key.algorithm {
            Algorithm::Rsa => {
                document["publicKey"] =
                    json!({"id": key.uri, "owner": owner, "publicKeyPem": key.public_key});
            }
            Algorithm::Ed25519 => {
                document["assertionMethod"] = json!([{
                    "id": key.uri,
                    "type": "Multikey",
                    "controller": owner,
                    "publicKeyMultibase": key.public_key,
                }]);
            }
        }
    }
}

/// Reads the actor document of another server. `document` is normalised and
/// came from its own origin.
///
/// # Errors
/// [`WireError::Malformed`] names what is missing, [`WireError::NotTheirs`]
/// when the document claims what belongs to another origin or to us.
pub fn describe(
    federation: &Federation,
    document: &Value,
    now: DateTime<Utc>,
) -> Result<Described, WireError> {
    let actor = Document(document);
    let missing = |key: &str| WireError::Malformed(format!("the actor has no usable {key}"));
    let uri = actor.url("id").ok_or_else(|| missing("id"))?;
    if federation.origin.is_claimed_by(&uri) {
        return Err(WireError::NotTheirs(
            "an actor of another server claims our origin",
        ));
    }
    if !ACTOR_TYPES.contains(&actor.kind()) {
        return Err(missing("type"));
    }
    // Groups name their moderators so (Lemmy) or who made them (PeerTube).
    // Anything else with an author is an object of that one, whatever its type.
    if actor.get("attributedTo").is_some() && actor.kind() != "Group" {
        return Err(WireError::Malformed(
            "the actor is attributed to somebody, like an object".into(),
        ));
    }
    let inbox = actor.url("inbox").ok_or_else(|| missing("inbox"))?;
    let shared_inbox = actor
        .inner("endpoints")
        .and_then(|endpoints| endpoints.url("sharedInbox"))
        // Misskey says it here, too.
        .or_else(|| actor.url("sharedInbox"));
    let ours = |url: &Url| same_origin(url, &uri);
    if !ours(&inbox) || shared_inbox.as_ref().is_some_and(|url| !ours(url)) {
        return Err(WireError::NotTheirs(
            "the actor's inbox is of another origin",
        ));
    }
    let handle = actor
        .text("preferredUsername")
        .map(text::one_line)
        .filter(|handle| {
            let length = handle.chars().count();
            (1..=100).contains(&length) && !handle.contains(['@', '/', ' '])
        })
        .ok_or_else(|| missing("preferredUsername"))?;
    let name = actor
        .wording("name")
        .map(text::one_line)
        .unwrap_or_default();
    let name = match text::truncate_chars(name.trim(), MAX_NAME_CHARS) {
        "" => handle.clone(),
        name => name.to_owned(),
    };
    let collection = |key: &str| actor.url(key).filter(&ours);
    let organisation = Organisation {
        id: OrganisationId(0),
        host: Some(urls::authority(&uri)),
        handle,
        name,
        summary: String::new(),
        summary_html: summary(actor.wording("summary").unwrap_or_default()),
        category: None,
        country: None,
        expertise: Expertise::default(),
        url: actor
            .url("url")
            .filter(&ours)
            .unwrap_or_else(|| uri.clone()),
        website: None,
        avatar: actor
            .list("icon")
            .first()
            .and_then(|icon| Document(icon).url("url")),
        locked: actor.truth("manuallyApprovesFollowers"),
        state: OrganisationState::Active,
        actor_type: actor.kind().to_owned(),
        endpoints: Endpoints {
            inbox,
            shared_inbox,
            outbox: collection("outbox"),
            followers: collection("followers"),
            following: collection("following"),
            featured: collection("featured"),
        },
        created_at: actor.instant("published").unwrap_or(now).min(now),
        updated_at: now,
        fetched_at: Some(now),
        uri,
    };
    let keys = read_keys(actor, &organisation.uri, now);
    let accreditations = actor
        .url("accreditations")
        .filter(|url| same_origin(url, &organisation.uri));
    // What is dated further ahead orders nothing.
    let updated = actor
        .instant("updated")
        .filter(|updated| *updated <= now + MAX_AHEAD);
    Ok(Described {
        organisation,
        keys,
        accreditations,
        updated,
    })
}

fn summary(html: &str) -> String {
    if html.chars().count() > MAX_SUMMARY_CHARS {
        return format!("<p>{}</p>", text::escape(&text::excerpt(html, 500)));
    }
    text::sanitise(html)
}

/// Every key that the actor lists and that can be used: `publicKey` (one or
/// several) and `assertionMethod`. Keys of another owner or origin are left
/// out.
fn read_keys(actor: Document<'_>, owner: &Url, now: DateTime<Utc>) -> Vec<StoredKey> {
    let mut keys: Vec<StoredKey> = Vec::new();
    let assertions = actor.list("assertionMethod");
    let asserts = |key: &Url| {
        assertions
            .iter()
            .any(|one| address(one).as_ref() == Some(key))
    };
    for value in actor.list("publicKey").iter().chain(assertions) {
        let key = Document(value);
        let Some(uri) = address(value).filter(|uri| same_origin(uri, owner)) else {
            continue;
        };
        let its_owner = key.url("owner").or_else(|| key.url("controller"));
        if its_owner.is_some_and(|its| its != *owner) {
            continue;
        }
        let read = match (key.text("publicKeyPem"), key.text("publicKeyMultibase")) {
            (Some(pem), _) => PublicKey::from_pem(pem),
            (None, Some(multibase)) => PublicKey::from_multibase(multibase),
            (None, None) => continue,
        };
        let Ok(public) = read else { continue };
        if keys.iter().any(|known| known.uri == uri) {
            continue;
        }
        let (algorithm, public_key) = match public.to_multibase() {
            Some(multibase) if asserts(&uri) => (Algorithm::Ed25519, multibase),
            Some(_) => (Algorithm::Ed25519, public.to_pem()),
            None => (Algorithm::Rsa, public.to_pem()),
        };
        keys.push(StoredKey {
            uri,
            owner: owner.clone(),
            algorithm,
            public_key,
            private_key: None,
            created_at: now,
            fetched_at: Some(now),
        });
    }
    keys.truncate(8);
    keys
}

/// An organisation in the object model of the federation library.
#[derive(Debug, Clone)]
pub struct ApOrganisation(pub Organisation);

#[async_trait]
impl Object for ApOrganisation {
    type DataType = Federation;
    type Kind = Value;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.0.uri
    }

    fn last_refreshed_at(&self) -> Option<DateTime<Utc>> {
        self.0.fetched_at
    }

    fn is_deleted(&self) -> bool {
        self.0.state == OrganisationState::Deleted
    }

    async fn read_from_id(id: Url, data: &Data<Federation>) -> Result<Option<Self>, WireError> {
        let found = data
            .forum
            .db
            .read(move |conn| organisations::find_by_uri(conn, &id))
            .await?;
        Ok(found.map(Self))
    }

    async fn into_json(self, data: &Data<Federation>) -> Result<Value, WireError> {
        if self.is_deleted() {
            return Ok(tombstone(
                &self.0.uri,
                &self.0.actor_type,
                self.0.updated_at,
            ));
        }
        let (id, owner) = (self.0.id, self.0.uri.clone());
        let (forum, me) = (data.forum.clone(), self.0.clone());
        let read = data
            .forum
            .db
            .read(move |conn| -> Result<_, storage::Error> {
                let keys = keys::of_owner(conn, &owner)?;
                Ok((keys, moves::of(conn, id)?, standing_of(conn, &forum, &me)?))
            });
        let (keys, moves, standing) = read.await?;
        Ok(document(data.app_data(), &self.0, &keys, &moves, &standing))
    }

    async fn verify(
        json: &Value,
        expected_domain: &Url,
        _data: &Data<Federation>,
    ) -> Result<(), WireError> {
        match Document(json).url("id") {
            Some(id) if same_origin(&id, expected_domain) => Ok(()),
            _ => Err(WireError::NotTheirs("the actor's id is of another origin")),
        }
    }

    async fn from_json(json: Value, data: &Data<Federation>) -> Result<Self, WireError> {
        let described = describe(data.app_data(), &json, data.forum.now())?;
        let save = |described: Described| {
            let forum = &data.forum;
            forum.write(move |conn, forum| save_remote(conn, forum, described))
        };
        let saved = match save(described.clone()).await {
            // Another request has brought the same actor in between.
            Err(storage::Error::Conflict { .. }) => save(described).await,
            saved => saved,
        };
        Ok(Self(saved?))
    }
}

impl Actor for ApOrganisation {
    /// Keys have a table of their own: see `keyring`.
    fn public_key_pem(&self) -> &str {
        ""
    }

    fn private_key_pem(&self) -> Option<String> {
        None
    }

    fn inbox(&self) -> Url {
        self.0.endpoints.inbox.clone()
    }

    fn shared_inbox(&self) -> Option<Url> {
        self.0.endpoints.shared_inbox.clone()
    }
}
