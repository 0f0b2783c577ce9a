//! What the Forum adds to Mastodon's entities: one object under one key,
//! `forum`, so that no later key of Mastodon's can clash with ours.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::{
    audience::{AudienceKind, Tlp},
    entry::{Budget, Counts, Kind, Stage, Status},
    id::{EntryId, OrganisationId},
};

/// `Status.forum`: the entry as the Forum API gives it (INTERFACE.md 5),
/// without the title and the text that the status already carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumEntry {
    pub id: EntryId,
    pub uri: String,
    pub url: String,
    pub kind: Kind,
    pub language: String,
    pub audience: AudienceKind,
    /// The actor ids of a `named` audience; left out for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<Vec<String>>,
    pub tlp: Tlp,
    pub countries: Vec<String>,
    pub regions: Vec<String>,
    pub sectors: Vec<String>,
    pub pillars: Vec<String>,
    pub exploitation: Vec<String>,
    pub activities: Vec<String>,
    pub stage: Option<Stage>,
    pub status: Option<Status>,
    pub closes_at: Option<DateTime<Utc>>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub budget: Option<Budget>,
    pub author: ForumAuthor,
    pub partners: Vec<String>,
    /// An id, or an address when the parent is not known here.
    pub in_reply_to: Option<String>,
    pub counts: Counts,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub labels: ForumLabels,
}

/// The names of an entry's words and codes, in English.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumLabels {
    pub kind: &'static str,
    pub audience: &'static str,
    /// What a reader may do next with what it read.
    pub tlp: &'static str,
    pub language: String,
    pub stage: Option<&'static str>,
    pub status: Option<&'static str>,
    pub countries: Names,
    pub regions: Names,
    pub sectors: Names,
    pub pillars: Names,
    pub exploitation: Names,
    pub activities: Names,
}

/// Names by code.
pub type Names = BTreeMap<String, String>;

/// Who wrote an entry, in the Forum API's words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumAuthor {
    pub id: OrganisationId,
    pub handle: String,
    pub name: String,
    pub uri: String,
    pub category: Option<&'static str>,
    pub country: Option<String>,
    pub local: bool,
}

/// `Account.forum`: what the Forum knows of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumAccount {
    /// The ActivityStreams type, for example `Organization`.
    pub r#type: String,
    pub category: Option<&'static str>,
    pub country: Option<String>,
    pub local: bool,
    /// Null unless an anchor that this node trusts accredits it now.
    pub accreditation: Option<ForumAccreditation>,
}

/// What counts here of an organisation's accreditation. The operator's own word on
/// a node without anchors is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumAccreditation {
    /// `valid`; `grace`: whether it was revoked cannot be learned for the moment;
    /// `degraded`: for more than 30 days.
    pub state: &'static str,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// `Instance.forum`: that this node is one of the Forum, and where its own API
/// describes itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForumInstance {
    pub api_version: i64,
    pub features: Vec<&'static str>,
    /// The OpenAPI description of the Forum API.
    pub openapi: String,
    /// Node, code lists and their names.
    pub node: String,
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A public request.
    pub fn entry() -> ForumEntry {
        ForumEntry {
            id: EntryId(114_000_000_000_000_002),
            uri: "https://n.example/entries/114000000000000002".into(),
            url: "https://n.example/entries/114000000000000002".into(),
            kind: Kind::Request,
            language: "en".into(),
            audience: AudienceKind::Public,
            named: None,
            tlp: Tlp::Clear,
            countries: vec!["AL".into()],
            regions: vec!["039".into()],
            sectors: Vec::new(),
            pillars: vec!["prevention".into()],
            exploitation: Vec::new(),
            activities: Vec::new(),
            stage: None,
            status: Some(Status::Open),
            closes_at: Some("2027-01-31T23:59:59Z".parse().expect("an instant")),
            starts_on: None,
            ends_on: None,
            budget: None,
            author: ForumAuthor {
                id: OrganisationId(114_000_000_000_000_001),
                handle: "moj".into(),
                name: "Ministry of Justice".into(),
                uri: "https://n.example/orgs/moj".into(),
                category: Some("government"),
                country: Some("AL".into()),
                local: true,
            },
            partners: Vec::new(),
            in_reply_to: None,
            counts: Counts {
                replies: 3,
                ..Counts::default()
            },
            created_at: "2026-11-01T09:00:00Z".parse().expect("an instant"),
            updated_at: "2026-11-01T09:00:00Z".parse().expect("an instant"),
            labels: ForumLabels {
                kind: "Request for technical assistance",
                audience: "Everyone (public)",
                tlp: "may be shared freely",
                language: "English".into(),
                stage: None,
                status: Some("Open"),
                countries: BTreeMap::from([("AL".into(), "Albania".into())]),
                regions: BTreeMap::new(),
                sectors: BTreeMap::new(),
                pillars: BTreeMap::new(),
                exploitation: BTreeMap::new(),
                activities: BTreeMap::new(),
            },
        }
    }

    /// The JSON of [`entry`].
    pub fn entry_json() -> serde_json::Value {
        serde_json::from_str(
            r##"{
            "id": "114000000000000002",
            "uri": "https://n.example/entries/114000000000000002",
            "url": "https://n.example/entries/114000000000000002",
            "kind": "request", "language": "en", "audience": "public", "tlp": "CLEAR",
            "countries": ["AL"], "regions": ["039"], "sectors": [], "pillars": ["prevention"],
            "exploitation": [], "activities": [], "stage": null, "status": "open",
            "closes_at": "2027-01-31T23:59:59Z", "starts_on": null, "ends_on": null,
            "budget": null,
            "author": {"id": "114000000000000001", "handle": "moj",
                       "name": "Ministry of Justice", "uri": "https://n.example/orgs/moj",
                       "category": "government", "country": "AL", "local": true},
            "partners": [], "in_reply_to": null, "counts": {"responses": 0, "replies": 3},
            "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z",
            "labels": {"kind": "Request for technical assistance", "audience": "Everyone (public)",
                       "tlp": "may be shared freely", "language": "English", "stage": null,
                       "status": "Open", "countries": {"AL": "Albania"}, "regions": {},
                       "sectors": {}, "pillars": {}, "exploitation": {}, "activities": {}}
        }"##,
        )
        .expect("JSON")
    }

    #[test]
    fn the_extension_is_the_forum_api_entry_without_title_and_text() {
        assert_eq!(
            serde_json::to_value(entry()).expect("serialises"),
            entry_json()
        );
    }
}
