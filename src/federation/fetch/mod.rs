//! The one way out: every request that this node sends goes through
//! [`GuardedClient`], which connects to public addresses only and reads no
//! more than it must (SECURITY.md 3, DESIGN.md 3).

mod address;
mod answer;
mod bridge;
mod budget;
mod client;
mod connection;
mod connector;
mod document;
mod error;
mod gate;
mod policy;
mod road;
#[cfg(test)]
mod tests;
mod tls;

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Config;

pub use address::is_global;
pub use bridge::{bridged_client, within};
pub use budget::Budget;
pub use client::{GuardedClient, Response};
pub use document::{Accept, Fetched};
pub use error::FetchError;
pub use gate::Gate;
pub use tls::TlsError;

/// Tells the time, so that tests can set it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// From the first byte of a request to the last of its answer, redirects
/// included (SECURITY.md 3.2).
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// For one address of a host; several are tried.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// With [`MAX_UNVERIFIED`], well below the 1,024 open files that most systems
/// allow a process.
pub const MAX_CONNECTIONS: usize = 448;

/// Connections of those that may be anybody ([`Budget::unverified`]).
pub const MAX_UNVERIFIED: usize = 64;

/// Largest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Most requests for one document, redirects included.
pub const MAX_REQUESTS: usize = 3;

/// What the client needs to know of the configuration (INTERFACE.md 2).
#[derive(Debug, Clone)]
pub struct FetchSettings {
    pub public_url: Url,
    pub allow_http: bool,
    /// Exact `host:port` entries that may lead to any address.
    pub allowed_addresses: Vec<String>,
    /// PEM file of authorities trusted beside the system's.
    pub extra_ca: Option<PathBuf>,
    /// Host to address; the address is guarded like any other.
    pub resolve: BTreeMap<String, IpAddr>,
    pub total_timeout: Duration,
    pub connect_timeout: Duration,
    /// Open at a time, idle ones included.
    pub max_connections: usize,
    /// The same, for requests of [`Budget::unverified`], beside the others.
    pub max_unverified: usize,
    /// Hosts that nothing is fetched from.
    pub gate: Gate,
}

impl FetchSettings {
    pub fn new(config: &Config) -> Self {
        Self {
            public_url: config.server.public_url.clone(),
            allow_http: config.federation.allows_http(),
            allowed_addresses: config.federation.allowed_addresses.clone(),
            extra_ca: config.federation.extra_ca.clone(),
            resolve: config.federation.resolve.clone(),
            total_timeout: TOTAL_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            max_connections: MAX_CONNECTIONS,
            max_unverified: MAX_UNVERIFIED,
            gate: Gate::default(),
        }
    }
}
