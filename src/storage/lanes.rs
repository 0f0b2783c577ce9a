//! Lanes: one row per host that we send to. Whoever sends to a host leases
//! its lane first, so that a host is served by one process at a time, and a
//! host that fails costs one small row and not its whole backlog.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};

use crate::domain::delivery::{Lane, LaneState};

use super::{
    Conn, Error, each,
    lease::{claim_sql, ends},
    schema::lanes,
    types::{At, Instant},
};

/// Which lanes are asked for. They have places of their own, so that many dead
/// hosts which are due at once do not keep the healthy ones waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last try went well, or none was made.
    Healthy,
    /// The last try failed, or the host refused us: one probe is due.
    Failing,
}

/// A lane that this process holds until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Leased {
    #[diesel(sql_type = Text)]
    pub host: String,
    /// Failures in a row.
    #[diesel(sql_type = Integer)]
    pub failures: i32,
    /// It refused us the last time.
    #[diesel(sql_type = Bool)]
    pub is_held: bool,
}

#[derive(Insertable)]
#[diesel(table_name = lanes)]
#[diesel(treat_none_as_default_value = false)]
struct NewLane<'a> {
    host: &'a str,
    state: &'static str,
    waiting: bool,
    failures: i32,
}

/// Marks that deliveries wait for these hosts, which must be sorted: two
/// transactions that lock lanes in different order would lock each other out.
pub(super) fn wake(conn: &mut Conn, hosts: &[&str]) -> Result<(), Error> {
    let rows: Vec<NewLane> = hosts
        .iter()
        .map(|host| NewLane {
            host,
            state: LaneState::Open.as_str(),
            waiting: true,
            failures: 0,
        })
        .collect();
    // Written even where it is true already: that locks the row, so that a
    // `release` going on elsewhere comes to see our deliveries.
    each!(conn, |conn| diesel::insert_into(lanes::table)
        .values(&rows)
        .on_conflict(lanes::host)
        .do_update()
        .set(lanes::waiting.eq(true))
        .execute(conn))?;
    Ok(())
}

/// Healthy lanes take turns: the one that sent last comes last.
const CLAIM_HEALTHY: &str = "\
    WITH due AS MATERIALIZED (\
        SELECT host FROM lanes \
        WHERE waiting = TRUE AND state = 'open' AND failures = 0 \
            AND (retry_at IS NULL OR retry_at <= $1) \
            AND (asked_until IS NULL OR asked_until <= $1) \
            AND (leased_until IS NULL OR leased_until <= $1) \
        ORDER BY last_success_at NULLS FIRST LIMIT $2 {SKIP LOCKED}) \
    UPDATE lanes SET leased_until = $3 \
    WHERE host IN (SELECT host FROM due) \
    RETURNING host, failures, state = 'held' AS is_held";

const CLAIM_FAILING: &str = "\
    WITH due AS MATERIALIZED (\
        SELECT host FROM lanes \
        WHERE waiting = TRUE AND state IN ('open', 'held') AND failures > 0 \
            AND (retry_at IS NULL OR retry_at <= $1) \
            AND (asked_until IS NULL OR asked_until <= $1) \
            AND (leased_until IS NULL OR leased_until <= $1) \
        ORDER BY retry_at NULLS FIRST LIMIT $2 {SKIP LOCKED}) \
    UPDATE lanes SET leased_until = $3 \
    WHERE host IN (SELECT host FROM due) \
    RETURNING host, failures, state = 'held' AS is_held";

/// Leases up to `limit` lanes that wait, are due and are free.
pub fn claim(
    conn: &mut Conn,
    health: Health,
    now: DateTime<Utc>,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Leased>, Error> {
    let sql = match health {
        Health::Healthy => CLAIM_HEALTHY,
        Health::Failing => CLAIM_FAILING,
    };
    Ok(diesel::sql_query(claim_sql(conn, sql))
        .bind::<Instant, _>(At(now))
        .bind::<BigInt, _>(limit)
        .bind::<Instant, _>(ends(now, lease))
        .load(conn)?)
}

/// Keeps lanes that are still being worked on. One that was released in the
/// meantime stays free.
pub fn renew(
    conn: &mut Conn,
    hosts: &[String],
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<(), Error> {
    lock(conn, hosts)?;
    let held = lanes::table
        .filter(lanes::host.eq_any(hosts))
        .filter(lanes::leased_until.is_not_null());
    diesel::update(held)
        .set(lanes::leased_until.eq(ends(now, lease)))
        .execute(conn)?;
    Ok(())
}

/// Locks the lanes of these hosts until the end of the transaction, always in
/// the same order. Do this first where several lanes are written, and before
/// [`release`]: deliveries that come while we look whether any are left must
/// be seen. SQLite has one writer and needs no locks.
pub fn lock(conn: &mut Conn, hosts: &[String]) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            // By bytes, as `wake` has them sorted.
            lanes::table
                .filter(lanes::host.eq_any(hosts))
                .order(sql::<Text>("host COLLATE \"C\""))
                .select(lanes::host)
                .for_update()
                .load::<String>(conn)?;
        }
    }
    Ok(())
}

