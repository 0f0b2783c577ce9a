//! From what somebody wrote to the entry as it is stored, with every rule
//! checked on the way.

use std::collections::HashSet;

use super::EntryError;
use crate::{
    domain::{
        audience::{Audience, AudienceKind, may_publish_to},
        entry::{
            self, Content, Counts, Draft, Entry, FieldError, Kind, MAX_NAMED, MAX_TAGS, Thread,
        },
        id::{EntryId, OrganisationId},
        taxonomy::{self, Scheme},
        text,
    },
    operations::{Forum, people::Person},
    storage::{self, Conn, blocks, entries, organisations},
};

pub(super) fn make(
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
        None => chosen_audience(draft.audience, &draft.named, person, &mut errors),
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
pub(super) fn tidy(content: &mut Content, errors: &mut Vec<FieldError>) {
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

pub(super) fn chosen_audience(
    asked: Option<AudienceKind>,
    named: &[OrganisationId],
    person: &Person,
    errors: &mut Vec<FieldError>,
) -> Audience {
    let audience = asked.unwrap_or_default();
    if !may_publish_to(person.standing.tier, audience) {
        errors.push(FieldError::new(
            "audience",
            "Your organisation is not part of this audience. Choose one that it is part of, or \
             name the organisations that may read the entry (named).",
        ));
    }
    if audience == AudienceKind::Named && named.is_empty() {
        errors.push(FieldError::new(
            "named",
            "Name at least one organisation that may read the entry.",
        ));
    }
    if audience != AudienceKind::Named && !named.is_empty() {
        errors.push(FieldError::new(
            "named",
            "Organisations are named only with the audience named.",
        ));
    }
    match audience {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(unique(named.to_vec())),
    }
}

pub(super) fn known_organisations(
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

pub(super) fn check_parties(
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

pub(super) fn unique(ids: Vec<OrganisationId>) -> Vec<OrganisationId> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

/// Hashtags that lead to an entry: its kind, its codes by name, and those in
/// its text; lower case, without `#`.
pub(super) fn tags_of(content: &Content) -> Vec<String> {
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
        .filter(|word| word.chars().count() <= 100 && text::is_hashtag(word));
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
