//! Deliveries: the queue of what is to be sent, and the record of who was sent
//! what. Every query goes by host and state or by activity, so that a host's
//! backlog costs nothing while its lane waits.

mod clearance;
mod dead;
mod letters;
mod record;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{dsl::exists, prelude::*};
use url::Url;

use crate::{
    domain::{
        delivery::{Delivery, DeliveryState},
        id::{ActivityId, DeliveryId, OrganisationId},
    },
    urls,
};

use super::{
    Conn, Error, each, lanes,
    schema::{deliveries, lanes as lane_rows, organisations},
    types::At,
};

pub use clearance::{Clearance, clear};
pub use dead::{drop_host, expire, replay, replay_host};
pub use letters::{Letter, letters};
pub use record::{inboxes_told, inboxes_told_by, remove, stale, told};

/// Most rows in one INSERT.
const INSERT_ROWS: usize = 500;

/// Most ids in one list of a query.
const ID_ROWS: usize = 1_000;

/// An activity that is to go to one inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub activity: ActivityId,
    pub sender: OrganisationId,
    pub inbox: Url,
    /// Deliveries with the same key keep their order, by id.
    pub order_key: String,
    /// Whose own inbox it is, for what is not for everybody.
    pub recipient: Option<OrganisationId>,
}

#[derive(Insertable)]
#[diesel(table_name = deliveries)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: i64,
    activity_id: i64,
    sender_id: i64,
    host: String,
    inbox: &'a str,
    order_key: &'a str,
    state: &'static str,
    attempts: i32,
    created_at: At,
    recipient_id: Option<i64>,
}

/// Queues deliveries and wakes their hosts' lanes. An activity is sent to an
/// inbox once: what is there already is left as it is. Answers how many were
/// added. Wake the runner after the commit.
pub fn add_many(conn: &mut Conn, new: &[NewDelivery], now: DateTime<Utc>) -> Result<usize, Error> {
    let rows: Vec<NewRow> = new
        .iter()
        .map(|new| NewRow {
            id: new.id.0,
            activity_id: new.activity.0,
            sender_id: new.sender.0,
            host: urls::authority(&new.inbox),
            inbox: new.inbox.as_str(),
            order_key: &new.order_key,
            state: DeliveryState::Pending.as_str(),
            attempts: 0,
            created_at: At(now),
            recipient_id: new.recipient.map(|id| id.0),
        })
        .collect();
    let mut added = 0;
    for rows in rows.chunks(INSERT_ROWS) {
        added += each!(conn, |conn| diesel::insert_into(deliveries::table)
            .values(rows)
            // No other conflict: an id that is taken is an error, and the task
            // runs again with new ones.
            .on_conflict((deliveries::activity_id, deliveries::inbox))
            .do_nothing()
            .execute(conn))?;
    }
    let mut hosts: Vec<&str> = rows.iter().map(|row| row.host.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    for hosts in hosts.chunks(INSERT_ROWS) {
        lanes::wake(conn, hosts)?;
    }
    Ok(added)
}

/// Does anything wait for this host?
pub(super) fn are_pending(conn: &mut Conn, host: &str) -> Result<bool, Error> {
    let pending = deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()));
    Ok(diesel::select(exists(pending)).get_result(conn)?)
}

type NextRow = (i64, i64, i64, String, String, i32);

/// The next deliveries of a host, oldest first, after the one given. Whether
/// one may be sent, and its text, is asked when it is sent ([`clear`]).
///
/// # Errors
/// [`Error::Corrupt`] for an inbox that is no address.
pub fn next(
    conn: &mut Conn,
    host: &str,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<NextRow> = deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()))
        .filter(deliveries::id.gt(after.map_or(0, |id| id.0)))
        .order(deliveries::id)
        .limit(limit)
        .select((
            deliveries::id,
            deliveries::activity_id,
            deliveries::sender_id,
            deliveries::inbox,
            deliveries::order_key,
            deliveries::attempts,
        ))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

