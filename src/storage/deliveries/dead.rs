//! Dead letters: how deliveries become them, and how they are sent again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::{
    delivery::DeliveryState,
    id::{ActivityId, DeliveryId},
};

use super::{
    super::{Conn, Error, lanes, schema::deliveries, types::At},
    Buried, ID_ROWS,
};

/// A delivery that was given up, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: DeliveryId,
    pub activity: ActivityId,
    pub inbox: String,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// The dead letters of a host, newest first, older than `before`.
pub fn dead_letters(
    conn: &mut Conn,
    host: &str,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<DeadLetter>, Error> {
    type Row = (i64, i64, String, i32, Option<String>, Option<DateTime<Utc>>);
    let rows: Vec<Row> = deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(DeliveryState::Dead.as_str()))
        .filter(deliveries::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(deliveries::id.desc())
        .limit(limit)
        .select((
            deliveries::id,
            deliveries::activity_id,
            deliveries::inbox,
            deliveries::attempts,
            deliveries::last_error,
            deliveries::finished_at,
        ))
        .load(conn)?;
    let read = |(id, activity, inbox, attempts, last_error, finished_at)| DeadLetter {
        id: DeliveryId(id),
        activity: ActivityId(activity),
        inbox,
        attempts,
        last_error,
        finished_at,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// An administrator gives up on all that waits for a host. Answers how many.
pub fn drop_host(
    conn: &mut Conn,
    host: &str,
    note: &str,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let waiting = deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()));
    Ok(diesel::update(waiting)
        .set(Buried::new(note, now))
        .execute(conn)?)
}

/// What has waited since before `queued_before` becomes a dead letter, with
/// the error of its last try. Answers how many.
pub fn expire(
    conn: &mut Conn,
    queued_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    // `finished_at` is spelled out for the index.
    let waiting = deliveries::table
        .filter(deliveries::state.eq(DeliveryState::Pending.as_str()))
        .filter(deliveries::finished_at.is_null())
        .filter(deliveries::created_at.lt(At(queued_before)));
    Ok(diesel::update(waiting)
        .set((
            deliveries::state.eq(DeliveryState::Dead.as_str()),
            deliveries::finished_at.eq(At(now)),
        ))
        .execute(conn)?)
}

/// How a dead letter goes back into the queue: as if it were new.
#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
#[diesel(treat_none_as_null = true)]
struct Replayed {
    state: &'static str,
    attempts: i32,
    created_at: At,
    finished_at: Option<At>,
}

impl Replayed {
    fn new(now: DateTime<Utc>) -> Self {
        Self {
            state: DeliveryState::Pending.as_str(),
            attempts: 0,
            created_at: At(now),
            finished_at: None,
        }
    }
}

/// Queues all dead letters of a host again and opens its lane. Answers how
/// many. Wake the runner after the commit.
pub fn replay_host(conn: &mut Conn, host: &str, now: DateTime<Utc>) -> Result<usize, Error> {
    let dead = deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(DeliveryState::Dead.as_str()));
    let replayed = diesel::update(dead).set(Replayed::new(now)).execute(conn)?;
    lanes::open(conn, host)?;
    Ok(replayed)
}

/// Queues those of these deliveries again that are dead letters, and opens
/// their lanes. Answers how many. Wake the runner after the commit.
pub fn replay(conn: &mut Conn, ids: &[DeliveryId], now: DateTime<Utc>) -> Result<usize, Error> {
    let mut replayed = 0;
    let mut hosts = Vec::new();
    for ids in ids.chunks(ID_ROWS) {
        let dead = || {
            deliveries::table
                .filter(deliveries::id.eq_any(ids.iter().map(|id| id.0)))
                .filter(deliveries::state.eq(DeliveryState::Dead.as_str()))
        };
        let of_these: Vec<String> = dead().select(deliveries::host).distinct().load(conn)?;
        hosts.extend(of_these);
        replayed += diesel::update(dead())
            .set(Replayed::new(now))
            .execute(conn)?;
    }
    hosts.sort_unstable();
    hosts.dedup();
    for host in hosts {
        lanes::open(conn, &host)?;
    }
    Ok(replayed)
}
