//! Warnings about an application that looks like something else: another
//! organisation, another application, or not like what it says it is
//! (DOMAIN.md 4: traffickers and false recruiters join). A warning says why in
//! plain words; it never decides.

use serde::Serialize;
use unicode_security::{MixedScript, confusable_detection::skeleton};

use super::{Wish, domains};
use crate::domain::{
    organisation::Category,
    taxonomy::{self, Scheme},
};

/// Most warnings about one application.
const MOST: usize = 30;

/// What a warning is about. The order is that in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    HandleTaken,
    AddressTaken,
    SameName,
    ConfusableName,
    SimilarName,
    ConfusableHandle,
    SimilarHandle,
    SameDomain,
    SimilarDomain,
    MixedScripts,
    FreeMail,
    DomainsDiffer,
    CountryDiffers,
    SameAddress,
    UnknownReferee,
}

impl WarningCode {
    pub const ALL: [Self; 15] = [
        Self::HandleTaken,
        Self::AddressTaken,
        Self::SameName,
        Self::ConfusableName,
        Self::SimilarName,
        Self::ConfusableHandle,
        Self::SimilarHandle,
        Self::SameDomain,
        Self::SimilarDomain,
        Self::MixedScripts,
        Self::FreeMail,
        Self::DomainsDiffer,
        Self::CountryDiffers,
        Self::SameAddress,
        Self::UnknownReferee,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandleTaken => "handle_taken",
            Self::AddressTaken => "address_taken",
            Self::SameName => "same_name",
            Self::ConfusableName => "confusable_name",
            Self::SimilarName => "similar_name",
            Self::ConfusableHandle => "confusable_handle",
            Self::SimilarHandle => "similar_handle",
            Self::SameDomain => "same_domain",
            Self::SimilarDomain => "similar_domain",
            Self::MixedScripts => "mixed_scripts",
            Self::FreeMail => "free_mail",
            Self::DomainsDiffer => "domains_differ",
            Self::CountryDiffers => "country_differs",
            Self::SameAddress => "same_address",
            Self::UnknownReferee => "unknown_referee",
        }
    }
}

/// Something about an application that an organiser should look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    pub code: WarningCode,
    /// A full sentence.
    pub text: String,
}

