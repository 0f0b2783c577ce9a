//! Publishing, editing and deleting entries, ours and received.

mod making;
mod narrowing;
pub mod reach;
mod received;
mod revised;

pub use received::{Arrived, Occasion, Reception, accept_all, accept_remote};
pub use revised::{close_remote, delete_remote, renew_poll, update_remote};

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::{Audience, AudienceKind, may_publish_to},
        entry::{Content, Draft, Entry, FieldError},
        id::{EntryId, OrganisationId},
        text,
    },
    storage::{self, Conn, activities, deliveries, entries},
};
use making::{check_parties, chosen_audience, known_organisations, make, tags_of, tidy, unique};
use narrowing::{carry_out, withdraw};
use reach::Reach;

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
            if reach::leaves_the_node(conn, forum, &entry)? {
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Create,
                    Subject::Entry(entry.id),
                    or_its_audience(&entry, Recipients::Followers),
                )?;
            }
            Ok(entry)
        })
        .await
}

/// Who would see what the person's organisation published for this audience
/// now, in numbers: shown before it is published.
///
/// # Errors
/// As [`publish`], as far as the audience goes.
pub async fn reach_of(
    forum: &Forum,
    person: &Person,
    kind: AudienceKind,
    named: Vec<OrganisationId>,
) -> Result<Reach, EntryError> {
    let mut errors = Vec::new();
    let audience = chosen_audience(Some(kind), &named, person, &mut errors);
    if !errors.is_empty() {
        return Err(EntryError::Invalid(errors));
    }
    let (forum_in, author) = (forum.clone(), person.organisation.clone());
    let read = forum
        .db
        .read(move |conn| reach::reach(conn, &forum_in, &author, &audience));
    Ok(read.await?)
}

/// What is public goes to these; anything else to its own audience only.
fn or_its_audience(entry: &Entry, public: Recipients) -> Recipients {
    match entry.audience.is_public() {
        true => public,
        false => Recipients::Audience,
    }
}

/// What an edit changes. The place in a conversation never changes, and the
/// audience only to a narrower one: a wider one needs a new entry (PROTOCOL.md
/// 5.3).
#[derive(Debug, Clone)]
pub struct Edit {
    pub content: Content,
    pub partners: Vec<OrganisationId>,
    /// `None`: as it is.
    pub audience: Option<Audience>,
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
            let entry = changed(conn, forum, &person, &before, edit)?;
            entries::update(conn, &entry)?;
            carry_out(conn, forum, &before, &entry.audience)?;
            if reach::leaves_the_node(conn, forum, &entry)? {
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Update,
                    Subject::Entry(id),
                    or_its_audience(&entry, Recipients::Everybody),
                )?;
            }
            withdraw(conn, forum, &entry, &before.audience)?;
            Ok(entry)
        })
        .await
}

fn changed(
    conn: &mut Conn,
    forum: &Forum,
    person: &Person,
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
    let audience = match edit.audience {
        None => before.audience.clone(),
        Some(Audience::Named(named)) => {
            let mut named = unique(named);
            named.sort_unstable();
            Audience::Named(named)
        }
        Some(other) => other,
    };
    check_narrowing(person, before, &audience, &mut errors);
    let known = known_organisations(conn, audience.named(), &edit.partners)?;
    check_parties("named", audience.named(), &known, &mut errors);
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
        audience,
        updated_at: now,
        edited_at: Some(now),
        ..before.clone()
    })
}

/// An entry may be taken from some of its readers, and never be opened to more.
fn check_narrowing(
    person: &Person,
    before: &Entry,
    wanted: &Audience,
    errors: &mut Vec<FieldError>,
) {
    if *wanted == before.audience {
        return;
    }
    let field = match wanted.kind() == before.audience.kind() {
        true => "named",
        false => "audience",
    };
    if before.thread.in_reply_to_uri.is_some() {
        errors.push(FieldError::new(
            field,
            "A reply keeps the audience of what it replies to.",
        ));
    } else if !wanted.is_within(&before.audience) {
        errors.push(FieldError::new(
            field,
            "A published entry cannot be opened to more readers: publish a new entry for them. \
             It can be narrowed, to an audience within the present one.",
        ));
    } else if !may_publish_to(person.standing.tier, wanted.kind()) {
        errors.push(FieldError::new(
            field,
            "Your organisation is not part of this audience. Choose one that it is part of, or \
             name the organisations that may read the entry (named).",
        ));
    } else if wanted.kind() == AudienceKind::Named && wanted.named().is_empty() {
        errors.push(FieldError::new(
            "named",
            "Name at least one organisation that may read the entry.",
        ));
    }
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
            // Whatever became of its author's standing: only its address is told.
            let was_told = !deliveries::told(conn, id)?.is_empty();
            if was_told || reach::leaves_the_node(conn, forum, &entry)? {
                let recipients = or_its_audience(&entry, Recipients::Everybody);
                announce(
                    conn,
                    forum,
                    &person.organisation,
                    ActivityKind::Delete,
                    Subject::Tombstone {
                        entry: id,
                        uri: entry.uri,
                    },
                    recipients,
                )?;
            }
            Ok(())
        })
        .await
}
