//! An application as somebody typed it, and what is wrong with that.

use url::Url;

use super::Wish;
use crate::domain::{
    account::{Function, normalise_email},
    entry::FieldError,
    organisation::{Category, Handle, MAX_NAME_CHARS},
    taxonomy::{self, Scheme},
    text,
};

/// Longest reason, in characters.
pub const MAX_REASON_CHARS: usize = 5_000;
/// Longest name of a referee, in characters.
pub const MAX_REFEREE_CHARS: usize = 300;
/// Longest question to an applicant, in characters.
pub const MAX_QUESTION_CHARS: usize = 2_000;
/// Longest answer of an applicant, in characters.
pub const MAX_ANSWER_CHARS: usize = 5_000;
/// Longest reason of a refusal, in characters.
pub const MAX_REFUSAL_CHARS: usize = 2_000;
/// Longest address of a website, in bytes.
const MAX_WEBSITE_BYTES: usize = 2_000;

/// An application as it was typed: nothing of it is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub handle: String,
    pub category: String,
    pub country: String,
    pub website: String,
    pub reason: String,
    pub referee: String,
    pub email: String,
    pub function: String,
}

/// Reads an application.
///
/// # Errors
/// Every field to mend.
pub fn check(draft: &Draft) -> Result<Wish, Vec<FieldError>> {
    let mut errors = Vec::new();
    let name = name(&draft.name, &mut errors);
    let handle = draft.handle.trim().parse::<Handle>();
    if let Err(error) = &handle {
        errors.push(FieldError::new("handle", format!("This is {error}.")));
    }
    let category = draft.category.trim().parse::<Category>();
    if category.is_err() {
        errors.push(FieldError::new(
            "category",
            "Choose one of the categories: government, international_organisation, \
             civil_society, private_sector, academia, media or individual.",
        ));
    }
    let category = category.ok();
    let country = country(&draft.country, category, &mut errors);
    let website = website(&draft.website, &mut errors);
    let reason = paragraph(
        "reason",
        &draft.reason,
        MAX_REASON_CHARS,
        "Say why you want to take part.",
        &mut errors,
    );
    let referee = referee(&draft.referee, category, &mut errors);
    let email = normalise_email(&draft.email);
    if let Err(error) = &email {
        errors.push(FieldError::new("email", format!("This is {error}.")));
    }
    let function = function(&draft.function, category, &mut errors);
    match (handle, category, email) {
        (Ok(handle), Some(category), Ok(email)) if errors.is_empty() => Ok(Wish {
            name,
            handle,
            category,
            country,
            website,
            reason,
            referee,
            email,
            function,
        }),
        _ => Err(errors),
    }
}

/// A question, an answer or a reason: several lines of plain text, cleaned.
///
/// # Errors
/// The field's fault.
pub fn check_text(
    field: &'static str,
    typed: &str,
    most: usize,
    missing: &'static str,
) -> Result<String, Vec<FieldError>> {
    let mut errors = Vec::new();
    let clean = paragraph(field, typed, most, missing, &mut errors);
    if errors.is_empty() {
        Ok(clean)
    } else {
        Err(errors)
    }
}

fn name(typed: &str, errors: &mut Vec<FieldError>) -> String {
    // Before it is cleaned, so that no work is done for a flood of text.
    let too_long = too_long(typed, MAX_NAME_CHARS);
    let clean = match too_long {
        true => String::new(),
        false => text::one_line(typed),
    };
    if too_long {
        errors.push(FieldError::new(
            "name",
            format!("The name has more than {MAX_NAME_CHARS} characters."),
        ));
    } else if !clean.chars().any(char::is_alphanumeric) {
        errors.push(FieldError::new("name", "Give the organisation's name."));
    }
    clean
}

fn country(
    typed: &str,
    category: Option<Category>,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        if category == Some(Category::Government) {
            errors.push(FieldError::new(
                "country",
                "Choose the country whose government this is.",
            ));
        }
        return None;
    }
    match taxonomy::check(Scheme::Country, typed) {
        Ok(term) => Some(term.code.to_owned()),
        Err(error) => {
            errors.push(FieldError::new("country", error.to_string()));
            None
        }
    }
}

fn website(typed: &str, errors: &mut Vec<FieldError>) -> Option<Url> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let url = Url::parse(typed).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && typed.len() <= MAX_WEBSITE_BYTES
    });
    if url.is_none() {
        errors.push(FieldError::new(
            "website",
            "Write the whole address, beginning with https://.",
        ));
    }
    url
}

fn referee(typed: &str, category: Option<Category>, errors: &mut Vec<FieldError>) -> String {
    if too_long(typed, MAX_REFEREE_CHARS) {
        errors.push(FieldError::new(
            "referee",
            format!("This has more than {MAX_REFEREE_CHARS} characters."),
        ));
        return String::new();
    }
    let clean = text::one_line(typed);
    if clean.is_empty() && category == Some(Category::Individual) {
        errors.push(FieldError::new(
            "referee",
            "Individuals need a referee: name an organisation that can vouch for you.",
        ));
    }
    clean
}

