//! The node as clients see it: what it is, what it takes, who runs it.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    entities::{
        ForumInstance, Instance, InstanceV1,
        configuration::{
            AccountLimits, Configuration, ConfigurationV1, FeedAccess, MediaLimits, PollLimits,
            StatusLimits, TimelinesAccess, Translation, Urls as Addresses,
        },
        instance::{
            Contact, Icon, Registrations, Rule, Stats, Thumbnail, UrlsV1, Usage, UserUsage,
        },
    },
    error::ApiError,
};
use crate::{
    app::{App, Auth, Routes},
    config::Mode,
    domain::{
        audience::Viewer,
        entry::MAX_BODY_CHARS,
        organisation::{MAX_NAME_CHARS, MAX_SUMMARY_CHARS},
        text,
    },
    storage::{
        self,
        entries::{self, Filter},
        organisations,
    },
    urls::{SOURCE, Urls},
};

/// Clients read the first number as Mastodon's and switch features by it.
const VERSION: &str = concat!("4.5.0 (compatible; Forum ", env!("CARGO_PKG_VERSION"), ")");
/// Mastodon's API level: 2 is grouped notifications, all that is offered.
const MASTODON_API: i64 = 2;
const FORUM_API: i64 = 1;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/instance", Auth::None, instance_v1)
        .get("/api/v1/instance/rules", Auth::None, rules_list)
        .get("/api/v1/instance/peers", Auth::None, peers)
        .get("/api/v1/instance/activity", Auth::None, nothing)
        .get("/api/v1/instance/domain_blocks", Auth::None, nothing)
        .get("/api/v1/instance/extended_description", Auth::None, about)
        .get("/api/v1/instance/privacy_policy", Auth::None, privacy)
        .get(
            "/api/v1/instance/translation_languages",
            Auth::None,
            translations,
        )
        .get("/api/v2/instance", Auth::None, instance_v2)
}

async fn instance_v2(State(app): State<App>) -> Result<Json<Instance>, ApiError> {
    let active = active_organisations(&app).await?;
    let node = &app.config.node;
    let picture = app.forum.urls.header().to_string();
    Ok(Json(Instance {
        domain: app.forum.urls.authority(),
        title: node.name.clone(),
        version: VERSION.to_owned(),
        source_url: app.forum.urls.absolute(SOURCE).to_string(),
        description: node.description.clone(),
        wrapstodon: None,
        usage: Usage {
            users: UserUsage {
                active_month: active,
            },
        },
        thumbnail: Thumbnail {
            url: picture.clone(),
            description: String::new(),
            blurhash: None,
            versions: BTreeMap::from([("@1x", picture)]),
        },
        icon: vec![Icon {
            src: app.forum.urls.avatar().to_string(),
            size: "400x400",
        }],
        languages: vec!["en".to_owned()],
        configuration: configuration(&app),
        registrations: Registrations::default(),
        api_versions: BTreeMap::from([("mastodon", MASTODON_API), ("forum", FORUM_API)]),
        contact: Contact {
            email: node.contact_email.clone(),
            account: None,
        },
        rules: rules(&node.rules),
        forum: forum(&app.forum.urls),
    }))
}

async fn instance_v1(State(app): State<App>) -> Result<Json<InstanceV1>, ApiError> {
    let stats = stats(&app).await?;
    let node = &app.config.node;
    Ok(Json(InstanceV1 {
        uri: app.forum.urls.authority(),
        title: node.name.clone(),
        short_description: node.description.clone(),
        description: node.description.clone(),
        email: node.contact_email.clone(),
        version: VERSION.to_owned(),
        urls: UrlsV1 {
            streaming_api: streaming(&app.forum.urls),
        },
        stats,
        thumbnail: Some(app.forum.urls.header().to_string()),
        languages: vec!["en".to_owned()],
        registrations: false,
        approval_required: false,
        invites_enabled: false,
        configuration: ConfigurationV1 {
            accounts: account_limits(),
            statuses: status_limits(),
            media_attachments: MediaLimits::default(),
            polls: PollLimits::default(),
        },
        contact_account: None,
        rules: rules(&node.rules),
        forum: forum(&app.forum.urls),
    }))
}

/// Clients derive the address of the streams from this; one of them stops
/// when it is missing.
fn streaming(urls: &Urls) -> String {
    let origin = urls.origin().origin().ascii_serialization();
    origin.replacen("http", "ws", 1)
}

