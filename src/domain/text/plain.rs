//! HTML back to plain text, for previews, feeds and search.

use super::{
    rewrite::{self, Token},
    truncate_chars,
};

/// The text of HTML that [`super::render_markdown`] or [`super::sanitise`]
/// made: paragraphs are parted by an empty line, list items begin with `- `.
pub fn plain(html: &str) -> String {
    let mut text = Text::default();
    let mut preformatted = 0_usize;
    for token in rewrite::tokens(html) {
        match token {
            Token::Text(raw) if preformatted > 0 => text.push_lines(&rewrite::unescape(raw)),
            Token::Text(raw) => text.push_folded(&rewrite::unescape(raw)),
            Token::Open { name: "br", .. } => text.ask_for_breaks(1),
            Token::Open { name: "li", .. } => {
                text.ask_for_breaks(1);
                text.push_mark("- ");
            }
            Token::Open { name, .. } => {
                preformatted += usize::from(name == "pre");
                text.ask_for_breaks(breaks_around(name));
            }
            Token::Close { name, .. } => {
                preformatted = preformatted.saturating_sub(usize::from(name == "pre"));
                text.ask_for_breaks(breaks_around(name));
            }
        }
    }
    text.finish()
}

/// Line breaks before and after a tag.
fn breaks_around(name: &str) -> usize {
    match name {
        "p" | "blockquote" | "pre" | "ul" | "ol" => 2,
        "li" => 1,
        _ => 0,
    }
}

/// Text under construction. Breaks are asked for and written only when more
/// text comes, so that none pile up.
#[derive(Default)]
struct Text {
    written: String,
    breaks: usize,
    space: bool,
    after_mark: bool,
}

impl Text {
    fn ask_for_breaks(&mut self, count: usize) {
        // A paragraph inside a list item stays on the item's line.
        if !self.after_mark {
            self.breaks = self.breaks.max(count);
        }
    }

    fn push_mark(&mut self, mark: &str) {
        self.write_gap();
        self.written.push_str(mark);
        self.after_mark = true;
    }

    fn push_folded(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space = true;
            } else {
                self.write_gap();
                self.written.push(c);
                self.after_mark = false;
            }
        }
    }

    fn push_lines(&mut self, text: &str) {
        self.write_gap();
        // The line break at the end of a code block belongs to the tag.
        self.written
            .push_str(text.strip_suffix('\n').unwrap_or(text));
        self.after_mark = false;
    }

    fn write_gap(&mut self) {
        if self.written.is_empty() {
            // Nothing to be parted from.
        } else if self.breaks > 0 {
            self.written.extend(std::iter::repeat_n('\n', self.breaks));
        } else if self.space && !self.after_mark {
            self.written.push(' ');
        }
        self.breaks = 0;
        self.space = false;
    }

    fn finish(self) -> String {
        self.written.trim().to_owned()
    }
}

/// The beginning of the text of safe HTML on one line: at most `max`
/// characters, cut at a word, with `…` when something was cut.
pub fn excerpt(html: &str, max: usize) -> String {
    let line = plain(html).split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = truncate_chars(&line, max);
    if fits.len() == line.len() {
        return line;
    }
    let cut = truncate_chars(&line, max.saturating_sub(1));
    let whole_words = match cut.rfind(' ') {
        // A single long word is cut within rather than lost.
        Some(end) if !line[cut.len()..].starts_with(' ') => &cut[..end],
        Some(_) | None => cut,
    };
    let trimmed = whole_words.trim_end_matches([' ', ',', ';', ':', '-', '–', '(']);
    let mut shown = trimmed.to_owned();
    if max > 0 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_breaks_and_lists_become_lines() {
        assert_eq!(
            plain(
                "<p>One &amp;\n two<br>three</p>\n<ul>\n<li>a</li>\n<li><p>b</p></li></ul><p>end</p>"
            ),
            "One & two\nthree\n\n- a\n- b\n\nend"
        );
    }

    #[test]
    fn code_keeps_its_lines() {
        assert_eq!(
            plain("<pre><code>a\n  b\n</code></pre><p>c</p>"),
            "a\n  b\n\nc"
        );
    }

    #[test]
    fn escaped_markup_is_text() {
        assert_eq!(plain("<p>&lt;b&gt; &amp;lt;</p>"), "<b> &lt;");
    }

    #[test]
    fn an_excerpt_ends_at_a_word() {
        let html = "<p>Training for border police,</p><p>five days</p>";
        assert_eq!(excerpt(html, 100), "Training for border police, five days");
        assert_eq!(excerpt(html, 30), "Training for border police…");
        assert_eq!(excerpt(html, 12), "Training…");
        assert_eq!(excerpt(html, 13), "Training for…");
        assert_eq!(excerpt("<p>unbreakable</p>", 5), "unbr…");
        assert_eq!(excerpt(html, 0), "");
    }

    #[test]
    fn an_excerpt_is_never_longer_than_asked_for() {
        for max in 0..60 {
            let text = excerpt("<p>Обучение пограничной полиции, five days, long</p>", max);
            assert!(text.chars().count() <= max, "{max}: {text}");
        }
    }
}
