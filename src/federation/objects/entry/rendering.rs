//! The text of another server's object as people here read it: what it says,
//! and below it what a plain text cannot carry (options, quotes, dates, links).

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{entry::MAX_BODY_CHARS, text},
    federation::objects::{Document, address},
};

/// Properties that name a quoted object, the standard one first (FEP-044f).
const QUOTES: [&str; 4] = ["quote", "quoteUrl", "quoteUri", "_misskey_quote"];

/// Most options of a poll, and most linked pages, that are shown.
const MAX_SHOWN: usize = 20;

/// What can be seen or heard, as the families name it.
const MEDIA: [&str; 4] = ["Document", "Image", "Video", "Audio"];

/// Longest description of an attachment that is shown, in characters.
const MAX_DESCRIPTION: usize = 1_500;

/// The sanitised text of an object whose page is `page`.
pub(super) fn html(object: Document<'_>, page: &Url) -> String {
    let mut html = String::new();
    if object.kind() == "Event" {
        html.push_str(&time_and_place(object));
    }
    html.push_str(&body(object));
    if object.kind() == "Question" {
        html.push_str(&options(object));
    }
    if let Some(quoted) = quoted(object, &html) {
        html.push_str(&link("RE: ", &quoted));
    }
    let is_note = matches!(object.kind(), "Note" | "Question");
    if !is_note {
        for linked in linked_pages(object) {
            if !names(&html, &linked) {
                html.push_str(&link("", &linked));
            }
        }
    }
    if is_note {
        html.push_str(&attachments(object, page));
    }
    // A picture without words is seen at its own server.
    if (!is_note || html.is_empty()) && !names(&html, page) {
        html.push_str(&link("", page));
    }
    html
}

/// Content, below a summary that says more than its beginning. The summary of
/// a Note is a warning and stands elsewhere.
fn body(object: Document<'_>) -> String {
    let content = object.wording("content").map(|text| markup(object, text));
    let summary = match object.kind() {
        "Note" | "Question" => None,
        _ => object
            .wording("summary")
            .map(|text| bounded(text, text::sanitise)),
    };
    match (content, summary) {
        (Some(content), Some(summary)) if says_more(&summary, &content) => {
            format!("{}{content}", paragraph(&summary))
        }
        (Some(content), _) => content,
        (None, Some(summary)) => paragraph(&summary),
        (None, None) => String::new(),
    }
}

fn says_more(summary: &str, content: &str) -> bool {
    let words = |html: &str| text::one_line(&text::plain(html));
    let summary = words(summary);
    let beginning = summary.trim_end_matches(['…', '.', '[', ']', ' ']);
    !words(content).contains(beginning)
}

fn paragraph(html: &str) -> String {
    if html.starts_with('<') {
        html.to_owned()
    } else {
        format!("<p>{html}</p>")
    }
}

/// HTML unless the object says otherwise: PeerTube writes Markdown.
fn markup(object: Document<'_>, text: &str) -> String {
    match object.text("mediaType") {
        Some("text/markdown") => bounded(text, text::render_markdown),
        Some("text/plain") => bounded(text, |plain| {
            let lines: Vec<String> = plain.lines().map(text::escape).collect();
            text::sanitise(&format!("<p>{}</p>", lines.join("<br>")))
        }),
        _ => bounded(text, text::sanitise),
    }
}

/// What is too long is cut to an excerpt.
fn bounded(text: &str, render: impl Fn(&str) -> String) -> String {
    if text.chars().count() > MAX_BODY_CHARS {
        let excerpt = text::excerpt(text, MAX_BODY_CHARS / 10);
        format!("<p>{}</p>", text::escape(&excerpt))
    } else {
        render(text)
    }
}

fn link(before: &str, to: &Url) -> String {
    let to = text::escape(to.as_str());
    text::sanitise(&format!("<p>{before}<a href=\"{to}\">{to}</a></p>"))
}

/// Does the text link to this address, or show it?
fn names(html: &str, address: &Url) -> bool {
    html.contains(&text::escape(address.as_str())) || html.contains(address.as_str())
}

/// The options of a poll, with the votes for each where they are given.
fn options(object: Document<'_>) -> String {
    let given = match object.list("oneOf") {
        [] => object.list("anyOf"),
        one_of => one_of,
    };
    let items: String = given
        .iter()
        .take(MAX_SHOWN)
        .filter_map(|option| {
            let option = Document(option);
            let name = text::escape(&text::one_line(option.wording("name")?));
            Some(match votes(option) {
                Some(votes) => format!("<li>{name} ({votes})</li>"),
                None => format!("<li>{name}</li>"),
            })
        })
        .collect();
    if items.is_empty() {
        items
    } else {
        text::sanitise(&format!("<ul>{items}</ul>"))
    }
}

