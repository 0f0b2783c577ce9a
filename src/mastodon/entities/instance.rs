//! The node itself, in the two forms that clients ask for.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Account, ForumInstance, Never,
    configuration::{Configuration, ConfigurationV1},
};

/// Version 2 (<https://docs.joinmastodon.org/entities/Instance/>).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instance {
    /// Host, with a non-default port.
    pub domain: String,
    pub title: String,
    /// Mastodon's version first, in three numbers: clients parse it.
    pub version: String,
    pub source_url: String,
    pub description: String,
    pub wrapstodon: Option<Never>,
    pub usage: Usage,
    pub thumbnail: Thumbnail,
    pub icon: Vec<Icon>,
    pub languages: Vec<String>,
    pub configuration: Configuration,
    pub registrations: Registrations,
    /// Integers only: one client reads it as such a map.
    pub api_versions: BTreeMap<&'static str, i64>,
    pub contact: Contact,
    pub rules: Vec<Rule>,
    pub forum: ForumInstance,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Usage {
    pub users: UserUsage,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserUsage {
    pub active_month: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thumbnail {
    pub url: String,
    pub description: String,
    pub blurhash: Option<String>,
    pub versions: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Icon {
    pub src: String,
    /// For example `400x400`.
    pub size: &'static str,
}

/// Whether people can sign up: never by themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Registrations {
    pub enabled: bool,
    pub approval_required: bool,
    pub reason_required: bool,
    pub message: Option<String>,
    pub min_age: Option<i64>,
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contact {
    pub email: String,
    pub account: Option<Account>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    pub id: String,
    pub text: String,
    pub hint: String,
    pub translations: BTreeMap<String, Never>,
}

/// Version 1 (<https://docs.joinmastodon.org/entities/V1_Instance/>), which
/// older clients and log-in screens still read first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstanceV1 {
    /// Host, with a non-default port; no scheme.
    pub uri: String,
    pub title: String,
    pub short_description: String,
    pub description: String,
    pub email: String,
    pub version: String,
    pub urls: UrlsV1,
    pub stats: Stats,
    pub thumbnail: Option<String>,
    pub languages: Vec<String>,
    pub registrations: bool,
    pub approval_required: bool,
    pub invites_enabled: bool,
    pub configuration: ConfigurationV1,
    pub contact_account: Option<Account>,
    pub rules: Vec<Rule>,
    pub forum: ForumInstance,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UrlsV1 {
    pub streaming_api: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stats {
    pub user_count: i64,
    pub status_count: i64,
    pub domain_count: i64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::configuration::*, *};

    fn rule() -> Rule {
        Rule {
            id: "1".into(),
            text: "No personal data.".into(),
            hint: String::new(),
            translations: BTreeMap::new(),
        }
    }

    fn forum() -> ForumInstance {
        ForumInstance {
            api_version: 1,
            features: vec!["requests", "projects"],
            openapi: "https://n.example/api/forum/v1/openapi.json".into(),
            node: "https://n.example/api/forum/v1/node".into(),
        }
    }

    fn account_limits() -> AccountLimits {
        AccountLimits {
            max_display_name_length: 200,
            max_note_length: 5_000,
            max_avatar_description_length: 0,
            max_header_description_length: 0,
            max_featured_tags: 0,
            max_pinned_statuses: 0,
            max_profile_fields: 4,
            profile_field_name_limit: 255,
            profile_field_value_limit: 255,
        }
    }

    fn status_limits() -> StatusLimits {
        StatusLimits {
            max_characters: 50_000,
            max_media_attachments: 0,
            characters_reserved_per_url: 23,
        }
    }

    fn limits_json() -> serde_json::Value {
        json!({
            "accounts": {
                "max_display_name_length": 200, "max_note_length": 5000,
                "max_avatar_description_length": 0, "max_header_description_length": 0,
                "max_featured_tags": 0, "max_pinned_statuses": 0, "max_profile_fields": 4,
                "profile_field_name_limit": 255, "profile_field_value_limit": 255
            },
            "statuses": {"max_characters": 50000, "max_media_attachments": 0,
                         "characters_reserved_per_url": 23},
            "media_attachments": {
                "supported_mime_types": [], "description_limit": 0, "image_size_limit": 0,
                "image_matrix_limit": 0, "video_size_limit": 0, "video_frame_rate_limit": 0,
                "video_matrix_limit": 0
            },
            "polls": {"max_options": 0, "max_characters_per_option": 0, "min_expiration": 0,
                      "max_expiration": 0}
        })
    }

    #[test]
    fn version_2_writes_every_documented_field() {
        let public = FeedAccess::PUBLIC;
        let instance = Instance {
            domain: "n.example".into(),
            title: "Node".into(),
            version: "4.5.0 (compatible; Forum 0.1.0)".into(),
            source_url: "https://n.example/".into(),
            description: "About".into(),
            wrapstodon: None,
            usage: Usage {
                users: UserUsage { active_month: 2 },
            },
            thumbnail: Thumbnail {
                url: "https://n.example/assets/header.png".into(),
                description: String::new(),
                blurhash: None,
                versions: BTreeMap::from([("@1x", "https://n.example/assets/header.png".into())]),
            },
            icon: vec![Icon {
                src: "https://n.example/assets/avatar.png".into(),
                size: "400x400",
            }],
            languages: vec!["en".into()],
            configuration: Configuration {
                urls: Urls {
                    streaming: "wss://n.example".into(),
                    status: None,
                    about: "https://n.example/about".into(),
                    privacy_policy: None,
                    terms_of_service: None,
                },
                accounts: account_limits(),
                statuses: status_limits(),
                media_attachments: MediaLimits::default(),
                polls: PollLimits::default(),
                translation: Translation::default(),
                timelines_access: TimelinesAccess {
                    live_feeds: public.clone(),
                    hashtag_feeds: public,
                    trending_link_feeds: FeedAccess::DISABLED,
                },
                limited_federation: false,
            },
            registrations: Registrations::default(),
            api_versions: BTreeMap::from([("mastodon", 2), ("forum", 1)]),
            contact: Contact {
                email: "a@n.example".into(),
                account: None,
            },
            rules: vec![rule()],
            forum: forum(),
        };
        let mut configuration = limits_json();
        configuration["urls"] = json!({
            "streaming": "wss://n.example", "status": null, "about": "https://n.example/about",
            "privacy_policy": null, "terms_of_service": null
        });
        configuration["translation"] = json!({"enabled": false});
        configuration["timelines_access"] = json!({
            "live_feeds": {"local": "public", "remote": "public"},
            "hashtag_feeds": {"local": "public", "remote": "public"},
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"}
        });
        configuration["limited_federation"] = json!(false);
        assert_eq!(
            serde_json::to_value(instance).expect("serialises"),
            json!({
                "domain": "n.example", "title": "Node",
                "version": "4.5.0 (compatible; Forum 0.1.0)",
                "source_url": "https://n.example/", "description": "About", "wrapstodon": null,
                "usage": {"users": {"active_month": 2}},
                "thumbnail": {"url": "https://n.example/assets/header.png", "description": "",
                              "blurhash": null,
                              "versions": {"@1x": "https://n.example/assets/header.png"}},
                "icon": [{"src": "https://n.example/assets/avatar.png", "size": "400x400"}],
                "languages": ["en"],
                "configuration": configuration,
                "registrations": {"enabled": false, "approval_required": false,
                                  "reason_required": false, "message": null, "min_age": null,
                                  "url": null},
                "api_versions": {"mastodon": 2, "forum": 1},
                "contact": {"email": "a@n.example", "account": null},
                "rules": [{"id": "1", "text": "No personal data.", "hint": "", "translations": {}}],
                "forum": {"api_version": 1, "features": ["requests", "projects"],
                          "openapi": "https://n.example/api/forum/v1/openapi.json",
                          "node": "https://n.example/api/forum/v1/node"}
            })
        );
    }

    #[test]
    fn version_1_writes_every_documented_field() {
        let instance = InstanceV1 {
            uri: "n.example".into(),
            title: "Node".into(),
            short_description: "About".into(),
            description: "About".into(),
            email: "a@n.example".into(),
            version: "4.5.0 (compatible; Forum 0.1.0)".into(),
            urls: UrlsV1 {
                streaming_api: "wss://n.example".into(),
            },
            stats: Stats::default(),
            thumbnail: None,
            languages: vec!["en".into()],
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
            rules: vec![rule()],
            forum: forum(),
        };
        let mut json = serde_json::to_value(instance).expect("serialises");
        assert_eq!(json["configuration"].take(), limits_json());
        assert_eq!(
            json,
            json!({
                "uri": "n.example", "title": "Node", "short_description": "About",
                "description": "About", "email": "a@n.example",
                "version": "4.5.0 (compatible; Forum 0.1.0)",
                "urls": {"streaming_api": "wss://n.example"},
                "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
                "thumbnail": null, "languages": ["en"], "registrations": false,
                "approval_required": false, "invites_enabled": false, "configuration": null,
                "contact_account": null,
                "rules": [{"id": "1", "text": "No personal data.", "hint": "", "translations": {}}],
                "forum": {"api_version": 1, "features": ["requests", "projects"],
                          "openapi": "https://n.example/api/forum/v1/openapi.json",
                          "node": "https://n.example/api/forum/v1/node"}
            })
        );
    }
}
