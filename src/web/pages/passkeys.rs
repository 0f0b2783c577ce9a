//! A person's passkeys: adding them, and removing them.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{entry::FieldError, id::PasskeyId, passkey::Passkey},
    operations::people::{
        PeopleError,
        passkeys::{self, Added},
        second_factor,
    },
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::{Moment, sentence},
        visit::{SignedIn, Submission, Visit, go},
    },
};

use super::{
    second_factor::{CodesPage, first_codes},
    sign_in::count_try,
};

pub const PATH: &str = "/account/passkeys";

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    pub id: String,
    pub name: String,
    pub since: Moment,
    pub used: Option<Moment>,
}

impl From<Passkey> for PasskeyRow {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            since: Moment::day_of(passkey.created_at),
            used: passkey.used_at.map(Moment::minute_of),
        }
    }
}

#[derive(Template)]
#[template(path = "passkeys.html")]
pub struct PasskeysPage {
    pub layout: Layout,
    pub state: second_factor::State,
    pub rows: Vec<PasskeyRow>,
    /// Must the person type their password for what they ask here?
    pub must_prove: bool,
    pub may_add: bool,
    pub form: Form,
}

impl PasskeysPage {
    /// Nothing else is for the person before they have a second factor.
    fn is_due(&self) -> bool {
        self.state.is_required && !self.state.is_set()
    }
}

/// The browser makes the passkey.
#[derive(Template)]
#[template(path = "passkey_add.html")]
pub struct AddPage {
    pub layout: Layout,
    pub name: String,
    /// For the script.
    pub options: String,
}

/// Asks before one is removed.
#[derive(Template)]
#[template(path = "passkey_remove.html")]
pub struct RemovePage {
    pub layout: Layout,
    pub row: PasskeyRow,
    pub must_prove: bool,
    pub form: Form,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let page = page(&visit, Form::default()).await?;
    visit.show(&page)
}

async fn page(visit: &Visit, form: Form) -> Result<PasskeysPage, PageError> {
    let person = visit.somebody()?;
    let forum = &visit.app.forum;
    let mine = passkeys::mine(forum, &person.who, &person.token).await?;
    Ok(PasskeysPage {
        layout: visit.layout(),
        state: second_factor::state(forum, &person.who).await?,
        rows: mine.passkeys.into_iter().map(PasskeyRow::from).collect(),
        must_prove: mine.must_prove,
        may_add: mine.may_add,
        form,
    })
}

/// Who sent a form: each try to prove who they are is counted, by account and
/// address.
fn sender(submission: &Submission) -> Result<SignedIn, PageError> {
    let person = submission.visit.somebody()?.clone();
    let account = format!("passkeys of {}", person.who.user.id);
    count_try(submission, Some(account))?;
    Ok(person)
}

pub async fn add(submission: Submission) -> Result<Response, PageError> {
    let person = sender(&submission)?;
    let Submission { visit, fields, .. } = submission;
    let (name, password) = (fields.text("name").to_owned(), fields.raw("password"));
    let (forum, who) = (&visit.app.forum, &person.who);
    let begun = passkeys::begin(forum, who, &person.token, &name, password.to_owned()).await;
    match begun {
        Ok(options) => visit.show(&AddPage {
            layout: visit.layout(),
            name,
            options,
        }),
        Err(error) => refuse(&visit, fields, error).await,
    }
}

pub async fn finish(submission: Submission) -> Result<Response, PageError> {
    let person = sender(&submission)?;
    let Submission { visit, fields, .. } = submission;
    let (name, answer) = (fields.text("name"), fields.text("answer").to_owned());
    let (forum, who) = (&visit.app.forum, &person.who);
    match passkeys::finish(forum, who, &person.token, name, answer).await {
        Ok(Added::First { codes, token }) => first_codes(visit, &person, token, codes).await,
        Ok(Added::Another) => Ok(go(PATH, Notice::PasskeyAdded)),
        Err(error) => refuse(&visit, fields, error).await,
    }
}

pub async fn ask_remove(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let page = remove_page(&visit, &id, Form::default()).await?;
    visit.show(&page)
}

async fn remove_page(visit: &Visit, id: &str, form: Form) -> Result<RemovePage, PageError> {
    let page = page(visit, form).await?;
    let row = page.rows.into_iter().find(|row| row.id == id);
    Ok(RemovePage {
        layout: page.layout,
        row: row.ok_or(PageError::NotFound)?,
        must_prove: page.must_prove,
        form: page.form,
    })
}

pub async fn remove(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let person = sender(&submission)?;
    let Submission { visit, fields, .. } = submission;
    let passkey: PasskeyId = id.parse().map_err(|_| PageError::NotFound)?;
    let password = fields.raw("password").to_owned();
    let (forum, who) = (&visit.app.forum, &person.who);
    match passkeys::remove(forum, who, &person.token, passkey, password).await {
        Ok(()) => Ok(go(PATH, Notice::PasskeyRemoved)),
        Err(PeopleError::WrongPassword) => {
            let form = Form::refused(fields, faults(PeopleError::WrongPassword)?);
            let page = remove_page(&visit, &id, form).await?;
            visit.refuse(&page)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn renew_codes(submission: Submission) -> Result<Response, PageError> {
    let person = sender(&submission)?;
    let Submission { visit, fields, .. } = submission;
    let password = fields.raw("password").to_owned();
    let (forum, who) = (&visit.app.forum, &person.who);
    match passkeys::renew_codes(forum, who, &person.token, password).await {
        Ok(codes) => visit.show(&CodesPage {
            layout: visit.layout(),
            codes,
        }),
        Err(error) => refuse(&visit, fields, error).await,
    }
}

async fn refuse(visit: &Visit, fields: Fields, error: PeopleError) -> Result<Response, PageError> {
    let form = Form::refused(fields.without(&["answer"]), faults(error)?);
    let page = page(visit, form).await?;
    visit.refuse(&page)
}

/// What a person can mend themselves, as it stands on the page.
fn faults(error: PeopleError) -> Result<Vec<FieldError>, PageError> {
    let one = |field, words: &str| Ok(vec![FieldError::new(field, words)]);
    match error {
        PeopleError::Invalid(errors) => Ok(errors),
        PeopleError::WrongPassword => one("password", "This is not your password."),
        PeopleError::PasskeyRefused => one(
            "",
            "The passkey was not added: it took too long, or the device did not check that it is you. Begin again, or use another device.",
        ),
        PeopleError::PasskeyKnown => one(
            "",
            "This device holds a passkey for this node already. Use it, or add another device.",
        ),
        PeopleError::TooManyPasskeys => one("", &sentence(&error.to_string())),
        other => Err(other.into()),
    }
}
