//! Who follows whom.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Error, blocks, organisations,
    rows::{self, Backend},
    schema::{follows, organisations as organisation_rows},
    types::At,
};
use crate::domain::{
    block::BlockKind,
    follow::{Follow, FollowState, Relationship},
    id::{FollowId, OrganisationId},
    organisation::{Organisation, OrganisationState},
    page::Window,
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = follows)]
struct Row {
    id: i64,
    follower_id: i64,
    followed_id: i64,
    state: String,
    activity_uri: String,
    created_at: At,
}

impl Row {
    fn into_domain(self) -> Result<Follow, Error> {
        Ok(Follow {
            id: FollowId(self.id),
            follower: OrganisationId(self.follower_id),
            followed: OrganisationId(self.followed_id),
            state: match self.state.as_str() {
                "pending" => FollowState::Pending,
                "accepted" => FollowState::Accepted,
                other => return Err(Error::Corrupt(format!("follow state {other:?}"))),
            },
            activity_uri: rows::url(&self.activity_uri)?,
            created_at: self.created_at.0,
        })
    }
}

/// The follow of one organisation by another, in whatever state.
pub fn find(
    conn: &mut Conn,
    follower: OrganisationId,
    followed: OrganisationId,
) -> Result<Option<Follow>, Error> {
    follows::table
        .filter(follows::follower_id.eq(follower.0))
        .filter(follows::followed_id.eq(followed.0))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The follow that a Follow activity made.
pub fn find_by_activity(conn: &mut Conn, uri: &Url) -> Result<Option<Follow>, Error> {
    follows::table
        .filter(follows::activity_uri.eq(uri.as_str()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

pub fn insert(conn: &mut Conn, follow: &Follow) -> Result<(), Error> {
    diesel::insert_into(follows::table)
        .values(Row {
            id: follow.id.0,
            follower_id: follow.follower.0,
            followed_id: follow.followed.0,
            state: follow.state.as_str().to_owned(),
            activity_uri: follow.activity_uri.to_string(),
            created_at: At(follow.created_at),
        })
        .execute(conn)?;
    Ok(())
}

pub fn set_state(conn: &mut Conn, id: FollowId, state: FollowState) -> Result<(), Error> {
    diesel::update(follows::table.find(id.0))
        .set(follows::state.eq(state.as_str()))
        .execute(conn)?;
    Ok(())
}

/// A repeated Follow with a new id: the newest id is the one to answer.
pub fn set_activity(conn: &mut Conn, id: FollowId, uri: &Url) -> Result<(), Error> {
    diesel::update(follows::table.find(id.0))
        .set(follows::activity_uri.eq(uri.as_str()))
        .execute(conn)?;
    Ok(())
}

pub fn delete(conn: &mut Conn, id: FollowId) -> Result<(), Error> {
    diesel::delete(follows::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// Ends every follow by or of an organisation.
pub fn delete_all_of(conn: &mut Conn, organisation: OrganisationId) -> Result<(), Error> {
    diesel::delete(
        follows::table.filter(
            follows::follower_id
                .eq(organisation.0)
                .or(follows::followed_id.eq(organisation.0)),
        ),
    )
    .execute(conn)?;
    Ok(())
}

/// Ends every follow by or of an organisation of this host.
pub fn delete_all_of_host(conn: &mut Conn, host: &str) -> Result<(), Error> {
    let of_host = || {
        organisation_rows::table
            .filter(organisation_rows::host.eq(host))
            .filter(organisation_rows::host.is_not_null())
            .select(organisation_rows::id)
    };
    diesel::delete(follows::table.filter(follows::follower_id.eq_any(of_host()))).execute(conn)?;
    diesel::delete(follows::table.filter(follows::followed_id.eq_any(of_host()))).execute(conn)?;
    Ok(())
}

/// One end of a follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those who follow the organisation.
    Followers,
    /// Those whom the organisation follows.
    Following,
}

/// The ids of all organisations that are neither suspended nor deleted, for a
/// filter. A macro, because the type of the query is too long to write.
macro_rules! active {
    () => {
        organisation_rows::table
            .filter(organisation_rows::state.eq("active"))
            .select(organisation_rows::id)
    };
}

/// Followers or followed of an organisation, newest follow first, each with
/// the follow's id (the page's cursor). Suspended and deleted ones are left out.
pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    side: Side,
    state: FollowState,
    window: Window,
) -> Result<Vec<(FollowId, Organisation)>, Error> {
    let mut query = follows::table
        .filter(follows::state.eq(state.as_str()))
        .order(follows::id.desc())
        .limit(window.limit)
        .select((follows::id, follows::follower_id, follows::followed_id))
        .into_boxed::<Backend>();
    query = match side {
        Side::Followers => query
            .filter(follows::followed_id.eq(organisation.0))
            .filter(follows::follower_id.eq_any(active!())),
        Side::Following => query
            .filter(follows::follower_id.eq(organisation.0))
            .filter(follows::followed_id.eq_any(active!())),
    };
    if let Some(before) = window.before {
        query = query.filter(follows::id.lt(before));
    }
    if let Some(after) = window.after {
        query = query.filter(follows::id.gt(after));
    }
    let found: Vec<(i64, i64, i64)> = query.load(conn)?;
    let others: Vec<(FollowId, OrganisationId)> = found
        .into_iter()
        .map(|(id, follower, followed)| {
            let other = match side {
                Side::Followers => follower,
                Side::Following => followed,
            };
            (FollowId(id), OrganisationId(other))
        })
        .collect();
    let ids: Vec<OrganisationId> = others.iter().map(|(_, other)| *other).collect();
    let mut known = organisations::find_many(conn, &ids)?;
    Ok(others
        .into_iter()
        .filter_map(|(id, other)| known.remove(&other).map(|other| (id, other)))
        .collect())
}

/// How many accepted followers or followed an organisation has, as [`list`]
/// shows them.
pub fn count(conn: &mut Conn, organisation: OrganisationId, side: Side) -> Result<i64, Error> {
    let accepted = follows::state.eq(FollowState::Accepted.as_str());
    let count = match side {
        Side::Followers => follows::table
            .filter(follows::followed_id.eq(organisation.0))
            .filter(follows::follower_id.eq_any(active!()))
            .filter(accepted)
            .count()
            .get_result(conn)?,
        Side::Following => follows::table
            .filter(follows::follower_id.eq(organisation.0))
            .filter(follows::followed_id.eq_any(active!()))
            .filter(accepted)
            .count()
            .get_result(conn)?,
    };
    Ok(count)
}

/// [`count`] of the followers and of the followed of several organisations.
pub fn counts(
    conn: &mut Conn,
    ids: &[OrganisationId],
) -> Result<HashMap<OrganisationId, (i64, i64)>, Error> {
    use diesel::dsl::count_star;
    let raw: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut counts: HashMap<OrganisationId, (i64, i64)> = HashMap::new();
    let followers: Vec<(i64, i64)> = follows::table
        .filter(follows::followed_id.eq_any(raw.clone()))
        .filter(follows::follower_id.eq_any(active!()))
        .filter(follows::state.eq("accepted"))
        .group_by(follows::followed_id)
        .select((follows::followed_id, count_star()))
        .load(conn)?;
    for (id, count) in followers {
        counts.entry(OrganisationId(id)).or_default().0 = count;
    }
    let following: Vec<(i64, i64)> = follows::table
        .filter(follows::follower_id.eq_any(raw))
        .filter(follows::followed_id.eq_any(active!()))
        .filter(follows::state.eq("accepted"))
        .group_by(follows::follower_id)
        .select((follows::follower_id, count_star()))
        .load(conn)?;
    for (id, count) in following {
        counts.entry(OrganisationId(id)).or_default().1 = count;
    }
    Ok(counts)
}

/// How `me` stands to each of `others`.
pub fn relationships(
    conn: &mut Conn,
    me: OrganisationId,
    others: &[OrganisationId],
) -> Result<HashMap<OrganisationId, Relationship>, Error> {
    let ids: Vec<i64> = others.iter().map(|id| id.0).collect();
    let found: Vec<Row> = follows::table
        .filter(
            follows::follower_id
                .eq(me.0)
                .and(follows::followed_id.eq_any(ids.clone()))
                .or(follows::followed_id
                    .eq(me.0)
                    .and(follows::follower_id.eq_any(ids))),
        )
        .select(Row::as_select())
        .load(conn)?;
    let mut all: HashMap<OrganisationId, Relationship> = others
        .iter()
        .map(|id| (*id, Relationship::default()))
        .collect();
    for row in found {
        let accepted = row.state == "accepted";
        if row.follower_id == me.0
            && let Some(one) = all.get_mut(&OrganisationId(row.followed_id))
        {
            one.following = accepted;
            one.requested = !accepted;
        }
        if row.followed_id == me.0
            && let Some(one) = all.get_mut(&OrganisationId(row.follower_id))
        {
            one.followed_by = accepted;
            one.requested_by = !accepted;
        }
    }
    for (other, kinds) in blocks::of_organisation(conn, me, others)? {
        if let Some(one) = all.get_mut(&other) {
            one.blocking = kinds.contains(&BlockKind::Block);
            one.muting = kinds.contains(&BlockKind::Mute);
        }
    }
    Ok(all)
}

/// Is any local organisation an accepted follower of this one?
pub fn is_followed_here(conn: &mut Conn, organisation: OrganisationId) -> Result<bool, Error> {
    Ok(!followed_here(conn, &[organisation])?.is_empty())
}

/// Those of these organisations that have a local one among their accepted
/// followers.
pub fn followed_here(
    conn: &mut Conn,
    organisations: &[OrganisationId],
) -> Result<HashSet<OrganisationId>, Error> {
    let ids = organisations.iter().map(|id| id.0);
    let found: Vec<i64> = follows::table
        .inner_join(organisation_rows::table.on(organisation_rows::id.eq(follows::follower_id)))
        .filter(follows::followed_id.eq_any(ids))
        .filter(follows::state.eq("accepted"))
        .filter(organisation_rows::host.is_null())
        .select(follows::followed_id)
        .distinct()
        .load(conn)?;
    Ok(found.into_iter().map(OrganisationId).collect())
}

/// Who follows this organisation or asked to, in whatever state they are.
fn followers(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> Result<Vec<(FollowState, Organisation)>, Error> {
    let rows: Vec<Row> = follows::table
        .filter(follows::followed_id.eq(organisation.0))
        .select(Row::as_select())
        .load(conn)?;
    let ids: Vec<OrganisationId> = rows
        .iter()
        .map(|row| OrganisationId(row.follower_id))
        .collect();
    let mut known = organisations::find_many(conn, &ids)?;
    let mut found = Vec::new();
    for row in rows {
        let follow = row.into_domain()?;
        found.extend(
            known
                .remove(&follow.follower)
                .map(|one| (follow.state, one)),
        );
    }
    Ok(found)
}

/// The local organisations that follow this one or asked to.
pub fn local_followers(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> Result<Vec<Organisation>, Error> {
    let all = followers(conn, organisation)?.into_iter();
    let here = all.filter(|(_, one)| one.is_local() && one.state == OrganisationState::Active);
    Ok(here.map(|(_, one)| one).collect())
}

/// The local organisations that follow this one, in whatever state they are.
pub fn local_accepted(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> Result<Vec<Organisation>, Error> {
    let all = followers(conn, organisation)?.into_iter();
    let here = all.filter(|(state, one)| *state == FollowState::Accepted && one.is_local());
    Ok(here.map(|(_, one)| one).collect())
}

/// The remote accepted followers of a local organisation.
pub fn remote_followers(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> Result<Vec<Organisation>, Error> {
    let all = followers(conn, organisation)?.into_iter();
    let told = all.filter(|(state, one)| {
        let takes_part = one.state == OrganisationState::Active;
        *state == FollowState::Accepted && takes_part && !one.is_local()
    });
    Ok(told.map(|(_, one)| one).collect())
}

/// The ids of the accepted followers whose id is of the origin of `at`, sorted.
pub fn followers_at(
    conn: &mut Conn,
    organisation: OrganisationId,
    at: &Url,
) -> Result<Vec<Url>, Error> {
    let origin = format!("{}/", at.origin().ascii_serialization());
    let pattern = format!("{}%", escaped(&origin));
    let found: Vec<String> = follows::table
        .inner_join(organisation_rows::table.on(organisation_rows::id.eq(follows::follower_id)))
        .filter(follows::followed_id.eq(organisation.0))
        .filter(follows::state.eq("accepted"))
        .filter(organisation_rows::host.is_not_null())
        .filter(organisation_rows::state.eq("active"))
        .filter(organisation_rows::uri.like(pattern).escape('!'))
        .select(organisation_rows::uri)
        .order(organisation_rows::uri)
        .load(conn)?;
    // LIKE does not tell capitals apart everywhere.
    let found = found.iter().filter(|uri| uri.starts_with(&origin));
    found.map(|uri| rows::url(uri)).collect()
}

/// A text as LIKE reads it, with `!` before what means more than itself.
fn escaped(text: &str) -> String {
    text.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::organisation::OrganisationState,
        storage::{
            samples::{at, insert_organisation, url},
            testing::on_both,
        },
    };

    #[test]
    fn who_is_suspended_neither_stands_in_lists_nor_counts() {
        on_both(async |db| {
            let found = db.write(|conn| {
                let [me, good, bad] = [1, 2, 3].map(OrganisationId);
                for id in [me, good, bad] {
                    insert_organisation(conn, id, None)?;
                }
                let pairs = [(good, me), (bad, me), (me, good), (me, bad)];
                for (number, (follower, followed)) in (1..).zip(pairs) {
                    let follow = Follow {
                        id: FollowId(number),
                        follower,
                        followed,
                        state: FollowState::Accepted,
                        activity_uri: url(&format!("https://n.example/follows/{number}")),
                        created_at: at(0),
                    };
                    insert(conn, &follow)?;
                }
                let mut suspended = organisations::find(conn, bad)?.expect("it is there");
                suspended.state = OrganisationState::Suspended;
                organisations::update(conn, &suspended)?;
                let mut found = Vec::new();
                for side in [Side::Followers, Side::Following] {
                    let listed = list(conn, me, side, FollowState::Accepted, Window::first(10))?;
                    assert_eq!(listed.len(), 1, "{side:?}");
                    found.push((listed[0].1.id, count(conn, me, side)?));
                }
                assert_eq!(counts(conn, &[me])?[&me], (1, 1));
                Ok::<_, Error>(found)
            });
            let found = found.await.expect("written");
            assert_eq!(found, [(OrganisationId(2), 1), (OrganisationId(2), 1)]);
        });
    }
}
