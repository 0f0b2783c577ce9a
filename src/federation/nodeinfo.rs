//! What kind of node this is (NodeInfo 2.0 and 2.1, FEP-0151). It counts what
//! everybody may see, and nothing else.

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::reply::{Refusal, description};
use crate::{
    app::App,
    domain::audience::Viewer,
    storage::{
        self, Conn,
        entries::{self, Filter},
        organisations,
    },
    urls::SOURCE,
};

/// FEP-2677: where the node's own actor is.
const APPLICATION: &str = "https://www.w3.org/ns/activitystreams#Application";

/// A day; the addresses never move.
const KEEP: &str = "public, max-age=86400";

/// The versions served. Some clients take the first that they know, and some
/// know 2.0 only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V2_0,
    V2_1,
}

impl Version {
    const ALL: [Self; 2] = [Self::V2_0, Self::V2_1];

    fn number(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::V2_0 => {
                "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\""
            }
            Self::V2_1 => {
                "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.1#\""
            }
        }
    }
}

pub(super) async fn index(State(app): State<App>) -> Response {
    let urls = &app.forum.urls;
    let schemas = Version::ALL.into_iter().map(|version| {
        let number = version.number();
        json!({
            "rel": format!("http://nodeinfo.diaspora.software/ns/schema/{number}"),
            "href": urls.absolute(&format!("/nodeinfo/{number}")),
        })
    });
    let actor = json!({"rel": APPLICATION, "href": urls.node_actor()});
    let links: Vec<Value> = schemas.chain([actor]).collect();
    let text = json!({"links": links}).to_string();
    description("application/json", KEEP, text)
}

pub(super) async fn v2_0(State(app): State<App>) -> Result<Response, Refusal> {
    answer(&app, Version::V2_0).await
}

pub(super) async fn v2_1(State(app): State<App>) -> Result<Response, Refusal> {
    answer(&app, Version::V2_1).await
}

async fn answer(app: &App, version: Version) -> Result<Response, Refusal> {
    let usage = app.forum.db.read(usage).await?;
    let node = &app.config.node;
    let mut software = json!({"name": "virtual-forum", "version": env!("CARGO_PKG_VERSION")});
    if version == Version::V2_1 {
        software["repository"] = json!(app.forum.urls.absolute(SOURCE));
    }
    let info = json!({
        "version": version.number(),
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": false,
        "usage": usage,
        "metadata": {
            "nodeName": node.name,
            "nodeDescription": node.description,
            "staffAccounts": [],
            "federation": {"enabled": true},
            // Client libraries look here for an API that they know.
            "upstream": {"name": "mastodon"},
        },
    });
    Ok(description(
        version.content_type(),
        "no-cache",
        info.to_string(),
    ))
}

/// Organisations stand for users: no person is known outside.
fn usage(conn: &mut Conn) -> Result<Value, storage::Error> {
    let ours = Filter {
        local: Some(true),
        ..Filter::default()
    };
    let posts = Filter {
        top_level: true,
        ..ours.clone()
    };
    let all = entries::count(conn, &Viewer::Anonymous, &ours)?;
    let posts = entries::count(conn, &Viewer::Anonymous, &posts)?;
    Ok(json!({
        "users": {"total": organisations::count_local(conn)?},
        "localPosts": posts,
        "localComments": all - posts,
    }))
}
