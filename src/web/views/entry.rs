//! Entries as pages show them: a card in a list, a whole page, a reply.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        entry::{Budget, Content, Entry, Kind, Stage, Status, seeks_funding},
        organisation::Organisation,
        taxonomy::{Scheme, language_name},
        text,
    },
    storage::timeline::Item,
    urls,
};

use super::{Fact, Moment, Named, Outside, TlpMark, choices, organisation::OrganisationFace};

/// Characters of an entry's text on its card.
const EXCERPT_CHARS: usize = 280;
/// Characters that stand for a missing title.
const TITLE_CHARS: usize = 80;

/// An entry in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryCard {
    pub path: String,
    pub kind: &'static str,
    pub kind_name: &'static str,
    pub title: String,
    pub excerpt: String,
    pub language: String,
    /// Stage or status, deadline, audience.
    pub marks: Vec<String>,
    pub seeking: Option<String>,
    pub tlp: TlpMark,
    pub author: OrganisationFace,
    pub at: Moment,
    pub places: String,
    pub replies: i64,
    /// Who passed it on, when it stands in a timeline for that.
    pub passed_on_by: Option<String>,
}

impl From<&Entry> for EntryCard {
    fn from(entry: &Entry) -> Self {
        let content = &entry.content;
        // A content warning hides the text until it is asked for.
        let text = match entry.warning.as_str() {
            "" => text::excerpt(&entry.html, EXCERPT_CHARS),
            warning => warning.to_owned(),
        };
        let (title, excerpt) = match content.title.trim() {
            "" => (untitled(&text, content.kind), text),
            title => (title.to_owned(), text),
        };
        Self {
            path: urls::entry_path(entry.id),
            kind: content.kind.as_str(),
            kind_name: content.kind.name(),
            title,
            excerpt,
            language: content.language.clone(),
            marks: marks(entry),
            seeking: seeking(content),
            tlp: content.tlp.into(),
            author: (&entry.author).into(),
            at: Moment::day_of(entry.created_at),
            places: places(content),
            replies: entry.counts.replies,
            passed_on_by: None,
        }
    }
}

impl From<&Item> for EntryCard {
    fn from(item: &Item) -> Self {
        let by = item.boost.as_ref().map(|(_, by)| by.name.clone());
        Self {
            passed_on_by: by,
            ..Self::from(&item.entry)
        }
    }
}

fn untitled(text: &str, kind: Kind) -> String {
    let start = text::truncate_chars(text, TITLE_CHARS);
    match start {
        "" => kind.name().to_owned(),
        start if start.len() < text.len() => format!("{}…", start.trim_end()),
        start => start.to_owned(),
    }
}

