//! The query of a list: parameters that may repeat, `limit` and `cursor`.
//! A parameter that does not exist is refused, because a filter that is
//! silently ignored shows too much.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, Utc};
use url::form_urlencoded;

use super::{
    fields::{instant, sentence, unknown_name},
    problem::{Invalid, Problem},
};
use crate::domain::{
    page::Window,
    taxonomy::{self, Scheme},
};

/// Items on a page that did not ask for a number, and at most.
pub const DEFAULT_LIMIT: i64 = 20;
pub const MAX_LIMIT: i64 = 100;
/// Most values of one parameter.
const MAX_VALUES: usize = 50;

/// Reads a query and collects what is wrong with it.
pub struct Query {
    pairs: Vec<(String, String)>,
    errors: Vec<Invalid>,
}

impl Query {
    /// `known` are all parameters beside `limit` and `cursor`.
    pub fn new(raw: Option<&str>, known: &[&str]) -> Self {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(raw.unwrap_or_default().as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
        let mut all = known.to_vec();
        all.extend(["limit", "cursor"]);
        let errors = pairs
            .iter()
            .filter(|(name, _)| !all.contains(&name.as_str()))
            .map(|(name, _)| Invalid::new(name.as_str(), unknown_name("parameter", name, &all)))
            .collect();
        Self { pairs, errors }
    }

    fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(Invalid::new(name, message));
    }

    /// The last value of a parameter; an empty one counts as absent, as in a
    /// form that was left blank.
    pub fn text(&self, name: &str) -> Option<String> {
        self.pairs
            .iter()
            .rev()
            .find(|(key, value)| key == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim().to_owned())
    }

    /// Every value of a parameter, repeated or parted by commas.
    fn values(&mut self, name: &str) -> Vec<String> {
        let values: Vec<String> = self
            .pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect();
        if values.len() > MAX_VALUES {
            self.refuse(name, format!("At most {MAX_VALUES} values fit here."));
        }
        values
    }

    /// Words of ours, for example kinds.
    pub fn words<T>(&mut self, name: &str) -> Vec<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let mut words = Vec::new();
        for value in self.values(name) {
            match value.parse() {
                Ok(word) => words.push(word),
                Err(error) => self.refuse(name, sentence(&error)),
            }
        }
        words
    }

    /// Codes of a list; unknown and withdrawn ones are refused.
    pub fn codes(&mut self, name: &str, scheme: Scheme) -> Vec<String> {
        let mut codes = Vec::new();
        for value in self.values(name) {
            match taxonomy::check(scheme, &value) {
                Ok(term) => codes.push(term.code.to_owned()),
                Err(error) => self.refuse(name, error.to_string()),
            }
        }
        codes
    }

    pub fn languages(&mut self, name: &str) -> Vec<String> {
        let mut tags = Vec::new();
        for value in self.values(name) {
            match taxonomy::check_language(&value) {
                Ok(tag) => tags.push(tag),
                Err(error) => self.refuse(name, error.to_string()),
            }
        }
        tags
    }

    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => {
                self.refuse(name, "This must be true or false.");
                None
            }
        }
    }

    pub fn instant(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        // A plus sign that was not escaped arrives as a space.
        let time = instant(&text).or_else(|| instant(&text.replace(' ', "+")));
        let day = || {
            let day: chrono::NaiveDate = text.parse().ok()?;
            day.and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc())
        };
        let found = time.or_else(day);
        if found.is_none() {
            self.refuse(
                name,
                "This must be a date or an RFC 3339 time, for example 2027-01-31 or \
                 2027-01-31T23:59:59Z.",
            );
        }
        found
    }

    /// `limit` and `cursor`; `limit` one above what was asked, so that a full
    /// page shows whether there is another.
    pub fn window(&mut self) -> Window {
        let limit = match self.text("limit").map(|text| text.parse::<i64>()) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit)) if limit >= 1 => limit.min(MAX_LIMIT),
            Some(_) => {
                self.refuse(
                    "limit",
                    format!("This must be a number from 1 to {MAX_LIMIT}."),
                );
                DEFAULT_LIMIT
            }
        };
        let before = match self.text("cursor").map(|text| text.parse::<i64>()) {
            None => None,
            Some(Ok(cursor)) if cursor > 0 => Some(cursor),
            Some(_) => {
                self.refuse(
                    "cursor",
                    "Take the cursor from the `next` of the page before.",
                );
                None
            }
        };
        Window::before(before, limit + 1)
    }

    /// Is everything right?
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::Invalid(self.errors))
        }
    }
}

/// The page that is asked for of a list without filters.
///
/// # Errors
/// [`Problem::Invalid`] with every parameter to mend.
pub fn window(raw: Option<&str>) -> Result<Window, Problem> {
    let mut query = Query::new(raw, &[]);
    let window = query.window();
    query.finish().map(|()| window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Kind;

    fn errors(query: Query) -> Vec<String> {
        match query.finish() {
            Ok(()) => Vec::new(),
            Err(Problem::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_may_repeat_and_may_be_parted_by_commas() {
        let mut query = Query::new(Some("kind=request&kind=offer,note&q=%20"), &["kind", "q"]);
        assert_eq!(
            query.words::<Kind>("kind"),
            [Kind::Request, Kind::Offer, Kind::Note]
        );
        assert_eq!(query.text("q"), None);
        assert!(errors(query).is_empty());
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let raw = "kidn=x&kind=poem&country=ZZ&language=xx&flag=maybe&since=soon&limit=0&cursor=x";
        let known = ["kind", "country", "language", "flag", "since"];
        let mut query = Query::new(Some(raw), &known);
        query.words::<Kind>("kind");
        query.codes("country", Scheme::Country);
        query.languages("language");
        query.flag("flag");
        query.instant("since");
        query.window();
        assert_eq!(
            errors(query),
            [
                "kidn", "kind", "country", "language", "flag", "since", "limit", "cursor"
            ]
        );
    }

    #[test]
    fn times_are_dates_or_rfc_3339() {
        for raw in [
            "since=2027-01-31T00:00:00Z",
            "since=2027-01-31",
            "since=2027-01-31T01:00:00+01:00",
            "since=2027-01-31T01:00:00%2B01:00",
        ] {
            let mut query = Query::new(Some(raw), &["since"]);
            let time = query.instant("since").map(|time| time.to_rfc3339());
            assert_eq!(time.as_deref(), Some("2027-01-31T00:00:00+00:00"), "{raw}");
        }
    }

    #[test]
    fn a_page_has_at_most_a_hundred_items() {
        let limit = |raw| Query::new(Some(raw), &[]).window().limit - 1;
        assert_eq!(limit(""), DEFAULT_LIMIT);
        assert_eq!(limit("limit=7"), 7);
        assert_eq!(limit("limit=1000"), MAX_LIMIT);
    }
}
