//! Links that tell the truth: where a web address stands in a text, and
//! whether a link's text names another host than the link goes to.

use url::{Host, Url};

/// A part of a text.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// An absolute http or https address.
    Address(&'a str),
}

/// Splits a text at its bare web addresses.
pub(super) fn split_addresses(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = next_address(rest, from) {
        let address = address_at(&rest[start..]);
        if address.is_empty() {
            from = start + "http".len();
            continue;
        }
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Address(address));
        rest = &rest[start + address.len()..];
        from = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Where the next `http://` or `https://` begins that does not continue a word.
fn next_address(text: &str, from: usize) -> Option<usize> {
    text[from..]
        .match_indices("http")
        .map(|(at, _)| from + at)
        .find(|at| {
            let follows = text[*at..].starts_with("http://") || text[*at..].starts_with("https://");
            let before = text[..*at].chars().next_back();
            follows && !before.is_some_and(char::is_alphanumeric)
        })
}

/// The address at the beginning of the text, without the punctuation of the
/// sentence around it; empty when it is none.
fn address_at(text: &str) -> &str {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`'))
        .unwrap_or(text.len());
    let mut address = &text[..end];
    while let Some(last) = address.chars().next_back() {
        let closes_nothing = |open: char, close: char| {
            last == close && address.matches(open).count() < address.matches(close).count()
        };
        let is_punctuation = matches!(
            last,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '’' | '”' | '»' | '…'
        );
        if is_punctuation || closes_nothing('(', ')') || closes_nothing('[', ']') {
            address = &address[..address.len() - last.len_utf8()];
        } else {
            break;
        }
    }
    if web_address(address).is_some() {
        address
    } else {
        ""
    }
}

/// An absolute http or https address with a host and without a user part,
/// which serves only to make a host look like another.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

/// What a reader must be told about a link beside its visible text: the host
/// it goes to, when the text names another host and not yet this one at its
/// end. `None` when the text is honest.
pub(super) fn undisclosed_host(visible: &str, target: &Url) -> Option<String> {
    let host = target.host_str()?;
    let folded = fold(visible);
    if folded.trim_end().ends_with(&disclosure(host)) {
        return None;
    }
    folded
        .split_whitespace()
        .flat_map(hosts_in)
        .any(|shown| !is_same_site(&shown, host))
        .then(|| host.to_owned())
}

/// How a link's real host is written after its text.
pub(super) fn disclosure(host: &str) -> String {
    format!("[{host}]")
}

/// The text as eyes and browsers read it: invisible characters gone, the
/// other full stops of IDNA (UTS 46) made plain ones.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(
                c,
                '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
            )
        })
        .map(|c| match c {
            '\u{3002}' | '\u{FF0E}' | '\u{FF61}' | '\u{2024}' => '.',
            other => other,
        })
        .collect()
}

/// What looks like a host in one word of text, in the form that browsers use.
fn hosts_in(word: &str) -> Vec<String> {
    let after_scheme = word.split_once("://").map_or(word, |(_, rest)| rest);
    let authority = after_scheme
        .split(['/', '?', '#', '\\'])
        .next()
        .unwrap_or_default();
    authority
        .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-' || c == '_'))
        .filter_map(|piece| as_host(piece.trim_matches(['.', '-', '_'])))
        .collect()
}

fn as_host(text: &str) -> Option<String> {
    let (_, last) = text.rsplit_once('.')?;
    match Host::parse(text).ok()? {
        // "3.5" is a number to readers, 10.0.0.1 an address.
        Host::Ipv4(address) => (text.split('.').count() == 4).then(|| address.to_string()),
        Host::Domain(domain) => {
            let is_name = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
            (is_name || last.starts_with("xn--")).then_some(domain)
        }
        Host::Ipv6(_) => None,
    }
}

/// The shown host is the real one, or the real one lies below it (`un.org`
/// for `www.un.org`): who holds the name shown holds the other too.
fn is_same_site(shown: &str, real: &str) -> bool {
    let shown = shown.strip_prefix("www.").unwrap_or(shown);
    real == shown
        || real
            .strip_suffix(shown)
            .is_some_and(|below| below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(visible: &str, target: &str) -> Option<String> {
        undisclosed_host(visible, &target.parse().expect("a test address"))
    }

    #[test]
    fn a_link_that_shows_its_own_host_is_honest() {
        for (visible, target) in [
            ("https://un.org/x", "https://un.org/x"),
            ("un.org", "https://www.un.org/"),
            ("WWW.UN.ORG/path/report.html", "https://un.org/"),
            ("the report", "https://un.org/"),
            ("@alice", "https://social.example/@alice"),
            ("Version 3.5", "https://un.org/"),
            ("bücher.example", "https://bücher.example/"),
            ("bank.example [evil.example]", "https://evil.example/"),
        ] {
            assert_eq!(told(visible, target), None, "{visible}");
        }
    }

    #[test]
    fn a_link_that_shows_another_host_is_found_out() {
        for visible in [
            "https://bank.example/login",
            "bank.example",
            "HTTPS://BANK.EXAMPLE",
            "(bank.example)",
            "bank\u{200B}.example",
            "bank。example",
            "https://evil.example@bank.example/",
            "bank.example/evil.example",
            "a word, bank.example, another",
            "10.0.0.1",
            "notevil.example",
        ] {
            assert_eq!(
                told(visible, "https://evil.example/x"),
                Some("evil.example".into()),
                "{visible}"
            );
        }
    }

    #[test]
    fn addresses_are_found_without_the_punctuation_around_them() {
        let found = |text| -> Vec<String> {
            split_addresses(text)
                .into_iter()
                .filter_map(|piece| match piece {
                    Piece::Address(address) => Some(address.to_owned()),
                    Piece::Text(_) => None,
                })
                .collect()
        };
        assert_eq!(
            found("(https://a.example/b_(c)), http://d.example! xhttp://no.example https://"),
            ["https://a.example/b_(c)", "http://d.example"]
        );
        assert!(found("no address, httpd, ftp://a.example").is_empty());
    }

    #[test]
    fn splitting_loses_no_text() {
        let text = "a https://b.example. c http:// http://d.example";
        let joined: String = split_addresses(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Address(text) => text,
            })
            .collect();
        assert_eq!(joined, text);
    }
}
