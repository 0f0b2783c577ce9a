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

#[cfg(test)]
mod tests {
    use diesel::{
        QueryableByName, RunQueryDsl,
        connection::SimpleConnection,
        sql_query,
        sql_types::{BigInt, Text},
    };

    use super::*;
    use crate::storage::{Conn, Error, testing::on_both};

    /// What could be syntax in one engine or the other.
    const NASTY: [&str; 14] = [
        "\"",
        "a\"b",
        "a AND",
        "NEAR(a b)",
        "title:a",
        "-a",
        "a*",
        "^a",
        "(a",
        "a' OR 1=1; --",
        "!a | & <-> b:*",
        "\u{149} \u{2bc}a",
        "a\0b \u{fffe}",
        "{a b} + c",
    ];

    #[test]
    fn every_word_is_quoted_and_the_last_is_a_prefix() {
        assert_eq!(
            fts5("border  poli").as_deref(),
            Some("\"border\" \"poli\" *")
        );
        assert_eq!(fts5("a\"b NOT").as_deref(), Some("\"a\"\"b\" \"NOT\" *"));
        assert_eq!(plain(" border\tpoli ").as_deref(), Some("border poli"));
    }

    #[test]
    fn nothing_to_search_for_is_no_query() {
        for text in ["", "  ", "\"", "- * ()", "\u{0}"] {
            assert_eq!(fts5(text), None, "{text:?}");
            assert_eq!(plain(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_pasted_page_is_cut() {
        let query = fts5(&"word ".repeat(10_000)).expect("words");
        assert_eq!(query.matches("word").count(), MAX_WORDS);
    }

    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    /// How many of two documents the text finds.
    fn found(conn: &mut Conn, text: &str) -> Result<i64, Error> {
        let (Some(match_), Some(plain)) = (fts5(text), plain(text)) else {
            return Ok(0);
        };
        let found: Found = match conn {
            Conn::Sqlite(conn) => {
                sql_query("SELECT count(*) AS count FROM shelf WHERE shelf MATCH ?")
                    .bind::<Text, _>(match_)
                    .get_result(conn)?
            }
            Conn::Postgres(conn) => sql_query(format!(
                "SELECT count(*) AS count FROM shelf WHERE document @@ {}$1{}",
                TSQUERY.0, TSQUERY.1
            ))
            .bind::<Text, _>(plain)
            .get_result(conn)?,
        };
        Ok(found.count)
    }

    fn with_shelf(conn: &mut Conn) -> Result<(), Error> {
        let make = match conn {
            Conn::Sqlite(_) => {
                "CREATE VIRTUAL TABLE shelf USING fts5 (\
                 document, tokenize = \"unicode61 remove_diacritics 2\"); \
                 INSERT INTO shelf VALUES ('Training for border police'), ('Refuge in Zürich');"
            }
            Conn::Postgres(_) => {
                "CREATE TABLE shelf (document TSVECTOR NOT NULL); \
                 INSERT INTO shelf VALUES \
                 (to_tsvector('simple', forum_fold('Training for border police'))), \
                 (to_tsvector('simple', forum_fold('Refuge in Zürich')));"
            }
        };
        Ok(conn.batch_execute(make)?)
    }

    #[test]
    fn both_engines_find_the_same_and_choke_on_nothing() {
        on_both(async |db| {
            db.write(with_shelf).await.expect("made");
            let cases = [
                ("border police", 1),
                ("POLICE bord", 1),
                ("bord police", 0),
                ("zurich", 1),
                ("Zür", 1),
                ("police zurich", 0),
                ("r", 1),
            ];
            for (text, wanted) in cases {
                let count = db.read(move |conn| found(conn, text)).await;
                assert_eq!(count.expect("a result"), wanted, "{text}");
            }
            for text in NASTY {
                let count = db.read(move |conn| found(conn, text)).await;
                count.unwrap_or_else(|error| panic!("{text:?}: {error}"));
            }
        });
    }
}
