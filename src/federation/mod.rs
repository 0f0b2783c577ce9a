//! The ActivityPub wire: what other servers send and read.
//!
//! `signatures`, `json`, `origin` and `fetch` decide what is believed;
//! `objects` turn documents into the domain and back; `inbox` and
//! `activities` receive; `outbox` and `delivery` send; `lookup` finds others
//! on a person's behalf; `routes` is what other servers read.

pub mod delivery;
mod error;
pub mod fetch;
pub mod json;
pub mod objects;
pub mod origin;
pub mod signatures;

use std::sync::Arc;

pub use error::WireError;

use crate::{
    config::Config,
    federation::{
        fetch::{FetchSettings, GuardedClient, TlsError},
        origin::Origin,
        signatures::PrivateKey,
    },
    operations::{ActorKeys, Forum, KeyPair},
};

/// What the wire needs. Cheap to clone.
#[derive(Clone)]
pub struct Federation {
    pub forum: Forum,
    pub config: Arc<Config>,
    /// The only way out.
    pub client: GuardedClient,
    /// Ours.
    pub origin: Origin,
}

impl Federation {
    /// # Errors
    /// [`TlsError`] when the certificate authorities cannot be read.
    pub fn new(forum: Forum, config: Arc<Config>) -> Result<Self, TlsError> {
        let clock = forum.clock.clone();
        let client =
            GuardedClient::new(&FetchSettings::new(&config), Arc::new(move || clock.now()))?;
        let origin = Origin::of(&config.server.public_url)
            .expect("the settings were checked: the public URL is an http(s) origin");
        Ok(Self {
            forum,
            config,
            client,
            origin,
        })
    }
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
