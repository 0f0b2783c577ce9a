//! Whose key is it? Keys of other servers' actors, fetched when first needed
//! and kept; and the key in whose name this node fetches.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use activitypub_federation::config::Data;
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use moka::sync::Cache;
use url::Url;

use super::{
    Federation, WireError,
    dereference::refetch_organisation,
    fetch::{Accept, Budget, FetchError},
    json::normalise,
    objects::{Document, organisation::ApOrganisation},
    origin::same_origin,
    signatures::{KeyCache, PublicKey, Signer, Unverified},
};
use crate::{
    domain::organisation::{Organisation, OrganisationState},
    storage::{self, keys, keys::Algorithm, organisations},
    urls,
};

/// Senders kept in memory, and for how long: a sender that was suspended or
/// whose key changed is believed no longer than that.
const SENDERS: u64 = 10_000;
const SENDERS_FOR: Duration = Duration::from_secs(30);
/// A key that did not fit is fetched again at most once in this time.
const REFETCH_AFTER: Duration = Duration::from_secs(60);
/// Hosts counted before those at rest are dropped.
const MAX_HOSTS: usize = 20_000;

/// A key and the organisation that lists it.
#[derive(Clone)]
pub(super) struct Sender {
    pub key: PublicKey,
    pub organisation: Organisation,
    /// Listed in `assertionMethod`: its integrity proofs count.
    pub asserts: bool,
}

pub(super) struct Keyring {
    pub(super) parsed: KeyCache,
    senders: Cache<Url, Arc<Sender>>,
    refetched: Cache<Url, ()>,
    /// For keys in whose name something comes.
    fetches: Quota,
    /// For what others hand on: nobody uses up the one by the other.
    asked: Quota,
    node: Cache<(), Signer>,
}

/// So many requests a minute to one host; `None` without limit.
struct Quota(Option<DefaultKeyedRateLimiter<String>>);

impl Quota {
    fn per_minute(count: u32) -> Self {
        let count = NonZeroU32::new(count);
        Self(count.map(|count| RateLimiter::keyed(governor::Quota::per_minute(count))))
    }

    fn allows(&self, host: &str) -> bool {
        let Some(limiter) = &self.0 else {
            return true;
        };
        if limiter.len() > MAX_HOSTS {
            limiter.retain_recent();
        }
        limiter.check_key(&host.to_owned()).is_ok()
    }
}

impl Keyring {
    pub fn new(fetches_per_minute: u32) -> Self {
        Self {
            parsed: KeyCache::default(),
            senders: Cache::builder()
                .max_capacity(SENDERS)
                .time_to_live(SENDERS_FOR)
                .build(),
            refetched: Cache::builder()
                .max_capacity(SENDERS)
                .time_to_live(REFETCH_AFTER)
                .build(),
            fetches: Quota::per_minute(fetches_per_minute),
            asked: Quota::per_minute(fetches_per_minute),
            node: Cache::builder()
                .max_capacity(1)
                .time_to_live(SENDERS_FOR)
                .build(),
        }
    }
}

impl Federation {
    /// May its server be asked once more because of what others say about it?
    pub(super) fn may_ask(&self, url: &Url) -> bool {
        self.keyring.asked.allows(&urls::authority(url))
    }

    /// The key of the node's own actor: all fetches are signed with it.
    pub(super) async fn node_signer(&self) -> Result<Signer, WireError> {
        if let Some(signer) = self.keyring.node.get(&()) {
            return Ok(signer);
        }
        let owner = self.forum.urls.node_actor();
        let found = self
            .forum
            .db
            .read(move |conn| keys::of_owner(conn, &owner))
            .await?;
        let stored = found
            .into_iter()
            .find(|key| key.algorithm == Algorithm::Rsa)
            .ok_or_else(|| storage::Error::Corrupt("the node's actor has no key".into()))?;
        let private = stored.private_key.unwrap_or_default();
        let key = self
            .keyring
            .parsed
            .private(&private)
            .map_err(|error| storage::Error::Corrupt(format!("the node's key: {error}")))?;
        let signer = Signer {
            key_id: stored.uri,
            key,
        };
        self.keyring.node.insert((), signer.clone());
        Ok(signer)
    }

