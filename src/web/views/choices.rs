//! The lists that people choose from in filters and forms.

use crate::domain::{
    account::{Function, Role},
    audience::{AudienceKind, Tier, Tlp, may_publish_to},
    entry::{Kind, Stage, Status},
    organisation::Category,
    report::ReportCategory,
    taxonomy::{self, Scheme},
};

use super::{Named, TlpMark};

/// The languages of the United Nations, then others often met in this field.
const LANGUAGES: [&str; 30] = [
    "ar", "zh", "en", "fr", "ru", "es", "sq", "am", "bn", "bg", "my", "fil", "de", "hi", "id",
    "it", "km", "ne", "fa", "pl", "pt", "ro", "sr", "sw", "th", "tr", "uk", "ur", "vi", "yo",
];

/// Every code list, as options.
#[derive(Debug, Clone)]
pub struct Choices {
    pub kinds: Vec<Named>,
    pub countries: Vec<Named>,
    pub regions: Vec<Named>,
    pub sectors: Vec<Named>,
    pub pillars: Vec<Named>,
    pub exploitation: Vec<Named>,
    pub activities: Vec<Named>,
    pub stages: Vec<Named>,
    pub statuses: Vec<Named>,
    pub categories: Vec<Named>,
    /// Suggestions only: any BCP 47 tag may be typed.
    pub languages: Vec<Named>,
}

impl Choices {
    /// The demonstration's invented states are offered on fictional nodes only.
    pub fn new(fictional: bool) -> Self {
        let terms = |scheme| -> Vec<Named> {
            taxonomy::terms(scheme)
                .iter()
                .filter(|term| fictional || !term.fictional)
                .map(|term| Named::new(term.code, term.name))
                .collect()
        };
        Self {
            kinds: words(Kind::ALL, |kind| (kind.as_str(), kind.name())),
            countries: terms(Scheme::Country),
            regions: terms(Scheme::Region),
            sectors: terms(Scheme::Sector),
            pillars: terms(Scheme::Pillar),
            exploitation: terms(Scheme::Exploitation),
            activities: terms(Scheme::Activity),
            stages: words(Stage::ALL, |stage| (stage.as_str(), stage.name())),
            statuses: words(Status::ALL, |status| (status.as_str(), status.name())),
            categories: categories(),
            languages: LANGUAGES
                .iter()
                .map(|tag| Named::new(*tag, taxonomy::language_name(tag)))
                .collect(),
        }
    }

    pub fn of(&self, scheme: Scheme) -> &[Named] {
        match scheme {
            Scheme::Country => &self.countries,
            Scheme::Region => &self.regions,
            Scheme::Sector => &self.sectors,
            Scheme::Pillar => &self.pillars,
            Scheme::Exploitation => &self.exploitation,
            Scheme::Activity => &self.activities,
        }
    }
}

fn words<T: Copy>(all: &[T], both: impl Fn(T) -> (&'static str, &'static str)) -> Vec<Named> {
    all.iter()
        .map(|one| both(*one))
        .map(|(code, name)| Named::new(code, name))
        .collect()
}

pub fn categories() -> Vec<Named> {
    words(&Category::ALL, |category| {
        (category.as_str(), category.name())
    })
}

pub fn roles() -> Vec<Named> {
    words(&Role::ALL, |role| (role.as_str(), role.name()))
}

pub fn report_categories() -> Vec<Named> {
    words(&ReportCategory::ALL, |category| {
        (category.as_str(), category.name())
    })
}

pub fn functions() -> Vec<Named> {
    words(&Function::ALL, |function| {
        (function.as_str(), function.name())
    })
}

pub fn tlps() -> Vec<TlpMark> {
    Tlp::ALL.into_iter().map(TlpMark::from).collect()
}

/// A kind of entry with what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindChoice {
    pub code: &'static str,
    pub name: &'static str,
    pub short: &'static str,
    pub explanation: &'static str,
    pub body_hint: &'static str,
}

pub fn kind(kind: Kind) -> KindChoice {
    let (short, explanation, body_hint) = match kind {
        Kind::Request => (
            "Request",
            "Technical assistance that your organisation needs. Others answer with what they can do.",
            "What is needed, for whom, by when, and what is there already. Plain text, or Markdown for lists and bold.",
        ),
        Kind::Project => (
            "Project",
            "An idea, a project in the pipeline that seeks funding, or one that is running. Others see where work overlaps.",
            "Aims, what will be done where, and with whom. Plain text, or Markdown for lists and bold.",
        ),
        Kind::Offer => (
            "Offer",
            "Assistance that your organisation can give to whoever needs it: training, advice, tools, money.",
            "What you can give, to whom, and under which conditions. Plain text, or Markdown for lists and bold.",
        ),
        Kind::Note => (
            "Note",
            "News, a question or a comment, without the fields of the other kinds.",
            "Plain text, or Markdown for lists and bold.",
        ),
    };
    KindChoice {
        code: kind.as_str(),
        name: kind.name(),
        short,
        explanation,
        body_hint,
    }
}

pub fn kinds() -> Vec<KindChoice> {
    Kind::ALL.iter().map(|one| kind(*one)).collect()
}

/// An audience in plain words, for the author who chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudienceChoice {
    pub kind: AudienceKind,
    pub code: &'static str,
    pub name: &'static str,
    pub explanation: &'static str,
    pub tlp: &'static str,
}

pub fn audience(kind: AudienceKind) -> AudienceChoice {
    AudienceChoice {
        kind,
        code: kind.as_str(),
        name: kind.name(),
        explanation: match kind {
            AudienceKind::Public => {
                "Anybody reads it without signing in: here, on other servers, and in search engines."
            }
            AudienceKind::Members => {
                "Governments, including your own, can read this. So can international organisations, \
                 civil society, companies, academia, media and individuals that take part. The public cannot."
            }
            AudienceKind::Preferential => {
                "Governments, including your own, and international organisations can read this. \
                 Civil society, companies, all others and the public cannot."
            }
            AudienceKind::Named => {
                "The organisations that the author names, and the author. Nobody else."
            }
        },
        tlp: kind.default_tlp().as_str(),
    }
}

/// The audiences an organisation that reads so far may publish to, the default
/// one first.
pub fn audiences(tier: Tier) -> Vec<AudienceChoice> {
    [
        AudienceKind::Members,
        AudienceKind::Preferential,
        AudienceKind::Named,
        AudienceKind::Public,
    ]
    .into_iter()
    .filter(|kind| may_publish_to(tier, *kind))
    .map(audience)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_states_are_offered_in_a_demonstration_only() {
        let offers = |fictional: bool| {
            let choices = Choices::new(fictional);
            choices.countries.iter().any(|one| one.name == "Valdoria")
        };
        assert!(offers(true));
        assert!(!offers(false));
    }

    #[test]
    fn the_words_for_members_say_that_ones_own_government_reads_along() {
        for kind in [AudienceKind::Members, AudienceKind::Preferential] {
            let words = audience(kind).explanation;
            assert!(words.contains("Governments, including your own"), "{words}");
        }
    }

    #[test]
    fn only_audiences_that_the_organisation_is_part_of_are_offered() {
        let codes = |tier| -> Vec<&str> { audiences(tier).iter().map(|one| one.code).collect() };
        assert_eq!(codes(Tier::Members), ["members", "named", "public"]);
        assert_eq!(codes(Tier::Public), ["named", "public"]);
        assert_eq!(codes(Tier::Preferential).len(), 4);
    }
}
