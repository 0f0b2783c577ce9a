//! Account: an organisation as Mastodon clients show it.

use chrono::NaiveDate;
use serde::Serialize;

use super::{ForumAccount, Never, Timestamp};
use crate::domain::id::OrganisationId;

/// An organisation (<https://docs.joinmastodon.org/entities/Account/>).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    pub id: OrganisationId,
    pub username: String,
    /// `handle`, or `handle@host` for remote organisations.
    pub acct: String,
    /// The page that people read.
    pub url: String,
    /// The actor's id on the wire.
    pub uri: String,
    pub display_name: String,
    /// HTML.
    pub note: String,
    /// PNG or JPEG, never null: clients draw it unasked.
    pub avatar: String,
    pub avatar_static: String,
    pub avatar_description: String,
    pub header: String,
    pub header_static: String,
    pub header_description: String,
    pub locked: bool,
    pub fields: Vec<Field>,
    pub emojis: Vec<Never>,
    pub bot: bool,
    /// "Boosts what it is mentioned in": no organisation does.
    pub group: bool,
    pub discoverable: bool,
    pub indexable: bool,
    pub noindex: bool,
    /// Where it went, when it moved to an address that is known here; that one's own
    /// `moved` is null.
    pub moved: Option<Box<Account>>,
    pub memorial: bool,
    pub suspended: bool,
    pub limited: bool,
    pub created_at: Timestamp,
    pub last_status_at: Option<NaiveDate>,
    pub statuses_count: i64,
    pub followers_count: i64,
    pub following_count: i64,
    pub hide_collections: bool,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub show_featured: bool,
    /// Shown as badges.
    pub roles: Vec<AccountRole>,
    pub attribution_domains: Vec<Never>,
    pub feature_approval: FeatureApproval,
    pub forum: ForumAccount,
}

/// A fact in an account's profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    pub name: String,
    /// HTML.
    pub value: String,
    pub verified_at: Option<Timestamp>,
}

/// A badge beside an account's name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountRole {
    pub id: String,
    pub name: String,
    /// `#rrggbb`; one client cannot parse an empty colour.
    pub color: String,
}

/// Who may list the account in a collection of recommended accounts: nobody,
/// since this node keeps none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureApproval {
    pub automatic: Vec<Never>,
    pub manual: Vec<Never>,
    pub current_user: &'static str,
}

impl Default for FeatureApproval {
    fn default() -> Self {
        Self {
            automatic: Vec::new(),
            manual: Vec::new(),
            current_user: "denied",
        }
    }
}

/// The caller's own account, with what only the owner sees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CredentialAccount {
    #[serde(flatten)]
    pub account: Account,
    pub source: Source,
    pub role: Role,
}

/// The profile as the owner wrote it, and the defaults for new statuses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// Markdown as written.
    pub note: String,
    pub fields: Vec<Field>,
    pub privacy: &'static str,
    pub sensitive: bool,
    /// Empty when the client should choose.
    pub language: String,
    pub follow_requests_count: i64,
    pub hide_collections: bool,
    pub discoverable: bool,
    pub indexable: bool,
    pub attribution_domains: Vec<Never>,
    pub quote_policy: &'static str,
}

