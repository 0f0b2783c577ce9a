//! Publishing, editing and deleting entries, ours and received.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use url::Url;

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::{Audience, AudienceKind, Viewer, may_publish_to},
        entry::{
            self, Content, Counts, Draft, Entry, FieldError, Kind, MAX_NAMED, MAX_TAGS, Thread,
        },
        id::{EntryId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        taxonomy::{self, Scheme},
        text,
    },
    storage::{self, Conn, activities, blocks, entries, organisations, tombstones},
};

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

fn make(
    conn: &mut Conn,
    forum: &Forum,
    person: &Person,
    mut draft: Draft,
) -> Result<Entry, EntryError> {
    if !person.user.role.may_write() {
        return Err(EntryError::NotAllowed);
    }
    let mut errors = Vec::new();
    tidy(&mut draft.content, &mut errors);
    let parent = find_parent(conn, person, draft.in_reply_to)?;
    let audience = match &parent {
        // A reply carries its root's audience; nobody can widen it.
        Some(parent) => {
            if draft
                .audience
                .is_some_and(|asked| asked != parent.audience.kind())
            {
                errors.push(FieldError::new(
                    "audience",
                    format!(
                        "A reply has the audience of what it replies to: {}.",
                        parent.audience.kind()
                    ),
                ));
            }
            reply_audience(parent, person.organisation.id)
        }
        None => chosen_audience(&draft, person, &mut errors),
    };
    let known = known_organisations(conn, &draft.named, &draft.partners)?;
    check_parties("named", &draft.named, &known, &mut errors);
    check_parties("partners", &draft.partners, &known, &mut errors);
    if !errors.is_empty() {
        return Err(EntryError::Invalid(errors));
    }
    let now = forum.now();
    let id = EntryId(forum.ids.next(now));
    let html = text::render_markdown(&draft.content.body);
    Ok(Entry {
        id,
        uri: forum.urls.entry(id),
        url: forum.urls.entry(id),
        author: person.organisation.clone(),
        tags: tags_of(&draft.content),
        content: draft.content,
        html,
        warning: String::new(),
        audience,
        partners: unique(draft.partners),
        thread: Thread {
            root: parent.as_ref().map_or(id, |parent| parent.thread.root),
            in_reply_to: parent.as_ref().map(|parent| parent.id),
            in_reply_to_uri: parent.map(|parent| parent.uri),
        },
        counts: Counts::default(),
        created_at: now,
        updated_at: now,
        edited_at: None,
    })
}

/// Trims texts, drops repeated codes, spells the language canonically, and
/// collects every fault.
fn tidy(content: &mut Content, errors: &mut Vec<FieldError>) {
    content.title = content.title.trim().to_owned();
    content.body = content.body.replace("\r\n", "\n").trim_end().to_owned();
    if let Ok(language) = taxonomy::check_language(&content.language) {
        content.language = language;
    }
    for scheme in Scheme::ALL {
        let list = content.codes.list_mut(scheme);
        let mut seen = HashSet::new();
        list.retain(|code| seen.insert(code.clone()));
    }
    errors.extend(entry::check(content));
}

fn find_parent(
    conn: &mut Conn,
    person: &Person,
    id: Option<EntryId>,
) -> Result<Option<Entry>, EntryError> {
    let Some(id) = id else {
        return Ok(None);
    };
    let Some(parent) = entries::find(conn, &person.viewer(), id)? else {
        return Err(EntryError::invalid(
            "in_reply_to",
            "There is no such entry to reply to.",
        ));
    };
    let author = &parent.author;
    if author.is_local() && blocks::is_blocked(conn, author.id, person.organisation.id)? {
        return Err(EntryError::invalid(
            "in_reply_to",
            "Its author takes no replies of your organisation.",
        ));
    }
    Ok(Some(parent))
}

/// The parent's audience; among named parties the replier and the parent's
/// author are always part of it.
fn reply_audience(parent: &Entry, replier: OrganisationId) -> Audience {
    match &parent.audience {
        Audience::Named(named) => {
            let mut named = named.clone();
            named.push(parent.author.id);
            named.push(replier);
            Audience::Named(unique(named))
        }
        Audience::Public => Audience::Public,
        Audience::Members => Audience::Members,
        Audience::Preferential => Audience::Preferential,
    }
}