fn read(row: NextRow) -> Result<Delivery, Error> {
    let (id, activity, sender, inbox, order_key, attempts) = row;
    Ok(Delivery {
        id: DeliveryId(id),
        activity: ActivityId(activity),
        sender: OrganisationId(sender),
        inbox: read_inbox(&inbox)?,
        order_key,
        attempts,
    })
}

fn read_inbox(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::Corrupt(format!("inbox {text:?}: {error}")))
}

/// These were taken by their servers. Write the lanes' success with it
/// ([`lanes::succeeded`]).
pub fn delivered(conn: &mut Conn, ids: &[DeliveryId], now: DateTime<Utc>) -> Result<(), Error> {
    for ids in ids.chunks(ID_ROWS) {
        let ids = ids.iter().map(|id| id.0);
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .set((
                deliveries::state.eq(DeliveryState::Delivered.as_str()),
                deliveries::attempts.eq(deliveries::attempts + 1),
                deliveries::last_error.eq(None::<String>),
                deliveries::finished_at.eq(At(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// How a delivery ends that was not taken.
#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
struct Buried<'a> {
    state: &'static str,
    last_error: &'a str,
    finished_at: At,
}

impl<'a> Buried<'a> {
    fn new(why: &'a str, now: DateTime<Utc>) -> Self {
        Self {
            state: DeliveryState::Dead.as_str(),
            last_error: why,
            finished_at: At(now),
        }
    }
}

/// After this many tries, and this long, a delivery that fails while its host
/// takes others is given up: it must not slow those down for a month.
const STUBBORN_TRIES: i32 = 10;
const STUBBORN_AGE: TimeDelta = TimeDelta::hours(1);

/// A try failed; the delivery stays in the queue. Write what it means for the
/// lane with it ([`lanes::failed`], [`lanes::hold`]).
pub fn failed(
    conn: &mut Conn,
    id: DeliveryId,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::update(deliveries::table.find(id.0))
        .set((
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::last_error.eq(error),
        ))
        .execute(conn)?;
    let took_others = lane_rows::table
        .filter(lane_rows::host.eq(deliveries::host))
        .filter(lane_rows::last_success_at.gt(deliveries::created_at.nullable()));
    let stubborn = deliveries::table
        .filter(deliveries::id.eq(id.0))
        .filter(deliveries::attempts.ge(STUBBORN_TRIES))
        .filter(deliveries::created_at.lt(At(now - STUBBORN_AGE)))
        .filter(exists(took_others));
    diesel::update(stubborn)
        .set(Buried::new(error, now))
        .execute(conn)?;
    Ok(())
}

/// The inbox will never take this one: a dead letter. The lane goes on.
pub fn refused(
    conn: &mut Conn,
    id: DeliveryId,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::update(deliveries::table.find(id.0))
        .set((
            Buried::new(error, now),
            deliveries::attempts.eq(deliveries::attempts + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// This one must not be sent (any more): a dead letter. Nothing happens to one
/// that ended otherwise in the meantime.
pub fn dropped(
    conn: &mut Conn,
    id: DeliveryId,
    note: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let waiting = deliveries::table
        .filter(deliveries::id.eq(id.0))
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()));
    diesel::update(waiting)
        .set(Buried::new(note, now))
        .execute(conn)?;
    Ok(())
}

/// The inbox is gone: all that waits for it becomes dead letters. Answers
/// whether it is the shared inbox of its server, which then is gone as a whole.
pub fn inbox_gone(
    conn: &mut Conn,
    inbox: &Url,
    error: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let waiting = deliveries::table
        .filter(deliveries::host.eq(urls::authority(inbox)))
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()))
        .filter(deliveries::inbox.eq(inbox.as_str()));
    diesel::update(waiting)
        .set(Buried::new(error, now))
        .execute(conn)?;
    let sharing = organisations::table.filter(organisations::shared_inbox.eq(inbox.as_str()));
    Ok(diesel::select(exists(sharing)).get_result(conn)?)
}
