//! Text for people: Markdown and foreign HTML become a small safe subset of
//! HTML (SECURITY.md 5), and HTML becomes plain text again.

mod bounds;
mod links;
mod markdown;
mod plain;
mod rewrite;
mod sanitise;

pub use markdown::render_markdown;
pub use plain::{excerpt, plain};
pub use sanitise::sanitise;

/// Text in which `&`, `<`, `>` and quotation marks stand for themselves, for
/// use in HTML text and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The first `max` characters.
pub fn truncate_chars(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Embedding, override and isolate controls of Unicode can make text read as
/// something else than it is, and reach beyond it. Direction marks (LRM, RLM,
/// ALM) cannot, and right-to-left writing needs them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// One line of plain text from another server, such as a name or a title:
/// white space is folded, control characters are gone.
pub fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !is_bidi_control(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The hashtag of a name, without `#`: its words joined, each with a capital,
/// so that screen readers tell them apart (`Technical assistance` becomes
/// `TechnicalAssistance`). Empty when nothing of the name can be in a hashtag,
/// which needs at least one letter.
pub fn hashtag(name: &str) -> String {
    let mut tag = String::new();
    let without_apostrophes = name.replace(['\'', '’'], "");
    for word in without_apostrophes.split(|c: char| !c.is_alphanumeric()) {
        let mut chars = word.chars();
        tag.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        tag.extend(chars);
    }
    if tag.chars().any(char::is_alphabetic) {
        tag
    } else {
        String::new()
    }
}

/// Can this stand behind `#`? Letters, digits and underscores, with at least
/// one letter.
pub fn is_hashtag(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_') && name.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_words() {
        for (name, is) in [
            ("water", true),
            ("åland_2", true),
            ("2030", false),
            ("_", false),
            ("", false),
            ("a<b", false),
            ("two words", false),
        ] {
            assert_eq!(is_hashtag(name), is, "{name}");
        }
    }

    #[test]
    fn names_become_hashtags_in_camel_case() {
        for (name, tag) in [
            ("Technical assistance", "TechnicalAssistance"),
            ("Women's rights organisations", "WomensRightsOrganisations"),
            ("South-eastern Asia", "SouthEasternAsia"),
            ("Return and reintegration", "ReturnAndReintegration"),
            ("UNODC", "UNODC"),
            ("Åland Islands", "ÅlandIslands"),
            ("SDG 8.7", "SDG87"),
            ("2030", ""),
            ("…", ""),
        ] {
            assert_eq!(hashtag(name), tag, "{name}");
        }
    }

    #[test]
    fn escaped_text_holds_no_markup() {
        assert_eq!(
            escape("<a href=\"x\">'&'"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"
        );
    }

    #[test]
    fn truncation_counts_characters_and_not_bytes() {
        assert_eq!(truncate_chars("жук", 2), "жу");
        assert_eq!(truncate_chars("жук", 3), "жук");
        assert_eq!(truncate_chars("жук", 0), "");
    }

    #[test]
    fn one_line_folds_white_space_and_drops_what_reorders_text() {
        assert_eq!(one_line(" a\n\tb\u{0} \u{202E}c\u{2066} "), "a b c");
        assert_eq!(one_line("שלום\u{200F} عالم"), "שלום\u{200F} عالم");
    }
}
