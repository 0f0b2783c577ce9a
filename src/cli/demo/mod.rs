//! `virtual-forum demo`: three federated nodes in this process, with fictional
//! content, already following each other.

mod content;
mod fill;
mod folder;
mod nodes;
mod settings;
mod trust;

use std::{fmt::Write, net::SocketAddr, path::PathBuf};

use clap::Args;
use futures_util::future::{join_all, select_all};
use serde_json::{Value, json};

use super::{
    Ground, Report, ground, log,
    serve::{Signals, ready},
    server::{Server, bind},
};
use crate::{app::App, domain::accreditation::Did};
use content::DemoContent;
use fill::{Filling, PASSWORD, entries_for};
use folder::Folder;
use nodes::{LOOKS, PLACES, focal_point};
use settings::Settings;

#[derive(Args)]
pub(super) struct Arguments {
    /// Where the three nodes keep their data
    #[arg(long, default_value = "./demo-data")]
    dir: PathBuf,
    /// Port of the first node; the others take the next two [default: 8080]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    port: Option<u16>,
    /// Remove what an earlier demo made in the folder, and start over
    #[arg(long)]
    fresh: bool,
}

pub(super) async fn run(arguments: Arguments, ground: &mut Ground<'_>) -> anyhow::Result<Report> {
    let settings = Settings::read(ground.file.as_deref(), &ground.environment)?;
    if let Some(notice) = settings.notice() {
        ground.note(&notice);
    }
    let followed = settings.followed;
    let plan = folder::plan(&arguments.dir, arguments.port, arguments.fresh)?;
    let port = plan.port;
    let mut listeners = Vec::new();
    for port in nodes::ports(port) {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        listeners.push(bind(address, "--port").await?);
    }
    let folder = plan.carry_out()?;
    let signals = Signals::listen()?;
    let anchors = trust::anchors(port, &folder, &followed).await?;
    let mut servers = Vec::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let app = node(index, port, &folder, &followed, &anchors).await?;
        servers.push(Server::start(app, listener));
    }
    let ended = tokio::select! {
        ended = show(&mut servers, &folder, ground) => ended,
        () = signals.stop() => Ok(()),
    };
    for stopped in join_all(servers.into_iter().map(Server::stop)).await {
        stopped?;
    }
    ended.map(|()| Report::silent())
}

async fn node(
    index: usize,
    port: u16,
    folder: &Folder,
    followed: &[(String, String)],
    anchors: &[(&str, Did)],
) -> anyhow::Result<App> {
    let config = nodes::config(index, port, &folder.path, followed, anchors)?;
    log::start(&config.log, log::Loudness::Node)?;
    ground::prepare_data_dir(&config.data_dir)?;
    ready(ground::open(config)?).await
}

/// Fills the nodes, tells how to use them, and lets them run. Ends only by an
/// error.
async fn show(
    servers: &mut [Server],
    folder: &Folder,
    ground: &mut Ground<'_>,
) -> anyhow::Result<()> {
    let apps: Vec<App> = servers.iter().map(|server| server.app().clone()).collect();
    let content = DemoContent::read()?;
    let filling = Filling {
        nodes: &apps,
        folder,
        content: &content,
    };
    filling.run().await?;
    let looks = look(&apps).await?;
    ground.say(&text(&apps, &looks, folder), &object(&apps, &looks, folder));
    let running = servers.iter_mut().map(|server| Box::pin(server.ended()));
    select_all(running).await.0
}

/// What somebody finds on the first node.
struct Look {
    /// None: without signing in.
    handle: Option<&'static str>,
    who: &'static str,
    entries: i64,
}

/// What readers of different categories find on one and the same node.
async fn look(apps: &[App]) -> anyhow::Result<Vec<Look>> {
    let mut looks = Vec::new();
    for (handle, who) in LOOKS {
        looks.push(Look {
            handle,
            who,
            entries: entries_for(&apps[0], handle).await?,
        });
    }
    Ok(looks)
}

fn text(apps: &[App], looks: &[Look], folder: &Folder) -> String {
    let mut text = "\
The demo is ready. Everything in it is FICTIONAL: its organisations and states do not exist.
"
    .to_owned();
    for (place, app) in PLACES.iter().zip(apps) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n{}\n  {}\n  administrator  {}\n  focal point    {}\n",
            place.name,
            app.forum.urls.home(),
            place.administrator(),
            focal_point(place.main),
        );
    }
    let _ = write!(
        text,
        "\nEverybody reads another part of the forum. On {}:\n",
        apps[0].forum.urls.home()
    );
    for look in looks {
        let who = match look.handle {
            Some(handle) => focal_point(handle),
            None => "nobody".to_owned(),
        };
        let _ = writeln!(text, "  {:3} entries  {who}  ({})", look.entries, look.who);
    }
    let _ = write!(
        text,
        "\nPassword of every account: {PASSWORD}\n\
         Every other organisation has one too: focal.point@HANDLE.example\n\
         A real node asks administrators and governments for a second factor; here it is up to you.\n\
         The state is kept in {}; --fresh starts over. Ctrl-C stops all three nodes.",
        folder.path.display()
    );
    text
}

fn object(apps: &[App], looks: &[Look], folder: &Folder) -> Value {
    let nodes: Vec<Value> = PLACES
        .iter()
        .zip(apps)
        .map(|(place, app)| {
            let account = |role: &str, email: String| {
                json!({
                    "email": email,
                    "password": PASSWORD,
                    "role": role,
                    "organisation": place.main,
                })
            };
            json!({
                "name": place.name,
                "url": app.forum.urls.home(),
                "accounts": [
                    account("administrator", place.administrator()),
                    account("focal-point", focal_point(place.main)),
                ],
            })
        })
        .collect();
    let looks: Vec<Value> = looks
        .iter()
        .map(|look| {
            json!({
                "email": look.handle.map(focal_point),
                "who": look.who,
                "url": apps[0].forum.urls.home(),
                "entries": look.entries,
            })
        })
        .collect();
    json!({ "fictional": true, "dir": folder.path, "nodes": nodes, "readers": looks })
}
