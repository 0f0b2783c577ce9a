//! THE rule of accreditation: what credentials are worth at a moment
//! (PROTOCOL.md 4.3). No valid credential ever upgrades anyone beyond what it
//! says, and nothing invalid counts.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    CLOCKS_APART, Claim, Credential, CredentialId, Did, GRACE_DAYS, MAX_DAYS, StatusList, Trust,
};
use crate::domain::{audience::Tier, organisation::Category};

/// A credential, with what the newest known status list of its issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub credential: Credential,
    pub revoked: bool,
    /// Until when its status is known. A list that was never seen counts as
    /// out of date since the credential began.
    pub fresh_until: DateTime<Utc>,
}

impl Held {
    /// `list` is the newest known list at the address that the credential
    /// names. One of another issuer says nothing about it.
    pub fn new(credential: Credential, list: Option<&StatusList>) -> Self {
        let list = list
            .filter(|list| list.issuer == credential.issuer && list.uri == credential.status.list);
        match list {
            Some(list) => Self {
                revoked: list.revokes(credential.status.index),
                fresh_until: list.fresh_until(),
                credential,
            },
            None => Self {
                revoked: false,
                fresh_until: credential.valid_from,
                credential,
            },
        }
    }
}

/// Why a credential counts for nothing. The texts are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("its anchor is not among those that this node trusts")]
    UnknownIssuer,
    #[error("its anchor is not trusted for this category, country or audience")]
    OutOfScope,
    #[error("it lasts longer than 180 days")]
    TooLong,
    #[error("it is not valid yet")]
    NotYet,
    #[error("it has expired")]
    Expired,
    #[error("it is about somebody else")]
    WrongSubject,
    #[error("its key is not one that the organisation lists now")]
    WrongKey,
    #[error("it was revoked")]
    Revoked,
}

/// What is to be told about a standing that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Whether it was revoked is not known since then; it counts in full.
    Grace { since: DateTime<Utc> },
    /// The same for more than [`GRACE_DAYS`]: only what is for all members.
    Degraded { since: DateTime<Utc> },
}

/// The credential that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub credential: CredentialId,
    pub issuer: Did,
    pub valid_from: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
}

/// What an organisation is, as far as it counts here, and what it may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub category: Option<Category>,
    /// ISO 3166-1 alpha-2, as its anchor says.
    pub country: Option<String>,
    pub tier: Tier,
    pub notice: Option<Notice>,
    /// `None` for the operator's own word, and for those who are nothing.
    pub basis: Option<Basis>,
}

impl Standing {
    /// Reads what is public.
    pub const NONE: Self = Self {
        category: None,
        country: None,
        tier: Tier::Public,
        notice: None,
        basis: None,
    };

    /// By the operator's word alone, on a node without anchors.
    pub fn by_operator(category: Option<Category>, country: Option<String>) -> Self {
        Self {
            tier: category.map_or(Tier::Public, Tier::of),
            category,
            country,
            ..Self::NONE
        }
    }
}

/// What one credential is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    pub tier: Tier,
    pub notice: Option<Notice>,
}

