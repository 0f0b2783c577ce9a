//! Code lists: every code has a name, and unknown or withdrawn codes are
//! refused. Countries are ISO 3166-1, regions UN M49, sectors the OECD DAC CRS
//! purpose codes; the other schemes are the Forum's own (DOMAIN.md 2.1-2.3).

mod countries;
mod language;
mod regions;
mod subjects;

use std::{fmt, str::FromStr};

use serde::Serialize;

pub use countries::DISCLAIMER;
pub use language::{LanguageError, check_language, language_name, languages};
pub use regions::{contains, countries_within, region_of, regions_containing, within};

/// The six code lists that an entry draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ISO 3166-1 alpha-2, and the few codes that ISO lacks.
    Country,
    /// UN M49, three digits.
    Region,
    /// OECD DAC CRS purpose codes, five digits.
    Sector,
    /// The four Ps of the Trafficking Protocol's practice.
    Pillar,
    /// Forms of exploitation.
    Exploitation,
    /// What is done: training, research and so on.
    Activity,
}

impl Scheme {
    pub const ALL: [Self; 6] = [
        Self::Country,
        Self::Region,
        Self::Sector,
        Self::Pillar,
        Self::Exploitation,
        Self::Activity,
    ];

    /// The word for one code, as in filters and storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Region => "region",
            Self::Sector => "sector",
            Self::Pillar => "pillar",
            Self::Exploitation => "exploitation",
            Self::Activity => "activity",
        }
    }

    /// The name of the list on an entry in the Forum API.
    pub fn field(self) -> &'static str {
        match self {
            Self::Country => "countries",
            Self::Region => "regions",
            Self::Sector => "sectors",
            Self::Pillar => "pillars",
            Self::Exploitation => "exploitation",
            Self::Activity => "activities",
        }
    }

    /// The heading shown to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Country => "Country",
            Self::Region => "Region",
            Self::Sector => "Sector",
            Self::Pillar => "Pillar",
            Self::Exploitation => "Form of exploitation",
            Self::Activity => "Activity",
        }
    }

    /// Where the codes come from.
    pub fn source(self) -> &'static str {
        match self {
            Self::Country => "ISO 3166-1 alpha-2",
            Self::Region => "UN M49",
            Self::Sector => "OECD DAC CRS purpose codes",
            Self::Pillar | Self::Exploitation | Self::Activity => "Virtual Forum",
        }
    }
}

/// A word that names no code list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown code list {0:?}: use country, region, sector, pillar, exploitation or activity")]
pub struct UnknownScheme(pub String);

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == text)
            .ok_or_else(|| UnknownScheme(text.to_owned()))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Term {
    pub code: &'static str,
    pub name: &'static str,
    /// The M49 region that directly holds this country or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<&'static str>,
    /// The same notion in other vocabularies, for example
    /// `ctdc:isForcedLabour`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub same_as: &'static [&'static str],
    /// Invented for demonstrations; pages mark or hide it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fictional: bool,
}

impl Term {
    const fn plain(code: &'static str, name: &'static str) -> Self {
        Self {
            code,
            name,
            parent: None,
            same_as: &[],
            fictional: false,
        }
    }
}

/// Why a code is refused. Its text is a full sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("{}", unknown(*scheme, code, *nearest))]
    Unknown {
        scheme: Scheme,
        code: String,
        /// What was probably meant.
        nearest: Option<&'static Term>,
    },
    #[error("{}", withdrawn(*scheme, code, name, *replacement))]
    Withdrawn {
        scheme: Scheme,
        code: &'static str,
        name: &'static str,
        /// The code that took its place, when a single one did.
        replacement: Option<&'static Term>,
    },
}

