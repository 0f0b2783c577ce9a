//! Who may read what. This is the Forum's founding rule: governments and
//! international organisations read every entry, civil society, companies and
//! others only part; nobody outside reads anything that is not public.
//!
//! [`can_see`] states the rule. `storage` holds the same rule once more, as a
//! query filter; a property test keeps the two together.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    id::{OrganisationId, UserId},
    organisation::Category,
};

/// To whom an entry is addressed. `Named` also lists the parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    Public,
    Members,
    Preferential,
    Named(Vec<OrganisationId>),
}

/// The audience's word alone, as stored and as chosen in forms and APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceKind {
    Public,
    /// A new entry is for members (DOMAIN.md 4): making something public is a
    /// deliberate step.
    #[default]
    Members,
    Preferential,
    Named,
}

impl AudienceKind {
    pub const ALL: [Self; 4] = [Self::Public, Self::Members, Self::Preferential, Self::Named];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Members => "members",
            Self::Preferential => "preferential",
            Self::Named => "named",
        }
    }

    /// The plain words shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "Everyone (public)",
            Self::Members => "All accredited organisations",
            Self::Preferential => "Governments and international organisations",
            Self::Named => "Only the organisations named",
        }
    }

    /// The sharing mark that goes with the audience unless the author chooses
    /// another (DOMAIN.md 2.4).
    pub fn default_tlp(self) -> Tlp {
        match self {
            Self::Public => Tlp::Clear,
            Self::Members => Tlp::Green,
            Self::Preferential => Tlp::Amber,
            Self::Named => Tlp::Red,
        }
    }
}

/// A word that names no audience.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown audience {0:?}: use public, members, preferential or named")]
pub struct UnknownAudience(pub String);

impl FromStr for AudienceKind {
    type Err = UnknownAudience;

    fn from_str(text: &str) -> Result<Self, UnknownAudience> {
        Self::ALL
            .into_iter()
            .find(|audience| audience.as_str() == text)
            .ok_or_else(|| UnknownAudience(text.to_owned()))
    }
}

impl fmt::Display for AudienceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Audience {
    pub fn kind(&self) -> AudienceKind {
        match self {
            Self::Public => AudienceKind::Public,
            Self::Members => AudienceKind::Members,
            Self::Preferential => AudienceKind::Preferential,
            Self::Named(_) => AudienceKind::Named,
        }
    }

    pub fn is_public(&self) -> bool {
        self.kind() == AudienceKind::Public
    }

    /// The organisations named; none for the other audiences.
    pub fn named(&self) -> &[OrganisationId] {
        match self {
            Self::Named(named) => named,
            Self::Public | Self::Members | Self::Preferential => &[],
        }
    }

    /// Is everybody in this audience in the other one, too? What is for named
    /// parties is within what is for all of their kind as far as the rule of
    /// reading goes: each of them is accredited, and few are told.
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Public)
            | (Self::Members | Self::Preferential | Self::Named(_), Self::Members)
            | (Self::Preferential, Self::Preferential) => true,
            (Self::Named(these), Self::Named(those)) => these.iter().all(|one| those.contains(one)),
            (Self::Public, Self::Members | Self::Preferential | Self::Named(_))
            | (Self::Members, Self::Preferential | Self::Named(_))
            | (Self::Named(_), Self::Preferential)
            | (Self::Preferential, Self::Named(_)) => false,
        }
    }
}

/// Traffic Light Protocol 2.0 (FIRST, 2022): what a reader may do next with
/// what it read. It is a label, not an access control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tlp {
    #[serde(rename = "RED")]
    Red,
    #[serde(rename = "AMBER+STRICT")]
    AmberStrict,
    #[serde(rename = "AMBER")]
    Amber,
    #[serde(rename = "GREEN")]
    Green,
    #[serde(rename = "CLEAR")]
    Clear,
}

impl Tlp {
    pub const ALL: [Self; 5] = [
        Self::Clear,
        Self::Green,
        Self::Amber,
        Self::AmberStrict,
        Self::Red,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Red => "RED",
            Self::AmberStrict => "AMBER+STRICT",
            Self::Amber => "AMBER",
            Self::Green => "GREEN",
            Self::Clear => "CLEAR",
        }
    }

    /// The onward rule in a reader's words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Red => "for the named recipients only, no further disclosure",
            Self::AmberStrict => "within the recipient's own organisation, need to know",
            Self::Amber => "within the recipient's organisation and its clients, need to know",
            Self::Green => "within the community of accredited organisations",
            Self::Clear => "may be shared freely",
        }
    }
}

