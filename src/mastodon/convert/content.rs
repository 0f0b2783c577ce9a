//! The HTML of a status. Only p, br, strong, a and span are used around the
//! text, since other servers and older apps keep no more; so facts stand in
//! lines, not in tables or lists.

use crate::{
    domain::{
        entry::{Entry, Kind},
        taxonomy::{self, Scheme},
        text,
    },
    urls::Urls,
};

/// How much of a long text stands in a status, in characters. The page that
/// the status links to has the whole.
const EXCERPT_CHARS: usize = 400;

/// One line of an entry's structured part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// What a status says. A note is shown as it came, and so is what a server
/// wrote that knows nothing of our terms; our structured entries, also those
/// of other nodes, get title, excerpt, facts and a link.
pub fn content(entry: &Entry, urls: &Urls) -> String {
    let is_ours = entry.is_local() || !entry.content.body.is_empty();
    if entry.content.kind == Kind::Note || !is_ours {
        return as_it_came(entry);
    }
    let content = &entry.content;
    let mut html = format!(
        "<p><strong>{}: {}</strong></p>",
        content.kind.name(),
        text::escape(&content.title)
    );
    html.push_str(&excerpt(&entry.html));
    html.push_str(&fact_lines(&facts(entry)));
    let url = text::escape(entry.url.as_str());
    html.push_str(&format!(
        "<p><a href=\"{url}\" rel=\"nofollow noopener\">{url}</a></p>"
    ));
    html.push_str(&hashtag_line(entry, urls));
    html
}

/// The text alone, below its title if it has one.
fn as_it_came(entry: &Entry) -> String {
    if entry.content.title.is_empty() {
        return entry.html.clone();
    }
    let title = text::escape(&entry.content.title);
    format!("<p><strong>{title}</strong></p>{}", entry.html)
}

/// The beginning of a long text, without mark-up; a short one whole.
fn excerpt(html: &str) -> String {
    let plain = text::plain(html);
    if plain.chars().count() <= EXCERPT_CHARS {
        return html.to_owned();
    }
    let excerpt = text::excerpt(html, EXCERPT_CHARS);
    format!("<p>{}</p>", text::escape(&excerpt))
}

fn fact_lines(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = facts
        .iter()
        .map(|fact| format!("{}: {}", fact.name, text::escape(&fact.value)))
        .collect();
    format!("<p>{}</p>", lines.join("<br>"))
}

fn hashtag_line(entry: &Entry, urls: &Urls) -> String {
    let tags: Vec<String> = hashtags(entry)
        .iter()
        .map(|tag| {
            let href = text::escape(urls.tag(&tag.to_lowercase()).as_str());
            let tag = text::escape(tag);
            format!(
                "<a class=\"mention hashtag\" rel=\"tag\" href=\"{href}\">#<span>{tag}</span></a>"
            )
        })
        .collect();
    if tags.is_empty() {
        return String::new();
    }
    format!("<p>{}</p>", tags.join(" "))
}

/// The structured part of an entry in words, most telling first.
pub fn facts(entry: &Entry) -> Vec<Fact> {
    let content = &entry.content;
    let codes = &content.codes;
    let mut facts = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push(Fact { name, value });
        }
    };
    add(
        "Region",
        names(&[
            (Scheme::Country, &codes.countries),
            (Scheme::Region, &codes.regions),
        ]),
    );
    add(
        "Theme",
        names(&[
            (Scheme::Pillar, &codes.pillars),
            (Scheme::Exploitation, &codes.exploitation),
            (Scheme::Activity, &codes.activities),
            (Scheme::Sector, &codes.sectors),
        ]),
    );
    let category = entry.author.category.map(|category| category.name());
    add("Category", category.unwrap_or_default().to_owned());
    if let Some(closes_at) = content.closes_at {
        add("Deadline", closes_at.date_naive().to_string());
    }
    if let Some(budget) = &content.budget {
        let text = format!(
            "{} {}, of which {} to be found",
            budget.currency,
            thousands(budget.total),
            thousands(budget.gap)
        );
        add("Budget", text);
    }
    if let Some(stage) = content.stage {
        add("Stage", stage.name().to_owned());
    }
    if let Some(status) = content.status {
        add("Status", status.name().to_owned());
    }
    if !entry.audience.is_public() {
        add("Readers", entry.audience.kind().name().to_owned());
    }
    facts
}