    /// Is anything taken from those whose key has this name?
    ///
    /// # Errors
    /// A blocked host gets the same reply as an unknown key, so that nobody
    /// can probe the block list.
    pub(super) async fn admit(&self, key_id: &Url) -> Result<(), WireError> {
        let host = urls::authority(key_id);
        if self.origin.is_claimed_by(key_id) || !self.may_federate(&host).await? {
            return Err(WireError::UnknownKey);
        }
        Ok(())
    }

    /// The sender whose key the signature verifies with, which is fetched
    /// again when it does not fit.
    pub(super) async fn verified(
        &self,
        data: &Data<Self>,
        unverified: &Unverified,
        sender: Arc<Sender>,
        budget: &Budget,
    ) -> Result<Arc<Sender>, WireError> {
        let sender = if unverified.verify(&sender.key).is_ok() {
            sender
        } else {
            let anew = self.sender_anew(data, unverified.key_id(), budget).await?;
            // No other answer than for an unknown key: whoever asks in the name
            // of somebody else's key learns nothing of that key's host.
            if let Err(error) = unverified.verify(&anew.key) {
                tracing::info!(%error, key = %unverified.key_id(), "a signature does not fit");
                return Err(WireError::UnknownKey);
            }
            anew
        };
        if sender.organisation.state != OrganisationState::Active {
            return Err(WireError::UnknownKey);
        }
        Ok(sender)
    }

    /// Who signs with this key: from memory or storage, else fetched.
    pub(super) async fn sender(
        &self,
        data: &Data<Self>,
        key_id: &Url,
        budget: &Budget,
    ) -> Result<Arc<Sender>, WireError> {
        if let Some(sender) = self.keyring.senders.get(key_id) {
            return Ok(sender);
        }
        if let Some(sender) = self.stored_sender(key_id).await? {
            return Ok(self.keep(key_id, sender));
        }
        self.fetch_sender(data, key_id, budget).await
    }

    /// The sender after the key was fetched again, because what it signed did
    /// not fit the key that we had. At most once a minute for each key.
    pub(super) async fn sender_anew(
        &self,
        data: &Data<Self>,
        key_id: &Url,
        budget: &Budget,
    ) -> Result<Arc<Sender>, WireError> {
        if self.keyring.refetched.contains_key(key_id) {
            return Err(WireError::UnknownKey);
        }
        // What does not fit the key that we know is refused all the same when
        // its server is not there to be asked.
        self.fetch_sender(data, key_id, budget)
            .await
            .map_err(|error| match error {
                WireError::KeyUnavailable => WireError::UnknownKey,
                other => other,
            })
    }

    fn keep(&self, key_id: &Url, sender: Sender) -> Arc<Sender> {
        let sender = Arc::new(sender);
        self.keyring.senders.insert(key_id.clone(), sender.clone());
        sender
    }

    async fn stored_sender(&self, key_id: &Url) -> Result<Option<Sender>, WireError> {
        let uri = key_id.clone();
        let found = self
            .forum
            .db
            .read(move |conn| -> Result<_, storage::Error> {
                let Some(key) = keys::find(conn, &uri)? else {
                    return Ok(None);
                };
                let owner = organisations::find_by_uri(conn, &key.owner)?;
                Ok(owner.map(|owner| (key, owner)))
            })
            .await?;
        // Keys of our own actors never come in from outside.
        let Some((key, organisation)) = found.filter(|(_, owner)| !owner.is_local()) else {
            return Ok(None);
        };
        let asserts = key.is_for_assertions();
        let key = self
            .keyring
            .parsed
            .public(&key.public_key)
            .map_err(|error| storage::Error::Corrupt(format!("a stored key: {error}")))?;
        Ok(Some(Sender {
            key,
            organisation,
            asserts,
        }))
    }

