//! The members of a JSON object, read one by one, so that everything wrong
//! with it is reported at once. Tells absent from null, which a PATCH needs.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use super::problem::{Invalid, Problem};
use crate::domain::entry::Budget;

/// What a request says about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The field is absent, or could not be read.
    Keep,
    /// The field is null.
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// The value of a new thing: absent and null are the same.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Keep | Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Applies the change to something that may be empty.
    pub fn apply_to(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

impl<T: Default> Change<T> {
    /// Applies the change to something that always has a value; null empties it.
    pub fn replace(self, field: &mut T) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = T::default(),
            Self::Set(value) => *field = value,
        }
    }
}

/// Reads a JSON object and collects what is wrong with it.
#[derive(Debug)]
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<Invalid>,
}

impl Fields {
    /// `known` are all fields that may be written, `read_only` those that a
    /// client may send back unchanged from what it read; they have no effect.
    pub fn new(members: Map<String, Value>, known: &[&str], read_only: &[&str]) -> Self {
        let errors = members
            .keys()
            .filter(|name| !known.contains(&name.as_str()) && !read_only.contains(&name.as_str()))
            .map(|name| Invalid::new(name.as_str(), unknown_name("field", name, known)))
            .collect();
        Self { members, errors }
    }

    pub fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(Invalid::new(field, message));
    }

    pub fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    /// Is everything right?
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::Invalid(self.errors))
        }
    }

    /// Everything that was wrong.
    pub fn into_errors(self) -> Vec<Invalid> {
        self.errors
    }

    fn read<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Change<T> {
        match self.members.get(name) {
            None => Change::Keep,
            Some(Value::Null) => Change::Clear,
            Some(value) => match read(value) {
                Some(value) => Change::Set(value),
                None => {
                    self.refuse(name, format!("This must be {wanted}."));
                    Change::Keep
                }
            },
        }
    }

    pub fn text(&mut self, name: &str) -> Change<String> {
        self.read(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub fn flag(&mut self, name: &str) -> Change<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    /// A list of texts, each kept once.
    pub fn texts(&mut self, name: &str) -> Change<Vec<String>> {
        self.read(name, "a list of texts", |value| {
            let mut texts: Vec<String> = Vec::new();
            for item in value.as_array()? {
                let item = item.as_str()?;
                if !texts.iter().any(|text| text == item) {
                    texts.push(item.to_owned());
                }
            }
            Some(texts)
        })
    }

    /// One of a few words, or whatever else is written in one text.
    pub fn word<T>(&mut self, name: &str) -> Change<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.text(name) {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(text) => match text.parse() {
                Ok(word) => Change::Set(word),
                Err(error) => {
                    self.refuse(name, sentence(&error));
                    Change::Keep
                }
            },
        }
    }

    /// A moment in UTC.
    pub fn instant(&mut self, name: &str) -> Change<DateTime<Utc>> {
        let wanted = "an RFC 3339 time, for example 2027-01-31T23:59:59Z";
        self.read(name, wanted, |value| instant(value.as_str()?))
    }

    pub fn date(&mut self, name: &str) -> Change<NaiveDate> {
        let wanted = "a date, for example 2027-01-31";
        self.read(name, wanted, |value| value.as_str()?.parse().ok())
    }

    /// Amounts are whole units of the currency.
    pub fn budget(&mut self, name: &str) -> Change<Budget> {
        let wanted = "an object like {\"currency\":\"USD\",\"total\":180000,\"gap\":120000} \
                      with whole amounts";
        self.read(name, wanted, |value| {
            serde_json::from_value(value.clone()).ok()
        })
    }

    pub fn days(&mut self, name: &str) -> Change<i64> {
        self.read(name, "a whole number of days", Value::as_i64)
    }

    /// The members of an object within the object.
    pub fn object(&mut self, name: &str) -> Change<Map<String, Value>> {
        self.read(name, "an object", |value| value.as_object().cloned())
    }
}

/// The text of a body that has this field alone.
///
/// # Errors
/// [`Problem::Invalid`] with every field to mend.
pub fn only_text(members: Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    let mut fields = Fields::new(members, &[name], &[]);
    let text = fields.text(name).value();
    fields.finish().map(|()| text)
}

/// An RFC 3339 time.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.to_utc())
}

/// The text of one of our errors as a sentence.
pub fn sentence(error: &impl Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let mut sentence: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

/// What to say of a name that is none of the known ones.
pub fn unknown_name(what: &str, name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|one| (one, strsim::normalized_damerau_levenshtein(one, name)))
        .filter(|(_, score)| *score >= 0.6)
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    match nearest {
        Some((nearest, _)) => format!("There is no {what} of this name. Did you mean {nearest}?"),
        None => format!(
            "There is no {what} of this name. There are {}.",
            known.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::entry::Kind;

    fn fields(value: Value) -> Fields {
        let Value::Object(members) = value else {
            panic!("an object")
        };
        Fields::new(
            members,
            &["title", "kind", "countries", "closes_at", "budget"],
            &["id"],
        )
    }

    #[test]
    fn absent_null_and_a_value_are_told_apart() {
        let mut fields = fields(json!({"title": null, "kind": "project"}));
        assert_eq!(fields.text("title"), Change::Clear);
        assert_eq!(fields.texts("countries"), Change::Keep);
        assert_eq!(fields.word("kind"), Change::Set(Kind::Project));
        assert!(fields.into_errors().is_empty());
    }

    #[test]
    fn everything_wrong_is_collected() {
        let mut fields = fields(json!({
            "id": "7", "titel": "x", "title": 7, "kind": "poem", "countries": ["AL", 7],
            "closes_at": "tomorrow", "budget": {"currency": "USD", "total": 1.5, "gap": 0}
        }));
        fields.text("title");
        assert_eq!(fields.word::<Kind>("kind"), Change::Keep);
        fields.texts("countries");
        fields.instant("closes_at");
        fields.budget("budget");
        let errors = fields.into_errors();
        let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            names,
            ["titel", "title", "kind", "countries", "closes_at", "budget"]
        );
        assert_eq!(
            errors[0].message,
            "There is no field of this name. Did you mean title?"
        );
        assert_eq!(
            errors[2].message,
            "Unknown kind \"poem\": use one of request, project, offer, note."
        );
    }

    #[test]
    fn a_repeated_code_counts_once() {
        let mut fields = fields(json!({"countries": ["AL", "XK", "AL"]}));
        assert_eq!(
            fields.texts("countries"),
            Change::Set(vec!["AL".into(), "XK".into()])
        );
    }
}
