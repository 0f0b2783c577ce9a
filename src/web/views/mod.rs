//! What the templates show, made from the domain's nouns: codes beside their
//! names, moments in words, paths to pages. No rules and no reading here.

pub mod accreditation;
pub mod choices;
pub mod entry;
pub mod organisation;
pub mod reach;
#[cfg(test)]
pub mod samples;
pub mod square;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    audience::Tlp,
    taxonomy::{self, Scheme},
};

/// A code with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub code: String,
    pub name: String,
}

impl Named {
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            name: name.into(),
        }
    }

    /// A code that this version does not know (an older or newer node wrote
    /// it) stands for itself.
    pub fn of(scheme: Scheme, code: &str) -> Self {
        Self::new(code, taxonomy::name(scheme, code).unwrap_or(code))
    }

    /// Does the code say more than the name? `AL` and `15190` do, and a word
    /// such as `forced-labour` does not.
    pub fn code_tells(&self) -> bool {
        let mark = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        self.code.chars().any(mark)
    }

    pub fn all(scheme: Scheme, codes: &[String]) -> Vec<Self> {
        codes.iter().map(|code| Self::of(scheme, code)).collect()
    }
}

/// A point in time or a day, for machines and in words (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub machine: String,
    pub words: String,
}

impl Moment {
    /// To the day: entries.
    pub fn day_of(at: DateTime<Utc>) -> Self {
        Self {
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            words: at.format("%-d %B %Y").to_string(),
        }
    }

    /// To the minute: deliveries, sign-ins.
    pub fn minute_of(at: DateTime<Utc>) -> Self {
        Self {
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            words: at.format("%-d %B %Y, %H:%M UTC").to_string(),
        }
    }

    pub fn day(day: NaiveDate) -> Self {
        Self {
            machine: day.format("%Y-%m-%d").to_string(),
            words: day.format("%-d %B %Y").to_string(),
        }
    }
}

/// A TLP 2.0 label as shown: text and colour on black (FIRST, 2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlpMark {
    pub label: &'static str,
    pub class: &'static str,
    pub meaning: &'static str,
}

impl From<Tlp> for TlpMark {
    fn from(tlp: Tlp) -> Self {
        Self {
            label: tlp.as_str(),
            class: match tlp {
                Tlp::Red => "tlp-red",
                Tlp::AmberStrict => "tlp-amber-strict",
                Tlp::Amber => "tlp-amber",
                Tlp::Green => "tlp-green",
                Tlp::Clear => "tlp-clear",
            },
            meaning: tlp.meaning(),
        }
    }
}

/// A line of a facts table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub value: FactValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    Text(String),
    Moment(Moment),
    Codes(Vec<Named>),
}

impl Fact {
    pub fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            value: FactValue::Text(text.into()),
        }
    }

    pub fn moment(name: &'static str, moment: Moment) -> Self {
        Self {
            name,
            value: FactValue::Moment(moment),
        }
    }

    /// No line at all when there is no code.
    pub fn codes(scheme: Scheme, name: &'static str, codes: &[String]) -> Option<Self> {
        let value = FactValue::Codes(Named::all(scheme, codes));
        (!codes.is_empty()).then_some(Self { name, value })
    }
}

/// A link to somewhere else, told by its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    pub address: String,
    pub host: String,
}

impl From<&url::Url> for Outside {
    fn from(url: &url::Url) -> Self {
        Self {
            address: url.to_string(),
            host: crate::urls::authority(url),
        }
    }
}

/// The text of an error as a sentence.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let dot = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{dot}", first.to_uppercase(), chars.as_str())
}

/// Links to the neighbouring pages of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// Entries or organisations on one page.
pub const PAGE_SIZE: i64 = 20;

impl Pages {
    /// `query` is the filters without `before`; `next` the id that the older
    /// page begins below.
    pub fn new(path: &str, query: &str, is_first: bool, next: Option<i64>) -> Self {
        let glue = if query.is_empty() { "" } else { "&" };
        let first = match query {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        Self {
            newer: (!is_first).then_some(first),
            older: next.map(|id| format!("{path}?{query}{glue}before={id}")),
        }
    }
}

/// Cuts what [`crate::web::filters::window`] asked for to a page; the second
/// is where the next one begins, if there is more.
pub fn cut<T>(mut found: Vec<T>, id: impl Fn(&T) -> i64) -> (Vec<T>, Option<i64>) {
    let size = usize::try_from(PAGE_SIZE).expect("a page is small");
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(id);
    (found, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_beside_their_names_and_unknown_ones_for_themselves() {
        assert_eq!(Named::of(Scheme::Country, "AL").name, "Albania");
        assert_eq!(Named::of(Scheme::Country, "??").name, "??");
    }

    #[test]
    fn pages_keep_the_filters() {
        let pages = Pages::new("/", "kind=request", false, Some(7));
        assert_eq!(pages.newer.as_deref(), Some("/?kind=request"));
        assert_eq!(pages.older.as_deref(), Some("/?kind=request&before=7"));
        assert_eq!(Pages::new("/timeline", "", true, None), Pages::default());
        let older = Pages::new("/timeline", "", true, Some(1)).older;
        assert_eq!(older.as_deref(), Some("/timeline?before=1"));
    }
}
