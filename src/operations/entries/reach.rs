//! How far an entry that is not public goes: to accredited organisations of its
//! audience, on servers that may store it, and nowhere else (PROTOCOL.md 5.3).
//! What counts is how things stand at the moment of asking.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::{
    domain::{
        audience::{Audience, AudienceKind, Reader, Tier, Viewer, can_see, may_publish_to},
        entry::Entry,
        id::{EntryId, OrganisationId},
        organisation::{Category, Organisation, OrganisationState},
    },
    operations::{
        Forum,
        accreditations::{elsewhere, may_store, standing_of, storable_at, viewer_of},
    },
    storage::{self, Conn, blocks, deliveries, entries, hosts, organisations},
    urls,
};

/// The standing that takes part in an audience at all: named parties are
/// accredited, too.
fn needed(audience: AudienceKind) -> Tier {
    match audience {
        AudienceKind::Public => Tier::Public,
        AudienceKind::Members | AudienceKind::Named => Tier::Members,
        AudienceKind::Preferential => Tier::Preferential,
    }
}

/// Does an author's standing let what it writes for this audience leave its
/// node, and be believed by others?
fn speaks_to(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    audience: AudienceKind,
) -> Result<bool, storage::Error> {
    if audience == AudienceKind::Public {
        return Ok(true);
    }
    if forum.trust.stands_alone() {
        return Ok(false);
    }
    let tier = standing_of(conn, forum, author)?.tier;
    Ok(tier >= Tier::Members && may_publish_to(tier, audience))
}

/// Is this entry told to other servers? Public ones are; others from a node that
/// trusts anchors, as far as its author's standing allows.
///
/// # Errors
/// Storage only.
pub fn leaves_the_node(
    conn: &mut Conn,
    forum: &Forum,
    entry: &Entry,
) -> Result<bool, storage::Error> {
    let kind = entry.audience.kind();
    Ok(entry.is_local() && speaks_to(conn, forum, &entry.author, kind)?)
}

/// May this node keep what an organisation of another server wrote for this
/// audience? By the author's standing, and by this node's own membership.
///
/// # Errors
/// Storage only.
pub fn may_keep(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    audience: AudienceKind,
) -> Result<bool, storage::Error> {
    if audience == AudienceKind::Public {
        return Ok(true);
    }
    if !speaks_to(conn, forum, author, audience)? {
        return Ok(false);
    }
    Ok(may_store(conn, forum, &forum.urls.node_actor())? >= needed(audience))
}

/// May an organisation of another server have, in its own inbox, an entry of
/// this author for this audience? Never one that blocks the author.
fn may_have(
    conn: &mut Conn,
    forum: &Forum,
    author: OrganisationId,
    audience: &Audience,
    reader: &Organisation,
) -> Result<bool, storage::Error> {
    let inbox = &reader.endpoints.inbox;
    if reader.is_local() || forum.urls.is_ours(inbox) {
        return Ok(false);
    }
    let viewer = viewer_of(conn, forum, reader)?;
    match viewer {
        Viewer::Organisation(_) => {}
        // A server as a whole has no inbox for what is not public.
        Viewer::Anonymous | Viewer::Member(_) | Viewer::Node(_) => return Ok(false),
    }
    Ok(can_see(&viewer, author, audience)
        && storable_at(conn, forum, inbox)? >= needed(audience.kind())
        && hosts::federates_with(conn, inbox, false)?
        && !blocks::is_blocked(conn, reader.id, author)?)
}

/// The organisations of other servers that an author's entry for this audience
/// is sent to now.
///
/// # Errors
/// Storage only.
pub fn recipients(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    audience: &Audience,
) -> Result<Vec<Organisation>, storage::Error> {
    if !speaks_to(conn, forum, author, audience.kind())? {
        return Ok(Vec::new());
    }
    let candidates: Vec<Organisation> = match audience {
        // That is for followers, whoever they are.
        Audience::Public => Vec::new(),
        Audience::Members | Audience::Preferential => {
            let tier = needed(audience.kind());
            let members = elsewhere(conn, forum, tier)?.into_iter();
            members.map(|member| member.organisation).collect()
        }
        Audience::Named(named) => {
            let found = organisations::find_many(conn, named)?;
            let by_id: BTreeMap<_, _> = found.into_iter().collect();
            by_id.into_values().collect()
        }
    };
    let mut recipients = Vec::new();
    for one in candidates {
        if may_have(conn, forum, author.id, audience, &one)? {
            recipients.push(one);
        }
    }
    Ok(recipients)
}

