//! Accreditation as organisations, operators and other servers meet it. On
//! both databases.

mod admitting;
mod asking;
mod keeping;
mod rights;
mod serving;
mod storing;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use super::test_app::TestApp;
use crate::{
    domain::{
        accreditation::{Bits, Claim, Credential, CredentialId, Did, StatusList, StatusPosition},
        audience::Tier,
        organisation::{Category, Organisation},
    },
    federation::credentials::Wording,
    operations::accreditations::{AnchorKey, Notary, create_anchor, keys_of, standing_of},
    storage::Db,
};

/// An anchor somewhere else, whose key the test holds.
pub struct Authority {
    pub key: AnchorKey,
    pub list: Url,
}

impl Authority {
    pub fn new(list: &str) -> Self {
        Self {
            key: Wording.new_key(),
            list: list.parse().expect("an address"),
        }
    }

    pub fn did(&self) -> &Did {
        &self.key.did
    }

    /// What it would say of an actor, unsigned.
    pub fn claim(&self, subject: &Url, key: &str, claim: Claim, from: DateTime<Utc>) -> Credential {
        Credential {
            id: CredentialId::of_random(rand()),
            issuer: self.did().clone(),
            subject: subject.clone(),
            claim,
            assertion_key: key.to_owned(),
            valid_from: from,
            valid_until: from + TimeDelta::days(90),
            status: StatusPosition {
                list: self.list.clone(),
                index: 7,
            },
        }
    }

    pub fn sign(&self, credential: &Credential) -> Value {
        Wording.credential(&self.key, credential).expect("signed")
    }

    /// Its list, with these entries revoked.
    pub fn signed_list(&self, revoked: &[u32], from: DateTime<Utc>) -> Value {
        let mut bits = Bits::zeros(131_072);
        revoked.iter().for_each(|index| bits.set(*index));
        let list = StatusList {
            uri: self.list.clone(),
            issuer: self.did().clone(),
            valid_from: from,
            valid_until: from + TimeDelta::days(7),
            bits,
        };
        Wording.status_list(&self.key, &list).expect("signed")
    }
}

fn rand() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    bytes
}

pub fn organisation(category: Category) -> Claim {
    Claim::Organisation {
        name: "N".into(),
        category,
        country: None,
    }
}

/// The setting that trusts these.
pub fn trusting(dids: &[&Did]) -> String {
    let anchors: Vec<String> = dids
        .iter()
        .map(|did| format!("{{name = \"Anchor\", did = \"{did}\"}}"))
        .collect();
    format!("[{}]", anchors.join(", "))
}

pub const TRUST: &str = "VIRTUAL_FORUM_TRUST__ANCHORS";

/// A node that trusts its own anchor, and nobody else.
pub async fn own_anchor(db: Db) -> TestApp {
    let before = TestApp::new(db.clone());
    let anchor = create_anchor(&before.app.forum, None, "Own").await;
    let trust = trusting(&[&anchor.expect("an anchor").did]);
    TestApp::with(db, &[(TRUST, &trust)])
}

impl TestApp {
    /// How far an organisation reads now.
    pub async fn tier_of(&self, organisation: &Organisation) -> Tier {
        let (forum, organisation) = (self.app.forum.clone(), organisation.clone());
        let read = self.app.forum.db.read(move |conn| {
            let found = crate::storage::organisations::find(conn, organisation.id)?;
            standing_of(conn, &forum, &found.expect("it is there"))
        });
        read.await.expect("storage works").tier
    }

    /// The Multikey of an actor that is known.
    pub async fn key_of(&self, actor: &Url) -> String {
        let actor = actor.clone();
        let keys = self.app.forum.db.read(move |conn| keys_of(conn, &actor));
        let keys = keys.await.expect("storage works").expect("known keys");
        keys.into_iter().next().expect("an Ed25519 key")
    }
}
