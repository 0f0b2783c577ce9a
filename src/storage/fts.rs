//! What people type into a search box, made safe for both search engines.
//!
//! Every word must be found; the last one may be the beginning of a word,
//! because people are still typing it.

/// Most words that count, so that a pasted page is not a query.
const MAX_WORDS: usize = 16;

/// An FTS5 `MATCH` operand: each word quoted, so that nothing in it is syntax
/// (SQLite documentation, FTS5 3.1), the last one a prefix. None if there is
/// nothing to search for.
pub fn fts5(text: &str) -> Option<String> {
    let quoted: Vec<String> = words(text)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" ") + " *")
}

/// The words alone, to bind in [`TSQUERY`]. None if there is nothing to
/// search for.
pub fn plain(text: &str) -> Option<String> {
    let words: Vec<String> = words(text).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A PostgreSQL expression that makes a query of [`plain`] words: what stands
/// before and after the bound words. `plainto_tsquery` knows no syntax and
/// quotes what it returns, so that `:*` makes the last word a prefix; no words
/// make NULL, which finds nothing. `forum_fold` is the first migration's, as
/// in the index.
pub const TSQUERY: (&str, &str) = (
    "(NULLIF(plainto_tsquery('simple', forum_fold(",
    "))::text, '') || ':*')::tsquery",
);

/// Words of which something can be found: with a letter or a digit in them,
/// and without characters that neither database takes.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MAX_WORDS)
        .map(str::to_owned)
}
