//! Accreditation (PROTOCOL.md 4): what an anchor says of an organisation or a
//! node, and what that is worth at a moment.
//!
//! [`Trust`] is whom the operator believes; a [`Credential`] is what one anchor
//! signed; [`standing`] weighs all of it. Everything here is a pure value or
//! function: it works with every other server down.

mod did;
mod list;
mod proposal;
mod standing;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{audience::Tier, organisation::Category};

pub use did::{Did, InvalidDid};
pub use list::{Bits, ENTRIES, LIST_DAYS, StatusList};
pub use proposal::{About, OwnProposal, Proposal, Request};
pub use standing::{Basis, Held, Notice, Standing, Weakness, Weight, standing, storable, weigh};

/// Longest life of a credential, in days (PROTOCOL.md 4.3).
pub const MAX_DAYS: i64 = 180;

/// Life of a credential unless another is asked for, in days.
pub const USUAL_DAYS: i64 = 90;

/// For how long a status list may be out of date before what it covers loses
/// its category's rights, in days (PROTOCOL.md 4.3).
pub const GRACE_DAYS: i64 = 30;

/// How far the clocks of two nodes may be apart. A credential counts this
/// much before its beginning, so that what a faster clock has just issued is
/// good at once everywhere. Its end is exact: it is renewed long before.
pub const CLOCKS_APART: TimeDelta = TimeDelta::minutes(10);

/// The id of a credential: `urn:uuid:…`, lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(String);

/// Text that is not the id of a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an accreditation: it must read urn:uuid:…")]
pub struct InvalidCredentialId;

impl CredentialId {
    /// A random one (RFC 9562, version 4) of 128 random bits.
    pub fn of_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (a, rest) = hex.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        Self(format!("urn:uuid:{a}-{b}-{c}-{d}-{e}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CredentialId {
    type Err = InvalidCredentialId;

    fn from_str(text: &str) -> Result<Self, InvalidCredentialId> {
        let id = text.trim().to_ascii_lowercase();
        let uuid = id.strip_prefix("urn:uuid:").ok_or(InvalidCredentialId)?;
        let shaped = uuid.len() == 36
            && uuid.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        match shaped {
            true => Ok(Self(id)),
            false => Err(InvalidCredentialId),
        }
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A body whose word counts here, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub name: String,
    pub did: Did,
    /// `None`: all.
    pub categories: Option<Vec<Category>>,
    /// ISO 3166-1 alpha-2; `None`: all.
    pub countries: Option<Vec<String>>,
}

impl Anchor {
    /// May it say this? An anchor for some countries says nothing of an
    /// organisation without one. A node has neither category nor country: up
    /// to `members` every anchor vouches for it, up to `preferential` one that
    /// accredits a category of that tier.
    pub fn covers(&self, claim: &Claim) -> bool {
        let accredits = |matching: &dyn Fn(&Category) -> bool| {
            self.categories
                .as_ref()
                .is_none_or(|known| known.iter().any(matching))
        };
        match claim {
            Claim::Organisation {
                category, country, ..
            } => {
                let in_country = self.countries.as_ref().is_none_or(|known| {
                    country
                        .as_ref()
                        .is_some_and(|country| known.contains(country))
                });
                in_country && accredits(&|one| one == category)
            }
            Claim::Node { audience } => match audience {
                Tier::Preferential => accredits(&|one| one.is_preferential()),
                Tier::Members | Tier::Public => true,
            },
        }
    }
}

/// Whom the operator believes (`trust.anchors`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    anchors: Vec<Anchor>,
}

impl Trust {
    pub fn new(anchors: Vec<Anchor>) -> Self {
        Self { anchors }
    }

    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// Without anchors a node stands alone: the operator's own word on a local
    /// organisation's category decides, and nothing restricted leaves
    /// (INTERFACE.md 6).
    pub fn stands_alone(&self) -> bool {
        self.anchors.is_empty()
    }

    /// The anchors under this did. The operator may list one several times,
    /// for example with other countries for other categories.
    pub fn of<'a>(&'a self, did: &'a Did) -> impl Iterator<Item = &'a Anchor> {
        self.anchors.iter().filter(move |anchor| anchor.did == *did)
    }

    pub fn knows(&self, did: &Did) -> bool {
        self.of(did).next().is_some()
    }

    /// What the operator calls this anchor.
    pub fn name(&self, did: &Did) -> Option<&str> {
        self.anchors
            .iter()
            .find(|anchor| anchor.did == *did)
            .map(|anchor| anchor.name.as_str())
    }
}

/// What a credential says of its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Organisation {
        name: String,
        category: Category,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
    },
    /// The node whose own actor is the subject may store entries up to this
    /// audience: never [`Tier::Public`], which needs no leave.
    Node { audience: Tier },
}

/// Where it can be seen whether a credential was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusPosition {
    pub list: Url,
    pub index: u32,
}

/// What one credential says, its proof verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub issuer: Did,
    /// The id of the actor that it is about.
    pub subject: Url,
    pub claim: Claim,
    /// The Ed25519 key that is bound to the claim, as a Multikey (`z6Mk…`).
    pub assertion_key: String,
    pub valid_from: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    pub status: StatusPosition,
}

impl Credential {
    /// Is less than a third of its life left?
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let life = self.valid_until - self.valid_from;
        (self.valid_until - now) * 3 < life
    }
}
