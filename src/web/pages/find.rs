//! Finding an organisation on another node, by its handle or address.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use crate::{
    domain::{
        entry::FieldError,
        organisation::{Organisation, OrganisationState},
    },
    storage::organisations,
    web::{
        error::PageError,
        form::Form,
        layout::Layout,
        views::organisation,
        visit::{Submission, Visit},
    },
};

#[derive(Template)]
#[template(path = "find.html")]
pub struct FindPage {
    pub layout: Layout,
    pub form: Form,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.person()?;
    let form = Form::new(visit.query.clone());
    visit.show(&FindPage {
        layout: visit.layout(),
        form,
    })
}

/// Asks the other node. A form and not a link: looking somebody up makes this
/// node connect to another one, and remember what it says.
pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.person()?;
    let account = person.who.user.id.to_string();
    visit.app.limits.lookup.check(&account)?;
    match look_up(&visit, fields.text("address")).await? {
        Ok(found) => Ok(Redirect::to(&organisation::path(&found)).into_response()),
        Err(message) => {
            let errors = vec![FieldError::new("address", message)];
            visit.refuse(&FindPage {
                layout: visit.layout(),
                form: Form::refused(fields, errors),
            })
        }
    }
}

/// The organisation, or what to tell the person.
async fn look_up(visit: &Visit, address: &str) -> Result<Result<Organisation, String>, PageError> {
    let text = address.trim().trim_start_matches('@').to_owned();
    let authority = visit.app.forum.urls.authority();
    let found = visit
        .app
        .forum
        .db
        .read(move |conn| match text.parse() {
            Ok(url) => organisations::find_by_uri(conn, &url),
            Err(_) => {
                let (handle, host) = text.split_once('@').unwrap_or((&text, ""));
                let host = Some(host).filter(|host| !host.is_empty() && *host != authority);
                organisations::find_by_acct(conn, handle, host)
            }
        })
        .await?;
    Ok(found
        .filter(|one| one.state == OrganisationState::Active)
        .ok_or_else(|| "This node knows no such organisation.".to_owned()))
}