impl Warning {
    pub fn new(code: WarningCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// A name or a handle in the forms by which it is compared.
#[derive(Debug, Clone)]
struct Spelling {
    /// Letters and digits only, in lower case, without accents.
    letters: String,
    length: usize,
    /// How often letters occur, by their low bits: bounds the distance from
    /// below, so that most pairs need not be compared.
    histogram: [u8; 32],
    /// The words that matter, in order.
    words: Vec<String>,
    shapes: Skeletons,
}

impl Spelling {
    fn new(text: &str) -> Self {
        let words = words(text);
        let letters: String = words.concat();
        let mut histogram = [0_u8; 32];
        for c in letters.chars() {
            let slot = &mut histogram[(c as usize) % 32];
            *slot = slot.saturating_add(1);
        }
        Self {
            length: letters.chars().count(),
            histogram,
            letters,
            words,
            shapes: skeletons(text),
        }
    }

    fn is_near(&self, other: &Self) -> bool {
        let most = distance_allowed(self.length.max(other.length));
        let apart: usize = self
            .histogram
            .iter()
            .zip(&other.histogram)
            .map(|(one, other)| usize::from(one.abs_diff(*other)))
            .sum();
        // A substitution changes two counts, an insertion one.
        self.length.abs_diff(other.length) <= most
            && apart <= 2 * most
            && is_near(&self.letters, &other.letters)
    }

    /// Does one contain the whole of the other, beginning and ending at words?
    fn contains(&self, other: &Self) -> bool {
        let enough = other.words.len() >= 2 || other.length >= 10;
        enough
            && self.words.len() > other.words.len()
            && self
                .words
                .windows(other.words.len())
                .any(|part| part == other.words)
    }
}

/// Something that an application may be compared with.
#[derive(Debug, Clone)]
pub struct Known {
    /// How a warning names it: `Harbourlight (@harbourlight)`, or `the
    /// application of Harbourlight`.
    label: String,
    name: Spelling,
    handle: Spelling,
    /// Is the handle given away on this node?
    has_handle: bool,
    domains: Vec<String>,
}

impl Known {
    /// `domains` are hosts of websites and mailboxes.
    pub fn new(
        label: String,
        name: &str,
        handle: &str,
        has_handle: bool,
        domains: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut domains: Vec<String> = domains
            .into_iter()
            .map(|host| domains::readable(&host))
            .filter(|host| !host.is_empty() && !domains::is_free_mail(host))
            .collect();
        domains.sort_unstable();
        domains.dedup();
        Self {
            label,
            name: Spelling::new(name),
            handle: Spelling::new(handle),
            has_handle,
            domains,
        }
    }
}

/// The host of an e-mail address, for [`Known::new`].
pub fn domain_of_email(email: &str) -> Option<String> {
    domains::of_email(email)
}

/// Everything about an application that looks wrong by itself, or like
/// something known.
pub fn warnings<'a>(wish: &Wish, known: impl IntoIterator<Item = &'a Known>) -> Vec<Warning> {
    let mut found = by_itself(wish);
    let name = Spelling::new(&wish.name);
    let handle = Spelling::new(wish.handle.as_str());
    let domains = domains_of(wish);
    for one in known {
        found.extend(compare_names(&name, one));
        found.extend(compare_handles(&handle, one));
        found.extend(compare_domains(&domains, one));
    }
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn domains_of(wish: &Wish) -> Vec<String> {
    let site = wish
        .website
        .as_ref()
        .and_then(|url| url.host_str())
        .map(domains::readable);
    let mut found: Vec<String> = site
        .into_iter()
        .chain(domains::of_email(&wish.email))
        .collect();
    found.dedup();
    found
}

fn compare_names(name: &Spelling, known: &Known) -> Option<Warning> {
    let label = &known.label;
    let other = &known.name;
    if name.letters.is_empty() || other.letters.is_empty() {
        return None;
    }
    let (code, text) = if name.words == other.words || name.letters == other.letters {
        (
            WarningCode::SameName,
            format!("The name is the same as that of {label}."),
        )
    } else if name.shapes.alike(&other.shapes) {
        (
            WarningCode::ConfusableName,
            format!("The name looks like that of {label}, but is written with other letters."),
        )
    } else if name.is_near(other) {
        (
            WarningCode::SimilarName,
            format!("The name differs by few letters from that of {label}."),
        )
    } else if name.contains(other) {
        (
            WarningCode::SimilarName,
            format!("The name contains the whole name of {label}."),
        )
    } else if other.contains(name) {
        (
            WarningCode::SimilarName,
            format!("The name is part of the name of {label}."),
        )
    } else {
        return None;
    };
    Some(Warning::new(code, text))
}

fn compare_handles(handle: &Spelling, known: &Known) -> Option<Warning> {
    let label = &known.label;
    let other = &known.handle;
    if other.letters.is_empty() {
        return None;
    }
    let (code, text) = if handle.letters == other.letters && known.has_handle {
        (
            WarningCode::HandleTaken,
            format!("The handle is, or looks like, that of {label}."),
        )
    } else if handle.letters == other.letters {
        (
            WarningCode::SimilarHandle,
            format!("The handle is also that of {label}."),
        )
    } else if handle.shapes.alike(&other.shapes) {
        (
            WarningCode::ConfusableHandle,
            format!("The handle looks like that of {label}, but is written otherwise."),
        )
    } else if handle.is_near(other) {
        (
            WarningCode::SimilarHandle,
            format!("The handle differs by few letters from that of {label}."),
        )
    } else {
        return None;
    };
    Some(Warning::new(code, text))
}

fn compare_domains(domains: &[String], known: &Known) -> Vec<Warning> {
    let label = &known.label;
    let mut found = Vec::new();
    let own = domains.iter().filter(|host| !domains::is_free_mail(host));
    for (mine, theirs) in own.flat_map(|mine| known.domains.iter().map(move |one| (mine, one))) {
        if domains::is_shared(mine, theirs) {
            found.push(Warning::new(
                WarningCode::SameDomain,
                format!("The domain {mine} is also that of {label}."),
            ));
        } else if domains::is_similar(mine, theirs) {
            found.push(Warning::new(
                WarningCode::SimilarDomain,
                format!("The domain {mine} looks like {theirs}, that of {label}."),
            ));
        }
    }
    found
}

/// What can be said without looking at anything else.
fn by_itself(wish: &Wish) -> Vec<Warning> {
    let mut found = Vec::new();
    // By words: a name may well be told in two scripts.
    if wish
        .name
        .split_whitespace()
        .any(|word| !word.is_single_script())
    {
        found.push(Warning::new(
            WarningCode::MixedScripts,
            "A word of the name mixes letters of several scripts, which can make it look like \
             another.",
        ));
    }
    let mail = domains::of_email(&wish.email);
    let site = wish
        .website
        .as_ref()
        .and_then(|url| url.host_str())
        .map(domains::readable);
    if let Some(host) = &mail
        && domains::is_free_mail(host)
        && wish.category.is_preferential()
    {
        let who = if wish.category == Category::Government {
            "A government"
        } else {
            "An international organisation"
        };
        found.push(Warning::new(
            WarningCode::FreeMail,
            format!("{who} writes from {host}, where anybody can open a mailbox."),
        ));
    } else if let (Some(mail), Some(site)) = (&mail, &site)
        && !domains::is_shared(mail, site)
        && !domains::is_free_mail(mail)
    {
        found.push(Warning::new(
            WarningCode::DomainsDiffer,
            format!("The e-mail address is at {mail}, but the website at {site}."),
        ));
    }
    found.extend(wish.country.as_deref().and_then(|country| {
        let elsewhere = |host: &String| domains::country(host).filter(|code| *code != country);
        let host = site
            .iter()
            .chain(&mail)
            .find(|host| elsewhere(host).is_some())?;
        let name = |code| taxonomy::name(Scheme::Country, code).unwrap_or("another country");
        Some(Warning::new(
            WarningCode::CountryDiffers,
            format!(
                "The country is {}, but {host} has the ending of {}.",
                name(country),
                name(elsewhere(host)?)
            ),
        ))
    }));
    found
}

/// Words that tell no two organisations apart.
const SMALL_WORDS: [&str; 24] = [
    "a", "an", "and", "de", "del", "der", "des", "di", "die", "du", "e", "el", "for", "in", "la",
    "le", "les", "ltd", "ngo", "of", "official", "the", "und", "y",
];

/// The words of a name that matter, in lower case and without accents.
fn words(text: &str) -> Vec<String> {
    let plain: String = unaccented(text).to_lowercase();
    let all: Vec<String> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let matter: Vec<String> = all
        .iter()
        .filter(|word| !SMALL_WORDS.contains(&word.as_str()))
        .cloned()
        .collect();
    if matter.is_empty() { all } else { matter }
}

/// Without what cannot be seen and the accents of Latin, Greek and Cyrillic.
fn unaccented(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkd()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{AD}'))
        .collect()
}

/// What a text looks like, whatever letters it is written with (Unicode
/// Technical Standard 39): as it is, and in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skeletons([String; 2]);

impl Skeletons {
    pub(super) fn alike(&self, other: &Self) -> bool {
        self.0
            .iter()
            .any(|one| !one.is_empty() && other.0.contains(one))
    }
}

pub(super) fn skeletons(text: &str) -> Skeletons {
    let shape = |text: &str| -> String {
        let looks: String = skeleton(text).collect();
        let letters: String = looks.chars().filter(|c| c.is_alphanumeric()).collect();
        letters.to_lowercase()
    };
    let plain = unaccented(text);
    Skeletons([shape(&plain), shape(&plain.to_lowercase())])
}

/// How many letters may differ between texts of this length that are taken for
/// one another: short ones must be the same.
fn distance_allowed(length: usize) -> usize {
    match length {
        0..=4 => 0,
        5..=8 => 1,
        9..=15 => 2,
        more => more / 7,
    }
}

/// Do few letters differ (missing, added, changed, or swapped)?
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let length = one.chars().count().max(other.chars().count());
    strsim::damerau_levenshtein(one, other) <= distance_allowed(length)
}

#[cfg(test)]
mod tests;
