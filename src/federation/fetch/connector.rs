//! Opens connections, and only to addresses that were checked: the socket
//! address that passed is the one connected to, so that no second answer of a
//! resolver can slip in between.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::Service;
use url::Url;

use super::{connection::Connection, policy::Policy};
use crate::federation::origin::Origin;

/// Most addresses of one host that are tried.
const MAX_ADDRESSES: usize = 4;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("not an address")]
    BadAddress,
    #[error("not a public address")]
    Forbidden,
    #[error("not resolved")]
    Unresolved,
    #[error("not reached")]
    Unreachable,
    #[error("too many connections")]
    Busy,
}

/// What is open and asked for at a time. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub connections: Arc<Semaphore>,
    /// Questions to the system's resolver: each takes a thread, and keeps it
    /// until the resolver gives up.
    pub lookups: Arc<Semaphore>,
    /// How long a request waits for one of either to become free.
    pub patience: Duration,
}

impl Places {
    pub fn new(connections: usize, lookups: usize, patience: Duration) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(connections)),
            lookups: Arc::new(Semaphore::new(lookups)),
            patience,
        }
    }

    async fn one_of(&self, all: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ConnectError> {
        timeout(self.patience, all.clone().acquire_owned())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(ConnectError::Busy)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Connector {
    policy: Arc<Policy>,
    places: Places,
    connect_timeout: Duration,
}

impl Connector {
    pub fn new(policy: Arc<Policy>, places: Places, connect_timeout: Duration) -> Self {
        Self {
            policy,
            places,
            connect_timeout,
        }
    }

    async fn connect(self, uri: Uri) -> Result<Connection, ConnectError> {
        let origin = Url::parse(&uri.to_string())
            .ok()
            .and_then(|url| Origin::of(&url))
            .ok_or(ConnectError::BadAddress)?;
        let addresses = self.resolve(origin.host()).await?;
        let admitted = self.policy.admitted(&origin, &addresses);
        if admitted.is_empty() {
            return Err(ConnectError::Forbidden);
        }
        let permit = self.places.one_of(&self.places.connections).await?;
        for address in admitted.into_iter().take(MAX_ADDRESSES) {
            if let Some(stream) = self.open(address).await {
                return Ok(Connection::new(stream, permit));
            }
        }
        Err(ConnectError::Unreachable)
    }

    async fn open(&self, address: SocketAddr) -> Option<TcpStream> {
        let stream = timeout(self.connect_timeout, TcpStream::connect(address))
            .await
            .ok()?
            .ok()?;
        // A request is one small write: it should not wait for a second one.
        stream.set_nodelay(true).ok()?;
        Some(stream)
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ConnectError> {
        if let Some(address) = self.policy.known_address(host) {
            return Ok(vec![address]);
        }
        let permit = self.places.one_of(&self.places.lookups).await?;
        let host = host.to_owned();
        // The permit stays with the thread, which outlives an impatient caller.
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            (host.as_str(), 0)
                .to_socket_addrs()
                .map(|addresses| addresses.map(|address| address.ip()).collect::<Vec<_>>())
        })
        .await;
        match answer {
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(Ok(_) | Err(_)) | Err(_) => Err(ConnectError::Unresolved),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
