//! The record of who was sent what: read when something is updated or deleted,
//! so that everybody who was told is told that too.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::not, prelude::*};
use url::Url;

use crate::domain::{
    delivery::DeliveryState,
    id::{DeliveryId, EntryId, OrganisationId},
};

use super::{
    super::{
        Conn, Error,
        schema::{activities, deliveries, entries},
        types::At,
    },
    ID_ROWS, read_inbox,
};

/// Every inbox for which an activity about this entry was ever queued, even if
/// we believe that it did not arrive: what a try that failed on our side did
/// on the other, and what a crash cut short, we cannot know.
pub fn inboxes_told(conn: &mut Conn, entry: EntryId) -> Result<Vec<Url>, Error> {
    let inboxes: Vec<String> = activities::table
        .inner_join(deliveries::table)
        .filter(activities::entry_id.eq(entry.0))
        .select(deliveries::inbox)
        .distinct()
        .load(conn)?;
    inboxes.iter().map(|inbox| read_inbox(inbox)).collect()
}

/// Every inbox to which an activity about this entry was sent, or may have
/// been, with whose it is where that was noted. What was dropped before the
/// first try told nobody anything.
pub fn told(
    conn: &mut Conn,
    entry: EntryId,
) -> Result<BTreeMap<Url, Option<OrganisationId>>, Error> {
    let never_left = deliveries::state
        .eq(DeliveryState::Dead.as_str())
        .and(deliveries::attempts.eq(0));
    let inboxes: Vec<(String, Option<i64>)> = activities::table
        .inner_join(deliveries::table)
        .filter(activities::entry_id.eq(entry.0))
        .filter(not(never_left))
        .select((deliveries::inbox, deliveries::recipient_id))
        .distinct()
        .load(conn)?;
    inboxes
        .iter()
        .map(|(inbox, recipient)| Ok((read_inbox(inbox)?, recipient.map(OrganisationId))))
        .collect()
}

/// Every inbox for which anything by this local organisation was ever queued.
pub fn inboxes_told_by(conn: &mut Conn, sender: OrganisationId) -> Result<Vec<Url>, Error> {
    let inboxes: Vec<String> = activities::table
        .inner_join(deliveries::table)
        .filter(activities::actor_id.eq(sender.0))
        .select(deliveries::inbox)
        .distinct()
        .load(conn)?;
    inboxes.iter().map(|inbox| read_inbox(inbox)).collect()
}

/// Up to `limit` deliveries that ended before `ended_before` and need not be
/// kept. What was delivered about an entry is kept as long as the entry is,
/// and for the same time after its deletion: its Delete must reach all who
/// were told.
pub fn stale(
    conn: &mut Conn,
    ended_before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DeliveryId>, Error> {
    let ended = [DeliveryState::Delivered, DeliveryState::Dead].map(DeliveryState::as_str);
    let not_about_a_living_entry = deliveries::state
        .eq(DeliveryState::Dead.as_str())
        .or(entries::id.nullable().is_null())
        .or(entries::deleted_at
            .nullable()
            .lt(At(ended_before))
            .assume_not_null());
    let ids: Vec<i64> = deliveries::table
        .inner_join(
            activities::table
                .left_join(entries::table.on(entries::id.nullable().eq(activities::entry_id))),
        )
        .filter(deliveries::state.eq_any(ended))
        .filter(deliveries::finished_at.lt(At(ended_before)))
        .filter(not_about_a_living_entry)
        .select(deliveries::id)
        .limit(limit)
        .load(conn)?;
    Ok(ids.into_iter().map(DeliveryId).collect())
}

/// Removes what [`stale`] found. Finding is the long part, and can be done on
/// a connection that reads.
pub fn remove(conn: &mut Conn, ids: &[DeliveryId]) -> Result<usize, Error> {
    let mut removed = 0;
    for ids in ids.chunks(ID_ROWS) {
        let ids = ids.iter().map(|id| id.0);
        // A letter may have been replayed since it was found.
        let ended = deliveries::table
            .filter(deliveries::id.eq_any(ids))
            .filter(deliveries::finished_at.is_not_null());
        removed += diesel::delete(ended).execute(conn)?;
    }
    Ok(removed)
}
