//! Background work that survives a crash: what operations enqueue in their
//! own transaction, and `jobs` claims for a limited time, runs and finishes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Integer},
};

use crate::domain::{
    id::TaskId,
    task::{Claimed, Pace, Task},
};

use super::{
    Conn, Error, each,
    lease::{claim_sql, ends},
    schema::tasks,
    types::{At, Doc, Instant, Json},
};

/// How much work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Due, running, or waiting for their time.
    pub waiting: i64,
    /// Given up after many tries, and kept.
    pub dead: i64,
}

#[derive(Insertable)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
struct NewTask {
    id: i64,
    task: Doc,
    run_at: At,
    attempts: i32,
    asks: bool,
    line: Option<i64>,
    mails: bool,
}

impl NewTask {
    fn of(id: TaskId, task: &Task, run_at: DateTime<Utc>) -> Self {
        let (asks, mails) = columns(task.pace());
        let task = serde_json::to_value(task).expect("a task is made of plain words and ids");
        Self {
            id: id.0,
            task: Doc(task),
            run_at: At(run_at),
            attempts: 0,
            asks,
            line: None,
            mails,
        }
    }
}

/// What `asks` and `mails` say of a pace.
fn columns(pace: Pace) -> (bool, bool) {
    match pace {
        Pace::Alone => (false, false),
        Pace::Asking => (true, false),
        Pace::Mailing => (false, true),
    }
}

/// Adds work, to be done from `run_at` on. Wake the runner after the commit.
pub fn enqueue(
    conn: &mut Conn,
    id: TaskId,
    task: &Task,
    run_at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::insert_into(tasks::table)
        .values(NewTask::of(id, task, run_at))
        .execute(conn)?;
    Ok(())
}

/// Like [`enqueue`], in a line: nobody claims it while an older task of the same
/// line is neither done nor given up.
pub fn enqueue_in_line(
    conn: &mut Conn,
    id: TaskId,
    task: &Task,
    line: i64,
    run_at: DateTime<Utc>,
) -> Result<(), Error> {
    let mut new = NewTask::of(id, task, run_at);
    new.line = Some(line);
    diesel::insert_into(tasks::table)
        .values(new)
        .execute(conn)?;
    Ok(())
}

/// Adds work under ids of its own, unless it is there: for tasks that repeat
/// for ever, which several processes may find missing at once.
pub fn enqueue_once(
    conn: &mut Conn,
    tasks: &[(TaskId, Task)],
    run_at: DateTime<Utc>,
) -> Result<bool, Error> {
    let new: Vec<NewTask> = tasks
        .iter()
        .map(|(id, task)| NewTask::of(*id, task, run_at))
        .collect();
    let added = each!(conn, |conn| diesel::insert_into(tasks::table)
        .values(&new)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(added > 0)
}

/// The tasks that are due, that nobody holds and whose turn it is in their
/// line, the longest due first.
const CLAIM: &str = "\
    WITH due AS MATERIALIZED (\
        SELECT id FROM tasks \
        WHERE asks = $1 AND mails = $2 AND dead_at IS NULL AND run_at <= $3 \
            AND (claimed_until IS NULL OR claimed_until <= $3) \
            AND (line IS NULL OR NOT EXISTS (\
                SELECT 1 FROM tasks older WHERE older.line = tasks.line \
                    AND older.id < tasks.id AND older.dead_at IS NULL)) \
        ORDER BY run_at, id LIMIT $4 {SKIP LOCKED}) \
    UPDATE tasks SET claimed_until = $5, attempts = attempts + 1 \
    WHERE id IN (SELECT id FROM due) \
    RETURNING id, task, attempts";

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Json)]
    task: Doc,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// Takes up to `limit` due tasks of one pace for the time of `lease`; after that, those