fn votes(option: Document<'_>) -> Option<u64> {
    option
        .inner("replies")
        .and_then(|replies| replies.get("totalItems"))
        .or_else(|| option.get("_misskey_votes"))
        .and_then(Value::as_u64)
}

/// What is quoted, unless the text links to it already.
fn quoted(object: Document<'_>, html: &str) -> Option<Url> {
    let named: Vec<Url> = QUOTES.iter().filter_map(|key| object.url(key)).collect();
    // Mastodon's mark of a link to what is quoted, which may go to its page.
    let is_marked = object
        .wording("content")
        .is_some_and(|content| content.contains("quote-inline"));
    if is_marked || named.iter().any(|one| names(html, one)) {
        return None;
    }
    named.into_iter().next()
}

/// What hangs on a post is seen at its page; here it is told how much it is, and
/// what it shows, as far as its author describes that.
fn attachments(object: Document<'_>, page: &Url) -> String {
    let media: Vec<Document<'_>> = object
        .list("attachment")
        .iter()
        .map(Document)
        .filter(|one| MEDIA.contains(&one.kind()))
        .collect();
    let count = match media.len() {
        0 => return String::new(),
        1 => "1 attachment".to_owned(),
        several => format!("{several} attachments"),
    };
    let described: String = media
        .iter()
        .take(MAX_SHOWN)
        .filter_map(|one| one.wording("name").or_else(|| one.wording("summary")))
        .map(text::one_line)
        .map(|words| {
            let words = text::truncate_chars(words.trim(), MAX_DESCRIPTION);
            format!("<li>{}</li>", text::escape(words))
        })
        .collect();
    let mut html = link(&format!("{count}: "), page);
    if !described.is_empty() {
        html.push_str(&text::sanitise(&format!("<ul>{described}</ul>")));
    }
    html
}

/// Pages that a post is about (Lemmy).
fn linked_pages(object: Document<'_>) -> Vec<Url> {
    let links = object.list("attachment").iter().map(Document);
    links
        .filter(|attachment| attachment.kind() == "Link")
        .filter_map(|link| link.url("href"))
        .take(MAX_SHOWN)
        .collect()
}

fn time_and_place(object: Document<'_>) -> String {
    let moment = |moment: DateTime<Utc>| moment.format("%-d %B %Y, %H:%M UTC").to_string();
    let mut facts = Vec::new();
    if let Some(start) = object.instant("startTime") {
        facts.push(match object.instant("endTime") {
            Some(end) => format!("{} – {}", moment(start), moment(end)),
            None => moment(start),
        });
    }
    facts.extend(object.list("location").iter().filter_map(place));
    let facts: Vec<String> = facts.iter().map(|fact| text::escape(fact)).collect();
    if facts.is_empty() {
        return String::new();
    }
    text::sanitise(&format!("<p>{}</p>", facts.join("<br>")))
}