/// May what tells of this entry be sent to this organisation, at this inbox,
/// now? Asked anew at every try.
///
/// # Errors
/// Storage only.
pub fn may_be_sent(
    conn: &mut Conn,
    forum: &Forum,
    entry: EntryId,
    recipient: OrganisationId,
    inbox: &Url,
) -> Result<bool, storage::Error> {
    let known = entries::known_id(conn, entry)?;
    let Some(known) = known.filter(|known| known.local && known.deleted_at.is_none()) else {
        return Ok(false);
    };
    let (Some(author), Some(reader), Some(audience)) = (
        organisations::find(conn, known.author)?,
        organisations::find(conn, recipient)?,
        entries::audience_of(conn, entry)?,
    ) else {
        return Ok(false);
    };
    // It may have moved to another server since this was queued.
    Ok(reader.endpoints.inbox == *inbox
        && speaks_to(conn, forum, &author, audience.kind())?
        && may_have(conn, forum, author.id, &audience, &reader)?)
}

/// The inboxes to which a Delete goes when an entry that was not public is
/// deleted: its audience, and all who were sent it, whatever became of their
/// accreditation. It carries only the address.
///
/// # Errors
/// Storage only.
pub fn told_of_deletion(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    entry: EntryId,
) -> Result<BTreeMap<Url, Option<OrganisationId>>, storage::Error> {
    let mut inboxes = BTreeMap::new();
    if let Some(audience) = entries::audience_of(conn, entry)? {
        for one in recipients(conn, forum, author, &audience)? {
            inboxes.insert(one.endpoints.inbox, Some(one.id));
        }
    }
    inboxes.extend(deliveries::told(conn, entry)?);
    Ok(inboxes)
}

/// The inboxes to which a Delete goes when an entry was narrowed: those that
/// were sent it, on servers where nobody may read it any more. Where somebody
/// still may, the Update narrows the copy of the whole server.
///
/// # Errors
/// Storage only.
pub fn told_of_removal(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    entry: EntryId,
) -> Result<BTreeMap<Url, Option<OrganisationId>>, storage::Error> {
    let Some(audience) = entries::audience_of(conn, entry)? else {
        return Ok(BTreeMap::new());
    };
    let remaining: BTreeSet<String> = recipients(conn, forum, author, &audience)?
        .iter()
        .map(|one| urls::authority(&one.endpoints.inbox))
        .collect();
    let told = deliveries::told(conn, entry)?.into_iter();
    Ok(told
        .filter(|(inbox, _)| !remaining.contains(&urls::authority(inbox)))
        .collect())
}

/// Who would see an entry, in numbers: for its author, before it is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Everybody: then nothing can be counted.
    pub everybody: bool,
    /// Organisations of each category, the author's own left out, as they are
    /// accredited now.
    pub categories: Vec<(Category, usize)>,
    pub organisations: usize,
    /// Servers on which they read it.
    pub nodes: usize,
    /// Organisations named that will not see it: they are not accredited, or
    /// their servers may not store it.
    pub unreached: Vec<Organisation>,
}

/// Who would see what this organisation of ours publishes to this audience now.
///
/// # Errors
/// Storage only.
pub fn reach(
    conn: &mut Conn,
    forum: &Forum,
    author: &Organisation,
    audience: &Audience,
) -> Result<Reach, storage::Error> {
    if audience.is_public() {
        return Ok(Reach {
            everybody: true,
            ..Reach::default()
        });
    }
    let mut readers = recipients(conn, forum, author, audience)?;
    for one in organisations::all_local(conn)? {
        let tier = standing_of(conn, forum, &one)?.tier;
        let viewer = Viewer::Organisation(Reader {
            organisation: one.id,
            tier,
        });
        let is_active = one.state == OrganisationState::Active;
        if is_active && one.id != author.id && can_see(&viewer, author.id, audience) {
            readers.push(one);
        }
    }
    let mut by_category: BTreeMap<&'static str, (Category, usize)> = BTreeMap::new();
    let mut nodes: BTreeSet<String> = BTreeSet::new();
    for one in &readers {
        nodes.insert(urls::authority(&one.uri));
        if let Some(category) = standing_of(conn, forum, one)?.category {
            by_category
                .entry(category.as_str())
                .or_insert((category, 0))
                .1 += 1;
        }
    }
    let mut unreached = Vec::new();
    for (id, one) in organisations::find_many(conn, audience.named())? {
        if id != author.id && readers.iter().all(|reader| reader.id != id) {
            unreached.push(one);
        }
    }
    unreached.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Reach {
        everybody: false,
        categories: by_category.into_values().collect(),
        organisations: readers.len(),
        nodes: nodes.len(),
        unreached,
    })
}
