//! Single deliveries as administrators see them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::{
    delivery::DeliveryState,
    id::{ActivityId, DeliveryId},
};

use super::super::{
    Conn, Error,
    schema::{activities, deliveries},
};

/// A delivery that waits, or was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: DeliveryId,
    pub activity: ActivityId,
    /// The type of the activity, for example `Create`.
    pub kind: String,
    /// Who sends it.
    pub actor: String,
    pub inbox: String,
    /// Tries so far.
    pub attempts: i32,
    pub last_error: Option<String>,
    pub queued_at: DateTime<Utc>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The deliveries of a host in one state, newest first, older than `before`.
pub fn letters(
    conn: &mut Conn,
    host: &str,
    state: DeliveryState,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Letter>, Error> {
    type Row = (
        (i64, i64, String, String, String),
        (i32, Option<String>, DateTime<Utc>, Option<DateTime<Utc>>),
    );
    let rows: Vec<Row> = deliveries::table
        .inner_join(activities::table)
        .filter(deliveries::host.eq(host))
        .filter(deliveries::state.eq(state.as_str()))
        .filter(deliveries::id.lt(before.map_or(i64::MAX, |id| id.0)))
        .order(deliveries::id.desc())
        .limit(limit)
        .select((
            (
                deliveries::id,
                deliveries::activity_id,
                activities::kind,
                activities::actor_uri,
                deliveries::inbox,
            ),
            (
                deliveries::attempts,
                deliveries::last_error,
                deliveries::created_at,
                deliveries::finished_at,
            ),
        ))
        .load(conn)?;
    let read = |(what, how): Row| {
        let (id, activity, kind, actor, inbox) = what;
        let (attempts, last_error, queued_at, finished_at) = how;
        Letter {
            id: DeliveryId(id),
            activity: ActivityId(activity),
            kind,
            actor,
            inbox,
            attempts,
            last_error,
            queued_at,
            finished_at,
        }
    };
    Ok(rows.into_iter().map(read).collect())
}