/// The caller's role on this node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Role {
    pub id: String,
    pub name: String,
    pub color: String,
    /// A bit set, as a decimal string. Administration is not offered through
    /// this API, so it is "0" for everybody.
    pub permissions: &'static str,
    pub highlighted: bool,
    pub collection_limit: i64,
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::{super::ForumAccreditation, *};

    /// A local organisation with a profile.
    pub fn account() -> Account {
        Account {
            id: OrganisationId(114_000_000_000_000_001),
            username: "moj".into(),
            acct: "moj".into(),
            url: "https://n.example/orgs/moj".into(),
            uri: "https://n.example/orgs/moj".into(),
            display_name: "Ministry of Justice".into(),
            note: "<p>Justice.</p>".into(),
            avatar: "https://n.example/assets/avatar.png".into(),
            avatar_static: "https://n.example/assets/avatar.png".into(),
            avatar_description: String::new(),
            header: "https://n.example/assets/header.png".into(),
            header_static: "https://n.example/assets/header.png".into(),
            header_description: String::new(),
            locked: false,
            fields: vec![Field {
                name: "Category".into(),
                value: "Government".into(),
                verified_at: None,
            }],
            emojis: Vec::new(),
            bot: false,
            group: false,
            discoverable: true,
            indexable: true,
            noindex: false,
            moved: None,
            memorial: false,
            suspended: false,
            limited: false,
            created_at: Timestamp::midnight("2026-11-01T09:00:00Z".parse().expect("an instant")),
            last_status_at: NaiveDate::from_ymd_opt(2026, 11, 2),
            statuses_count: 1,
            followers_count: 2,
            following_count: 3,
            hide_collections: false,
            show_media: true,
            show_media_replies: true,
            show_featured: true,
            roles: vec![AccountRole {
                id: "1".into(),
                name: "Government".into(),
                color: "#1b6ac9".into(),
            }],
            attribution_domains: Vec::new(),
            feature_approval: FeatureApproval::default(),
            forum: ForumAccount {
                r#type: "Organization".into(),
                category: Some("government"),
                country: Some("AL".into()),
                local: true,
                accreditation: Some(ForumAccreditation {
                    state: "valid",
                    since: "2026-11-01T09:00:00Z".parse().expect("an instant"),
                    until: "2027-01-30T09:00:00Z".parse().expect("an instant"),
                }),
            },
        }
    }

    /// The JSON of [`account`].
    pub fn account_json() -> serde_json::Value {
        serde_json::from_str(
            r##"{
            "id": "114000000000000001",
            "username": "moj",
            "acct": "moj",
            "url": "https://n.example/orgs/moj",
            "uri": "https://n.example/orgs/moj",
            "display_name": "Ministry of Justice",
            "note": "<p>Justice.</p>",
            "avatar": "https://n.example/assets/avatar.png",
            "avatar_static": "https://n.example/assets/avatar.png",
            "avatar_description": "",
            "header": "https://n.example/assets/header.png",
            "header_static": "https://n.example/assets/header.png",
            "header_description": "",
            "locked": false,
            "fields": [{"name": "Category", "value": "Government", "verified_at": null}],
            "emojis": [],
            "bot": false,
            "group": false,
            "discoverable": true,
            "indexable": true,
            "noindex": false,
            "moved": null,
            "memorial": false,
            "suspended": false,
            "limited": false,
            "created_at": "2026-11-01T00:00:00.000Z",
            "last_status_at": "2026-11-02",
            "statuses_count": 1,
            "followers_count": 2,
            "following_count": 3,
            "hide_collections": false,
            "show_media": true,
            "show_media_replies": true,
            "show_featured": true,
            "roles": [{"id": "1", "name": "Government", "color": "#1b6ac9"}],
            "attribution_domains": [],
            "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "forum": {"type": "Organization", "category": "government", "country": "AL", "local": true,
                      "accreditation": {"state": "valid", "since": "2026-11-01T09:00:00Z",
                                        "until": "2027-01-30T09:00:00Z"}}
        }"##,
        )
        .expect("JSON")
    }

    #[test]
    fn an_account_writes_every_documented_field() {
        let json = serde_json::to_value(account()).expect("serialises");
        assert_eq!(json, account_json());
    }

    #[test]
    fn the_own_account_adds_source_and_role_to_the_account() {
        let own = CredentialAccount {
            account: account(),
            source: Source {
                note: "Justice.".into(),
                fields: Vec::new(),
                privacy: "public",
                sensitive: false,
                language: "en".into(),
                follow_requests_count: 4,
                hide_collections: false,
                discoverable: true,
                indexable: true,
                attribution_domains: Vec::new(),
                quote_policy: "public",
            },
            role: Role {
                id: "2".into(),
                name: "Focal point".into(),
                color: "#1b6ac9".into(),
                permissions: "0",
                highlighted: false,
                collection_limit: 0,
            },
        };
        let mut expected = account_json();
        expected["source"] = json!({
            "note": "Justice.", "fields": [], "privacy": "public", "sensitive": false,
            "language": "en", "follow_requests_count": 4, "hide_collections": false,
            "discoverable": true, "indexable": true, "attribution_domains": [],
            "quote_policy": "public"
        });
        expected["role"] = json!({
            "id": "2", "name": "Focal point", "color": "#1b6ac9", "permissions": "0",
            "highlighted": false, "collection_limit": 0
        });
        assert_eq!(serde_json::to_value(own).expect("serialises"), expected);
    }
}
