//! Hosts that are signed to by RFC 9421, because they refused the draft.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Conn, Error, schema::signature_schemes, types::At};

/// Hosts remembered at most; those learned longest ago go first.
const MAX_HOSTS: i64 = 10_000;

/// A host, and the components that it asks for beside what is always covered.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Learned {
    pub host: String,
    pub components: String,
}

/// Those learned after `since`.
pub fn list(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<Learned>, Error> {
    Ok(signature_schemes::table
        .filter(signature_schemes::learned_at.gt(At(since)))
        .order(signature_schemes::learned_at.desc())
        .limit(MAX_HOSTS)
        .select((signature_schemes::host, signature_schemes::components))
        .load(conn)?)
}

/// Remembers a host, and forgets those learned before `since`.
pub fn put(
    conn: &mut Conn,
    learned: &Learned,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<(), Error> {
    remove(conn, &learned.host)?;
    diesel::delete(signature_schemes::table.filter(signature_schemes::learned_at.le(At(since))))
        .execute(conn)?;
    let oldest: Option<DateTime<Utc>> = signature_schemes::table
        .order(signature_schemes::learned_at.desc())
        .offset(MAX_HOSTS - 1)
        .select(signature_schemes::learned_at)
        .first(conn)
        .optional()?;
    if let Some(oldest) = oldest {
        let crowd = signature_schemes::learned_at.le(At(oldest));
        diesel::delete(signature_schemes::table.filter(crowd)).execute(conn)?;
    }
    diesel::insert_into(signature_schemes::table)
        .values((
            signature_schemes::host.eq(&learned.host),
            signature_schemes::components.eq(&learned.components),
            signature_schemes::learned_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The draft is tried first again.
pub fn remove(conn: &mut Conn, host: &str) -> Result<(), Error> {
    diesel::delete(signature_schemes::table.find(host)).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::storage::testing::on_both;

    fn learned(host: &str, components: &str) -> Learned {
        Learned {
            host: host.to_owned(),
            components: components.to_owned(),
        }
    }

    #[test]
    fn a_host_is_remembered_until_its_time_is_over_or_it_is_removed() {
        on_both(async |db| {
            let now: DateTime<Utc> = "2026-11-23T00:00:00Z".parse().expect("an instant");
            let days = TimeDelta::days;
            let work = move |conn: &mut Conn| -> Result<(), Error> {
                let long_ago = now - days(365);
                put(conn, &learned("a.example", ""), now - days(31), long_ago)?;
                put(
                    conn,
                    &learned("b.example", "date"),
                    now - days(29),
                    long_ago,
                )?;
                put(
                    conn,
                    &learned("b.example", "@authority"),
                    now - days(28),
                    long_ago,
                )?;
                let b = learned("b.example", "@authority");
                assert_eq!(list(conn, now - days(30))?, vec![b.clone()]);
                assert_eq!(list(conn, now - days(40))?.len(), 2);
                put(conn, &learned("c.example", ""), now, now - days(30))?;
                let left = [learned("c.example", ""), b];
                assert_eq!(list(conn, now - days(40))?, left);
                remove(conn, "c.example")?;
                assert_eq!(list(conn, now - days(40))?.len(), 1);
                Ok(())
            };
            db.write(work).await.expect("stored");
        });
    }
}