fn chosen_audience(draft: &Draft, person: &Person, errors: &mut Vec<FieldError>) -> Audience {
    let audience = draft.audience.unwrap_or_default();
    if !may_publish_to(person.organisation.category, audience) {
        errors.push(FieldError::new(
            "audience",
            "Your organisation is not part of this audience. Choose one that it is part of, or \
             name the organisations that may read the entry (named).",
        ));
    }
    if audience == AudienceKind::Named && draft.named.is_empty() {
        errors.push(FieldError::new(
            "named",
            "Name at least one organisation that may read the entry.",
        ));
    }
    if audience != AudienceKind::Named && !draft.named.is_empty() {
        errors.push(FieldError::new(
            "named",
            "Organisations are named only with the audience named.",
        ));
    }
    match audience {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(unique(draft.named.clone())),
    }
}

fn known_organisations(
    conn: &mut Conn,
    named: &[OrganisationId],
    partners: &[OrganisationId],
) -> Result<HashSet<OrganisationId>, storage::Error> {
    let ids: Vec<OrganisationId> = named.iter().chain(partners).copied().collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(organisations::find_many(conn, &ids)?.into_keys().collect())
}

fn check_parties(
    field: &'static str,
    ids: &[OrganisationId],
    known: &HashSet<OrganisationId>,
    errors: &mut Vec<FieldError>,
) {
    if ids.len() > MAX_NAMED {
        errors.push(FieldError::new(
            field,
            format!("At most {MAX_NAMED} organisations fit here."),
        ));
    }
    for id in ids.iter().filter(|id| !known.contains(id)) {
        errors.push(FieldError::new(
            field,
            format!("There is no organisation with the id {id}."),
        ));
    }
}

fn unique(ids: Vec<OrganisationId>) -> Vec<OrganisationId> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

/// Hashtags that lead to an entry: its kind, its codes by name, and those in
/// its text; lower case, without `#`.
fn tags_of(content: &Content) -> Vec<String> {
    let kind = match content.kind {
        Kind::Request => Some("TechnicalAssistance"),
        Kind::Project => Some("Project"),
        Kind::Offer => Some("AssistanceOffer"),
        Kind::Note => None,
    };
    let schemes = [
        Scheme::Pillar,
        Scheme::Exploitation,
        Scheme::Country,
        Scheme::Region,
    ];
    let coded = content
        .codes
        .lists()
        .into_iter()
        .filter(|(scheme, _)| schemes.contains(scheme))
        .flat_map(|(scheme, codes)| codes.iter().map(move |code| (scheme, code)))
        .filter(|(_, code)| !matches!(code.as_str(), "all" | "not-specified" | "mixed" | "001"))
        .filter_map(|(scheme, code)| taxonomy::name(scheme, code))
        .map(text::hashtag);
    let written = content
        .body
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .filter_map(|word| word.strip_prefix('#'))
        .map(|word| word.trim_end_matches(['.', ':', '!', '?']).to_owned())
        .filter(|word| {
            word.chars().count() <= 100
                && word.chars().all(|c| c.is_alphanumeric() || c == '_')
                && word.chars().any(char::is_alphabetic)
        });
    let mut seen = HashSet::new();
    kind.map(str::to_owned)
        .into_iter()
        .chain(coded)
        .chain(written)
        .map(|tag| tag.to_lowercase())
        .filter(|tag| !tag.is_empty() && seen.insert(tag.clone()))
        .take(MAX_TAGS)
        .collect()
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

/// A public entry of another server, read and checked by `federation`.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub uri: Url,
    pub url: Url,
    pub author: Organisation,
    pub content: Content,
    /// Sanitised.
    pub html: String,
    pub warning: String,
    pub tags: Vec<String>,
    pub in_reply_to: Option<Url>,
    /// As its server says; never in our future once stored.
    pub published: DateTime<Utc>,
    pub updated: Option<DateTime<Utc>>,
}

/// What became of something that another server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    Stored(EntryId),
    /// Nothing to do: known, older than ours, deleted before, or of no
    /// concern to anybody here.
    Ignored,
}

