//! Status: an entry as Mastodon clients show it.

use serde::Serialize;

use super::{Account, ForumEntry, Never, Timestamp};
use crate::domain::id::{EntryId, OrganisationId};

/// An entry (<https://docs.joinmastodon.org/entities/Status/>).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub id: EntryId,
    /// The object's id on the wire.
    pub uri: String,
    pub created_at: Timestamp,
    pub account: Account,
    /// HTML.
    pub content: String,
    pub visibility: &'static str,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub media_attachments: Vec<Never>,
    pub application: Option<Application>,
    pub mentions: Vec<Mention>,
    pub tags: Vec<StatusTag>,
    pub emojis: Vec<Never>,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub replies_count: i64,
    /// The page that people read.
    pub url: String,
    pub in_reply_to_id: Option<EntryId>,
    pub in_reply_to_account_id: Option<OrganisationId>,
    /// The status that this one only passes on.
    pub reblog: Option<Box<Status>>,
    pub poll: Option<Never>,
    pub card: Option<PreviewCard>,
    pub language: Option<String>,
    pub edited_at: Option<Timestamp>,
    pub quote: Option<Never>,
    pub quote_approval: QuoteApproval,
    pub tagged_collections: Vec<Never>,
    /// Left out for anonymous readers.
    #[serde(flatten)]
    pub viewer: Option<ViewerState>,
    pub forum: ForumEntry,
}

/// What the signed-in viewer did with a status. Never null: one client takes
/// null for a fault, and absence for `false`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ViewerState {
    pub favourited: bool,
    pub reblogged: bool,
    pub muted: bool,
    pub bookmarked: bool,
    pub pinned: bool,
    pub filtered: Vec<Never>,
}

/// The program that a status was written with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Application {
    pub name: String,
    pub website: Option<String>,
}

/// An organisation that a status speaks to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mention {
    pub id: OrganisationId,
    pub username: String,
    pub url: String,
    pub acct: String,
}

/// A hashtag of a status, without `#`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusTag {
    pub name: String,
    pub url: String,
}

/// Who may quote a status, from their own servers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuoteApproval {
    /// `public`, or nothing where the author's policy is not known here.
    pub automatic: Vec<&'static str>,
    pub manual: Vec<Never>,
    pub current_user: &'static str,
}

impl QuoteApproval {
    /// `denied` for whoever asks: strangers quote nothing, and this API offers no
    /// writing of quotes to those who have a token.
    const WHO_ASKS: &'static str = "denied";

    /// Everybody who asks for leave gets it (FEP-044f).
    pub fn everybody() -> Self {
        Self {
            automatic: vec!["public"],
            manual: Vec::new(),
            current_user: Self::WHO_ASKS,
        }
    }

    pub fn nobody() -> Self {
        Self {
            automatic: Vec::new(),
            ..Self::everybody()
        }
    }
}

/// The box under a status that sums up what it links to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewCard {
    pub url: String,
    pub title: String,
    pub description: String,
    pub r#type: &'static str,
    pub authors: Vec<Never>,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i64,
    pub height: i64,
    pub image: Option<String>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub missing_attribution: bool,
    pub published_at: Option<Timestamp>,
    pub language: Option<String>,
}

/// One version of a status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusEdit {
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at: Timestamp,
    pub account: Account,
    pub media_attachments: Vec<Never>,
    pub emojis: Vec<Never>,
    pub quote: Option<Never>,
}

