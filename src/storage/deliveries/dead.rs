//! Dead letters: how deliveries become them, and how they are sent again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::{delivery::DeliveryState, id::DeliveryId};

use super::{
    super::{Conn, Error, lanes, schema::deliveries, types::At},
    Buried, ID_ROWS,
};

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