fn unknown(scheme: Scheme, code: &str, nearest: Option<&Term>) -> String {
    // What was sent may be long; the sentence must stay readable.
    let shown: String = code.chars().take(40).collect();
    let hint = match (nearest, scheme) {
        (Some(term), _) => format!("Did you mean {} ({})?", term.code, term.name),
        (None, Scheme::Country | Scheme::Region | Scheme::Sector | Scheme::Exploitation) => {
            "The code lists of GET /api/forum/v1/node name all that are known.".to_owned()
        }
        (None, Scheme::Pillar | Scheme::Activity) => {
            let codes: Vec<&str> = terms(scheme).iter().map(|term| term.code).collect();
            format!("Use one of {}.", codes.join(", "))
        }
    };
    format!("There is no {scheme} code {shown:?}. {hint}")
}

fn withdrawn(scheme: Scheme, code: &str, name: &str, replacement: Option<&Term>) -> String {
    let instead = match replacement {
        Some(term) => format!("Use {} ({}) instead.", term.code, term.name),
        None => "Choose a current one instead.".to_owned(),
    };
    format!("The {scheme} code {code} ({name}) was withdrawn. {instead}")
}

/// All codes of a scheme that may be used, in the order in which they are
/// shown.
pub fn terms(scheme: Scheme) -> &'static [Term] {
    match scheme {
        Scheme::Country => countries::terms(),
        Scheme::Region => regions::terms(),
        Scheme::Sector => &subjects::SECTORS,
        Scheme::Pillar => &subjects::PILLARS,
        Scheme::Exploitation => &subjects::EXPLOITATION,
        Scheme::Activity => &subjects::ACTIVITIES,
    }
}

/// Codes are compared exactly, with case: `al` is not `AL`.
fn find(scheme: Scheme, code: &str) -> Option<&'static Term> {
    match scheme {
        Scheme::Country => countries::find(code),
        Scheme::Region
        | Scheme::Sector
        | Scheme::Pillar
        | Scheme::Exploitation
        | Scheme::Activity => terms(scheme).iter().find(|term| term.code == code),
    }
}

/// The term of a code that may be used.
///
/// # Errors
/// Unknown codes, with the nearest known one, and withdrawn codes.
pub fn check(scheme: Scheme, code: &str) -> Result<&'static Term, CodeError> {
    if let Some(term) = find(scheme, code) {
        return Ok(term);
    }
    let withdrawn = match scheme {
        Scheme::Country => countries::withdrawn(code),
        Scheme::Sector => subjects::withdrawn_sector(code),
        Scheme::Region | Scheme::Pillar | Scheme::Exploitation | Scheme::Activity => None,
    };
    if let Some((code, name, replacement)) = withdrawn {
        return Err(CodeError::Withdrawn {
            scheme,
            code,
            name,
            replacement: replacement.and_then(|code| find(scheme, code)),
        });
    }
    Err(CodeError::Unknown {
        scheme,
        code: code.to_owned(),
        nearest: nearest(scheme, code),
    })
}

/// The name of a code that may be used.
pub fn name(scheme: Scheme, code: &str) -> Option<&'static str> {
    find(scheme, code).map(|term| term.name)
}

/// How alike two words must be for a suggestion, 0 to 1.
const ALIKE: f64 = 0.75;

