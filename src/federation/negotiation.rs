//! Which of the two faces of an address the caller wants: the document for
//! servers, or the page for people (RFC 9110 12.5.1).

use axum::http::{HeaderMap, header};
use mime::Mime;

use super::json::ACTIVITY_STREAMS;

/// What to answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negotiated {
    Activity,
    Html,
    NeitherAcceptable,
}

/// How well a representation is accepted: the quality in thousandths, and how
/// closely the range that gave it names the representation. Quality counts
/// first.
type Fit = (u16, Closeness);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Anything,
    Family,
    Named,
}

/// Weighs every range of the Accept headers. Without one, and where only a
/// wildcard decides, people win; where both are named alike, servers win,
/// because only they know the name.
pub fn wants_activity(headers: &HeaderMap) -> Negotiated {
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if accept.iter().all(|value| value.trim().is_empty()) {
        return Negotiated::Html;
    }
    let ranges: Vec<Range> = accept
        .iter()
        .flat_map(|value| split(value))
        .filter_map(Range::read)
        .collect();
    let activity = ["activity+json", "ld+json"]
        .into_iter()
        .filter_map(|subtype| best(&ranges, "application", subtype))
        .max();
    let html = best(&ranges, "text", "html");
    match (activity, html) {
        (None, None) => Negotiated::NeitherAcceptable,
        (Some(_), None) => Negotiated::Activity,
        (None, Some(_)) => Negotiated::Html,
        (Some((activity, closeness)), Some((html, _))) => {
            let prefers = activity > html || (activity == html && closeness == Closeness::Named);
            if prefers {
                Negotiated::Activity
            } else {
                Negotiated::Html
            }
        }
    }
}

/// The quality that the closest range gives to a type; `None` when no range
/// matches it or the closest refuses it.
fn best(ranges: &[Range], kind: &str, subtype: &str) -> Option<Fit> {
    ranges
        .iter()
        .filter_map(|range| Some((range.closeness(kind, subtype)?, range.quality)))
        .max()
        .filter(|(_, quality)| *quality > 0)
        .map(|(closeness, quality)| (quality, closeness))
}

/// One element of an Accept header.
struct Range {
    media: Mime,
    /// 0 to 1000.
    quality: u16,
}

impl Range {
    /// `None` for what is no media range: it accepts nothing.
    fn read(text: &str) -> Option<Self> {
        let media: Mime = text.trim().parse().ok()?;
        let quality = match media.get_param("q") {
            Some(q) => quality(q.as_str())?,
            None => 1000,
        };
        Some(Self { media, quality })
    }

    fn closeness(&self, kind: &str, subtype: &str) -> Option<Closeness> {
        // `mime` splits `activity+json` into a name and a suffix.
        let essence = self.media.essence_str();
        if essence == "*/*" {
            return Some(Closeness::Anything);
        }
        let (own_kind, own_subtype) = essence.split_once('/')?;
        if own_kind != kind {
            return None;
        }
        if own_subtype == "*" {
            return Some(Closeness::Family);
        }
        (own_subtype == subtype && self.profile_fits()).then_some(Closeness::Named)
    }

    /// `application/ld+json` may ask for profiles; ours is ActivityStreams.
    fn profile_fits(&self) -> bool {
        self.media.get_param("profile").is_none_or(|profiles| {
            profiles
                .as_str()
                .split_ascii_whitespace()
                .any(|one| one == ACTIVITY_STREAMS)
        })
    }
}

/// A quality of up to three decimals, in thousandths.
fn quality(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok()?;
    // Rounded and in range, so that nothing is lost.
    (0.0..=1.0)
        .contains(&value)
        .then(|| (value * 1000.0).round() as u16)
}

/// Splits at commas outside quoted strings.
fn split(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&value[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use Negotiated::{Activity, Html, NeitherAcceptable};

    fn wants(accept: &[&'static str]) -> Negotiated {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        wants_activity(&headers)
    }

    #[test]
    fn servers_get_the_document() {
        for accept in [
            "application/activity+json",
            "Application/Activity+JSON; charset=utf-8",
            r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
            r#"application/ld+json; profile="x https://www.w3.org/ns/activitystreams""#,
            r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1"#,
            "application/ld+json",
            "text/html;q=0.9, application/activity+json",
            "text/html, application/activity+json",
            "application/activity+json, */*;q=0.1",
            "application/activity+json;q=0.5, */*;q=0.5",
            "application/*",
            "*/*, text/html;q=0",
        ] {
            assert_eq!(wants(&[accept]), Activity, "{accept}");
        }
        assert_eq!(
            wants(&["text/html;q=0.5", "application/activity+json"]),
            Activity
        );
    }

    #[test]
    fn browsers_and_those_who_do_not_say_get_the_page() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
            "*/*",
            "text/*",
            "",
            "text/html, application/activity+json;q=0.9",
            "application/*, */*",
            "*/*, application/activity+json;q=0, application/ld+json;q=0",
        ] {
            assert_eq!(wants(&[accept]), Html, "{accept}");
        }
        assert_eq!(wants(&[]), Html);
    }

    #[test]
    fn whoever_accepts_neither_gets_neither() {
        for accept in [
            "image/png",
            "application/json",
            "text/turtle, application/n-triples",
            r#"application/ld+json; profile="http://www.w3.org/ns/json-ld#expanded""#,
            "application/activity+json;q=0",
            "text/html;q=2",
            "nonsense",
            "*/*;q=0",
            r#"text/plain; x="a, text/html""#,
        ] {
            assert_eq!(wants(&[accept]), NeitherAcceptable, "{accept}");
        }
    }
}
