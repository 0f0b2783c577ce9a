//! The form of an entry, read and written: every field as typed on one side,
//! the domain's content on the other.

use chrono::{NaiveDate, NaiveTime};

use crate::{
    domain::{
        audience::{AudienceKind, Tlp},
        entry::{Budget, Codes, Content, Entry, FieldError, Kind, Stage, Status},
        taxonomy::{self, Scheme},
    },
    web::form::Fields,
};

/// What a form says, apart from the organisations it names, which must be
/// looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub content: Content,
    pub audience: AudienceKind,
    /// Handles of a `named` audience.
    pub named: Vec<String>,
    /// Handles of partners.
    pub partners: Vec<String>,
}

/// Reads the form. What cannot even be read (a date, a number, a word) is
/// told; the rules about content are `domain::entry::check`'s.
pub fn read(fields: &Fields, kind: Kind) -> (Read, Vec<FieldError>) {
    let mut errors = Vec::new();
    let audience = audience(fields, &mut errors);
    let is_project = kind == Kind::Project;
    let has_status = matches!(kind, Kind::Request | Kind::Offer);
    let dated = kind != Kind::Note;
    let content = Content {
        kind,
        title: fields.text("title").to_owned(),
        body: fields.text("body").to_owned(),
        language: taxonomy::check_language(fields.text("language"))
            .unwrap_or_else(|_| fields.text("language").to_owned()),
        tlp: tlp(fields, audience, &mut errors),
        codes: codes(fields),
        stage: is_project
            .then(|| word::<Stage>(fields, "stage", &mut errors))
            .flatten(),
        status: has_status
            .then(|| word::<Status>(fields, "status", &mut errors))
            .flatten(),
        closes_at: has_status
            .then(|| day(fields, "closes_on", &mut errors))
            .flatten()
            .map(|day| day.and_time(END_OF_DAY).and_utc()),
        starts_on: dated
            .then(|| day(fields, "starts_on", &mut errors))
            .flatten(),
        ends_on: dated.then(|| day(fields, "ends_on", &mut errors)).flatten(),
        budget: is_project.then(|| budget(fields, &mut errors)).flatten(),
    };
    let read = Read {
        content,
        audience,
        named: match audience {
            AudienceKind::Named => fields.words("named"),
            AudienceKind::Public | AudienceKind::Members | AudienceKind::Preferential => vec![],
        },
        partners: fields.words("partners"),
    };
    (read, errors)
}

const END_OF_DAY: NaiveTime = NaiveTime::from_hms_opt(23, 59, 59).expect("a time of day");

fn audience(fields: &Fields, errors: &mut Vec<FieldError>) -> AudienceKind {
    if fields.filled("audience").is_none() {
        errors.push(FieldError::new(
            "audience",
            "Choose who may read the entry.",
        ));
    }
    let audience = word(fields, "audience", errors).unwrap_or_default();
    // A new entry is for members; making one public takes a second,
    // deliberate step (DOMAIN.md 4).
    if audience == AudienceKind::Public && !fields.ticked("public_confirmed", "yes") {
        errors.push(FieldError::new(
            "public_confirmed",
            "Tick that you mean to make this public, or choose another audience.",
        ));
    }
    audience
}

fn tlp(fields: &Fields, audience: AudienceKind, errors: &mut Vec<FieldError>) -> Tlp {
    word(fields, "tlp", errors).unwrap_or_else(|| audience.default_tlp())
}

/// A word of one of the domain's lists; empty is none.
fn word<T>(fields: &Fields, name: &'static str, errors: &mut Vec<FieldError>) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    match fields.filled(name)?.parse() {
        Ok(word) => Some(word),
        Err(error) => {
            errors.push(FieldError::new(name, format!("This choice is {error}.")));
            None
        }
    }
}

fn day(fields: &Fields, name: &'static str, errors: &mut Vec<FieldError>) -> Option<NaiveDate> {
    let text = fields.filled(name)?;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    if day.is_none() {
        errors.push(FieldError::new(
            name,
            format!("{text:?} is no date. Write it as year-month-day, for example 2027-01-31."),
        ));
    }
    day
}

fn codes(fields: &Fields) -> Codes {
    let mut codes = Codes::default();
    for scheme in Scheme::ALL {
        *codes.list_mut(scheme) = fields.list(scheme.field());
    }
    codes
}

/// Nothing at all when neither amount is given.
fn budget(fields: &Fields, errors: &mut Vec<FieldError>) -> Option<Budget> {
    if fields.filled("total").is_none() && fields.filled("gap").is_none() {
        return None;
    }
    Some(Budget {
        currency: fields.text("currency").to_uppercase(),
        total: amount(fields, "total", errors)?,
        gap: amount(fields, "gap", errors)?,
    })
}

/// A whole number; thousands may be set apart by spaces, commas or `'`.
fn amount(fields: &Fields, name: &str, errors: &mut Vec<FieldError>) -> Option<i64> {
    let text = fields.text(name);
    if text.is_empty() {
        return Some(0);
    }
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\''))
        .collect();
    let amount = digits.parse().ok();
    if amount.is_none() {
        errors.push(FieldError::new(
            "budget",
            format!("{text:?} is no whole number. Leave out fractions and the currency."),
        ));
    }
    amount
}

/// The fields of a new entry: open, in English, for members if the
/// organisation is one.
pub fn blank(kind: Kind, audience: &str) -> Fields {
    let fields = Fields::default()
        .with("language", "en")
        .with("audience", audience);
    match kind {
        Kind::Request | Kind::Offer => fields.with("status", Status::Open.as_str()),
        Kind::Project | Kind::Note => fields,
    }
}

