//! Reads the HTML that the cleaner wrote, tag by tag. Only for HTML out of a
//! serialiser: every `<` opens a tag there, and attributes are quoted.

/// A part of serialised HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Still escaped.
    Text(&'a str),
    /// `whole` is the tag as written.
    Open {
        name: &'a str,
        whole: &'a str,
    },
    Close {
        name: &'a str,
        whole: &'a str,
    },
}

/// The tokens of serialised HTML.
pub(super) fn tokens(html: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if rest.starts_with('<') {
            tag_end(rest)
        } else {
            rest.find('<').unwrap_or(rest.len())
        };
        let (whole, after) = rest.split_at(end);
        rest = after;
        Some(token(whole))
    })
}

/// Where the tag at the beginning ends, quoted `>` passed over.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    html.len()
}

fn token(whole: &str) -> Token<'_> {
    let Some(inside) = whole.strip_prefix('<') else {
        return Token::Text(whole);
    };
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let end = inside
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(inside.len());
    let name = &inside[..end];
    if closes {
        Token::Close { name, whole }
    } else {
        Token::Open { name, whole }
    }
}

/// The value of an attribute in an opening tag, unescaped.
pub(super) fn attribute(whole: &str, name: &str) -> Option<String> {
    let (_, after) = whole.split_once(&format!(" {name}=\""))?;
    let (value, _) = after.split_once('"')?;
    Some(unescape(value))
}

/// Text without the five references that the serialiser writes.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&nbsp;", "\u{A0}")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_angle_bracket_does_not_end_a_tag() {
        let html = "a<a href=\"x>y\" rel=\"z\">b</a>";
        assert_eq!(
            tokens(html).collect::<Vec<_>>(),
            [
                Token::Text("a"),
                Token::Open {
                    name: "a",
                    whole: "<a href=\"x>y\" rel=\"z\">"
                },
                Token::Text("b"),
                Token::Close {
                    name: "a",
                    whole: "</a>"
                },
            ]
        );
        assert_eq!(
            attribute("<a href=\"x>y&amp;z\" rel=\"z\">", "href"),
            Some("x>y&z".to_owned())
        );
        assert_eq!(attribute("<a>", "href"), None);
    }

    #[test]
    fn references_are_read_once() {
        assert_eq!(unescape("&amp;lt; &lt;b&gt;"), "&lt; <b>");
    }
}