/// A status as its author wrote it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusSource {
    pub id: EntryId,
    pub text: String,
    pub spoiler_text: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{account, forum},
        *,
    };

    fn status() -> Status {
        Status {
            id: EntryId(114_000_000_000_000_002),
            uri: "https://n.example/entries/114000000000000002".into(),
            created_at: Timestamp("2026-11-01T09:00:00Z".parse().expect("an instant")),
            account: account::tests::account(),
            content: "<p>Text</p>".into(),
            visibility: "public",
            sensitive: false,
            spoiler_text: String::new(),
            media_attachments: Vec::new(),
            application: Some(Application {
                name: "Virtual Forum".into(),
                website: None,
            }),
            mentions: vec![Mention {
                id: OrganisationId(5),
                username: "ngo".into(),
                url: "https://m.example/@ngo".into(),
                acct: "ngo@m.example".into(),
            }],
            tags: vec![StatusTag {
                name: "water".into(),
                url: "https://n.example/tags/water".into(),
            }],
            emojis: Vec::new(),
            reblogs_count: 0,
            favourites_count: 0,
            quotes_count: 0,
            replies_count: 3,
            url: "https://n.example/entries/114000000000000002".into(),
            in_reply_to_id: None,
            in_reply_to_account_id: None,
            reblog: None,
            poll: None,
            card: Some(PreviewCard {
                url: "https://n.example/entries/114000000000000002".into(),
                title: "Training".into(),
                description: "Open".into(),
                r#type: "link",
                authors: Vec::new(),
                author_name: String::new(),
                author_url: String::new(),
                provider_name: "The node".into(),
                provider_url: "https://n.example/".into(),
                html: String::new(),
                width: 0,
                height: 0,
                image: None,
                image_description: String::new(),
                embed_url: String::new(),
                blurhash: None,
                missing_attribution: false,
                published_at: None,
                language: Some("en".into()),
            }),
            language: Some("en".into()),
            edited_at: None,
            quote: None,
            quote_approval: QuoteApproval::everybody(),
            tagged_collections: Vec::new(),
            viewer: None,
            forum: forum::tests::entry(),
        }
    }

    fn status_json() -> serde_json::Value {
        let mut json: serde_json::Value = serde_json::from_str(
            r#"{
            "id": "114000000000000002",
            "uri": "https://n.example/entries/114000000000000002",
            "created_at": "2026-11-01T09:00:00.000Z",
            "account": null,
            "content": "<p>Text</p>",
            "visibility": "public",
            "sensitive": false,
            "spoiler_text": "",
            "media_attachments": [],
            "application": {"name": "Virtual Forum", "website": null},
            "mentions": [{"id": "5", "username": "ngo", "url": "https://m.example/@ngo",
                          "acct": "ngo@m.example"}],
            "tags": [{"name": "water", "url": "https://n.example/tags/water"}],
            "emojis": [],
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "replies_count": 3,
            "url": "https://n.example/entries/114000000000000002",
            "in_reply_to_id": null,
            "in_reply_to_account_id": null,
            "reblog": null,
            "poll": null,
            "card": {
                "url": "https://n.example/entries/114000000000000002", "title": "Training",
                "description": "Open", "type": "link", "authors": [], "author_name": "",
                "author_url": "", "provider_name": "The node", "provider_url": "https://n.example/",
                "html": "", "width": 0, "height": 0, "image": null, "image_description": "",
                "embed_url": "", "blurhash": null, "missing_attribution": false,
                "published_at": null, "language": "en"
            },
            "language": "en",
            "edited_at": null,
            "quote": null,
            "quote_approval": {"automatic": ["public"], "manual": [],
                               "current_user": "denied"},
            "tagged_collections": [],
            "forum": null
        }"#,
        )
        .expect("JSON");
        json["account"] = account::tests::account_json();
        json["forum"] = forum::tests::entry_json();
        json
    }

    #[test]
    fn an_anonymous_status_writes_every_field_but_those_of_a_viewer() {
        assert_eq!(
            serde_json::to_value(status()).expect("serialises"),
            status_json()
        );
    }

    #[test]
    fn a_signed_in_viewer_gets_booleans_and_never_null() {
        let mut status = status();
        status.viewer = Some(ViewerState::default());
        let json = serde_json::to_value(status).expect("serialises");
        for key in ["favourited", "reblogged", "muted", "bookmarked", "pinned"] {
            assert_eq!(json[key], json!(false), "{key}");
        }
        assert_eq!(json["filtered"], json!([]));
    }

    #[test]
    fn an_edit_and_a_source_write_every_documented_field() {
        let edit = StatusEdit {
            content: "<p>Text</p>".into(),
            spoiler_text: String::new(),
            sensitive: false,
            created_at: Timestamp("2026-11-01T09:00:00Z".parse().expect("an instant")),
            account: account::tests::account(),
            media_attachments: Vec::new(),
            emojis: Vec::new(),
            quote: None,
        };
        assert_eq!(
            serde_json::to_value(edit).expect("serialises"),
            json!({
                "content": "<p>Text</p>", "spoiler_text": "", "sensitive": false,
                "created_at": "2026-11-01T09:00:00.000Z",
                "account": account::tests::account_json(),
                "media_attachments": [], "emojis": [], "quote": null
            })
        );
        let source = StatusSource {
            id: EntryId(2),
            text: "Text".into(),
            spoiler_text: String::new(),
        };
        assert_eq!(
            serde_json::to_value(source).expect("serialises"),
            json!({"id": "2", "text": "Text", "spoiler_text": ""})
        );
    }
}
