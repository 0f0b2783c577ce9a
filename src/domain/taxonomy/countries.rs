//! Countries: ISO 3166-1 with names as people write them, and a small
//! reviewed table of codes that ISO lacks.

use std::{collections::HashMap, sync::LazyLock};

use rust_iso3166::iso3166_3;

use super::{Term, regions};

/// Shown wherever country or region names are listed (DOMAIN.md 2.1).
pub const DISCLAIMER: &str = "The names of countries and territories follow ISO 3166-1 and the \
    United Nations M49 standard. They imply no opinion whatsoever on the legal status of any \
    country, territory, city or area or of its authorities, or on the delimitation of its \
    frontiers or boundaries. References to Kosovo are to be understood in the context of United \
    Nations Security Council resolution 1244 (1999).";

/// Names that ISO writes for sorting rather than for reading. Where the status
/// of a place is disputed, the words of ISO stay whole.
const SHORT_NAMES: [(&str, &str); 14] = [
    ("BO", "Bolivia"),
    ("CD", "Democratic Republic of the Congo"),
    ("GB", "United Kingdom"),
    ("IR", "Iran"),
    ("KP", "Democratic People's Republic of Korea"),
    ("KR", "Republic of Korea"),
    ("MD", "Republic of Moldova"),
    ("NL", "Netherlands"),
    ("PS", "State of Palestine"),
    ("TZ", "United Republic of Tanzania"),
    ("US", "United States"),
    ("VE", "Venezuela"),
    ("VG", "British Virgin Islands"),
    ("VI", "United States Virgin Islands"),
];

/// Codes beside ISO, each with the M49 region that holds it.
///
/// XK is a user-assigned code that aid data uses (IATI's list of countries).
const EXTRA: [(&str, &str, &str); 1] = [("XK", "Kosovo", "039")];

/// The invented states of the demonstration, on user-assigned codes of ISO
/// 3166-1, so that no real government has words put in its mouth.
const FICTIONAL: [(&str, &str, &str); 12] = [
    ("QM", "Valdoria", "151"),
    ("QN", "Mirelle Islands", "029"),
    ("QP", "Tashkara", "143"),
    ("QQ", "Osenland", "154"),
    ("QR", "Kijani Republic", "014"),
    ("QS", "Sahelia", "011"),
    ("QT", "Lakhipur", "034"),
    ("QV", "Nam Talay", "035"),
    ("QW", "Costa Verdana", "013"),
    ("QX", "Altamar", "005"),
    ("QY", "Qasr al-Bahr", "145"),
    ("QZ", "Westmark", "155"),
];

/// Codes that people write for others: ISO 3166-1 reserves UK, and the
/// European Union writes EL.
const ALIASES: [(&str, &str); 2] = [("uk", "GB"), ("el", "GR")];

static TERMS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    let iso = rust_iso3166::ALL.iter().map(|country| {
        let short = SHORT_NAMES.iter().find(|(code, _)| *code == country.alpha2);
        Term {
            parent: regions::holding_iso_country(country.alpha2),
            ..Term::plain(country.alpha2, short.map_or(country.name, |(_, name)| name))
        }
    });
    let beside = |fictional| {
        move |(code, name, region): &(&'static str, &'static str, &'static str)| Term {
            parent: Some(region),
            fictional,
            ..Term::plain(code, name)
        }
    };
    let mut terms: Vec<Term> = iso.chain(EXTRA.iter().map(beside(false))).collect();
    terms.sort_by_key(|term| sort_key(term.name));
    // The invented ones stand apart, after all real ones.
    terms.extend(FICTIONAL.iter().map(beside(true)));
    terms
});

static BY_CODE: LazyLock<HashMap<&'static str, &'static Term>> =
    LazyLock::new(|| TERMS.iter().map(|term| (term.code, term)).collect());

/// Where readers look for a name: Åland Islands stands under A.
fn sort_key(name: &str) -> String {
    name.replace('Å', "A")
        .replace('ü', "u")
        .replace('ô', "o")
        .to_lowercase()
}

pub(super) fn terms() -> &'static [Term] {
    &TERMS
}

pub(super) fn find(code: &str) -> Option<&'static Term> {
    BY_CODE.get(code).copied()
}

/// What other lists call a country: its alpha-3 code or a common other code.
pub(super) fn alias(lower_case: &str) -> Option<&'static Term> {
    let other = ALIASES.iter().find(|(alias, _)| *alias == lower_case);
    let code = match other {
        Some((_, code)) => code,
        None => rust_iso3166::from_alpha3(&lower_case.to_uppercase())?.alpha2,
    };
    find(code)
}

/// A code that ISO withdrew (ISO 3166-3): code, former name and, when the
/// whole country goes on under one other code, that code.
pub(super) fn withdrawn(code: &str) -> Option<(&'static str, &'static str, Option<&'static str>)> {
    let former = iso3166_3::ALL
        .iter()
        .filter(|country| country.former.alpha2 == code)
        // CS was withdrawn twice; people mean the later one.
        .max_by_key(|country| country.validity.last().copied())?;
    let replacement = match former.new_countries {
        [only] => Some(only.alpha2),
        _ => None,
    };
    Some((former.former.alpha2, former.name, replacement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_of_iso_is_there_and_stands_in_a_region() {
        assert_eq!(rust_iso3166::ALL.len(), 249);
        for country in rust_iso3166::ALL {
            let term = find(country.alpha2).expect("every ISO code is known");
            assert!(!term.fictional);
            assert!(term.parent.is_some(), "{} has no region", term.code);
        }
        assert_eq!(terms().len(), 249 + EXTRA.len() + FICTIONAL.len());
    }

    #[test]
    fn every_short_name_belongs_to_a_country_and_replaces_another_name() {
        for (code, name) in SHORT_NAMES {
            let country = rust_iso3166::from_alpha2(code).expect("an ISO code");
            assert_ne!(country.name, name, "{code}");
            assert_eq!(find(code).map(|term| term.name), Some(name));
        }
    }

    #[test]
    fn invented_states_are_marked_and_no_other_country_is() {
        for term in terms() {
            assert_eq!(
                term.fictional,
                term.code.starts_with('Q') && term.code != "QA"
            );
        }
    }

    #[test]
    fn codes_beside_iso_are_user_assigned_ones() {
        // ISO 3166-1, 8.1.3: AA, QM to QZ, XA to XZ and ZZ.
        for (code, _, _) in EXTRA.iter().chain(&FICTIONAL) {
            assert!(
                ("QM"..="QZ").contains(code) || ("XA"..="XZ").contains(code),
                "{code}"
            );
            assert!(rust_iso3166::from_alpha2(code).is_none(), "{code}");
        }
    }

    #[test]
    fn names_are_in_the_order_in_which_readers_look_for_them() {
        let names: Vec<&str> = terms().iter().map(|term| term.name).take(3).collect();
        assert_eq!(names, ["Afghanistan", "Åland Islands", "Albania"]);
    }

    #[test]
    fn a_withdrawn_country_is_never_a_current_one() {
        for former in iso3166_3::ALL {
            let (code, _, _) = withdrawn(former.former.alpha2).expect("a former code");
            // BY, for example, was reused: the current meaning wins in `check`.
            assert!(find(code).is_none() || rust_iso3166::from_alpha2(code).is_some());
        }
    }
}
