//! Editing and deleting an entry of one's own organisation.

use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        audience::{Audience, AudienceKind},
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

use super::{ComposePage, ConfirmPage, Sheet, fields, parties, reach, read};

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
        fixed_audience: is_reply(entry).then(|| {
            format!(
                "A reply keeps the audience of what it replies to: {}.",
                audience.name
            )
        }),
    }
}

fn is_reply(entry: &Entry) -> bool {
    entry.thread.in_reply_to_uri.is_some()
}

/// A published entry may be taken from some of its readers, never opened to
/// more: only what is within its audience is offered.
fn offer_narrower(entry: &Entry, mut page: ComposePage) -> ComposePage {
    page.audiences.retain(|one| {
        one.choice.kind == entry.audience.kind()
            || match one.choice.kind {
                AudienceKind::Members => Audience::Members.is_within(&entry.audience),
                AudienceKind::Preferential => Audience::Preferential.is_within(&entry.audience),
                // Whoever may be named within it, the operation says.
                AudienceKind::Named => Audience::Named(Vec::new()).is_within(&entry.audience),
                AudienceKind::Public => false,
            }
    });
    page
}

pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let entry = own(&visit, &id).await?;
    let person = visit.writer()?;
    let (partners, named) = (entry.partners.clone(), entry.audience.named().to_vec());
    let read = visit
        .app
        .forum
        .db
        .read(move |conn| -> Result<_, PageError> {
            Ok((
                parties::handles(conn, &partners)?,
                parties::handles(conn, &named)?,
            ))
        });
    let (partners, named) = read.await?;
    let fields = fields::of_entry(&entry, &partners).with("named", named.join("\n"));
    let form = Form::new(fields);
    let page = sheet(&entry).page(&visit, person, form, None).await?;
    visit.show(&offer_narrower(&entry, page))
}

/// Previews or saves the changes.
pub async fn send(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let entry = own(&visit, &id).await?;
    let person = visit.writer()?;
    let fields = match is_reply(&entry) {
        true => with_audience_of(&entry, fields),
        false => still_public(&entry, fields),
    };
    let written = read(&visit, &fields, entry.content.kind).await?;
    let mut errors = written.errors.clone();
    errors.extend(entry::check(&written.read.content));
    let edit = Edit {
        content: written.read.content.clone(),
        partners: written.draft().partners,
        audience: (!is_reply(&entry)).then(|| written.audience()),
    };
    if errors.is_empty() {
        if fields.text("do") != "publish" {
            let changed = as_changed(entry.clone(), edit);
            let view = EntryView::new(&changed, &written.partners, &written.named);
            let form = Form::new(fields);
            let page = sheet(&entry).page(&visit, person, form, Some(view)).await?;
            let mut page = offer_narrower(&entry, page);
            page.reach = Some(reach(&visit, &changed).await?);
            return visit.show(&page);
        }
        match entries::edit(&visit.app.forum, &person.who, entry.id, edit).await {
            Ok(changed) => return Ok(go(&urls::entry_path(changed.id), Notice::Saved)),
            Err(EntryError::Invalid(refused)) => errors = refused,
            Err(error) => return Err(error.into()),
        }
    }
    let form = Form::refused(fields, fields::rename(errors));
    let page = sheet(&entry).page(&visit, person, form, None).await?;
    visit.refuse(&offer_narrower(&entry, page))
}

/// The audience is the entry's, whatever a form says.
fn with_audience_of(entry: &Entry, fields: Fields) -> Fields {
    fields
        .without(&["audience", "named", "public_confirmed"])
        .with("audience", entry.audience.kind().as_str())
        .with("public_confirmed", "yes")
}

/// What is public was made so deliberately, once.
fn still_public(entry: &Entry, fields: Fields) -> Fields {
    match entry.audience.is_public() {
        true => fields
            .without(&["public_confirmed"])
            .with("public_confirmed", "yes"),
        false => fields,
    }
}

/// What the page would show after the edit.
fn as_changed(before: Entry, edit: Edit) -> Entry {
    Entry {
        html: text::render_markdown(&edit.content.body),
        content: edit.content,
        partners: edit.partners,
        audience: edit.audience.unwrap_or_else(|| before.audience.clone()),
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
