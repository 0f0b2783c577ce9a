//! The rules about the fields of an entry.

use super::{Codes, Content, FieldError, Kind, MAX_BODY_CHARS, MAX_CODES, MAX_TITLE_CHARS};
use crate::domain::taxonomy;

/// Every rule about the fields of an entry; all failures at once, so that a
/// person can mend them in one go.
pub fn check(content: &Content) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_text(content, &mut errors);
    check_codes(&content.codes, &mut errors);
    check_progress(content, &mut errors);
    check_dates(content, &mut errors);
    check_budget(content, &mut errors);
    errors
}

fn check_text(content: &Content, errors: &mut Vec<FieldError>) {
    let title_chars = content.title.chars().count();
    if content.title.trim().is_empty() && content.kind != Kind::Note {
        errors.push(FieldError::new("title", "Give the entry a title."));
    } else if title_chars > MAX_TITLE_CHARS {
        errors.push(FieldError::new(
            "title",
            format!("The title has {title_chars} characters; at most {MAX_TITLE_CHARS} fit."),
        ));
    }
    if content.title.chars().any(char::is_control) {
        errors.push(FieldError::new(
            "title",
            "The title must be one line of plain text.",
        ));
    }
    let body_chars = content.body.chars().count();
    if content.body.trim().is_empty() {
        errors.push(FieldError::new("body", "Write the text of the entry."));
    } else if body_chars > MAX_BODY_CHARS {
        errors.push(FieldError::new(
            "body",
            format!("The text has {body_chars} characters; at most {MAX_BODY_CHARS} fit."),
        ));
    }
    if let Err(error) = taxonomy::check_language(&content.language) {
        errors.push(FieldError::new("language", error.to_string()));
    }
}

fn check_codes(codes: &Codes, errors: &mut Vec<FieldError>) {
    for (scheme, list) in codes.lists() {
        if list.len() > MAX_CODES {
            errors.push(FieldError::new(
                scheme.field(),
                format!(
                    "At most {MAX_CODES} codes fit here; {} were given.",
                    list.len()
                ),
            ));
        }
        for code in list {
            if let Err(error) = taxonomy::check(scheme, code) {
                errors.push(FieldError::new(scheme.field(), error.to_string()));
            }
        }
    }
}

fn check_progress(content: &Content, errors: &mut Vec<FieldError>) {
    match content.kind {
        Kind::Project => {
            if content.stage.is_none() {
                errors.push(FieldError::new(
                    "stage",
                    "Say which stage the project is at.",
                ));
            }
        }
        Kind::Request | Kind::Offer | Kind::Note => {
            if content.stage.is_some() {
                errors.push(FieldError::new("stage", "Only projects have a stage."));
            }
        }
    }
    match content.kind {
        Kind::Request | Kind::Offer => {
            if content.status.is_none() {
                errors.push(FieldError::new(
                    "status",
                    "Say how the entry stands, for example open.",
                ));
            }
        }
        Kind::Project | Kind::Note => {
            if content.status.is_some() {
                errors.push(FieldError::new(
                    "status",
                    "Only requests and offers have a status.",
                ));
            }
        }
    }
}

fn check_dates(content: &Content, errors: &mut Vec<FieldError>) {
    if let (Some(start), Some(end)) = (content.starts_on, content.ends_on)
        && end < start
    {
        errors.push(FieldError::new(
            "ends_on",
            format!("The end ({end}) is before the start ({start})."),
        ));
    }
}

fn check_budget(content: &Content, errors: &mut Vec<FieldError>) {
    let Some(budget) = &content.budget else {
        return;
    };
    if content.kind != Kind::Project {
        errors.push(FieldError::new("budget", "Only projects have a budget."));
    }
    let is_currency =
        budget.currency.len() == 3 && budget.currency.bytes().all(|b| b.is_ascii_uppercase());
    if !is_currency {
        errors.push(FieldError::new(
            "budget",
            "Give the currency as its three-letter ISO 4217 code, for example USD.",
        ));
    }
    if budget.total < 0 || budget.gap < 0 || budget.gap > budget.total {
        errors.push(FieldError::new(
            "budget",
            "The total must be 0 or more, and the funding gap between 0 and the total.",
        ));
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::{
        audience::Tlp,
        entry::{Budget, Stage, Status, seeks_funding},
    };

    fn request() -> Content {
        Content {
            kind: Kind::Request,
            title: "Training for border police".into(),
            body: "Five days.".into(),
            language: "en".into(),
            tlp: Tlp::Clear,
            codes: Codes {
                countries: vec!["AL".into()],
                ..Codes::default()
            },
            stage: None,
            status: Some(Status::Open),
            closes_at: None,
            starts_on: None,
            ends_on: None,
            budget: None,
        }
    }

    fn fields(content: &Content) -> Vec<&'static str> {
        check(content).iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_complete_request_passes() {
        assert_eq!(check(&request()), []);
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let mut content = request();
        content.title = " ".into();
        content.body = "x".repeat(MAX_BODY_CHARS + 1);
        content.language = "not a tag".into();
        content.codes.countries = vec!["XX".into()];
        content.stage = Some(Stage::Idea);
        content.status = None;
        content.starts_on = NaiveDate::from_ymd_opt(2027, 2, 2);
        content.ends_on = NaiveDate::from_ymd_opt(2027, 2, 1);
        content.budget = Some(Budget {
            currency: "usd".into(),
            total: 1,
            gap: 2,
        });
        assert_eq!(
            fields(&content),
            [
                "title",
                "body",
                "language",
                "countries",
                "stage",
                "status",
                "ends_on",
                "budget",
                "budget",
                "budget"
            ]
        );
    }

    #[test]
    fn caps_count_characters_and_not_bytes() {
        let mut content = request();
        content.title = "ж".repeat(MAX_TITLE_CHARS);
        assert_eq!(check(&content), []);
        content.title.push('ж');
        assert_eq!(fields(&content), ["title"]);
    }

    #[test]
    fn withdrawn_sector_codes_are_refused() {
        let mut content = request();
        content.codes.sectors = vec!["15162".into()];
        assert_eq!(fields(&content), ["sectors"]);
    }

    #[test]
    fn a_closed_project_with_a_gap_does_not_seek_funding() {
        let mut content = request();
        content.kind = Kind::Project;
        content.status = None;
        content.stage = Some(Stage::Pipeline);
        content.budget = Some(Budget {
            currency: "USD".into(),
            total: 10,
            gap: 5,
        });
        assert!(seeks_funding(&content));
        content.stage = Some(Stage::Closed);
        assert!(!seeks_funding(&content));
    }
}