/// Weighs one credential for an actor at a moment. `keys` are the Multikeys
/// that the actor lists in `assertionMethod` now, when they are known.
///
/// # Errors
/// [`Weakness`]: it counts for nothing.
pub fn weigh(
    held: &Held,
    actor: &Url,
    now: DateTime<Utc>,
    trust: &Trust,
    keys: Option<&[String]>,
) -> Result<Weight, Weakness> {
    let credential = &held.credential;
    if credential.subject != *actor {
        return Err(Weakness::WrongSubject);
    }
    if !trust.knows(&credential.issuer) {
        return Err(Weakness::UnknownIssuer);
    }
    let mut anchors = trust.of(&credential.issuer);
    if !anchors.any(|anchor| anchor.covers(&credential.claim)) {
        return Err(Weakness::OutOfScope);
    }
    if credential.valid_until - credential.valid_from > TimeDelta::days(MAX_DAYS) {
        return Err(Weakness::TooLong);
    }
    if now + CLOCKS_APART < credential.valid_from {
        return Err(Weakness::NotYet);
    }
    if now >= credential.valid_until {
        return Err(Weakness::Expired);
    }
    if keys.is_some_and(|keys| !keys.contains(&credential.assertion_key)) {
        return Err(Weakness::WrongKey);
    }
    if held.revoked {
        return Err(Weakness::Revoked);
    }
    let full = match &credential.claim {
        Claim::Organisation { category, .. } => Tier::of(*category),
        Claim::Node { audience } => *audience,
    };
    let since = held.fresh_until;
    Ok(match now - since {
        stale if stale <= TimeDelta::zero() => Weight {
            tier: full,
            notice: None,
        },
        stale if stale <= TimeDelta::days(GRACE_DAYS) => Weight {
            tier: full,
            notice: Some(Notice::Grace { since }),
        },
        _ => Weight {
            tier: full.min(Tier::Members),
            notice: Some(Notice::Degraded { since }),
        },
    })
}

/// The standing of an organisation at a moment. Of several credentials of one
/// category the best counts; of several categories the least privileged.
pub fn standing<'a>(
    held: impl IntoIterator<Item = &'a Held>,
    actor: &Url,
    now: DateTime<Utc>,
    trust: &Trust,
    keys: Option<&[String]>,
) -> Standing {
    let mut best: Option<(Category, Standing)> = None;
    for one in held {
        let Claim::Organisation {
            category, country, ..
        } = &one.credential.claim
        else {
            continue;
        };
        let Ok(weight) = weigh(one, actor, now, trust, keys) else {
            continue;
        };
        let candidate = Standing {
            category: Some(*category),
            country: country.clone(),
            tier: weight.tier,
            notice: weight.notice,
            basis: Some(Basis {
                credential: one.credential.id.clone(),
                issuer: one.credential.issuer.clone(),
                valid_from: one.credential.valid_from,
                valid_until: one.credential.valid_until,
            }),
        };
        let counts = match &best {
            None => true,
            Some((known, _)) if known != category => rank(*category) < rank(*known),
            Some((_, known)) => merit(&candidate) > merit(known),
        };
        if counts {
            best = Some((*category, candidate));
        }
    }
    best.map_or(Standing::NONE, |(_, standing)| standing)
}

/// Up to which audience a node may store entries: [`Tier::Public`] without a
/// valid membership. Of several the least counts, as with categories.
pub fn storable<'a>(
    held: impl IntoIterator<Item = &'a Held>,
    actor: &Url,
    now: DateTime<Utc>,
    trust: &Trust,
    keys: Option<&[String]>,
) -> Tier {
    let mut best: Option<(Tier, Tier)> = None;
    for one in held {
        let Claim::Node { audience } = one.credential.claim else {
            continue;
        };
        let Ok(weight) = weigh(one, actor, now, trust, keys) else {
            continue;
        };
        best = Some(match best {
            None => (audience, weight.tier),
            Some((claimed, _)) if audience < claimed => (audience, weight.tier),
            Some((claimed, tier)) if audience == claimed => (claimed, tier.max(weight.tier)),
            Some(known) => known,
        });
    }
    best.map_or(Tier::Public, |(_, tier)| tier)
}

/// How privileged a category is: more reads more. Those of one tier are put
/// in the order in which the aide memoire names them, so that the answer does
/// not hang on the order of the credentials.
fn rank(category: Category) -> (Tier, std::cmp::Reverse<usize>) {
    let place = Category::ALL.iter().position(|one| *one == category);
    let place = place.expect("the list holds every category");
    (Tier::of(category), std::cmp::Reverse(place))
}

/// Of two standings of one category: the wider, then the one without a
/// notice, then the one that lasts longer.
fn merit(standing: &Standing) -> (Tier, bool, Option<DateTime<Utc>>, Option<&str>) {
    let basis = standing.basis.as_ref();
    (
        standing.tier,
        standing.notice.is_none(),
        basis.map(|basis| basis.valid_until),
        basis.map(|basis| basis.credential.as_str()),
    )
}