/// neither finished nor renewed are anybody's again: their process is dead.
/// Counts the try now, so that a task which kills its process is counted too.
pub fn claim(
    conn: &mut Conn,
    pace: Pace,
    now: DateTime<Utc>,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Claimed>, Error> {
    let (asks, mails) = columns(pace);
    let rows: Vec<ClaimedRow> = diesel::sql_query(claim_sql(conn, CLAIM))
        .bind::<Bool, _>(asks)
        .bind::<Bool, _>(mails)
        .bind::<Instant, _>(At(now))
        .bind::<BigInt, _>(limit)
        .bind::<Instant, _>(ends(now, lease))
        .load(conn)?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let id = TaskId(row.id);
        match serde_json::from_value(row.task.0) {
            Ok(task) => claimed.push(Claimed {
                id,
                task,
                attempts: row.attempts - 1,
            }),
            // Of another version of the program; it must not stop the others.
            Err(error) => bury(conn, id, &format!("unreadable: {error}"), now)?,
        }
    }
    claimed.sort_by_key(|claimed| claimed.id);
    Ok(claimed)
}

/// Keeps tasks that are still running. One that has just ended stays free.
pub fn renew(
    conn: &mut Conn,
    ids: &[TaskId],
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<(), Error> {
    let ids = ids.iter().map(|id| id.0);
    let held = tasks::table
        .filter(tasks::id.eq_any(ids))
        .filter(tasks::claimed_until.is_not_null());
    diesel::update(held)
        .set(tasks::claimed_until.eq(ends(now, lease)))
        .execute(conn)?;
    Ok(())
}

/// The task is done.
pub fn finish(conn: &mut Conn, id: TaskId) -> Result<(), Error> {
    diesel::delete(tasks::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// The task failed and is tried again at `run_at`.
pub fn retry_later(
    conn: &mut Conn,
    id: TaskId,
    error: &str,
    run_at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::update(tasks::table.find(id.0))
        .set((
            tasks::claimed_until.eq(None::<At>),
            tasks::last_error.eq(error),
            tasks::run_at.eq(At(run_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The task is done for now, and is to be done again at `run_at`.
pub fn repeat(conn: &mut Conn, id: TaskId, run_at: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(tasks::table.find(id.0))
        .set((
            tasks::claimed_until.eq(None::<At>),
            tasks::last_error.eq(None::<String>),
            tasks::run_at.eq(At(run_at)),
            tasks::attempts.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// The task is due at `run_at` at the latest; one that runs, or is due
/// earlier, is left as it is.
pub fn hasten(conn: &mut Conn, id: TaskId, run_at: DateTime<Utc>) -> Result<(), Error> {
    let later = tasks::table.find(id.0).filter(tasks::run_at.gt(At(run_at)));
    diesel::update(later)
        .set(tasks::run_at.eq(At(run_at)))
        .execute(conn)?;
    Ok(())
}

/// The task is given up. It stays in the table, to be seen.
pub fn bury(conn: &mut Conn, id: TaskId, error: &str, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(tasks::table.find(id.0))
        .set((
            tasks::claimed_until.eq(None::<At>),
            tasks::last_error.eq(error),
            tasks::dead_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Removes a task that was given up, so that it can be added anew.
pub fn forget_dead(conn: &mut Conn, id: TaskId) -> Result<(), Error> {
    let dead = tasks::table.find(id.0).filter(tasks::dead_at.is_not_null());
    diesel::delete(dead).execute(conn)?;
    Ok(())
}

/// How many tasks of one pace are not done, those that were given up aside.
pub fn waiting(conn: &mut Conn, pace: Pace) -> Result<i64, Error> {
    let (asks, mails) = columns(pace);
    Ok(tasks::table
        .filter(tasks::asks.eq(asks))
        .filter(tasks::mails.eq(mails))
        .filter(tasks::dead_at.is_null())
        .count()
        .get_result(conn)?)
}

/// How many tasks wait, and how many were given up.
pub fn count(conn: &mut Conn) -> Result<Backlog, Error> {
    Ok(Backlog {
        waiting: tasks::table
            .filter(tasks::dead_at.is_null())
            .count()
            .get_result(conn)?,
        dead: tasks::table
            .filter(tasks::dead_at.is_not_null())
            .count()
            .get_result(conn)?,
    })
}