/// A place by its name and address, or where a virtual one is.
fn place(location: &Value) -> Option<String> {
    let place = Document(location);
    let mut parts: Vec<&str> = place.wording("name").into_iter().collect();
    match place.get("address") {
        Some(Value::String(text)) => parts.push(text),
        Some(Value::Object(_)) => {
            let postal = place.inner("address")?;
            let lines = ["streetAddress", "addressLocality", "addressCountry"];
            parts.extend(lines.iter().filter_map(|line| postal.text(line)));
        }
        Some(_) | None => {}
    }
    let web = place.url("url").or_else(|| address(location));
    let text = match (parts.is_empty(), web) {
        (true, Some(web)) => web.to_string(),
        _ => parts.join(", "),
    };
    let text = text::one_line(&text);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(object: &Value) -> String {
        let page = Url::parse("https://a.example/page").expect("an address");
        html(Document(object), &page)
    }

    #[test]
    fn a_quote_is_linked_below_the_text_once() {
        let quoted = "https://b.example/notes/1?a&b";
        for key in QUOTES {
            let html = shown(&json!({"type": "Note", "content": "<p>See</p>", key: quoted}));
            assert!(html.starts_with("<p>See</p><p>RE: <a href="), "{html}");
        }
        for content in [
            "<p>See <a href=\"https://b.example/notes/1?a&amp;b\">this</a></p>",
            "<p class=\"quote-inline\">RE: <a href=\"https://b.example/@b/1\">b</a></p>",
        ] {
            let html = shown(&json!({"type": "Note", "content": content, "quoteUrl": quoted}));
            assert!(
                !html.contains("<p>RE: <a href=\"https://b.example/notes"),
                "{html}"
            );
        }
    }

    #[test]
    fn options_are_listed_below_the_question_with_their_votes() {
        let html = shown(
            &json!({"type": "Question", "content": "<p>When?</p>", "anyOf": [
            {"type": "Note", "name": "In <May>", "replies": {"type": "Collection", "totalItems": 3}},
            {"type": "Note", "name": "In June", "_misskey_votes": 0},
            {"type": "Note", "name": "Never"}, "nonsense"]}),
        );
        assert_eq!(
            html,
            "<p>When?</p><ul><li>In &lt;May&gt; (3)</li><li>In June (0)</li><li>Never</li></ul>"
        );
    }

    #[test]
    fn a_summary_is_shown_unless_the_text_begins_with_it() {
        let article = |summary: &str| {
            shown(
                &json!({"type": "Article", "summary": summary, "content": "<p>One two three.</p>"}),
            )
        };
        assert!(article("Why it matters").starts_with("<p>Why it matters</p><p>One"));
        assert!(article("<p>One  two […]</p>").starts_with("<p>One two three.</p><p><a"));
        let note = shown(&json!({"type": "Note", "summary": "Careful", "content": "<p>x</p>"}));
        assert_eq!(note, "<p>x</p>");
    }

    #[test]
    fn a_text_is_read_as_what_it_says_it_is() {
        let note = |kind: &str| {
            shown(&json!({"type": "Note", "mediaType": kind, "content": "*1* < 2\nyes"}))
        };
        assert_eq!(note("text/plain"), "<p>*1* &lt; 2<br>yes</p>");
        assert!(note("text/markdown").contains("<em>1</em>"));
        assert!(note("text/html").starts_with("*1* &lt; 2"));
    }

    #[test]
    fn an_event_says_when_and_where_first() {
        let event = |location: Value| {
            shown(
                &json!({"type": "Event", "content": "<p>Come.</p>", "location": location,
                "startTime": "2027-02-03T14:00:00Z"}),
            )
        };
        let when = "<p>3 February 2027, 14:00 UTC";
        for (location, place) in [
            (json!(null), ""),
            (json!({"type": "Place", "name": "Hall"}), "<br>Hall"),
            (
                json!({"type": "Place", "name": "Hall", "address": "Main Street 1"}),
                "<br>Hall, Main Street 1",
            ),
            (
                json!([{"type": "Place", "address": {"addressLocality": "Vienna"}},
                {"type": "VirtualLocation", "url": "https://meet.example/1"}]),
                "<br>Vienna<br>https://meet.example/1",
            ),
        ] {
            let html = event(location);
            assert!(
                html.starts_with(&format!("{when}{place}</p><p>Come.</p>")),
                "{html}"
            );
        }
    }

    #[test]
    fn what_hangs_on_a_post_is_counted_and_described_and_seen_at_its_page() {
        let picture = |name: Value| json!({"type": "Document", "url": "https://a.example/1.png", "name": name});
        let note = |attachment: Value| {
            shown(&json!({"type": "Note", "content": "<p>See</p>", "attachment": attachment}))
        };
        let page = "<a href=\"https://a.example/page\"";
        let html = note(json!([picture(json!("A <poster>")), picture(json!(null)),
            {"type": "Link", "href": "https://b.example/"}]));
        assert!(
            html.starts_with(&format!("<p>See</p><p>2 attachments: {page}")),
            "{html}"
        );
        assert!(
            html.ends_with("<ul><li>A &lt;poster&gt;</li></ul>"),
            "{html}"
        );
        let html = note(picture(json!(" ")));
        assert!(html.contains(&format!("<p>1 attachment: {page}")), "{html}");
        assert!(!html.contains("<ul>"), "{html}");
        assert_eq!(note(json!([])), "<p>See</p>");
    }

    #[test]
    fn what_has_no_words_links_to_its_page() {
        let html = shown(&json!({"type": "Note", "content": ""}));
        assert!(html.contains("href=\"https://a.example/page\""), "{html}");
    }
}
