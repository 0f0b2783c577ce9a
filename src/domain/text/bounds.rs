//! How much foreign HTML is looked at. Reading it takes time that grows with
//! the square of its depth, so depth has a limit as length has.

use std::collections::HashMap;

use super::truncate_chars;

/// Characters that are looked at; what follows is dropped. Twice the longest
/// body, for the tags.
pub(super) const MAX_CHARS: usize = 100_000;
/// Tags that may stand open at once; what follows is dropped.
const MAX_OPEN: u32 = 300;

/// Tags that are commonly left open, and that close one another.
const SELF_CLOSING: [&str; 14] = [
    "br", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "td", "th", "tr",
];

/// The beginning of the HTML that is within the limits.
pub(super) fn bounded(html: &str) -> &str {
    let html = truncate_chars(html, MAX_CHARS);
    let mut open: HashMap<String, u32> = HashMap::new();
    let mut depth = 0;
    for (at, _) in html.match_indices('<') {
        let inside = &html[at + 1..];
        let (closes, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let name = inside
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if name.is_empty() || SELF_CLOSING.contains(&name.as_str()) {
            continue;
        }
        // Counted by name: a closing tag of another name closes nothing.
        let count = open.entry(name).or_default();
        if !closes {
            *count += 1;
            depth += 1;
        } else if *count > 0 {
            *count -= 1;
            depth -= 1;
        }
        if depth > MAX_OPEN {
            return &html[..at];
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_html_is_left_whole() {
        let html = "<p>a<br>b <b>c</b><p>d<ul><li>e<li>f</ul>".repeat(1_000);
        assert_eq!(bounded(&html), html);
    }

    #[test]
    fn html_is_cut_where_it_is_too_deep() {
        let html = "<div>".repeat(1_000);
        assert_eq!(bounded(&html), "<div>".repeat(MAX_OPEN as usize));
        let contorted = "<div></p></b>".repeat(1_000);
        assert!(bounded(&contorted).len() < contorted.len());
    }

    #[test]
    fn html_is_cut_where_it_is_too_long() {
        let html = "ж".repeat(MAX_CHARS + 1);
        assert_eq!(bounded(&html).chars().count(), MAX_CHARS);
    }
}
