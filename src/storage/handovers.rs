//! Hand-overs to a new focal point that wait for their link to be used, and
//! those that did.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, schema::handovers, types::At};
use crate::domain::{
    account::Handover,
    id::{HandoverId, OrganisationId, UserId},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = handovers, treat_none_as_default_value = false)]
struct Row {
    id: i64,
    organisation_id: i64,
    from_id: i64,
    email: String,
    by_id: Option<i64>,
    created_at: At,
    expires_at: At,
}

impl Row {
    fn into_domain(self) -> Handover {
        Handover {
            id: HandoverId(self.id),
            organisation: OrganisationId(self.organisation_id),
            from: UserId(self.from_id),
            email: self.email,
            by: self.by_id.map(UserId),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
        }
    }
}

pub fn insert(conn: &mut Conn, handover: &Handover, token_hash: &str) -> Result<(), Error> {
    diesel::insert_into(handovers::table)
        .values((
            Row {
                id: handover.id.0,
                organisation_id: handover.organisation.0,
                from_id: handover.from.0,
                email: handover.email.clone(),
                by_id: handover.by.map(|user| user.0),
                created_at: At(handover.created_at),
                expires_at: At(handover.expires_at),
            },
            handovers::token_hash.eq(token_hash),
        ))
        .execute(conn)?;
    Ok(())
}

/// One whose link works: neither used, nor withdrawn, nor expired.
pub fn find(
    conn: &mut Conn,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Handover>, Error> {
    let row: Option<Row> = handovers::table
        .filter(handovers::token_hash.eq(token_hash))
        .filter(handovers::ended_at.is_null())
        .filter(handovers::expires_at.gt(At(now)))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Row::into_domain))
}

/// Those of an organisation that wait, newest first.
pub fn waiting(
    conn: &mut Conn,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<Vec<Handover>, Error> {
    let rows: Vec<Row> = handovers::table
        .filter(handovers::organisation_id.eq(organisation.0))
        .filter(handovers::ended_at.is_null())
        .filter(handovers::expires_at.gt(At(now)))
        .order(handovers::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Row::into_domain).collect())
}

/// Ends one that waits; false when it had ended before.
pub fn end(conn: &mut Conn, id: HandoverId, now: DateTime<Utc>) -> Result<bool, Error> {
    let waiting = handovers::table
        .find(id.0)
        .filter(handovers::ended_at.is_null());
    let changed = diesel::update(waiting)
        .set(handovers::ended_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Ends all that wait of one focal point; how many there were.
pub fn end_all_of(conn: &mut Conn, from: UserId, now: DateTime<Utc>) -> Result<usize, Error> {
    let waiting = handovers::table
        .filter(handovers::from_id.eq(from.0))
        .filter(handovers::ended_at.is_null());
    Ok(diesel::update(waiting)
        .set(handovers::ended_at.eq(Some(At(now))))
        .execute(conn)?)
}

/// Removes those whose time is over.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::delete(handovers::table.filter(handovers::expires_at.le(At(now)))).execute(conn)?;
    Ok(())
}
