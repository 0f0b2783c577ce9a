//! Publishing, editing and deleting entries, ours and received.

mod making;
mod received;

pub use received::{
    Arrived, Occasion, Reception, accept_remote, delete_remote, renew_poll, update_remote,
};

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        entry::{Content, Draft, Entry, FieldError},
        id::{EntryId, OrganisationId},
        text,
    },
    storage::{self, Conn, activities, entries},
};
use making::{check_parties, known_organisations, make, tags_of, tidy, unique};

/// Why an entry was not published, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("your role does not allow writing entries: ask your focal point")]
    NotAllowed,
    /// Not there, or not the person's to change: the same to them.
    #[error("there is no such entry")]
    NotFound,
    #[error("the entry has fields to mend")]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl EntryError {
    fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}

/// Checks everything about a draft that [`publish`] would refuse, and makes
/// the entry as it would be, without storing it: the preview.
///
/// # Errors
/// As [`publish`].
pub async fn preview(forum: &Forum, person: &Person, draft: Draft) -> Result<Entry, EntryError> {
    let (forum_in, person) = (forum.clone(), person.clone());
    forum
        .db
        .read(move |conn| make(conn, &forum_in, &person, draft))
        .await
}

/// Publishes an entry of the person's organisation.
///
/// # Errors
/// [`EntryError::NotAllowed`] for readers, [`EntryError::Invalid`] with every
/// field to mend.
pub async fn publish(forum: &Forum, person: &Person, draft: Draft) -> Result<Entry, EntryError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = make(conn, forum, &person, draft)?;
            entries::insert(conn, &entry)?;
            if entry.leaves_the_node() {
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Create,
                    Subject::Entry(entry.id),
                    Recipients::Followers,
                )?;
            }
            Ok(entry)
        })
        .await
}

/// What an edit changes. Audience and place in a conversation never change:
/// a wider audience needs a new entry (PROTOCOL.md 5.3).
#[derive(Debug, Clone)]
pub struct Edit {
    pub content: Content,
    pub partners: Vec<OrganisationId>,
}

/// The entry, if it is the person's organisation's own and the role allows
/// writing.
fn own(conn: &mut Conn, person: &Person, id: EntryId) -> Result<Entry, EntryError> {
    let entry = entries::find(conn, &person.viewer(), id)?.ok_or(EntryError::NotFound)?;
    if entry.author.id != person.organisation.id || !person.user.role.may_write() {
        return Err(EntryError::NotAllowed);
    }
    Ok(entry)
}

/// Changes an entry of the person's organisation.
///
/// # Errors
/// [`EntryError::NotFound`] when the person may not see it,
/// [`EntryError::NotAllowed`] when it is not theirs to change.
pub async fn edit(
    forum: &Forum,
    person: &Person,
    id: EntryId,
    edit: Edit,
) -> Result<Entry, EntryError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let before = own(conn, &person, id)?;
            let entry = changed(conn, forum, &before, edit)?;
            entries::update(conn, &entry)?;
            if entry.leaves_the_node() {
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Update,
                    Subject::Entry(id),
                    Recipients::Everybody,
                )?;
            }
            Ok(entry)
        })
        .await
}

fn changed(
    conn: &mut Conn,
    forum: &Forum,
    before: &Entry,
    edit: Edit,
) -> Result<Entry, EntryError> {
    let mut errors = Vec::new();
    let mut content = edit.content;
    tidy(&mut content, &mut errors);
    if content.kind != before.content.kind {
        errors.push(FieldError::new(
            "kind",
            "The kind of a published entry cannot be changed: publish a new entry.",
        ));
    }
    let known = known_organisations(conn, &[], &edit.partners)?;
    check_parties("partners", &edit.partners, &known, &mut errors);
    if !errors.is_empty() {
        return Err(EntryError::Invalid(errors));
    }
    // Never earlier than before, so that other servers take it as newer.
    let now = forum
        .now()
        .max(before.updated_at + chrono::TimeDelta::milliseconds(1));
    Ok(Entry {
        html: text::render_markdown(&content.body),
        tags: tags_of(&content),
        content,
        partners: unique(edit.partners),
        updated_at: now,
        edited_at: Some(now),
        ..before.clone()
    })
}

/// Deletes an entry of the person's organisation: it becomes a tombstone.
///
/// # Errors
/// As [`edit`].
pub async fn delete(forum: &Forum, person: &Person, id: EntryId) -> Result<(), EntryError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let entry = own(conn, &person, id)?;
            entries::bury(conn, id, forum.now())?;
            activities::forget_documents(conn, id)?;
            if entry.leaves_the_node() {
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Delete,
                    Subject::Tombstone {
                        entry: id,
                        uri: entry.uri,
                    },
                    Recipients::Everybody,
                )?;
            }
            Ok(())
        })
        .await
}
