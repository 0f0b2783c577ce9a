//! What the domain of an address tells: whose it is, where it lies, and
//! whether it looks like another.

use crate::domain::taxonomy::{self, Scheme};

use super::lookalike::{is_near, skeletons};

/// Where anybody can open a mailbox in a minute. The name before the last dot,
/// because the larger ones have one in many countries.
const FREE_MAIL: [&str; 31] = [
    "126",
    "163",
    "aol",
    "bk",
    "fastmail",
    "gmail",
    "gmx",
    "googlemail",
    "hotmail",
    "icloud",
    "inbox",
    "laposte",
    "live",
    "mail",
    "me",
    "msn",
    "naver",
    "outlook",
    "pm",
    "proton",
    "protonmail",
    "qq",
    "rediffmail",
    "seznam",
    "tuta",
    "tutanota",
    "web",
    "yahoo",
    "yandex",
    "ymail",
    "zoho",
];

/// Endings of countries that the whole world uses: they say nothing about a
/// place.
const WORLDWIDE: [&str; 18] = [
    "ac", "ai", "am", "cc", "co", "fm", "gg", "im", "io", "is", "la", "ly", "me", "nu", "sh", "to",
    "tv", "ws",
];

/// Second labels under which a country registers, such as the `org` of
/// `org.np`.
const REGISTRIES: [&str; 12] = [
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "net", "ngo", "or", "org",
];

/// Labels that stand in the domains of states only.
const STATES: [&str; 5] = ["go", "gob", "gouv", "gov", "mil"];

/// A host as people read it: lower case, Unicode, without `www.` and the dot
/// at the end.
pub(super) fn readable(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    // Undecodable labels stay in punycode.
    let (unicode, _) = idna::domain_to_unicode(&host);
    match unicode.strip_prefix("www.") {
        Some(rest) if rest.contains('.') => rest.to_owned(),
        Some(_) | None => unicode,
    }
}

/// The host of an e-mail address.
pub(super) fn of_email(email: &str) -> Option<String> {
    let (_, host) = email.rsplit_once('@')?;
    Some(readable(host)).filter(|host| !host.is_empty())
}

/// Is it one of the large providers at which anybody can have a mailbox?
pub(super) fn is_free_mail(host: &str) -> bool {
    let labels = labels(host);
    let is_states = labels.iter().any(|label| STATES.contains(label));
    !is_states && labels.len() <= 3 && FREE_MAIL.contains(&registered_name(host))
}

/// The same, or one inside the other.
pub(super) fn is_shared(one: &str, other: &str) -> bool {
    let is_inside = |inner: &str, outer: &str| {
        outer.contains('.')
            && inner
                .strip_suffix(outer)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    one == other || is_inside(one, other) || is_inside(other, one)
}

/// Made to be taken for the other, or of the same name with another ending.
pub(super) fn is_similar(one: &str, other: &str) -> bool {
    let (one, other) = (registered_name(one), registered_name(other));
    if one.chars().count() < 4 || other.chars().count() < 4 {
        return false;
    }
    one == other || skeletons(one).alike(&skeletons(other)) || is_near(one, other)
}

/// The country whose ending a host has; `None` for endings that say nothing
/// about a place.
pub(super) fn country(host: &str) -> Option<&'static str> {
    let ending = *labels(host).last()?;
    if labels(host).len() < 2 || ending.len() != 2 || WORLDWIDE.contains(&ending) {
        return None;
    }
    let code = match ending {
        "uk" => "GB".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    taxonomy::check(Scheme::Country, &code)
        .ok()
        .map(|term| term.code)
}

fn labels(host: &str) -> Vec<&str> {
    host.split('.').filter(|label| !label.is_empty()).collect()
}

/// What somebody registered: the label before the ending, which may have two
/// parts (`.org.np`).
fn registered_name(host: &str) -> &str {
    let labels = labels(host);
    match labels.as_slice() {
        [] => "",
        [one] => one,
        [.., name, second, ending]
            if ending.chars().count() == 2 && REGISTRIES.contains(second) =>
        {
            name
        }
        [.., name, _] => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_people_see_them() {
        assert_eq!(
            readable("WWW.Harbourlight.example."),
            "harbourlight.example"
        );
        assert_eq!(
            readable("xn--hrbourlight-yij.example"),
            "hаrbourlight.example",
            "with a Cyrillic letter"
        );
        assert_eq!(readable("www.example"), "www.example");
        assert_eq!(of_email("a@Moj.Gov.AL").as_deref(), Some("moj.gov.al"));
        assert_eq!(of_email(""), None);
    }

    #[test]
    fn providers_of_free_mailboxes_are_known_in_every_country() {
        for free in ["gmail.com", "yahoo.co.uk", "mail.ru", "hotmail.fr"] {
            assert!(is_free_mail(free), "{free}");
        }
        for other in [
            "mail.gov.al",
            "moj.gov.al",
            "mail.moj.gov.al",
            "gmail.moj.example",
            "example",
        ] {
            assert!(!is_free_mail(other), "{other}");
        }
    }

    #[test]
    fn a_domain_is_shared_with_what_is_inside_it() {
        assert!(is_shared("a.example", "a.example"));
        assert!(is_shared("mail.a.example", "a.example"));
        assert!(is_shared("a.example", "mail.a.example"));
        for (one, other) in [
            ("ba.example", "a.example"),
            ("moj.gov.al", "mof.gov.al"),
            ("a.example", "example"),
        ] {
            assert!(!is_shared(one, other), "{one} {other}");
        }
    }

    #[test]
    fn look_alike_domains_are_found_by_shape_spelling_and_ending() {
        for (one, other) in [
            ("harbourl1ght.example", "harbourlight.example"),
            ("hаrbourlight.example", "harbourlight.example"),
            ("harbourlihgt.example", "harbourlight.example"),
            ("harbourlight.org", "harbourlight.org.np"),
        ] {
            assert!(is_similar(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("harbourlight.example", "lanternhouse.example"),
            ("moj.gov.al", "mof.gov.al"),
            ("shelter.org", "center.org"),
        ] {
            assert!(!is_similar(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_ending_of_a_country_names_it_unless_everybody_uses_it() {
        assert_eq!(country("moj.gov.al"), Some("AL"));
        assert_eq!(country("home.gov.uk"), Some("GB"));
        for nowhere in ["a.io", "a.org", "a.eu", "a.zz", "al", ""] {
            assert_eq!(country(nowhere), None, "{nowhere}");
        }
    }
}
