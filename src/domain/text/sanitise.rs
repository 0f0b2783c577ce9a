//! Foreign HTML to a small safe subset: an allow-list of tags, links to the
//! web only, nothing that hides, moves or loads.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{
    bounds, escape, is_bidi_control, links, plain,
    rewrite::{self, Token},
};

/// Tags that remain.
const KEPT: [&str; 19] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "ul",
];
/// Tags that become paragraphs, so that their texts do not run together.
const BLOCKS: [&str; 15] = [
    "address",
    "article",
    "aside",
    "center",
    "dd",
    "div",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "header",
    "main",
    "nav",
    "section",
    "tr",
];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
const CELLS: [&str; 2] = ["td", "th"];

/// How often the cleaner runs before it gives up on contorted markup.
const MAX_ROUNDS: usize = 5;

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    let tags = KEPT.iter().chain(&BLOCKS).chain(&HEADINGS).chain(&CELLS);
    builder
        .tags(tags.copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        // What Mastodon writes around mentions and hashtags. Its classes that
        // shorten addresses are not kept: they would hide a part of the text.
        .allowed_classes(HashMap::from([
            ("a", HashSet::from(["mention", "hashtag", "u-url"])),
            ("span", HashSet::from(["h-card"])),
        ]))
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"))
        .strip_comments(true)
        .attribute_filter(|_, attribute, value| match attribute {
            "href" => links::web_address(value).map(|url| Cow::Owned(url.into())),
            _ => Some(Cow::Borrowed(value)),
        });
    builder
});

/// Foreign HTML made safe to show. Applying it twice changes nothing more.
pub fn sanitise(html: &str) -> String {
    let mut current = clean(bounds::bounded(html));
    for _ in 1..MAX_ROUNDS {
        let next = clean(&current);
        if next == current {
            return current;
        }
        current = next;
    }
    // Markup that reads differently each time is nobody's honest text.
    let text = plain(&current);
    if text.is_empty() {
        text
    } else {
        format!("<p>{}</p>", escape_text(&text))
    }
}

/// Escaped as the serialiser does it, so that another round changes nothing.
fn escape_text(text: &str) -> String {
    escape(text).replace("&quot;", "\"").replace("&#39;", "'")
}

fn clean(html: &str) -> String {
    let allowed = CLEANER.clean(html).to_string();
    let mut simple = String::with_capacity(allowed.len());
    let mut link: Option<Link> = None;
    for token in rewrite::tokens(&allowed) {
        match token {
            Token::Text(text) => {
                let text = text.chars().filter(|c| !is_bidi_control(*c));
                if let Some(link) = &mut link {
                    link.visible.extend(text.clone());
                }
                simple.extend(text);
            }
            Token::Open { name: "a", whole } => {
                link = rewrite::attribute(whole, "href").map(Link::to);
                simple.push_str(&whole.replace(" class=\"\"", ""));
            }
            Token::Close { name: "a", whole } => {
                if let Some(host) = link.take().and_then(Link::undisclosed_host) {
                    simple.push(' ');
                    simple.push_str(&links::disclosure(&host));
                }
                simple.push_str(whole);
            }
            // The cleaner leaves the attribute when it took every class.
            Token::Open { name, whole } => {
                simple.push_str(&opening(name, whole).replace(" class=\"\"", ""));
            }
            Token::Close { name, whole } => simple.push_str(closing(name, whole)),
        }
    }
    simple.replace("<p></p>", "")
}

fn opening<'a>(name: &str, whole: &'a str) -> &'a str {
    if BLOCKS.contains(&name) {
        "<p>"
    } else if HEADINGS.contains(&name) {
        "<p><strong>"
    } else if CELLS.contains(&name) {
        ""
    } else {
        whole
    }
}

fn closing<'a>(name: &str, whole: &'a str) -> &'a str {
    if BLOCKS.contains(&name) {
        "</p>"
    } else if HEADINGS.contains(&name) {
        "</strong></p>"
    } else if CELLS.contains(&name) {
        " "
    } else {
        whole
    }
}

/// A link whose text is being read.
struct Link {
    target: String,
    /// Still escaped.
    visible: String,
}

impl Link {
    fn to(target: String) -> Self {
        Self {
            target,
            visible: String::new(),
        }
    }

    fn undisclosed_host(self) -> Option<String> {
        let target = links::web_address(&self.target)?;
        links::undisclosed_host(&rewrite::unescape(&self.visible), &target)
    }
}

#[cfg(test)]
mod tests;
