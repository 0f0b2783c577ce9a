//! A forgotten password: a one-time link by mail, where there is a mail server.

use askama::Template;
use axum::response::Response;

use crate::{
    operations::people::mails,
    web::{
        error::PageError,
        layout::Layout,
        visit::{Submission, Visit},
    },
};

use super::sign_in::count_try;

#[derive(Template)]
#[template(path = "forgotten.html")]
pub struct ForgottenPage {
    pub layout: Layout,
    /// Can this node send mails?
    pub by_mail: bool,
    /// The form was sent; the page says the same for every address.
    pub sent: bool,
}

fn page(visit: &Visit, sent: bool) -> ForgottenPage {
    ForgottenPage {
        layout: visit.layout(),
        by_mail: visit.app.config.mail.is_set(),
        sent,
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let visit = visit.with_form_token();
    visit.show(&page(&visit, false))
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let email = submission.fields.text("email").to_lowercase();
    count_try(&submission, Some(format!("forgotten by {email}")))?;
    let visit = submission.visit;
    let page = page(&visit, true);
    if page.by_mail {
        mails::ask_for_link(&visit.app.forum, &email).await?;
    }
    visit.show(&page)
}
