//! Following, and answering those who follow.

use url::Url;

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        follow::{Follow, FollowState, Relationship},
        id::{ActivityId, FollowId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        task::Task,
    },
    storage::{self, Conn, blocks, follows, organisations},
};

/// Why a follow was not made, ended or answered.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("only focal points decide whom the organisation follows and who follows it")]
    NotAllowed,
    #[error("there is no such organisation")]
    NotFound,
    #[error("an organisation cannot follow itself")]
    Myself,
    /// One of the two, both of this node or ours of another, blocks the other.
    #[error("this organisation cannot be followed by yours")]
    Blocked,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

fn target(
    conn: &mut Conn,
    person: &Person,
    id: OrganisationId,
) -> Result<Organisation, FollowError> {
    if !person.user.role.may_represent() {
        return Err(FollowError::NotAllowed);
    }
    organisations::find(conn, id)?
        .filter(|one| one.state == OrganisationState::Active)
        .ok_or(FollowError::NotFound)
}

pub(super) fn relationship(
    conn: &mut Conn,
    me: OrganisationId,
    other: OrganisationId,
) -> Result<Relationship, storage::Error> {
    let all = follows::relationships(conn, me, &[other])?;
    Ok(all.get(&other).copied().unwrap_or_default())
}

/// The person's organisation follows another. Doing it again changes nothing.
///
/// # Errors
/// [`FollowError`] states the rules.
pub async fn follow(
    forum: &Forum,
    person: &Person,
    id: OrganisationId,
) -> Result<Relationship, FollowError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let me = &person.organisation;
            let followed = target(conn, &person, id)?;
            if followed.id == me.id {
                return Err(FollowError::Myself);
            }
            if is_refused(conn, me, &followed)? {
                return Err(FollowError::Blocked);
            }
            if follows::find(conn, me.id, followed.id)?.is_none() {
                begin(conn, forum, me, &followed)?;
            }
            Ok(relationship(conn, me.id, followed.id)?)
        })
        .await
}

/// Does one of the two block the other, as far as that is told? That an
/// organisation elsewhere blocks us never is: the request waits, and is not
/// sent.
pub(super) fn is_refused(
    conn: &mut Conn,
    me: &Organisation,
    followed: &Organisation,
) -> Result<bool, storage::Error> {
    Ok(blocks::is_blocked(conn, me.id, followed.id)?
        || followed.is_local() && blocks::is_blocked(conn, followed.id, me.id)?)
}

/// Follows, or asks to.
pub(super) fn begin(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    followed: &Organisation,
) -> Result<(), storage::Error> {
    let now = forum.now();
    let id = FollowId(forum.ids.next(now));
    let (state, activity_uri) = if followed.is_local() {
        let state = if followed.locked {
            FollowState::Pending
        } else {
            FollowState::Accepted
        };
        (state, forum.urls.activity(ActivityId(id.0)))
    } else {
        let uri = announce(
            conn,
            forum,
            me,
            ActivityKind::Follow,
            Subject::Organisation {
                uri: followed.uri.clone(),
            },
            Recipients::One(followed.id),
        )?;
        (FollowState::Pending, uri)
    };
    follows::insert(
        conn,
        &Follow {
            id,
            follower: me.id,
            followed: followed.id,
            state,
            activity_uri,
            created_at: now,
        },
    )
}

/// The person's organisation no longer follows another, or withdraws its
/// request.
///
/// # Errors
/// [`FollowError`] states the rules.
pub async fn unfollow(
    forum: &Forum,
    person: &Person,
    id: OrganisationId,
) -> Result<Relationship, FollowError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let me = &person.organisation;
            if !person.user.role.may_represent() {
                return Err(FollowError::NotAllowed);
            }
            let followed = organisations::find(conn, id)?.ok_or(FollowError::NotFound)?;
            take_back(conn, forum, me, &followed)?;
            Ok(relationship(conn, me.id, followed.id)?)
        })
        .await
}

/// Ends a follow or a request, if there is one.
pub(super) fn take_back(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    followed: &Organisation,
) -> Result<(), storage::Error> {
    let Some(follow) = follows::find(conn, me.id, followed.id)? else {
        return Ok(());
    };
    follows::delete(conn, follow.id)?;
    if !followed.is_local() {
        let subject = subject(&follow, me, followed);
        let to = Recipients::One(followed.id);
        announce(conn, forum, me, ActivityKind::Undo, subject, to)?;
    }
    Ok(())
}

