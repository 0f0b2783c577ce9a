//! Reporting an organisation, or one of its entries, to the administrators.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        entry::FieldError,
        id::EntryId,
        organisation::Organisation,
        report::{ReportCategory, cited},
    },
    operations::reports::{self, NewReport, ReportError},
    urls,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        pages::{entry, organisation},
        views::{Named, choices::report_categories, organisation::path},
        visit::{Submission, Visit, go},
    },
};

#[derive(Template)]
#[template(path = "report.html")]
pub struct ReportPage {
    pub layout: Layout,
    /// What is reported, in words.
    pub subject: String,
    pub action: String,
    pub back: String,
    /// The host of the reported organisation's own server, if it is another.
    pub elsewhere: Option<String>,
    pub categories: Vec<Named>,
    /// The node's own, under their numbers.
    pub rules: Vec<Named>,
    pub form: Form,
}

/// What a report is about.
struct Subject {
    organisation: Organisation,
    /// Its title, when the report is about one entry.
    entry: Option<(EntryId, String)>,
}

impl Subject {
    async fn of_organisation(visit: &Visit, id: &str) -> Result<Self, PageError> {
        Ok(Self {
            organisation: organisation::find(visit, id).await?,
            entry: None,
        })
    }

    async fn of_entry(visit: &Visit, id: &str) -> Result<Self, PageError> {
        let entry = entry::find(visit, id).await?.entry;
        let title = match entry.content.title.as_str() {
            "" => "a reply".to_owned(),
            title => format!("“{title}”"),
        };
        Ok(Self {
            entry: Some((entry.id, title)),
            organisation: entry.author,
        })
    }

    fn back(&self) -> String {
        match &self.entry {
            Some((id, _)) => urls::entry_path(*id),
            None => path(&self.organisation),
        }
    }

    fn page(&self, visit: &Visit, form: Form) -> ReportPage {
        let name = &self.organisation.name;
        ReportPage {
            layout: visit.layout(),
            subject: match &self.entry {
                Some((_, title)) => format!("{title} by {name}"),
                None => name.clone(),
            },
            action: match &self.entry {
                Some((id, _)) => format!("{}/report", urls::entry_path(*id)),
                None => format!("/organisations/{}/report", self.organisation.id),
            },
            back: self.back(),
            elsewhere: self.organisation.host.clone(),
            categories: report_categories(),
            rules: (1..)
                .zip(&visit.app.config.node.rules)
                .map(|(number, rule): (usize, _)| Named::new(number.to_string(), rule.clone()))
                .collect(),
            form,
        }
    }

    async fn send(self, visit: Visit, fields: Fields) -> Result<Response, PageError> {
        let person = visit.person()?;
        let (category, rules) = match chosen(&fields, &visit.app.config.node.rules) {
            Ok(chosen) => chosen,
            Err(error) => {
                return visit.refuse(&self.page(&visit, Form::refused(fields, vec![error])));
            }
        };
        let new = NewReport {
            reported: self.organisation.id,
            entries: self.entry.iter().map(|(id, _)| *id).collect(),
            category,
            rules,
            comment: fields.text("comment").to_owned(),
            forward: fields.ticked("forward", "yes"),
        };
        match reports::report(&visit.app.forum, &person.who, new).await {
            Ok(_) => Ok(go(&self.back(), Notice::Reported)),
            Err(ReportError::Invalid(errors)) => {
                visit.refuse(&self.page(&visit, Form::refused(fields, errors)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn blank() -> Form {
    let category = ReportCategory::default().as_str();
    Form::new(Fields::default().with("category", category))
}

/// What kind of wrong it is, and the texts of the rules that it breaks.
fn chosen(fields: &Fields, rules: &[String]) -> Result<(ReportCategory, Vec<String>), FieldError> {
    let category = match fields.filled("category") {
        Some(word) => word
            .parse()
            .map_err(|_| FieldError::new("category", "Choose one of these."))?,
        None => ReportCategory::default(),
    };
    let numbers = fields.list("rules");
    let cited = cited(numbers.iter().map(String::as_str), rules).map_err(|_| {
        let message = "The rules of this node have changed: choose from these.";
        FieldError::new("rules", message)
    })?;
    Ok((category, cited.into_values().collect()))
}

pub async fn organisation(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    visit.person()?;
    let subject = Subject::of_organisation(&visit, &id).await?;
    visit.show(&subject.page(&visit, blank()))
}

pub async fn entry(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    visit.person()?;
    let subject = Subject::of_entry(&visit, &id).await?;
    visit.show(&subject.page(&visit, blank()))
}

pub async fn send_organisation(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    visit.person()?;
    let subject = Subject::of_organisation(&visit, &id).await?;
    subject.send(visit, fields).await
}

pub async fn send_entry(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    visit.person()?;
    let subject = Subject::of_entry(&visit, &id).await?;
    subject.send(visit, fields).await
}

impl From<ReportError> for PageError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::NotFound,
            ReportError::Myself => {
                Self::Unprocessable("An organisation cannot report itself.".to_owned())
            }
            ReportError::Invalid(_) => Self::Unprocessable(error.to_string()),
            ReportError::Storage(error) => error.into(),
        }
    }
}
