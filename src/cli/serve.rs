//! `virtual-forum serve`

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    Ground, Report, ground, log,
    server::{Server, bind},
};
use crate::{
    app::App,
    domain::account::LINK_HOURS,
    operations::{hosts, node},
};

/// Migrates, runs the node, and stops it gracefully on SIGTERM or SIGINT.
pub(super) async fn run(ground: &mut Ground<'_>) -> anyhow::Result<Report> {
    let config = ground.config()?;
    log::start(&config.log, log::Loudness::Node)?;
    ground::prepare_data_dir(&config.data_dir)?;
    let listener = bind(config.server.listen, "`server.listen`").await?;
    let signals = Signals::listen()?;
    let app = ready(ground::open(config)?).await?;
    let address = listener.local_addr()?;
    app.forum.db.share_changes()?;
    let link = node::setup_link(&app.forum).await?;
    let link = link.map(|secret| app.forum.urls.one_time_link(&secret.0));
    let mut server = Server::start(app, listener);
    let url = server.app().forum.urls.home();
    tracing::info!(%address, %url, version = env!("CARGO_PKG_VERSION"), "serving");
    let mut text = format!("The node serves {url} on {address}. Ctrl-C stops it.");
    if let Some(link) = &link {
        text.push_str(&format!(
            "\nIt is empty. Set it up here, once, within {LINK_HOURS} hours:\n{link}"
        ));
    }
    let json = json!({ "url": url, "listen": address.to_string(), "setup_link": link });
    ground.say(&text, &json);
    tokio::select! {
        ended = server.ended() => ended?,
        () = signals.stop() => server.stop().await?,
    }
    Ok(Report::silent())
}

/// Migrates the database and gives the node its own keys.
pub(super) async fn ready(app: App) -> anyhow::Result<App> {
    for name in app.forum.db.migrate()? {
        tracing::info!(name, "migrated the database");
    }
    node::ensure_keys(&app.forum).await?;
    hosts::settle(&app.forum, app.config.federation.mode).await?;
    Ok(app)
}

/// SIGTERM and SIGINT, from now on.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the first one; a second one ends the process at once.
    pub async fn stop(mut self) {
        self.next().await;
        tracing::info!("stopping");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
