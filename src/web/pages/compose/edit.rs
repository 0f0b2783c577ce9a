//! Editing and deleting an entry of one's own organisation.

use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        entry::{self, Entry},
        text,
    },
    operations::entries::{self, Edit, EntryError},
    urls,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::Notice,
        pages::entry::find,
        views::{choices, entry::EntryView},
        visit::{Submission, Visit, go},
    },
};

use super::{ConfirmPage, Sheet, fields, parties, read};

/// The entry, if it is the person's to change.
async fn own(visit: &Visit, id: &str) -> Result<Entry, PageError> {
    let organisation = visit.writer()?.who.organisation.id;
    let entry = find(visit, id).await?.entry;
    if entry.author.id == organisation {
        Ok(entry)
    } else {
        Err(PageError::Forbidden)
    }
}

fn sheet(entry: &Entry) -> Sheet {
    let audience = choices::audience(entry.audience.kind());
    Sheet {
        kind: entry.content.kind,
        action: format!("{}/edit", urls::entry_path(entry.id)),
        editing: true,
        fixed_audience: Some(format!(
            "The audience of a published entry stays as it is: {}. For another one, delete the entry and publish it anew.",
            audience.name
        )),
    }
}

pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let entry = own(&visit, &id).await?;
    let person = visit.writer()?;
    let ids = entry.partners.clone();
    let partners = visit
        .app
        .forum
        .db
        .read(move |conn| parties::handles(conn, &ids))
        .await?;
    let form = Form::new(fields::of_entry(&entry, &partners));
    visit.show(&sheet(&entry).page(&visit, person, form, None))
}

/// Previews or saves the changes.
pub async fn send(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let entry = own(&visit, &id).await?;
    let person = visit.writer()?;
    let fields = with_audience_of(&entry, fields);
    let written = read(&visit, &fields, entry.content.kind).await?;
    let mut errors = written.errors.clone();
    errors.extend(entry::check(&written.read.content));
    let edit = Edit {
        content: written.read.content.clone(),
        partners: written.draft().partners,
    };
    if errors.is_empty() {
        if fields.text("do") != "publish" {
            let entry = as_changed(entry, edit);
            let view = EntryView::new(&entry, &written.partners, &[]);
            let page = sheet(&entry).page(&visit, person, Form::new(fields), Some(view));
            return visit.show(&page);
        }
        match entries::edit(&visit.app.forum, &person.who, entry.id, edit).await {
            Ok(changed) => return Ok(go(&urls::entry_path(changed.id), Notice::Saved)),
            Err(EntryError::Invalid(refused)) => errors = refused,
            Err(error) => return Err(error.into()),
        }
    }
    let form = Form::refused(fields, fields::rename(errors));
    visit.refuse(&sheet(&entry).page(&visit, person, form, None))
}

/// The audience is the entry's, whatever a form says.
fn with_audience_of(entry: &Entry, fields: Fields) -> Fields {
    fields
        .without(&["audience", "named", "public_confirmed"])
        .with("audience", entry.audience.kind().as_str())
        .with("public_confirmed", "yes")
}

/// What the page would show after the edit.
fn as_changed(before: Entry, edit: Edit) -> Entry {
    Entry {
        html: text::render_markdown(&edit.content.body),
        content: edit.content,
        partners: edit.partners,
        ..before
    }
}

pub async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let entry = own(&visit, &id).await?;
    let path = urls::entry_path(entry.id);
    visit.show(&ConfirmPage {
        layout: visit.layout(),
        heading: "Delete this entry?",
        subject: EntryView::new(&entry, &[], &[]).card.title,
        consequence: "It cannot be brought back. Servers that have a copy are told to delete it too; whether they do cannot be said with certainty.",
        action: format!("{path}/delete"),
        label: "Delete the entry",
        back: path,
    })
}

pub async fn delete(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let entry = own(&visit, &id).await?;
    let person = visit.writer()?;
    entries::delete(&visit.app.forum, &person.who, entry.id).await?;
    Ok(go("/timeline", Notice::EntryDeleted))
}
