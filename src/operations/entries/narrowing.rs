//! An audience that becomes narrower: an entry never opens to more readers, and
//! what was for fewer takes its answers with it.

use crate::{
    domain::{
        audience::Audience,
        entry::Entry,
        id::{EntryId, OrganisationId},
    },
    storage::{self, Conn, activities, entries},
};

use super::making::unique;

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

/// What goes with an entry that was narrowed: texts that wait to be sent as they
/// were; likes, boosts and pins, which only what is public has; and the wider
/// audience of its answers.
pub(super) fn carry_out(
    conn: &mut Conn,
    before: &Entry,
    after: &Entry,
) -> Result<(), storage::Error> {
    if after.audience == before.audience {
        return Ok(());
    }
    activities::forget_documents(conn, after.id)?;
    if before.audience.is_public() {
        entries::withdraw_signs(conn, after.id)?;
    }
    for id in below(conn, after.id)? {
        let Some(audience) = entries::audience_of(conn, id)? else {
            continue;
        };
        if audience.is_within(&after.audience) {
            continue;
        }
        let narrowed = match (&audience, &after.audience) {
            (Audience::Named(these), Audience::Named(those)) => {
                let both = these.iter().filter(|one| those.contains(one));
                Audience::Named(both.copied().collect())
            }
            (_, narrow) => narrow.clone(),
        };
        activities::forget_documents(conn, id)?;
        entries::withdraw_signs(conn, id)?;
        entries::narrow(conn, id, &narrowed)?;
    }
    Ok(())
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