/// What was probably meant: a well-known other spelling, the same code or
/// name in other case, or the most similar one. Country and region codes are
/// too short for similarity to mean anything, so only their names count.
fn nearest(scheme: Scheme, code: &str) -> Option<&'static Term> {
    let wanted = code.trim().to_lowercase();
    if wanted.is_empty() || wanted.len() > 100 {
        return None;
    }
    let alias = match scheme {
        Scheme::Country => countries::alias(&wanted),
        Scheme::Region => regions::padded(&wanted),
        Scheme::Sector | Scheme::Pillar | Scheme::Exploitation | Scheme::Activity => None,
    };
    if let Some(term) = alias {
        return Some(term);
    }
    let compares_codes = match scheme {
        Scheme::Country | Scheme::Region => false,
        Scheme::Sector | Scheme::Pillar | Scheme::Exploitation | Scheme::Activity => true,
    };
    let score = |term: &Term| {
        let by_name = strsim::normalized_damerau_levenshtein(&wanted, &term.name.to_lowercase());
        if term.code.to_lowercase() == wanted {
            1.0
        } else if compares_codes {
            by_name.max(strsim::normalized_damerau_levenshtein(&wanted, term.code))
        } else {
            by_name
        }
    };
    terms(scheme)
        .iter()
        // Of equals, `max_by` takes the last: the first in the list here.
        .rev()
        .map(|term| (term, score(term)))
        .filter(|(_, score)| *score >= ALIKE)
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(term, _)| term)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(scheme: Scheme, code: &str) -> String {
        check(scheme, code)
            .expect_err("the code is refused")
            .to_string()
    }

    #[test]
    fn every_code_of_every_list_is_known_once_and_has_a_name() {
        for scheme in Scheme::ALL {
            let mut seen = std::collections::HashSet::new();
            assert!(!terms(scheme).is_empty());
            for term in terms(scheme) {
                assert!(seen.insert(term.code), "{scheme} {} twice", term.code);
                assert!(!term.name.trim().is_empty());
                assert_eq!(check(scheme, term.code), Ok(term));
                assert_eq!(name(scheme, term.code), Some(term.name));
            }
        }
    }

    #[test]
    fn schemes_read_back_from_their_words() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.as_str().parse(), Ok(scheme));
        }
        assert!("countries".parse::<Scheme>().is_err());
    }

    #[test]
    fn an_unknown_code_names_what_was_probably_meant() {
        for (scheme, given, meant) in [
            (Scheme::Country, "al", "AL"),
            (Scheme::Country, "ALB", "AL"),
            (Scheme::Country, "Albania", "AL"),
            (Scheme::Country, "Phillipines", "PH"),
            (Scheme::Country, "UK", "GB"),
            (Scheme::Region, "39", "039"),
            (Scheme::Region, "southern europe", "039"),
            (Scheme::Sector, "15191", "15190"),
            (Scheme::Pillar, "Protecton", "protection"),
            (Scheme::Exploitation, "forced_labour", "forced-labour"),
            (Scheme::Activity, "trainings", "training"),
        ] {
            match check(scheme, given) {
                Err(CodeError::Unknown {
                    nearest: Some(term),
                    ..
                }) => assert_eq!(term.code, meant, "{given}"),
                other => panic!("{given}: {other:?}"),
            }
        }
        assert_eq!(
            message(Scheme::Country, "al"),
            "There is no country code \"al\". Did you mean AL (Albania)?"
        );
    }

    #[test]
    fn an_unknown_code_like_no_other_says_where_the_list_is() {
        assert_eq!(
            message(Scheme::Country, "XX"),
            "There is no country code \"XX\". \
             The code lists of GET /api/forum/v1/node name all that are known."
        );
        assert_eq!(
            message(Scheme::Pillar, "?"),
            "There is no pillar code \"?\". \
             Use one of prevention, protection, prosecution, partnership."
        );
    }

    #[test]
    fn a_long_unknown_code_does_not_flood_the_message() {
        assert!(message(Scheme::Sector, &"9".repeat(10_000)).len() < 200);
    }

    #[test]
    fn withdrawn_codes_are_refused_with_their_replacement() {
        assert_eq!(
            message(Scheme::Sector, "15162"),
            "The sector code 15162 (Human rights) was withdrawn. \
             Use 15160 (Human rights) instead."
        );
        assert!(message(Scheme::Sector, "15164").contains("Use 15170"));
        assert_eq!(
            message(Scheme::Sector, "15161"),
            "The sector code 15161 (Elections) was withdrawn. Choose a current one instead."
        );
        assert!(message(Scheme::Country, "AN").contains("(Netherlands Antilles) was withdrawn"));
        assert!(message(Scheme::Country, "ZR").contains("Use CD"));
    }
}