/// Ends the follows between a local organisation and another, both ways, and
/// tells the other's server.
pub(super) fn end(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    other: &Organisation,
) -> Result<(), storage::Error> {
    take_back(conn, forum, me, other)?;
    if let Some(follow) = follows::find(conn, other.id, me.id)? {
        follows::delete(conn, follow.id)?;
        answer(conn, forum, me, other, &follow, ActivityKind::Reject)?;
    }
    Ok(())
}

fn subject(follow: &Follow, follower: &Organisation, followed: &Organisation) -> Subject {
    Subject::Follow {
        uri: follow.activity_uri.clone(),
        follower: follower.uri.clone(),
        followed: followed.uri.clone(),
    }
}

/// Accepts a request to follow the person's organisation.
///
/// # Errors
/// [`FollowError::NotFound`] when there is no such request.
pub async fn approve(
    forum: &Forum,
    person: &Person,
    follower: OrganisationId,
) -> Result<Relationship, FollowError> {
    decide(forum, person, follower, |conn, forum, me, other, follow| {
        if follow.state == FollowState::Pending {
            follows::set_state(conn, follow.id, FollowState::Accepted)?;
            answer(conn, forum, me, other, follow, ActivityKind::Accept)?;
        }
        Ok(())
    })
    .await
}

/// Refuses a request to follow the person's organisation, or removes a
/// follower.
///
/// # Errors
/// [`FollowError::NotFound`] when the other does not follow.
pub async fn refuse(
    forum: &Forum,
    person: &Person,
    follower: OrganisationId,
) -> Result<Relationship, FollowError> {
    decide(forum, person, follower, |conn, forum, me, other, follow| {
        follows::delete(conn, follow.id)?;
        answer(conn, forum, me, other, follow, ActivityKind::Reject)
    })
    .await
}

type Decision =
    fn(&mut Conn, &Forum, &Organisation, &Organisation, &Follow) -> Result<(), storage::Error>;

async fn decide(
    forum: &Forum,
    person: &Person,
    follower: OrganisationId,
    decision: Decision,
) -> Result<Relationship, FollowError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let me = &person.organisation;
            let other = target(conn, &person, follower)?;
            let follow = follows::find(conn, other.id, me.id)?.ok_or(FollowError::NotFound)?;
            decision(conn, forum, me, &other, &follow)?;
            Ok(relationship(conn, me.id, other.id)?)
        })
        .await
}

fn answer(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    follower: &Organisation,
    follow: &Follow,
    kind: ActivityKind,
) -> Result<(), storage::Error> {
    if !follower.is_local() {
        let subject = subject(follow, follower, me);
        announce(conn, forum, me, kind, subject, Recipients::One(follower.id))?;
    }
    Ok(())
}

/// A remote organisation asks to follow a local one: accepted at once unless
/// the followed one is locked, and refused when it blocks the other. A repeated
/// request is answered again; under an id that stands for a follow of another
/// organisation nothing is asked.
///
/// # Errors
/// Storage only.
pub fn receive(
    conn: &mut Conn,
    forum: &Forum,
    follower: &Organisation,
    followed: &Organisation,
    activity_uri: &Url,
) -> Result<(), storage::Error> {
    let now = forum.now();
    // Its server may have been blocked a moment ago.
    let takes_part = organisations::find(conn, follower.id)?
        .is_some_and(|one| one.state == OrganisationState::Active);
    if !takes_part {
        return Ok(());
    }
    let of_another = follows::find_by_activity(conn, activity_uri)?
        .is_some_and(|one| (one.follower, one.followed) != (follower.id, followed.id));
    if of_another {
        return Ok(());
    }
    if blocks::is_blocked(conn, followed.id, follower.id)? {
        let refused = Follow {
            id: FollowId(forum.ids.next(now)),
            follower: follower.id,
            followed: followed.id,
            state: FollowState::Pending,
            activity_uri: activity_uri.clone(),
            created_at: now,
        };
        let kind = ActivityKind::Reject;
        return answer(conn, forum, followed, follower, &refused, kind);
    }
    let follow = match follows::find(conn, follower.id, followed.id)? {
        Some(mut follow) => {
            follows::set_activity(conn, follow.id, activity_uri)?;
            follow.activity_uri = activity_uri.clone();
            follow
        }
        None => {
            let follow = Follow {
                id: FollowId(forum.ids.next(now)),
                follower: follower.id,
                followed: followed.id,
                state: if followed.locked {
                    FollowState::Pending
                } else {
                    FollowState::Accepted
                },
                activity_uri: activity_uri.clone(),
                created_at: now,
            };
            follows::insert(conn, &follow)?;
            follow
        }
    };
    if follow.state == FollowState::Accepted {
        answer(
            conn,
            forum,
            followed,
            follower,
            &follow,
            ActivityKind::Accept,
        )?;
    }
    Ok(())
}