fn function(
    typed: &str,
    category: Option<Category>,
    errors: &mut Vec<FieldError>,
) -> Option<Function> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let read = typed.parse::<Function>();
    let fault = match (&read, category) {
        (Err(error), _) => Some(format!("This is an {error}.")),
        (Ok(_), Some(Category::Government) | None) => None,
        (Ok(_), Some(_)) => Some("Only governments have this office.".to_owned()),
    };
    errors.extend(fault.map(|text| FieldError::new("function", text)));
    read.ok()
}

fn paragraph(
    field: &'static str,
    typed: &str,
    most: usize,
    missing: &'static str,
    errors: &mut Vec<FieldError>,
) -> String {
    if too_long(typed, most) {
        errors.push(FieldError::new(
            field,
            format!("This has more than {most} characters."),
        ));
        return String::new();
    }
    let lines: Vec<String> = typed.lines().map(text::one_line).collect();
    let clean = lines.join("\n").trim().to_owned();
    if clean.is_empty() {
        errors.push(FieldError::new(field, missing));
    }
    clean
}

fn too_long(typed: &str, most: usize) -> bool {
    typed.trim().chars().nth(most).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            name: "Harbourlight Network".into(),
            handle: "Harbourlight".into(),
            category: "civil_society".into(),
            country: "NP".into(),
            website: "https://harbourlight.example".into(),
            reason: "We run shelters.".into(),
            referee: String::new(),
            email: "Focal@Harbourlight.example".into(),
            function: String::new(),
        }
    }

    fn faults(draft: &Draft) -> Vec<&'static str> {
        match check(draft) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.field).collect(),
        }
    }

    #[test]
    fn an_application_is_read_and_folded() {
        let wish = check(&draft()).expect("all is right");
        assert_eq!(wish.handle.as_str(), "harbourlight");
        assert_eq!(wish.email, "focal@harbourlight.example");
        assert_eq!(wish.country.as_deref(), Some("NP"));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let empty = Draft::default();
        assert_eq!(
            faults(&empty),
            ["name", "handle", "category", "reason", "email"]
        );
        let wrong = Draft {
            handle: "not a handle".into(),
            category: "bank".into(),
            country: "ZZ".into(),
            website: "javascript:alert(1)".into(),
            email: "nobody".into(),
            ..draft()
        };
        assert_eq!(
            faults(&wrong),
            ["handle", "category", "country", "website", "email"]
        );
    }

    #[test]
    fn individuals_need_a_referee_and_governments_a_country() {
        let individual = Draft {
            category: "individual".into(),
            ..draft()
        };
        assert_eq!(faults(&individual), ["referee"]);
        let government = Draft {
            category: "government".into(),
            country: " ".into(),
            ..draft()
        };
        assert_eq!(faults(&government), ["country"]);
    }

    #[test]
    fn offices_are_those_of_governments() {
        let with = |category: &str, function: &str| {
            faults(&Draft {
                category: category.into(),
                function: function.into(),
                ..draft()
            })
        };
        assert_eq!(with("government", "national_rapporteur"), [""; 0]);
        assert_eq!(with("government", "king"), ["function"]);
        assert_eq!(with("media", "parliamentarian"), ["function"]);
    }

    #[test]
    fn every_text_has_its_longest_length() {
        for (field, most) in [
            ("name", MAX_NAME_CHARS),
            ("reason", MAX_REASON_CHARS),
            ("referee", MAX_REFEREE_CHARS),
        ] {
            for (length, expected) in [(most, vec![]), (most + 1, vec![field])] {
                let mut long = draft();
                let text = "ж".repeat(length);
                match field {
                    "name" => long.name = text,
                    "reason" => long.reason = text,
                    _ => long.referee = text,
                }
                assert_eq!(faults(&long), expected, "{field} of {length}");
            }
        }
        let long = Draft {
            website: format!("https://a.example/{}", "a".repeat(2_000)),
            email: format!("{}@a.example", "a".repeat(250)),
            ..draft()
        };
        assert_eq!(faults(&long), ["website", "email"]);
    }

    #[test]
    fn what_reorders_or_hides_text_is_taken_out() {
        let hostile = Draft {
            name: "Harbour\u{202E}thgil\u{2066}\u{0} Network\n".into(),
            reason: "One\u{202E}\r\n\u{7}two\n".into(),
            ..draft()
        };
        let wish = check(&hostile).expect("cleaned");
        assert_eq!(wish.name, "Harbourthgil Network");
        assert_eq!(wish.reason, "One\ntwo");
        let nothing = Draft {
            name: "\u{202E}\u{200B}…".into(),
            ..draft()
        };
        assert_eq!(faults(&nothing), ["name"]);
    }

    #[test]
    fn a_website_carries_no_password() {
        let hidden = Draft {
            website: "https://user:secret@a.example/".into(),
            ..draft()
        };
        assert_eq!(faults(&hidden), ["website"]);
    }
}