/// A word that is no TLP 2.0 label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown TLP label {0:?}: use RED, AMBER+STRICT, AMBER, GREEN or CLEAR")]
pub struct UnknownTlp(pub String);

impl FromStr for Tlp {
    type Err = UnknownTlp;

    fn from_str(text: &str) -> Result<Self, UnknownTlp> {
        Self::ALL
            .into_iter()
            .find(|tlp| tlp.as_str() == text)
            .ok_or_else(|| UnknownTlp(text.to_owned()))
    }
}

/// Who is reading. Nothing leaves the node without one (SECURITY.md 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody, and every other server that does not sign: public entries only.
    Anonymous,
    /// Somebody signed in, who reads as their organisation.
    Member(Member),
    /// An organisation itself, without a person: one of another server that
    /// signed its request, or the author whose entry is worded for others.
    Organisation(Reader),
    /// Another server as a whole, which signed as its own actor: up to what it
    /// may store, and never what is for named parties only.
    Node(Tier),
}

/// The reading rights of an organisation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    pub organisation: OrganisationId,
    /// Of one of another server never more than its node may store.
    pub tier: Tier,
}

/// How far somebody reads, and how far a server may store. Each includes those
/// before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// What is for everybody.
    #[default]
    Public,
    /// What is for all accredited organisations.
    Members,
    /// What is for governments and international organisations, too.
    Preferential,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Public, Self::Members, Self::Preferential];

    /// What an organisation of this category reads when its accreditation
    /// holds (aide memoire, ACCESS).
    pub fn of(category: Category) -> Self {
        match category.is_preferential() {
            true => Self::Preferential,
            false => Self::Members,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Members => "members",
            Self::Preferential => "preferential",
        }
    }

    /// The audiences whose every entry is read.
    pub fn audiences(self) -> &'static [AudienceKind] {
        match self {
            Self::Public => &[AudienceKind::Public],
            Self::Members => &[AudienceKind::Public, AudienceKind::Members],
            Self::Preferential => &[
                AudienceKind::Public,
                AudienceKind::Members,
                AudienceKind::Preferential,
            ],
        }
    }
}

/// A word that names no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown tier {0:?}: use public, members or preferential")]
pub struct UnknownTier(pub String);

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or_else(|| UnknownTier(text.to_owned()))
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reading rights of one signed-in person's organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub organisation: OrganisationId,
    /// By the organisation's standing, never by its category alone
    /// (`domain::accreditation`): with [`Tier::Public`] it reads public entries
    /// and its own.
    pub tier: Tier,
}

impl Viewer {
    /// How far it reads.
    pub fn tier(&self) -> Tier {
        match self {
            Self::Anonymous => Tier::Public,
            Self::Member(member) => member.tier,
            Self::Organisation(reader) => reader.tier,
            Self::Node(tier) => *tier,
        }
    }

    pub fn is_accredited(&self) -> bool {
        self.tier() >= Tier::Members
    }

    pub fn is_preferential(&self) -> bool {
        self.tier() >= Tier::Preferential
    }

    /// The organisation that the viewer speaks for.
    pub fn organisation(&self) -> Option<OrganisationId> {
        match self {
            Self::Anonymous | Self::Node(_) => None,
            Self::Member(member) => Some(member.organisation),
            Self::Organisation(reader) => Some(reader.organisation),
        }
    }

    pub fn speaks_for(&self, organisation: OrganisationId) -> bool {
        self.organisation() == Some(organisation)
    }

    pub fn speaks_for_any(&self, organisations: &[OrganisationId]) -> bool {
        organisations.iter().any(|one| self.speaks_for(*one))
    }

    /// The audiences whose every entry this viewer reads.
    pub fn audiences(&self) -> &'static [AudienceKind] {
        self.tier().audiences()
    }
}

/// The rule: may this viewer read an entry of this author and audience? An
/// author always reads its own entries. A named party reads as long as it is
/// accredited: without a valid accreditation an organisation reads public
/// entries only (INTERFACE.md 6).
pub fn can_see(viewer: &Viewer, author: OrganisationId, audience: &Audience) -> bool {
    if viewer.speaks_for(author) {
        return true;
    }
    match audience {
        Audience::Public => true,
        Audience::Members => viewer.is_accredited(),
        Audience::Preferential => viewer.is_preferential(),
        Audience::Named(organisations) => {
            viewer.is_accredited() && viewer.speaks_for_any(organisations)
        }
    }
}

