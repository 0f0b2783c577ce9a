//! Organisations: the actors of the Forum. A person never is one on the wire
//! (SECURITY.md 4): the focal point speaks as the organisation.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::id::OrganisationId;

/// What kind of body an organisation is (aide memoire, PARTICIPANTS). On this
/// node it decides which audiences the organisation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Government,
    InternationalOrganisation,
    CivilSociety,
    PrivateSector,
    Academia,
    Media,
    Individual,
}

impl Category {
    pub const ALL: [Self; 7] = [
        Self::Government,
        Self::InternationalOrganisation,
        Self::CivilSociety,
        Self::PrivateSector,
        Self::Academia,
        Self::Media,
        Self::Individual,
    ];

    /// The word used in commands, APIs and storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Government => "government",
            Self::InternationalOrganisation => "international_organisation",
            Self::CivilSociety => "civil_society",
            Self::PrivateSector => "private_sector",
            Self::Academia => "academia",
            Self::Media => "media",
            Self::Individual => "individual",
        }
    }

    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Government => "Government",
            Self::InternationalOrganisation => "International organisation",
            Self::CivilSociety => "Civil society",
            Self::PrivateSector => "Private sector",
            Self::Academia => "Academia",
            Self::Media => "Media",
            Self::Individual => "Individual",
        }
    }

    /// Governments and international organisations read every entry that is
    /// addressed to the membership (aide memoire, ACCESS).
    pub fn is_preferential(self) -> bool {
        match self {
            Self::Government | Self::InternationalOrganisation => true,
            Self::CivilSociety
            | Self::PrivateSector
            | Self::Academia
            | Self::Media
            | Self::Individual => false,
        }
    }
}

/// A word that names no category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown category {0:?}: use government, international_organisation, civil_society, \
     private_sector, academia, media or individual"
)]
pub struct UnknownCategory(pub String);

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(text: &str) -> Result<Self, UnknownCategory> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or_else(|| UnknownCategory(text.to_owned()))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A local handle: `^[a-z0-9][a-z0-9_-]{0,29}$`, compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Handle(String);

/// Text that cannot be a handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a handle: use 1 to 30 letters a-z, digits, - or _, and begin with a letter or a digit"
)]
pub struct InvalidHandle;

impl Handle {
    pub const MAX_CHARS: usize = 30;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = InvalidHandle;

    fn from_str(text: &str) -> Result<Self, InvalidHandle> {
        let handle = text.to_ascii_lowercase();
        let mut bytes = handle.bytes();
        let starts_well = bytes
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let continues_well =
            bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if starts_well && continues_well && handle.len() <= Self::MAX_CHARS {
            Ok(Self(handle))
        } else {
            Err(InvalidHandle)
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an organisation takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationState {
    Active,
    /// Answers 410 with a Tombstone; can be restored.
    Suspended,
    /// Answers 410 with a Tombstone for ever; its handle is never reused.
    Deleted,
}

/// What an organisation offers, for the directory (aide memoire: "ideas,
/// projects and expertise"). All codes are of [`super::taxonomy`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expertise {
    pub countries: Vec<String>,
    pub regions: Vec<String>,
    pub sectors: Vec<String>,
    /// BCP 47 tags.
    pub languages: Vec<String>,
}

/// An organisation as this node knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    /// The actor's id on the wire.
    pub uri: Url,
    /// Without host. A [`Handle`] for local organisations, whatever the other
    /// server calls it for remote ones.
    pub handle: String,
    /// Host, with a non-default port, that the handle belongs to; `None` for
    /// local organisations.
    pub host: Option<String>,
    pub name: String,
    /// Markdown as written (local) or empty (remote).
    pub summary: String,
    /// Sanitised HTML as shown.
    pub summary_html: String,
    /// The operator's word for local organisations. A remote organisation's
    /// own claim counts for nothing and is not kept: `None`.
    pub category: Option<Category>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub expertise: Expertise,
    /// The page that people read.
    pub url: Url,
    pub website: Option<Url>,
    pub avatar: Option<Url>,
    /// Follows need approval.
    pub locked: bool,
    pub state: OrganisationState,
    /// The ActivityStreams type, for example `Organization` or `Person`.
    pub actor_type: String,
    pub endpoints: Endpoints,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// When the actor document was last read from its server (remote only).
    pub fetched_at: Option<DateTime<Utc>>,
}

/// Where an organisation is reached by other servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub inbox: Url,
    pub shared_inbox: Option<Url>,
    pub outbox: Option<Url>,
    pub followers: Option<Url>,
    pub following: Option<Url>,
    pub featured: Option<Url>,
}

impl Organisation {
    pub fn is_local(&self) -> bool {
        self.host.is_none()
    }

    /// `handle` for local organisations, `handle@host` for remote ones.
    pub fn acct(&self) -> String {
        match &self.host {
            Some(host) => format!("{}@{host}", self.handle),
            None => self.handle.clone(),
        }
    }
}

/// Longest organisation name, in characters. Longer remote names are cut.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest summary, in characters of Markdown.
pub const MAX_SUMMARY_CHARS: usize = 5_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_folded_to_lower_case() {
        assert_eq!(
            "MoJ-Valdoria_2".parse::<Handle>().map(|h| h.0),
            Ok("moj-valdoria_2".into())
        );
    }

    #[test]
    fn malformed_handles_are_refused() {
        let too_long = "a".repeat(31);
        for text in ["", "-a", "_a", "a b", "ä", "a.b", "a@b", too_long.as_str()] {
            assert_eq!(text.parse::<Handle>(), Err(InvalidHandle), "{text:?}");
        }
        assert!("a".repeat(30).parse::<Handle>().is_ok());
    }

    #[test]
    fn every_category_reads_back_from_its_word() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
            assert_eq!(
                serde_json::to_value(category).expect("serialises"),
                category.as_str()
            );
        }
    }
}