fn marks(entry: &Entry) -> Vec<String> {
    let content = &entry.content;
    let audience = entry.audience.kind();
    [
        content.stage.map(|stage| stage.name().to_owned()),
        content.status.map(|status| status.name().to_owned()),
        content
            .closes_at
            .map(|at| format!("until {}", Moment::day_of(at).words)),
        (!entry.audience.is_public()).then(|| audience.name().to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn seeking(content: &Content) -> Option<String> {
    let budget = content.budget.as_ref()?;
    seeks_funding(content).then(|| format!("Seeking {}", money(budget.gap, budget)))
}

fn places(content: &Content) -> String {
    let names = |scheme, codes: &[String]| Named::all(scheme, codes);
    let mut all = names(Scheme::Country, &content.codes.countries);
    all.extend(names(Scheme::Region, &content.codes.regions));
    let texts: Vec<String> = all
        .into_iter()
        .map(|one| format!("{} ({})", one.name, one.code))
        .collect();
    texts.join(", ")
}

/// `120,000 USD`.
fn money(amount: i64, budget: &Budget) -> String {
    let digits = amount.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", budget.currency)
}

/// An entry on its own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryView {
    pub card: EntryCard,
    pub edited: Option<Moment>,
    pub facts: Vec<Fact>,
    /// Sanitised HTML.
    pub html: String,
    pub warning: String,
    pub partners: Vec<OrganisationFace>,
    pub readers: Readers,
    /// Where a remote entry was written.
    pub origin: Option<Outside>,
    /// Search engines may keep it: public, and written here.
    pub indexed: bool,
}

/// Who can read an entry, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readers {
    pub name: &'static str,
    pub explanation: &'static str,
    pub named: Vec<OrganisationFace>,
}

impl EntryView {
    /// `partners` and `named` are the organisations behind the entry's ids,
    /// as far as the viewer may know them.
    pub fn new(entry: &Entry, partners: &[Organisation], named: &[Organisation]) -> Self {
        let audience = choices::audience(entry.audience.kind());
        Self {
            card: entry.into(),
            edited: entry.edited_at.map(Moment::day_of),
            facts: facts(&entry.content),
            html: entry.html.clone(),
            warning: entry.warning.clone(),
            partners: partners.iter().map(Into::into).collect(),
            readers: Readers {
                name: audience.name,
                explanation: audience.explanation,
                named: named.iter().map(Into::into).collect(),
            },
            origin: (!entry.is_local()).then(|| Outside::from(&entry.url)),
            indexed: entry.is_local() && entry.audience.is_public(),
        }
    }
}

fn facts(content: &Content) -> Vec<Fact> {
    let codes = &content.codes;
    let day = |name, day: Option<_>| day.map(|day| Fact::moment(name, Moment::day(day)));
    let budget = content.budget.as_ref();
    [
        content
            .stage
            .map(Stage::name)
            .map(|name| Fact::text("Stage", name)),
        content
            .status
            .map(Status::name)
            .map(|name| Fact::text("Status", name)),
        content
            .closes_at
            .map(|at: DateTime<Utc>| Fact::moment("Answers wanted until", Moment::minute_of(at))),
        day("Starts on", content.starts_on),
        day("Ends on", content.ends_on),
        budget.map(|budget| Fact::text("Budget", money(budget.total, budget))),
        budget.map(|budget| Fact::text("Still to be found", money(budget.gap, budget))),
        Fact::codes(Scheme::Country, "Countries", &codes.countries),
        Fact::codes(Scheme::Region, "Regions", &codes.regions),
        Fact::codes(Scheme::Pillar, "Pillars", &codes.pillars),
        Fact::codes(Scheme::Exploitation, "Exploitation", &codes.exploitation),
        Fact::codes(Scheme::Activity, "Activities", &codes.activities),
        Fact::codes(Scheme::Sector, "Sectors", &codes.sectors),
        Some(Fact::text(
            "Language",
            format!(
                "{} ({})",
                language_name(&content.language),
                content.language
            ),
        )),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A reply below an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyView {
    pub id: String,
    pub path: String,
    pub author: OrganisationFace,
    pub language: String,
    /// Sanitised HTML.
    pub html: String,
    pub warning: String,
    pub at: Moment,
    pub tlp: TlpMark,
}

impl From<&Entry> for ReplyView {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string(),
            path: urls::entry_path(entry.id),
            author: (&entry.author).into(),
            language: entry.content.language.clone(),
            html: entry.html.clone(),
            warning: entry.warning.clone(),
            at: Moment::minute_of(entry.created_at),
            tlp: entry.content.tlp.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{audience::Audience, entry::Stage},
        web::views::samples,
    };

    #[test]
    fn money_is_grouped_by_thousands() {
        let budget = Budget {
            currency: "USD".into(),
            total: 0,
            gap: 0,
        };
        assert_eq!(money(1_250_000, &budget), "1,250,000 USD");
        assert_eq!(money(999, &budget), "999 USD");
        assert_eq!(money(0, &budget), "0 USD");
    }

    #[test]
    fn a_card_says_where_a_project_stands_and_what_it_seeks() {
        let card = EntryCard::from(&samples::project());
        assert_eq!(card.marks, ["Pipeline"]);
        assert_eq!(card.seeking.as_deref(), Some("Seeking 120,000 USD"));
        let mut closed = samples::project();
        closed.content.stage = Some(Stage::Closed);
        assert_eq!(EntryCard::from(&closed).seeking, None);
    }

    #[test]
    fn a_card_names_every_audience_but_the_public() {
        let mut entry = samples::request();
        entry.audience = Audience::Members;
        let marks = EntryCard::from(&entry).marks;
        assert!(marks.contains(&"All accredited organisations".to_owned()));
        entry.audience = Audience::Public;
        assert!(
            !EntryCard::from(&entry)
                .marks
                .iter()
                .any(|mark| mark.contains("public"))
        );
    }

    #[test]
    fn a_content_warning_stands_in_place_of_the_text() {
        let mut note = samples::request();
        note.content.title = String::new();
        note.warning = "Describes violence".into();
        let card = EntryCard::from(&note);
        assert_eq!(card.excerpt, "Describes violence");
        assert_eq!(card.title, "Describes violence");
    }

    #[test]
    fn only_public_entries_written_here_are_for_search_engines() {
        let mut entry = samples::request();
        entry.audience = Audience::Public;
        assert!(EntryView::new(&entry, &[], &[]).indexed);
        entry.audience = Audience::Members;
        assert!(!EntryView::new(&entry, &[], &[]).indexed);
        entry.audience = Audience::Public;
        entry.author.host = Some("else.example".into());
        assert!(!EntryView::new(&entry, &[], &[]).indexed);
    }
}