/// The names of codes. A code that has none here stands for itself.
fn names(lists: &[(Scheme, &Vec<String>)]) -> String {
    let names: Vec<&str> = lists
        .iter()
        .flat_map(|(scheme, codes)| {
            codes
                .iter()
                .map(|code| taxonomy::name(*scheme, code).unwrap_or(code))
        })
        .collect();
    names.join(", ")
}

/// `120000` as `120,000`.
fn thousands(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if amount < 0 { format!("-{text}") } else { text }
}

/// The hashtags as people read them: in camel case where they are names of
/// the entry's own codes or kind, so that screen readers tell the words apart.
pub fn hashtags(entry: &Entry) -> Vec<String> {
    let own: Vec<String> = entry
        .content
        .codes
        .lists()
        .into_iter()
        .flat_map(|(scheme, codes)| {
            codes
                .iter()
                .filter_map(move |code| taxonomy::name(scheme, code))
        })
        .chain([entry.content.kind.name(), "Technical assistance"])
        .map(text::hashtag)
        .collect();
    entry
        .tags
        .iter()
        .map(|tag| {
            own.iter()
                .find(|name| name.to_lowercase() == *tag)
                .unwrap_or(tag)
                .clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{
        domain::{
            audience::Audience,
            entry::{Budget, Stage, Status},
        },
        mastodon::convert::samples,
    };

    fn urls() -> Urls {
        Urls::new(&Url::parse("https://n.example").expect("a URL"))
    }

    #[test]
    fn a_request_shows_title_text_facts_link_and_hashtags() {
        assert_eq!(
            content(&samples::request(), &urls()),
            "<p><strong>Request for technical assistance: Training &lt;for&gt; border police</strong></p>\
             <p>Five days.</p>\
             <p>Region: Albania, Southern Europe<br>Theme: Prevention, Training<br>\
             Category: Government<br>Deadline: 2027-01-31<br>Status: Open</p>\
             <p><a href=\"https://n.example/entries/7\" rel=\"nofollow noopener\">https://n.example/entries/7</a></p>\
             <p><a class=\"mention hashtag\" rel=\"tag\" href=\"https://n.example/tags/albania\">#<span>Albania</span></a> \
             <a class=\"mention hashtag\" rel=\"tag\" href=\"https://n.example/tags/water\">#<span>water</span></a></p>"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_a_short_one_keeps_its_mark_up() {
        let mut entry = samples::request();
        entry.html = "<p>Five <em>days</em>.</p>".into();
        assert!(content(&entry, &urls()).contains("<p>Five <em>days</em>.</p>"));
        entry.html = format!("<p>{}</p>", "many words ".repeat(100));
        let html = content(&entry, &urls());
        assert!(
            html.contains("many…</p>") || html.contains("words…</p>"),
            "{html}"
        );
        assert!(html.len() < 1_500);
    }

    #[test]
    fn a_project_shows_its_stage_and_budget() {
        let mut entry = samples::request();
        entry.content.kind = Kind::Project;
        entry.content.status = None;
        entry.content.stage = Some(Stage::Pipeline);
        entry.content.budget = Some(Budget {
            currency: "USD".into(),
            total: 1_180_000,
            gap: 120,
        });
        let html = content(&entry, &urls());
        assert!(
            html.contains("Budget: USD 1,180,000, of which 120 to be found<br>Stage: Pipeline")
        );
    }

    #[test]
    fn a_closed_request_says_so_and_a_restricted_one_says_for_whom() {
        let mut entry = samples::request();
        entry.content.status = Some(Status::Closed);
        entry.audience = Audience::Members;
        let html = content(&entry, &urls());
        assert!(html.contains("Status: Closed<br>Readers: All accredited organisations</p>"));
    }

    #[test]
    fn notes_are_shown_as_they_came() {
        let mut note = samples::request();
        note.content.kind = Kind::Note;
        note.content.title = String::new();
        assert_eq!(content(&note, &urls()), note.html);
        note.content.title = "A & B".into();
        let titled = "<p><strong>A &amp; B</strong></p><p>Five days.</p>";
        assert_eq!(content(&note, &urls()), titled);
    }

    #[test]
    fn entries_of_other_nodes_look_like_ours_and_those_of_other_servers_as_they_came() {
        let mut remote = samples::request();
        remote.author.host = Some("m.example".into());
        assert_eq!(
            content(&remote, &urls()),
            content(&samples::request(), &urls())
        );
        remote.content.body = String::new();
        remote.content.title = String::new();
        assert_eq!(content(&remote, &urls()), remote.html);
    }

    #[test]
    fn hashtags_are_in_camel_case_where_they_name_a_code() {
        assert_eq!(hashtags(&samples::request()), ["Albania", "water"]);
    }
}