/// An entry as its author may change it; `partners` are written as handles.
pub fn of_entry(entry: &Entry, partners: &[String]) -> Fields {
    let content = &entry.content;
    let mut fields = Fields::default()
        .with("title", &content.title)
        .with("body", &content.body)
        .with("language", &content.language)
        .with("tlp", content.tlp.as_str())
        .with("audience", entry.audience.kind().as_str())
        .with("public_confirmed", "yes")
        .with("partners", partners.join("\n"));
    for (scheme, codes) in content.codes.lists() {
        for code in codes {
            fields.add(scheme.field(), code);
        }
    }
    let days = [
        ("closes_on", content.closes_at.map(|at| at.date_naive())),
        ("starts_on", content.starts_on),
        ("ends_on", content.ends_on),
    ];
    for (name, day) in days {
        if let Some(day) = day {
            fields.add(name, day.format("%Y-%m-%d").to_string());
        }
    }
    if let Some(stage) = content.stage {
        fields.add("stage", stage.as_str());
    }
    if let Some(status) = content.status {
        fields.add("status", status.as_str());
    }
    if let Some(budget) = &content.budget {
        fields.add("currency", &budget.currency);
        fields.add("total", budget.total.to_string());
        fields.add("gap", budget.gap.to_string());
    }
    fields
}

/// The fields from the top of the form to its end.
const ORDER: [&str; 20] = [
    "title",
    "body",
    "language",
    "stage",
    "status",
    "closes_on",
    "starts_on",
    "ends_on",
    "budget",
    "pillars",
    "exploitation",
    "activities",
    "countries",
    "regions",
    "sectors",
    "partners",
    "audience",
    "named",
    "public_confirmed",
    "tlp",
];

/// The faults as the form shows them: by the form's own names of fields, and
/// from its top to its end.
pub fn rename(errors: Vec<FieldError>) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = errors
        .into_iter()
        .map(|error| FieldError {
            field: match error.field {
                "closes_at" => "closes_on",
                other => other,
            },
            ..error
        })
        .collect();
    errors.sort_by_key(|error| ORDER.iter().position(|name| *name == error.field));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    fn names(errors: &[FieldError]) -> Vec<&'static str> {
        errors.iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_an_entry_says_reads_back_from_its_form() {
        for entry in [samples::request(), samples::project()] {
            let fields = of_entry(&entry, &["moj".into(), "ngo@n.example".into()]);
            let (read, errors) = read(&fields, entry.content.kind);
            assert_eq!(errors, []);
            let mut expected = entry.content.clone();
            // The form asks for a day; the end of it counts.
            expected.closes_at = expected
                .closes_at
                .map(|at| at.date_naive().and_time(END_OF_DAY).and_utc());
            assert_eq!(read.content, expected);
            assert_eq!(read.audience, entry.audience.kind());
            assert_eq!(read.partners, ["moj", "ngo@n.example"]);
        }
    }

    #[test]
    fn a_blank_form_is_for_members_with_their_sharing_mark() {
        let (read, errors) = read(&blank(Kind::Request, "members"), Kind::Request);
        assert_eq!(errors, []);
        assert_eq!(read.audience, AudienceKind::Members);
        assert_eq!(read.content.tlp, Tlp::Green);
        assert_eq!(read.content.status, Some(Status::Open));
    }

    #[test]
    fn making_an_entry_public_takes_a_second_step() {
        let public = blank(Kind::Note, "public");
        let (_, errors) = read(&public, Kind::Note);
        assert_eq!(names(&errors), ["public_confirmed"]);
        let (sure, errors) = read(&public.with("public_confirmed", "yes"), Kind::Note);
        assert_eq!(errors, []);
        assert_eq!(sure.content.tlp, Tlp::Clear);
    }

    #[test]
    fn an_audience_is_chosen_and_not_guessed() {
        let (_, errors) = read(&blank(Kind::Note, ""), Kind::Note);
        assert_eq!(names(&errors), ["audience"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_field_by_field() {
        let fields = Fields::default()
            .with("audience", "friends")
            .with("stage", "dream")
            .with("starts_on", "tomorrow")
            .with("total", "a lot")
            .with("tlp", "BLUE");
        let (_, errors) = read(&fields, Kind::Project);
        assert_eq!(
            names(&errors),
            ["audience", "tlp", "stage", "starts_on", "budget"]
        );
    }

    #[test]
    fn faults_are_told_from_the_top_of_the_form_to_its_end() {
        let errors = ["public_confirmed", "closes_at", "title"]
            .map(|field| FieldError::new(field, "Mend it."));
        let told = rename(errors.to_vec());
        assert_eq!(names(&told), ["title", "closes_on", "public_confirmed"]);
    }

    #[test]
    fn amounts_may_be_grouped_and_a_currency_written_small() {
        let fields = Fields::default()
            .with("currency", "usd")
            .with("total", "1 250,000");
        let (read, _) = read(&fields, Kind::Project);
        let budget = read.content.budget.expect("a budget");
        assert_eq!((budget.currency.as_str(), budget.total), ("USD", 1_250_000));
    }

    #[test]
    fn fields_of_another_kind_are_not_read() {
        let fields = blank(Kind::Request, "members")
            .with("stage", "idea")
            .with("total", "5");
        let (read, _) = read(&fields, Kind::Note);
        assert_eq!(read.content.stage, None);
        assert_eq!(read.content.status, None);
        assert_eq!(read.content.budget, None);
    }
}