/// Stores a public entry of another server. Unless it was `asked` for (by a
/// look-up, or addressed to somebody here), it must come from an organisation
/// that is followed here or answer an entry that is known here.
///
/// # Errors
/// Storage only.
pub fn accept_remote(
    conn: &mut Conn,
    forum: &Forum,
    arrived: Arrived,
    asked: bool,
) -> Result<Reception, storage::Error> {
    if entries::known(conn, &arrived.uri)?.is_some()
        || tombstones::is_buried(conn, &arrived.uri, &arrived.author.uri)?
    {
        return Ok(Reception::Ignored);
    }
    let parent = match &arrived.in_reply_to {
        Some(uri) => entries::known(conn, uri)?,
        None => None,
    };
    // Nobody outside has read what is not public, so nobody can answer it.
    if parent
        .as_ref()
        .is_some_and(|parent| !parent.public || parent.deleted_at.is_some())
    {
        return Ok(Reception::Ignored);
    }
    // What answers somebody who is hidden here answers nobody who is known.
    let parent = match parent {
        Some(parent) if takes_part(conn, parent.author)? => Some(parent),
        Some(_) | None => None,
    };
    if let Some(parent) = &parent
        && blocks::is_blocked(conn, parent.author, arrived.author.id)?
    {
        return Ok(Reception::Ignored);
    }
    let wanted = asked
        || parent.is_some()
        || crate::storage::follows::is_followed_here(conn, arrived.author.id)?;
    if !wanted {
        return Ok(Reception::Ignored);
    }
    let now = forum.now();
    let created_at = arrived.published.min(now);
    let id = EntryId(forum.ids.at(created_at));
    let thread = Thread {
        root: parent.as_ref().map_or(id, |parent| parent.root),
        in_reply_to: parent.map(|parent| parent.id),
        in_reply_to_uri: arrived.in_reply_to.clone(),
    };
    let edited_at = arrived
        .updated
        .filter(|updated| *updated > arrived.published);
    let entry = arrived.into_entry(id, thread, created_at, edited_at);
    entries::insert(conn, &entry)?;
    entries::adopt_replies(conn, &entry)?;
    Ok(Reception::Stored(id))
}

fn takes_part(conn: &mut Conn, id: OrganisationId) -> Result<bool, storage::Error> {
    let found = organisations::find(conn, id)?;
    Ok(found.is_some_and(|one| one.state == OrganisationState::Active))
}

impl Arrived {
    fn into_entry(
        self,
        id: EntryId,
        thread: Thread,
        created_at: DateTime<Utc>,
        edited_at: Option<DateTime<Utc>>,
    ) -> Entry {
        Entry {
            id,
            uri: self.uri,
            url: self.url,
            author: self.author,
            content: self.content,
            html: self.html,
            warning: self.warning,
            tags: self.tags,
            audience: Audience::Public,
            partners: Vec::new(),
            thread,
            counts: Counts::default(),
            created_at,
            updated_at: edited_at.unwrap_or(created_at),
            edited_at,
        }
    }
}

/// Takes over a newer version of an entry that its owner sent. One that was
/// not known is accepted as new, so that Update may overtake Create.
///
/// # Errors
/// Storage only.
pub fn update_remote(
    conn: &mut Conn,
    forum: &Forum,
    arrived: Arrived,
    asked: bool,
) -> Result<Reception, storage::Error> {
    let Some(known) = entries::known(conn, &arrived.uri)? else {
        return accept_remote(conn, forum, arrived, asked);
    };
    let is_owner = known.author == arrived.author.id && !known.local;
    let updated = arrived
        .updated
        .unwrap_or(arrived.published)
        .min(forum.now());
    if !is_owner || known.deleted_at.is_some() || updated <= known.updated_at {
        return Ok(Reception::Ignored);
    }
    let Some(before) = entries::find(conn, &Viewer::Anonymous, known.id)? else {
        return Ok(Reception::Ignored);
    };
    let entry = arrived.into_entry(known.id, before.thread, before.created_at, Some(updated));
    entries::update(conn, &entry)?;
    Ok(Reception::Stored(known.id))
}

/// Takes over the counts of a poll of the version that is stored here. That is
/// no edit.
///
/// # Errors
/// Storage only.
pub fn renew_poll(conn: &mut Conn, arrived: &Arrived) -> Result<(), storage::Error> {
    let Some(known) = entries::known(conn, &arrived.uri)? else {
        return Ok(());
    };
    let is_owner = known.author == arrived.author.id && !known.local;
    let version = arrived.updated.unwrap_or(arrived.published);
    if !is_owner || known.deleted_at.is_some() || version < known.updated_at {
        return Ok(());
    }
    match entries::find(conn, &Viewer::Anonymous, known.id)? {
        Some(mut poll) => {
            poll.html.clone_from(&arrived.html);
            entries::update(conn, &poll)
        }
        None => Ok(()),
    }
}

/// Deletes an entry that its owner, or its owner's server, deleted.
///
/// # Errors
/// Storage only.
pub fn delete_remote(
    conn: &mut Conn,
    forum: &Forum,
    uri: &Url,
    owner: &Organisation,
) -> Result<Reception, storage::Error> {
    let now = forum.now();
    match entries::known(conn, uri)? {
        Some(known) if known.author == owner.id && !known.local => {
            entries::bury(conn, known.id, now)?;
            Ok(Reception::Stored(known.id))
        }
        Some(_) => Ok(Reception::Ignored),
        None => {
            tombstones::put(conn, uri, &owner.uri, now)?;
            Ok(Reception::Ignored)
        }
    }
}
