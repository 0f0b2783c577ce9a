//! Forms as they were sent, so that a page that refuses one can show again
//! everything that was typed.

use crate::domain::entry::FieldError;

/// The fields of a form or of a query, in order; a name may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text. Browsers send line ends
    /// as CR LF (HTML 4.10.21.8); we keep LF.
    pub fn parse(encoded: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(encoded)
            .map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n")));
        Self(pairs.collect())
    }

    /// The first value, without white space around it; empty when missing.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value as sent: for passwords, whose spaces count.
    pub fn raw(&self, name: &str) -> &str {
        self.values(name).next().unwrap_or_default()
    }

    /// The first value, unless it is empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value that is not empty.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.values(name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The words or lines of one text field.
    pub fn words(&self, name: &str) -> Vec<String> {
        self.text(name)
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub fn ticked(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|one| one == value)
    }

    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.add(name, value);
        self
    }

    /// Passwords and tokens are never written back into a page.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A form on a page: what stands in it, and what is wrong with that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pub fields: Fields,
    pub errors: Vec<FieldError>,
}

impl Form {
    pub fn new(fields: Fields) -> Self {
        Self {
            fields,
            errors: Vec::new(),
        }
    }

    pub fn refused(fields: Fields, errors: Vec<FieldError>) -> Self {
        Self {
            fields: fields.without(&["password", "repeat", "token"]),
            errors,
        }
    }

    pub fn value(&self, name: &str) -> &str {
        self.fields.raw(name)
    }

    pub fn ticked(&self, name: &str, value: &str) -> bool {
        self.fields.ticked(name, value)
    }

    pub fn faults_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.errors
            .iter()
            .filter(move |error| error.field == name)
            .map(|error| error.message.as_str())
    }

    pub fn is_faulty(&self, name: &str) -> bool {
        self.faults_of(name).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_fields_are_all_kept_and_line_ends_are_folded() {
        let fields = Fields::parse(b"countries=AL&countries=&countries=XK&body=a%0D%0Ab+c");
        assert_eq!(fields.list("countries"), ["AL", "XK"]);
        assert_eq!(fields.text("body"), "a\nb c");
        assert!(fields.ticked("countries", "XK"));
        assert_eq!(fields.filled("title"), None);
    }

    #[test]
    fn words_are_split_at_lines_spaces_and_commas() {
        let fields = Fields::default().with("named", " moj\n@ngo@n.example, \nx ");
        assert_eq!(fields.words("named"), ["moj", "@ngo@n.example", "x"]);
    }

    #[test]
    fn a_refused_form_keeps_what_was_typed_but_no_password() {
        let sent = Fields::parse(b"email=a%40b.example&password=secret&repeat=secret&token=t");
        let form = Form::refused(sent, vec![FieldError::new("password", "Too short.")]);
        assert_eq!(form.value("email"), "a@b.example");
        for secret in ["password", "repeat", "token"] {
            assert_eq!(form.value(secret), "", "{secret}");
        }
        assert!(form.is_faulty("password"));
        assert!(!form.is_faulty("email"));
    }
}
