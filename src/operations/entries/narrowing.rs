//! An audience that becomes narrower: an entry never opens to more readers, and
//! what was for fewer takes its answers with it.

use chrono::TimeDelta;

use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::{Audience, Reader, Tier, Viewer},
        entry::Entry,
        id::{EntryId, OrganisationId},
    },
    operations::{Forum, announce::announce},
    storage::{self, Conn, activities, deliveries, entries},
};

use super::{making::unique, reach};

/// What an entry becomes whose author now addresses it so: narrower as asked,
/// never wider.
pub(super) fn narrower(before: &Audience, asked: Audience) -> Audience {
    match asked.is_within(before) {
        true => asked,
        false => before.clone(),
    }
}

/// The audience of an answer that says this of itself: never more than that of
/// what it answers, and no more than it says.
pub(super) fn inherited(
    conn: &mut Conn,
    parent: &entries::Known,
    replier: OrganisationId,
    says: &Audience,
) -> Result<Audience, storage::Error> {
    let above = match entries::audience_of(conn, parent.id)? {
        Some(Audience::Named(mut named)) => {
            named.extend([parent.author, replier]);
            Audience::Named(unique(named))
        }
        Some(other) => other,
        None => Audience::Named(Vec::new()),
    };
    Ok(narrower(&above, says.clone()))
}

/// What goes with an entry that was narrowed to this audience: texts that wait
/// to be sent as they were; likes, boosts and pins, which only what is public
/// has; and the wider audience of its answers.
pub(super) fn carry_out(
    conn: &mut Conn,
    forum: &Forum,
    before: &Entry,
    after: &Audience,
) -> Result<(), storage::Error> {
    if *after == before.audience {
        return Ok(());
    }
    activities::forget_documents(conn, before.id)?;
    if before.audience.is_public() {
        entries::withdraw_signs(conn, before.id)?;
    }
    for id in below(conn, before.id)? {
        let Some(audience) = entries::audience_of(conn, id)? else {
            continue;
        };
        if audience.is_within(after) {
            continue;
        }
        activities::forget_documents(conn, id)?;
        entries::withdraw_signs(conn, id)?;
        let narrowed = in_both(&audience, after);
        match ours(conn, id)? {
            Some(answer) => narrow_ours(conn, forum, answer, narrowed)?,
            None => entries::narrow(conn, id, &narrowed)?,
        }
    }
    Ok(())
}

fn in_both(audience: &Audience, after: &Audience) -> Audience {
    match (audience, after) {
        (Audience::Named(these), Audience::Named(those)) => {
            let both = these.iter().filter(|one| those.contains(one));
            Audience::Named(both.copied().collect())
        }
        (_, narrow) => narrow.clone(),
    }
}

/// The entry as its author sees it, if that is an organisation of this node.
fn ours(conn: &mut Conn, id: EntryId) -> Result<Option<Entry>, storage::Error> {
    let known = entries::known_id(conn, id)?;
    let Some(known) = known.filter(|known| known.local && known.deleted_at.is_none()) else {
        return Ok(None);
    };
    let itself = Viewer::Organisation(Reader {
        organisation: known.author,
        tier: Tier::Public,
    });
    entries::find(conn, &itself, id)
}

/// An answer of ours becomes narrower, and whoever was sent it is told: it is
/// a new version of it, younger than the one that they have.
fn narrow_ours(
    conn: &mut Conn,
    forum: &Forum,
    answer: Entry,
    narrowed: Audience,
) -> Result<(), storage::Error> {
    let before = answer.audience.clone();
    let now = forum
        .now()
        .max(answer.updated_at + TimeDelta::milliseconds(1));
    let answer = Entry {
        audience: narrowed,
        updated_at: now,
        edited_at: Some(now),
        ..answer
    };
    entries::update(conn, &answer)?;
    if reach::leaves_the_node(conn, forum, &answer)? {
        announce(
            conn,
            forum,
            &answer.author,
            ActivityKind::Update,
            Subject::Entry(answer.id),
            Recipients::Audience,
        )?;
    }
    withdraw(conn, forum, &answer, &before)
}

/// Tells those who were sent an entry of ours, and may not read it any more,
/// that it is gone. `entry` is as it is now, `before` whom it was for.
pub(super) fn withdraw(
    conn: &mut Conn,
    forum: &Forum,
    entry: &Entry,
    before: &Audience,
) -> Result<(), storage::Error> {
    if entry.audience == *before || deliveries::told(conn, entry.id)?.is_empty() {
        return Ok(());
    }
    let subject = Subject::Tombstone {
        entry: entry.id,
        uri: entry.uri.clone(),
    };
    announce(
        conn,
        forum,
        &entry.author,
        ActivityKind::Delete,
        subject,
        Recipients::NoLonger(before.kind()),
    )
    .map(drop)
}

/// The answers to an entry, and theirs.
fn below(conn: &mut Conn, id: EntryId) -> Result<Vec<EntryId>, storage::Error> {
    let mut found: Vec<EntryId> = Vec::new();
    let mut above = vec![id];
    while !above.is_empty() {
        let mut next = entries::answers_to(conn, &above)?;
        next.retain(|one| !found.contains(one));
        found.extend(&next);
        above = next;
    }
    Ok(found)
}