    async fn fetch_sender(
        &self,
        data: &Data<Self>,
        key_id: &Url,
        budget: &Budget,
    ) -> Result<Arc<Sender>, WireError> {
        let host = urls::authority(key_id);
        if self.origin.is_claimed_by(key_id) || !self.may_federate(&host).await? {
            return Err(WireError::UnknownKey);
        }
        if !self.keyring.fetches.allows(&host) {
            return Err(self.unavailable(host).await);
        }
        self.keyring.refetched.insert(key_id.clone(), ());
        let described = match self.owner_of_key(key_id, budget).await {
            Ok(owner) => refetch_organisation(data, &owner, budget).await,
            Err(error) => Err(error),
        };
        let organisation = match described {
            Ok(ApOrganisation(organisation)) => organisation,
            Err(error) => return Err(self.key_error(host, error).await),
        };
        if organisation.state != OrganisationState::Active {
            return Err(WireError::UnknownKey);
        }
        // The actor's document must list the key: the back-link.
        match self.stored_sender(key_id).await? {
            Some(sender) => Ok(self.keep(key_id, sender)),
            None => Err(WireError::UnknownKey),
        }
    }

    /// Reads the key's document: an actor with the key in it, a stub of one,
    /// or the key alone with its owner (PROTOCOL.md 7.3).
    async fn owner_of_key(&self, key_id: &Url, budget: &Budget) -> Result<Url, WireError> {
        if key_id.fragment().is_some() {
            let mut actor = key_id.clone();
            actor.set_fragment(None);
            return Ok(actor);
        }
        let signer = self.node_signer().await?;
        let fetched = self
            .client
            .get_json(key_id, Accept::ActivityPub, Some(&signer), budget)
            .await?;
        let document = normalise(fetched.json);
        let read = Document(&document);
        // An object of somebody that says to be a key is none (PROTOCOL.md 5.2.6).
        let is_key = ["publicKeyPem", "publicKeyMultibase"]
            .iter()
            .any(|key| read.get(key).is_some());
        if is_key && read.get("attributedTo").is_some() {
            return Err(WireError::NotTheirs("the key is attributed to somebody"));
        }
        let owner = read
            .url("owner")
            .or_else(|| read.url("controller"))
            .or_else(|| read.inner("publicKey")?.url("owner"))
            .or_else(|| read.url("id"))
            .ok_or(FetchError::NoId)?;
        if same_origin(&owner, key_id) {
            Ok(owner)
        } else {
            Err(WireError::NotTheirs("the key's owner is of another origin"))
        }
    }

    async fn key_error(&self, host: String, error: WireError) -> WireError {
        match error {
            WireError::Storage(error) => WireError::Storage(error),
            WireError::Fetch(error) if error.is_temporary() => {
                tracing::info!(%error, host, "a signing key cannot be fetched now");
                self.unavailable(host).await
            }
            other => {
                tracing::info!(error = %other, host, "a signing key cannot be verified");
                WireError::UnknownKey
            }
        }
    }

    /// Whoever has an organisation that is shown here must learn that another
    /// try makes sense. Who is not known learns no more than who is blocked, so
    /// that nobody can probe the block list with names of hosts.
    async fn unavailable(&self, host: String) -> WireError {
        let known = self
            .forum
            .db
            .read(move |conn| organisations::takes_part(conn, &host));
        match known.await {
            Ok(true) => WireError::KeyUnavailable,
            Ok(false) => WireError::UnknownKey,
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_makes_us_fetch_too_many_keys_is_stopped_alone() {
        let Keyring { fetches, asked, .. } = Keyring::new(2);
        assert!(fetches.allows("a.example") && fetches.allows("a.example"));
        assert!(!fetches.allows("a.example"));
        assert!(fetches.allows("b.example"));
        assert!(asked.allows("a.example"), "what others say has its own");
        let Keyring { fetches, .. } = Keyring::new(0);
        assert!((0..100).all(|_| fetches.allows("a.example")));
    }
}
