//! The ActivityPub wire: what other servers send and read.
//!
//! `credentials` are what anchors sign and everybody reads offline;
//! `signatures`, `proofs`, `json`, `origin` and `fetch` decide what is believed;
//! `objects` turn documents into the domain and back; `inbox` and
//! `activities` receive, and `backfill` reads what came before; `outbox` and
//! `delivery` send; `synchronisation` compares who follows whom; `lookup` finds others on a person's behalf; `routes` is what other servers read.

pub mod activities;
pub mod addressed;
mod answered;
mod authorship;
pub mod backfill;
mod bodies;
mod collections;
pub mod credentials;
pub mod delivery;
mod dereference;
mod discovery;
pub mod documents;
mod error;
pub mod fetch;
pub mod inbox;
pub mod json;
mod keyring;
pub mod lookup;
pub mod moving;
pub mod negotiation;
mod nodeinfo;
pub mod objects;
pub mod origin;
pub mod outbox;
mod pairs;
pub mod proofs;
pub mod readers;
pub mod reply;
pub mod routes;
pub mod signatures;
pub mod synchronisation;

use std::{sync::Arc, time::Duration};

use activitypub_federation::config::FederationConfig;
use futures_util::FutureExt;
use moka::future::Cache;

pub use error::WireError;
use keyring::Keyring;

use crate::{
    config::{Config, Mode},
    domain::id::OrganisationId,
    federation::{
        delivery::Courier,
        fetch::{FetchSettings, Gate, GuardedClient, TlsError},
        origin::Origin,
        signatures::{KeyCache, PrivateKey, SchemeMemory},
    },
    operations::{ActorKeys, Forum, KeyPair, hosts::may_federate},
    storage::{self, hosts::HostPolicy},
};

/// How long decisions about hosts are kept in memory: the longest time until
/// a block made by another process takes effect.
const DECISIONS_FOR: Duration = Duration::from_secs(1);

/// After this time a signed request is a sign of life again.
const HEARD_FOR: Duration = Duration::from_secs(5);

/// For this time the followers of an organisation are not compared again.
const COMPARED_FOR: Duration = Duration::from_secs(60);

/// The wire in the shape that the object model's library asks for. It derefs
/// to [`Federation`].
pub type Wiring = FederationConfig<Federation>;

/// What the wire needs. Cheap to clone.
#[derive(Clone)]
pub struct Federation {
    pub forum: Forum,
    pub config: Arc<Config>,
    /// The only way out.
    pub client: GuardedClient,
    /// Ours.
    pub origin: Origin,
    keyring: Arc<Keyring>,
    decisions: Cache<(), Arc<Vec<HostPolicy>>>,
    /// The same decisions, for every hop of the client.
    gate: Gate,
    /// Hosts that were heard from just now.
    heard: moka::sync::Cache<String, ()>,
    /// Organisations whose followers were compared with ours just now.
    compared: moka::sync::Cache<OrganisationId, ()>,
    /// What is being read from whom.
    turns: backfill::Turns,
    /// The room for what arrives.
    bodies: bodies::Bodies,
    /// What waits to be stored.
    pub gathering: activities::Gathering,
}

impl Federation {
    /// # Errors
    /// [`TlsError`] when the certificate authorities cannot be read.
    pub fn new(forum: Forum, config: Arc<Config>) -> Result<Self, TlsError> {
        let gate = Gate::new(config.federation.mode == Mode::Allowlist);
        let settings = FetchSettings {
            gate: gate.clone(),
            ..FetchSettings::new(&config)
        };
        let client = GuardedClient::new(&settings, clock(&forum))?
            .remembering(SchemeMemory::new(forum.db.clone()));
        let origin = Origin::of(&config.server.public_url)
            .expect("the settings were checked: the public URL is an http(s) origin");
        let keyring = Arc::new(Keyring::new(config.limits.key_fetches_per_minute));
        let decisions = Cache::builder()
            .max_capacity(1)
            .time_to_live(DECISIONS_FOR)
            .build();
        Ok(Self {
            forum,
            config,
            client,
            origin,
            keyring,
            decisions,
            gate,
            heard: moka::sync::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(HEARD_FOR)
                .build(),
            compared: moka::sync::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(COMPARED_FOR)
                .build(),
            turns: backfill::Turns::default(),
            bodies: bodies::Bodies::default(),
            gathering: activities::Gathering::default(),
        })
    }

    /// Puts the wire into the shape of the library. Its own client is
    /// replaced by one that cannot connect except through ours, and its
    /// checks of addresses are left to ours.
    pub fn wiring(self) -> Wiring {
        let client = fetch::bridged_client(self.client.clone(), None)
            .expect("a client without network or certificates has nothing to fail on");
        FederationConfig::builder()
            .domain(self.origin.authority())
            .client(client)
            .debug(true)
            .allow_http_urls(self.config.federation.allows_http())
            .app_data(self)
            .build()
            .now_or_never()
            .expect("without workers there is nothing to wait for")
            .expect("every setting is given")
    }

    /// What sends deliveries.
    pub fn courier(&self) -> Courier {
        Courier::new(
            self.forum.clone(),
            self.client.clone(),
            KeyCache::default(),
            clock(&self.forum),
            self.config.federation.mode == Mode::Allowlist,
        )
    }

    /// [`Federation::may_federate`] with the server of this address?
    async fn may_reach(&self, url: &url::Url) -> Result<bool, storage::Error> {
        self.may_federate(&crate::urls::authority(url)).await
    }

    /// May we exchange anything with this host?
    async fn may_federate(&self, host: &str) -> Result<bool, storage::Error> {
        let decisions = match self.decisions.get(&()).await {
            Some(decisions) => decisions,
            None => {
                let read = self.forum.db.read(storage::hosts::list).await?;
                let read = Arc::new(read);
                self.decisions.insert((), read.clone()).await;
                self.gate.set(read.clone());
                read
            }
        };
        let allowlist = self.config.federation.mode == Mode::Allowlist;
        Ok(may_federate(&decisions, host, allowlist))
    }
}

impl Federation {
    /// A signed request came from this host: it is alive, and what waits for
    /// it may be sent. Looked at every few seconds only.
    async fn heard_from(&self, host: &str) {
        if self.heard.contains_key(host) {
            return;
        }
        self.heard.insert(host.to_owned(), ());
        let name = host.to_owned();
        let woken = self
            .forum
            .write(move |conn, _| storage::lanes::sign_of_life(conn, &name))
            .await;
        if let Err(error) = woken {
            tracing::warn!(%error, host, "a sign of life could not be noted");
        }
    }
}

fn clock(forum: &Forum) -> fetch::Clock {
    let clock = forum.clock.clone();
    Arc::new(move || clock.now())
}

/// New keys for one of our own actors: RSA-2048 and Ed25519.
pub fn make_keys() -> ActorKeys {
    let pair = |key: Result<PrivateKey, signatures::KeyError>| {
        let key = key.expect("the operating system gives random bytes");
        let public = key.public().expect("a generated key has a public part");
        KeyPair {
            public: public.to_multibase().unwrap_or_else(|| public.to_pem()),
            private: key.to_pem(),
        }
    };
    ActorKeys {
        rsa: pair(PrivateKey::generate_rsa()),
        ed25519: pair(PrivateKey::generate_ed25519()),
    }
}
