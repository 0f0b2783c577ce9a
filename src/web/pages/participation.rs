//! The rules of participation, and accepting them.

use askama::Template;
use axum::response::Response;

use crate::{
    domain::entry::FieldError,
    operations::people,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        visit::{Submission, Visit, go},
    },
};

#[derive(Template)]
#[template(path = "participation.html")]
pub struct RulesPage {
    pub layout: Layout,
    /// Nothing else is for the person before they accept.
    pub is_due: bool,
    pub version: String,
    pub rules: Vec<String>,
    pub form: Form,
}

fn page(visit: &Visit, form: Form) -> Result<RulesPage, PageError> {
    visit.somebody()?;
    let participation = &visit.app.config.participation;
    Ok(RulesPage {
        layout: visit.layout(),
        is_due: visit.person.is_none(),
        version: participation.version().ok_or(PageError::NotFound)?,
        rules: participation.rules.clone(),
        form,
    })
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let page = page(&visit, Form::default())?;
    visit.show(&page)
}

pub async fn accept(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    if !fields.ticked("accepted", "yes") {
        let error = FieldError::new("accepted", "Tick the box if you accept the rules.");
        let page = page(&visit, Form::refused(Fields::default(), vec![error]))?;
        return visit.refuse(&page);
    }
    let who = visit.somebody()?.who.clone();
    people::accept_rules(&visit.app.forum, &who, fields.text("version")).await?;
    Ok(go("/timeline", Notice::RulesAccepted))
}