/// Finds the follow that a remote answer or Undo speaks of, by the Follow's
/// id or, as some servers give only the actors, by the two ends.
fn spoken_of(
    conn: &mut Conn,
    uri: Option<&Url>,
    follower: OrganisationId,
    followed: OrganisationId,
) -> Result<Option<Follow>, storage::Error> {
    let by_uri = match uri {
        Some(uri) => follows::find_by_activity(conn, uri)?,
        None => None,
    };
    let found = match by_uri {
        Some(follow) => Some(follow),
        None => follows::find(conn, follower, followed)?,
    };
    Ok(found.filter(|follow| follow.follower == follower && follow.followed == followed))
}

/// The followed organisation accepted our request. The first time that it is
/// followed here, what it published before is read.
///
/// # Errors
/// Storage only.
pub fn accepted(
    conn: &mut Conn,
    forum: &Forum,
    uri: Option<&Url>,
    follower: OrganisationId,
    followed: OrganisationId,
) -> Result<(), storage::Error> {
    if let Some(follow) = spoken_of(conn, uri, follower, followed)? {
        let is_known = follows::is_followed_here(conn, followed)?;
        follows::set_state(conn, follow.id, FollowState::Accepted)?;
        if !is_known {
            let organisation = followed;
            forum.enqueue_asking(conn, &Task::ReadHistory { organisation })?;
        }
    }
    Ok(())
}

/// The follow ended: refused by the followed, or undone by the follower.
///
/// # Errors
/// Storage only.
pub fn ended(
    conn: &mut Conn,
    uri: Option<&Url>,
    follower: OrganisationId,
    followed: OrganisationId,
) -> Result<(), storage::Error> {
    if let Some(follow) = spoken_of(conn, uri, follower, followed)? {
        follows::delete(conn, follow.id)?;
    }
    Ok(())
}

/// An organisation of another server took the follow back that this activity of
/// its own made; false when there is none.
///
/// # Errors
/// Storage only.
pub fn undone(
    conn: &mut Conn,
    follower: &Organisation,
    activity_uri: &Url,
) -> Result<bool, storage::Error> {
    match follows::find_by_activity(conn, activity_uri)? {
        Some(follow) if follow.follower == follower.id => {
            follows::delete(conn, follow.id)?;
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

/// Puts right what differs from the list that another server has of the
/// followers of its organisation among ours (FEP-8fcf): a follow that it does
/// not know has ended, one that waited for its answer is accepted, and what
/// none of ours follows is undone there.
///
/// # Errors
/// Storage only.
pub fn synchronise(
    conn: &mut Conn,
    forum: &Forum,
    followed: &Organisation,
    listed: &[Url],
) -> Result<(), storage::Error> {
    for follower in follows::local_accepted(conn, followed.id)? {
        if !listed.contains(&follower.uri)
            && let Some(follow) = follows::find(conn, follower.id, followed.id)?
        {
            follows::delete(conn, follow.id)?;
        }
    }
    for uri in listed {
        let ours = organisations::find_by_uri(conn, uri)?;
        let Some(me) = ours.filter(Organisation::is_local) else {
            continue;
        };
        match follows::find(conn, me.id, followed.id)? {
            Some(follow) if follow.state == FollowState::Pending => {
                accepted(conn, forum, None, me.id, followed.id)?;
            }
            Some(_) => {}
            None => withdraw(conn, forum, &me, followed)?,
        }
    }
    Ok(())
}

/// Undoes a follow of which only the other server knows.
fn withdraw(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    followed: &Organisation,
) -> Result<(), storage::Error> {
    let subject = Subject::Follow {
        uri: forum.urls.activity(ActivityId(forum.next_id())),
        follower: me.uri.clone(),
        followed: followed.uri.clone(),
    };
    let to = Recipients::One(followed.id);
    announce(conn, forum, me, ActivityKind::Undo, subject, to).map(drop)
}

/// Which follow an answer speaks of when it gives only the Follow's id.
///
/// # Errors
/// Storage only.
pub fn by_activity(conn: &mut Conn, uri: &Url) -> Result<Option<Follow>, storage::Error> {
    follows::find_by_activity(conn, uri)
}
