//! A node that runs in this process: its listener, its router and its
//! background work, started and stopped together.

use std::{future::IntoFuture, io, net::SocketAddr, time::Duration};

use anyhow::anyhow;
use axum::serve::ListenerExt;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    app::{self, App},
    jobs::Runner,
};

/// How long requests may take to finish once the node is to stop. With
/// [`WORK_ENDS`] below the 25 s of INTERFACE.md.
const REQUESTS_END: Duration = Duration::from_secs(10);

/// How long sends and tasks may take to finish after that.
const WORK_ENDS: Duration = Duration::from_secs(10);

pub(super) struct Server {
    app: App,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
    work: Runner,
}

/// Takes the address, so that nothing is begun when it is taken already.
/// `setting` is where another one is chosen.
pub(super) async fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another address with"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege: choose another, and put a proxy in front, with"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address: choose it with",
            _ => "choose another address with",
        };
        anyhow!("cannot listen on {address}: {error}; {advice} {setting}")
    })
}

impl Server {
    /// Serves on a bound listener, with the background work.
    pub fn start(app: App, listener: TcpListener) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let service = app::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|stream| {
            // Answers are written whole; waiting to fill packets only delays.
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, service).with_graceful_shutdown(async {
            // A dropped sender stops the node as well.
            let _ = stopped.await;
        });
        Self {
            stop,
            serving: tokio::spawn(serving.into_future()),
            work: app::start_work(&app),
            app,
        }
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// Not ready any more; lets requests and sends finish, for a limited
    /// time. What is not finished is durable and goes on at the next start.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.app.stopping.cancel();
        // An error means that it has ended by itself.
        let _ = self.stop.send(());
        // After `ended` there is nothing to wait for.
        if !self.serving.is_finished() {
            match timeout(REQUESTS_END, &mut self.serving).await {
                Ok(ended) => ended??,
                Err(_elapsed) => {
                    self.serving.abort();
                    tracing::warn!("requests were cut short: they took too long");
                }
            }
        }
        self.work.stop(WORK_ENDS).await;
        Ok(())
    }

    /// Ends when the node stops by itself, which it does only by an error.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        Ok((&mut self.serving).await??)
    }
}
