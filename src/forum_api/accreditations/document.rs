//! An accreditation as the API shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    domain::accreditation::{Claim, Credential, Held, Weakness},
    forum_api::vocabulary::{category_words, one_of},
    storage::accreditations::Issued,
};

/// `valid`, or why it counts for nothing.
const STATES: [&str; 9] = [
    "valid",
    "unknown_issuer",
    "out_of_scope",
    "too_long",
    "not_yet_valid",
    "expired",
    "wrong_subject",
    "wrong_key",
    "revoked",
];

fn state_words() -> Object {
    one_of(STATES)
}

fn kind_words() -> Object {
    one_of(["organisation", "node"])
}

/// What an anchor says of an organisation or a node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accreditation)]
pub(super) struct AccreditationDocument {
    /// `urn:uuid:…`
    id: String,
    /// The anchor's did.
    issuer: String,
    /// What this node calls the anchor, if it trusts it.
    issuer_name: Option<String>,
    /// The actor that it is about.
    actor: String,
    #[schema(schema_with = kind_words)]
    kind: &'static str,
    name: Option<String>,
    #[schema(schema_with = category_words)]
    category: Option<&'static str>,
    country: Option<String>,
    /// Up to which audience the node may store entries.
    audience: Option<&'static str>,
    valid_from: DateTime<Utc>,
    valid_until: DateTime<Utc>,
    /// `valid`, or why it counts for nothing on this node.
    #[schema(schema_with = state_words)]
    state: &'static str,
    revoked_at: Option<DateTime<Utc>>,
    /// The signed document, when it was issued just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    pub credential: Option<Value>,
}

impl AccreditationDocument {
    fn new(credential: &Credential, issuer_name: Option<String>, state: &'static str) -> Self {
        let (kind, name, category, country, audience) = match &credential.claim {
            Claim::Organisation {
                name,
                category,
                country,
            } => (
                "organisation",
                Some(name.clone()),
                Some(category.as_str()),
                country.clone(),
                None,
            ),
            Claim::Node { audience } => ("node", None, None, None, Some(audience.as_str())),
        };
        Self {
            id: credential.id.to_string(),
            issuer: credential.issuer.to_string(),
            issuer_name,
            actor: credential.subject.to_string(),
            kind,
            name,
            category,
            country,
            audience,
            valid_from: credential.valid_from,
            valid_until: credential.valid_until,
            state,
            revoked_at: None,
            credential: None,
        }
    }

    /// One that this node's anchor issued.
    pub fn issued(issued: &Issued, issuer_name: Option<String>, now: DateTime<Utc>) -> Self {
        let credential = &issued.held.credential;
        let state = match issued.revoked_at {
            Some(_) => "revoked",
            None if credential.valid_until <= now => "expired",
            None => "valid",
        };
        Self {
            revoked_at: issued.revoked_at,
            ..Self::new(credential, issuer_name, state)
        }
    }

    /// One that the caller's organisation holds, weighed.
    pub fn held(held: &Held, weight: Result<(), Weakness>, issuer_name: Option<String>) -> Self {
        let state = match weight {
            Ok(()) => "valid",
            Err(weakness) => word(weakness),
        };
        Self::new(&held.credential, issuer_name, state)
    }
}

fn word(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::UnknownIssuer => "unknown_issuer",
        Weakness::OutOfScope => "out_of_scope",
        Weakness::TooLong => "too_long",
        Weakness::NotYet => "not_yet_valid",
        Weakness::Expired => "expired",
        Weakness::WrongSubject => "wrong_subject",
        Weakness::WrongKey => "wrong_key",
        Weakness::Revoked => "revoked",
    }
}