/// May an organisation that reads so far publish to this audience? It
/// publishes only to an audience that it is part of (INTERFACE.md 6).
pub fn may_publish_to(tier: Tier, audience: AudienceKind) -> bool {
    match audience {
        AudienceKind::Public | AudienceKind::Named => true,
        AudienceKind::Members => tier >= Tier::Members,
        AudienceKind::Preferential => tier >= Tier::Preferential,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHOR: OrganisationId = OrganisationId(1);
    const READER: OrganisationId = OrganisationId(2);

    fn member(tier: Tier) -> Viewer {
        Viewer::Member(Member {
            user: UserId(9),
            organisation: READER,
            tier,
        })
    }

    #[test]
    fn anonymous_readers_see_public_entries_only() {
        assert!(can_see(&Viewer::Anonymous, AUTHOR, &Audience::Public));
        for audience in [
            Audience::Members,
            Audience::Preferential,
            Audience::Named(vec![READER]),
        ] {
            assert!(!can_see(&Viewer::Anonymous, AUTHOR, &audience));
        }
    }

    #[test]
    fn governments_and_international_organisations_see_preferential_entries_and_no_others_do() {
        for category in Category::ALL {
            let preferential = matches!(
                category,
                Category::Government | Category::InternationalOrganisation
            );
            let viewer = member(Tier::of(category));
            assert!(can_see(&viewer, AUTHOR, &Audience::Members));
            assert_eq!(
                can_see(&viewer, AUTHOR, &Audience::Preferential),
                preferential
            );
        }
    }

    #[test]
    fn named_entries_are_seen_by_the_named_and_the_author_only() {
        let named = Audience::Named(vec![READER]);
        let public = member(Tier::Public);
        assert!(can_see(&member(Tier::Members), AUTHOR, &named));
        // Its accreditation was revoked, or never was.
        assert!(!can_see(&public, AUTHOR, &named));
        assert!(can_see(&public, READER, &Audience::Named(vec![])));
        let other = Audience::Named(vec![OrganisationId(3)]);
        assert!(!can_see(&member(Tier::Preferential), AUTHOR, &other));
    }

    #[test]
    fn an_organisation_itself_reads_what_somebody_signed_in_there_would() {
        for tier in Tier::ALL {
            let itself = Viewer::Organisation(Reader {
                organisation: READER,
                tier,
            });
            for author in [AUTHOR, READER] {
                for audience in [
                    Audience::Public,
                    Audience::Members,
                    Audience::Preferential,
                    Audience::Named(vec![READER]),
                    Audience::Named(vec![]),
                ] {
                    assert_eq!(
                        can_see(&itself, author, &audience),
                        can_see(&member(tier), author, &audience),
                        "{tier} {audience:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn another_server_reads_up_to_what_it_may_store_and_nothing_that_names_parties() {
        for tier in Tier::ALL {
            let node = Viewer::Node(tier);
            for audience in [Audience::Public, Audience::Members, Audience::Preferential] {
                let may = tier.audiences().contains(&audience.kind());
                assert_eq!(can_see(&node, AUTHOR, &audience), may, "{tier}");
            }
            assert!(!can_see(&node, AUTHOR, &Audience::Named(vec![READER])));
        }
    }

    #[test]
    fn a_member_without_a_standing_that_counts_sees_public_entries_only() {
        let public = member(Tier::Public);
        assert!(can_see(&public, AUTHOR, &Audience::Public));
        assert!(!can_see(&public, AUTHOR, &Audience::Members));
    }

    #[test]
    fn a_wider_tier_sees_all_that_a_narrower_one_sees() {
        for audience in [Audience::Public, Audience::Members, Audience::Preferential] {
            let seen = Tier::ALL.map(|tier| can_see(&member(tier), AUTHOR, &audience));
            assert!(seen.is_sorted(), "{audience:?}: {seen:?}");
        }
    }

    #[test]
    fn an_organisation_publishes_only_to_an_audience_it_is_part_of() {
        for tier in Tier::ALL {
            for audience in AudienceKind::ALL {
                let is_part = tier.audiences().contains(&audience);
                let by_name = audience == AudienceKind::Named;
                assert_eq!(may_publish_to(tier, audience), is_part || by_name);
            }
        }
    }
}
