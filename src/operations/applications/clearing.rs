//! Refused and withdrawn applications lose what the applicant wrote after
//! their time; the decision and its reason stay (DOMAIN.md 4, retention).

use std::time::Duration;

use chrono::TimeDelta;

use super::note;
use crate::{
    domain::application::EventKind,
    operations::Forum,
    storage::{self, applications},
};

/// How many at once, so that others can write in between.
const AT_ONCE: i64 = 100;

/// Clears what was decided longer ago than `keep`; how many there were.
///
/// # Errors
/// Storage only.
pub async fn clear(forum: &Forum, keep: Duration) -> Result<usize, storage::Error> {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    let Some(before) = forum.now().checked_sub_signed(keep) else {
        return Ok(0);
    };
    let mut cleared = 0;
    loop {
        let some = forum
            .write(move |conn, forum| {
                let ids = applications::to_clear(conn, before, AT_ONCE)?;
                applications::clear(conn, &ids, forum.now())?;
                for id in &ids {
                    if let Some(application) = applications::find(conn, *id)? {
                        let kind = EventKind::Cleared;
                        note(conn, forum, &application, kind, None, String::new())?;
                    }
                }
                Ok::<_, storage::Error>(ids.len())
            })
            .await?;
        if some == 0 {
            return Ok(cleared);
        }
        cleared += some;
    }
}
