//! How the caller's organisation stands to another.

use serde::Serialize;

use super::{Account, Never};
use crate::domain::{self, id::OrganisationId};

/// <https://docs.joinmastodon.org/entities/Relationship/>
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relationship {
    pub id: OrganisationId,
    pub following: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Vec<Never>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<Never>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub note: String,
}

impl Relationship {
    pub fn new(id: OrganisationId, stands: domain::follow::Relationship) -> Self {
        Self {
            id,
            following: stands.following,
            // A follow brings everything the other publishes; there is no
            // narrower one.
            showing_reblogs: stands.following,
            notifying: false,
            languages: None,
            followed_by: stands.followed_by,
            blocking: stands.blocking,
            // Never told.
            blocked_by: false,
            muting: stands.muting,
            muting_notifications: stands.muting,
            muting_expires_at: None,
            requested: stands.requested,
            requested_by: stands.requested_by,
            domain_blocking: false,
            endorsed: false,
            note: String::new(),
        }
    }
}

/// <https://docs.joinmastodon.org/entities/Account/#MutedAccount>, which
/// serves for blocked ones as well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MutedAccount {
    #[serde(flatten)]
    pub account: Account,
    pub mute_expires_at: Option<Never>,
}

impl MutedAccount {
    pub fn for_ever(account: Account) -> Self {
        Self {
            account,
            mute_expires_at: None,
        }
    }
}

/// Followers of an account whom the caller follows too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FamiliarFollowers {
    pub id: OrganisationId,
    pub accounts: Vec<Account>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_relationship_writes_every_documented_field() {
        let stands = domain::follow::Relationship {
            following: true,
            requested: false,
            followed_by: true,
            requested_by: false,
            blocking: false,
            muting: true,
        };
        assert_eq!(
            serde_json::to_value(Relationship::new(OrganisationId(7), stands)).expect("serialises"),
            json!({
                "id": "7", "following": true, "showing_reblogs": true, "notifying": false,
                "languages": null, "followed_by": true, "blocking": false, "blocked_by": false,
                "muting": true, "muting_notifications": true, "muting_expires_at": null,
                "requested": false, "requested_by": false, "domain_blocking": false,
                "endorsed": false, "note": ""
            })
        );
    }
}