/// Gives leased lanes back and answers those for which deliveries still wait.
pub fn release(conn: &mut Conn, hosts: &[String]) -> Result<Vec<String>, Error> {
    lock(conn, hosts)?;
    let mut waiting = Vec::new();
    for host in hosts {
        let rest = super::deliveries::are_pending(conn, host)?;
        diesel::update(lanes::table.find(host))
            .set((lanes::waiting.eq(rest), lanes::leased_until.eq(None::<At>)))
            .execute(conn)?;
        if rest {
            waiting.push(host.clone());
        }
    }
    Ok(waiting)
}

/// These hosts took a delivery: whatever was wrong with them is over.
pub fn succeeded(conn: &mut Conn, hosts: &[String], now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(lanes::table.filter(lanes::host.eq_any(hosts)))
        .set((
            lanes::state.eq(LaneState::Open.as_str()),
            lanes::failures.eq(0),
            lanes::retry_at.eq(None::<At>),
            lanes::asked_until.eq(None::<At>),
            lanes::last_error.eq(None::<String>),
            lanes::last_success_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// We could not send: the host is left alone until `retry_at`, and nothing is
/// counted.
pub fn postponed(conn: &mut Conn, host: &str, retry_at: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(lanes::table.find(host))
        .set(lanes::retry_at.eq(At(retry_at)))
        .execute(conn)?;
    Ok(())
}

/// The host failed once more and is left alone until `retry_at`.
pub fn failed(
    conn: &mut Conn,
    host: &str,
    error: &str,
    retry_at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::update(lanes::table.find(host))
        .set((
            lanes::failures.eq(lanes::failures + 1),
            lanes::retry_at.eq(At(retry_at)),
            lanes::last_error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// The host itself asked to be left alone until then: not even a
/// [`sign_of_life`] ends that. Write the failure with it ([`failed`]).
pub fn asked(conn: &mut Conn, host: &str, until: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(lanes::table.find(host))
        .set(lanes::asked_until.eq(At(until)))
        .execute(conn)?;
    Ok(())
}

/// The host refuses us: nothing is sent until [`open`] or [`sign_of_life`],
/// but for one probe at `retry_at`.
pub fn hold(
    conn: &mut Conn,
    host: &str,
    error: &str,
    retry_at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::update(lanes::table.find(host))
        .set((
            lanes::state.eq(LaneState::Held.as_str()),
            lanes::failures.eq(lanes::failures + 1),
            lanes::retry_at.eq(At(retry_at)),
            lanes::last_error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// The host is gone. Its deliveries wait, in case it comes back, and in the
/// end become dead letters.
pub fn gone(conn: &mut Conn, host: &str, error: &str) -> Result<(), Error> {
    diesel::update(lanes::table.find(host))
        .set((
            lanes::state.eq(LaneState::Gone.as_str()),
            lanes::retry_at.eq(None::<At>),
            lanes::asked_until.eq(None::<At>),
            lanes::last_error.eq(error),
        ))
        .execute(conn)?;
    Ok(())
}

/// An administrator wants the host tried now. False when it has no lane.
pub fn open(conn: &mut Conn, host: &str) -> Result<bool, Error> {
    lock(conn, &[host.to_owned()])?;
    let waiting = super::deliveries::are_pending(conn, host)?;
    let found = diesel::update(lanes::table.find(host))
        .set((
            lanes::state.eq(LaneState::Open.as_str()),
            lanes::failures.eq(0),
            lanes::retry_at.eq(None::<At>),
            lanes::asked_until.eq(None::<At>),
            lanes::waiting.eq(waiting),
        ))
        .execute(conn)?;
    Ok(found > 0)
}

const SIGN_OF_LIFE: &str = "\
    UPDATE lanes SET state = 'open', retry_at = NULL, \
        failures = CASE WHEN failures > 0 THEN 1 ELSE 0 END \
    WHERE host = $1 AND (state <> 'open' OR retry_at IS NOT NULL)";

/// A signed request came from the host: it is alive, so its back-off ends and
/// a closed lane opens, with one probe first. What it [`asked`] for stands: it
/// may be alive and busy. True when that changed anything: then wake the
/// runner after the commit. `host` is the authority: with the
/// port, when it is not the scheme's own.
pub fn sign_of_life(conn: &mut Conn, host: &str) -> Result<bool, Error> {
    let changed = diesel::sql_query(SIGN_OF_LIFE)
        .bind::<Text, _>(host)
        .execute(conn)?;
    Ok(changed > 0)
}

#[derive(QueryableByName)]
struct LaneRow {
    #[diesel(sql_type = Text)]
    host: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = Integer)]
    failures: i32,
    #[diesel(sql_type = Nullable<Instant>)]
    oldest_pending_at: Option<At>,
    #[diesel(sql_type = Nullable<Instant>)]
    retry_at: Option<At>,
    #[diesel(sql_type = Nullable<Instant>)]
    asked_until: Option<At>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
    #[diesel(sql_type = Nullable<Instant>)]
    last_success_at: Option<At>,
}

impl TryFrom<LaneRow> for Lane {
    type Error = Error;

    fn try_from(row: LaneRow) -> Result<Self, Error> {
        let state = LaneState::ALL
            .into_iter()
            .find(|state| state.as_str() == row.state)
            .ok_or_else(|| Error::Corrupt(format!("lane state {:?}", row.state)))?;
        let [ours, theirs] = [row.retry_at, row.asked_until].map(|at| at.map(DateTime::from));
        Ok(Self {
            host: row.host,
            state,
            pending: row.pending,
            dead: row.dead,
            failures: row.failures,
            oldest_pending_at: row.oldest_pending_at.map(DateTime::from),
            retry_at: ours.max(theirs),
            last_error: row.last_error,
            last_success_at: row.last_success_at.map(DateTime::from),
        })
    }
}

/// One page of lanes, then their counts, so that only the lanes shown are
/// counted.
const OVERVIEW: &str = "\
    SELECT page.*, \
        (SELECT count(*) FROM deliveries d \
            WHERE d.host = page.host AND d.state = 'pending') AS pending, \
        (SELECT count(*) FROM deliveries d \
            WHERE d.host = page.host AND d.state = 'dead') AS dead, \
        (SELECT d.created_at FROM deliveries d \
            WHERE d.host = page.host AND d.state = 'pending' \
            ORDER BY d.id LIMIT 1) AS oldest_pending_at \
    FROM (SELECT host, state, failures, retry_at, asked_until, last_error, last_success_at \
        FROM lanes WHERE $1 OR host = $2 \
        ORDER BY state <> 'open' DESC, failures DESC, host LIMIT $3 OFFSET $4) AS page \
    ORDER BY state <> 'open' DESC, failures DESC, host";

fn lanes_shown(
    conn: &mut Conn,
    host: Option<&str>,
    offset: i64,
    limit: i64,
) -> Result<Vec<Lane>, Error> {
    diesel::sql_query(OVERVIEW)
        .bind::<Bool, _>(host.is_none())
        .bind::<Text, _>(host.unwrap_or_default())
        .bind::<BigInt, _>(limit)
        .bind::<BigInt, _>(offset)
        .load::<LaneRow>(conn)?
        .into_iter()
        .map(Lane::try_from)
        .collect()
}

/// The hosts that we send to, for administrators: closed ones first, then
/// those that fail most, then by name.
pub fn overview(conn: &mut Conn, offset: i64, limit: i64) -> Result<Vec<Lane>, Error> {
    lanes_shown(conn, None, offset, limit)
}

/// How it stands with one host; `None` when nothing was ever for it.
pub fn find(conn: &mut Conn, host: &str) -> Result<Option<Lane>, Error> {
    Ok(lanes_shown(conn, Some(host), 0, 1)?.pop())
}
