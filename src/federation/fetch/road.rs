//! The ways to the network. What is fetched for somebody who may be anybody
//! goes its own: however many servers leave it waiting there, deliveries and
//! all else find their places free.

use std::{sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use tower::{BoxError, timeout::Timeout, util::BoxCloneSyncService};

use super::{
    FetchSettings,
    connection::Connection,
    connector::{Connector, Places},
    policy::Policy,
};

/// Headers of an answer: bytes in all, and lines.
const MAX_HEADER_BYTES: usize = 64 * 1024;
const MAX_HEADER_LINES: usize = 64;

/// Connections kept open to one host, and for how long: while few are open,
/// and while many are, when they serve what follows at once.
const IDLE_PER_HOST: usize = 4;
const IDLE_FOR: Duration = Duration::from_secs(30);
const IDLE_BRIEFLY: Duration = Duration::from_millis(500);

/// Most questions to the system's resolver at a time.
const LOOKUPS: usize = 32;
const UNVERIFIED_LOOKUPS: usize = 16;

/// How long a request waits for its place. Whoever may be anybody is better
/// told at once to come again.
const PATIENCE: Duration = Duration::from_secs(2);
const UNVERIFIED_PATIENCE: Duration = Duration::from_millis(200);

/// Opens connections, TLS included, within a limited time.
type Opening = BoxCloneSyncService<http::Uri, MaybeHttpsStream<Connection>, BoxError>;

pub(super) type Http = Client<Opening, Full<Bytes>>;

/// One way out, with places of its own.
pub(super) struct Road {
    /// Keeps connections open.
    pooled: Http,
    /// Keeps them open for a moment: used while many are open.
    brief: Http,
    /// Closes each at once: used while most are taken, so that idle ones never
    /// take the last.
    single: Http,
    places: Places,
    most: usize,
}

impl Road {
    pub fn new(settings: &FetchSettings, policy: &Arc<Policy>, tls: ClientConfig) -> Self {
        let most = settings.max_connections;
        let places = Places::new(most, LOOKUPS, PATIENCE);
        Self::with(places, most, settings, policy, tls)
    }

    /// The road of [`Budget::unverified`](super::Budget::unverified).
    pub fn unverified(settings: &FetchSettings, policy: &Arc<Policy>, tls: ClientConfig) -> Self {
        let most = settings.max_unverified;
        let places = Places::new(most, UNVERIFIED_LOOKUPS, UNVERIFIED_PATIENCE);
        Self::with(places, most, settings, policy, tls)
    }

    fn with(
        places: Places,
        most: usize,
        settings: &FetchSettings,
        policy: &Arc<Policy>,
        tls: ClientConfig,
    ) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(
                policy.clone(),
                places.clone(),
                settings.connect_timeout,
            ));
        // The client goes on connecting when a request that waited for it was
        // given another connection: without an end, a server that leaves TLS
        // half done would keep the place for ever.
        let opening = Opening::new(Timeout::new(connector, settings.total_timeout));
        Self {
            pooled: http(opening.clone(), IDLE_PER_HOST, IDLE_FOR),
            brief: http(opening.clone(), IDLE_PER_HOST, IDLE_BRIEFLY),
            single: http(opening, 0, IDLE_BRIEFLY),
            places,
            most,
        }
    }

    /// Idle connections are kept as long as there is room for them.
    pub fn http(&self) -> &Http {
        let (free, most) = (self.places.connections.available_permits(), self.most);
        if free * 2 >= most {
            &self.pooled
        } else if free * 4 >= most {
            &self.brief
        } else {
            &self.single
        }
    }
}

fn http(opening: Opening, idle: usize, idle_for: Duration) -> Http {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle_for)
        .pool_max_idle_per_host(idle)
        .http1_max_buf_size(MAX_HEADER_BYTES)
        .http1_max_headers(MAX_HEADER_LINES)
        .build(opening)
}