fn configuration(app: &App) -> Configuration {
    let urls = &app.forum.urls;
    Configuration {
        urls: Addresses {
            streaming: streaming(urls),
            status: None,
            about: urls.absolute("/about").to_string(),
            privacy_policy: None,
            terms_of_service: None,
        },
        accounts: account_limits(),
        statuses: status_limits(),
        media_attachments: MediaLimits::default(),
        polls: PollLimits::default(),
        translation: Translation::default(),
        timelines_access: TimelinesAccess {
            live_feeds: FeedAccess::PUBLIC,
            hashtag_feeds: FeedAccess::PUBLIC,
            trending_link_feeds: FeedAccess::DISABLED,
        },
        limited_federation: app.config.federation.mode == Mode::Allowlist,
    }
}

fn account_limits() -> AccountLimits {
    AccountLimits {
        max_display_name_length: MAX_NAME_CHARS,
        max_note_length: MAX_SUMMARY_CHARS,
        max_avatar_description_length: 0,
        max_header_description_length: 0,
        max_featured_tags: 0,
        max_pinned_statuses: 0,
        max_profile_fields: 0,
        profile_field_name_limit: 0,
        profile_field_value_limit: 0,
    }
}

fn status_limits() -> StatusLimits {
    StatusLimits {
        max_characters: MAX_BODY_CHARS,
        max_media_attachments: 0,
        characters_reserved_per_url: 23,
    }
}

fn rules(texts: &[String]) -> Vec<Rule> {
    (1_usize..)
        .zip(texts)
        .map(|(number, text)| Rule {
            id: number.to_string(),
            text: text.clone(),
            hint: String::new(),
            translations: BTreeMap::new(),
        })
        .collect()
}

fn forum(urls: &Urls) -> ForumInstance {
    ForumInstance {
        api_version: FORUM_API,
        features: vec!["requests", "projects", "offers"],
        openapi: urls.absolute("/api/forum/v1/openapi.json").to_string(),
        node: urls.absolute("/api/forum/v1/node").to_string(),
    }
}

/// Local organisations, public local entries and known servers.
async fn stats(app: &App) -> Result<Stats, ApiError> {
    let stats = app
        .forum
        .db
        .read(|conn| {
            let local = Filter {
                local: Some(true),
                ..Filter::default()
            };
            let hosts = organisations::hosts(conn)?.len();
            Ok::<_, storage::Error>(Stats {
                user_count: organisations::count_local(conn)?,
                status_count: entries::count(conn, &Viewer::Anonymous, &local)?,
                domain_count: hosts.try_into().unwrap_or(i64::MAX),
            })
        })
        .await?;
    Ok(stats)
}

/// Local organisations with a public entry in the last 30 days.
async fn active_organisations(app: &App) -> Result<i64, ApiError> {
    let since = app.forum.now() - TimeDelta::days(30);
    let active = app
        .forum
        .db
        .read(move |conn| {
            let ids: Vec<_> = organisations::all_local(conn)?
                .into_iter()
                .map(|one| one.id)
                .collect();
            let tallies = entries::tallies(conn, &Viewer::Anonymous, &ids)?;
            let active = tallies.values().filter(|tally| tally.newest >= since);
            Ok::<_, storage::Error>(active.count())
        })
        .await?;
    Ok(active.try_into().unwrap_or(i64::MAX))
}

async fn rules_list(State(app): State<App>) -> Json<Vec<Rule>> {
    Json(rules(&app.config.node.rules))
}

/// The other servers that this node knows.
async fn peers(State(app): State<App>) -> Result<Json<Vec<String>>, ApiError> {
    let hosts = app.forum.db.read(organisations::hosts).await?;
    Ok(Json(hosts))
}

async fn nothing() -> Json<Value> {
    Json(json!([]))
}

/// No language is translated into any other.
async fn translations() -> Json<Value> {
    Json(json!({}))
}

async fn about(State(app): State<App>) -> Json<Value> {
    let description = text::escape(&app.config.node.description);
    Json(json!({"updated_at": null, "content": format!("<p>{description}</p>")}))
}

/// What the node keeps of people. There are no terms of service to show.
async fn privacy(State(app): State<App>) -> Json<Value> {
    let contact = text::escape(&app.config.node.contact_email);
    let content = format!(
        "<p>People sign in here for their organisation, with an e-mail address and a role. \
         Neither is published: everything on this node stands in the name of an organisation.</p>\
         <p>Contact: {contact}</p>"
    );
    Json(json!({"updated_at": null, "content": content}))
}
