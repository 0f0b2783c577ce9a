//! Following, and answering those who follow.

use url::Url;

use super::{Forum, announce::announce, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        follow::{Follow, FollowState, Relationship},
        id::{FollowId, OrganisationId},
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, Conn, follows, organisations},
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

fn relationship(
    conn: &mut Conn,
    me: OrganisationId,
    other: OrganisationId,
) -> Result<Relationship, FollowError> {
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
            if follows::find(conn, me.id, followed.id)?.is_none() {
                begin(conn, forum, me, &followed)?;
            }
            relationship(conn, me.id, followed.id)
        })
        .await
}

fn begin(
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
        (
            state,
            forum.urls.activity(crate::domain::id::ActivityId(id.0)),
        )
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
            if let Some(follow) = follows::find(conn, me.id, followed.id)? {
                follows::delete(conn, follow.id)?;
                if !followed.is_local() {
                    let subject = subject(&follow, me, &followed);
                    let to = Recipients::One(followed.id);
                    announce(conn, forum, me, ActivityKind::Undo, subject, to)?;
                }
            }
            relationship(conn, me.id, followed.id)
        })
        .await
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
            relationship(conn, me.id, other.id)
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
/// the followed one is locked. A repeated request is answered again.
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

/// The followed organisation accepted our request.
///
/// # Errors
/// Storage only.
pub fn accepted(
    conn: &mut Conn,
    uri: Option<&Url>,
    follower: OrganisationId,
    followed: OrganisationId,
) -> Result<(), storage::Error> {
    if let Some(follow) = spoken_of(conn, uri, follower, followed)? {
        follows::set_state(conn, follow.id, FollowState::Accepted)?;
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

/// Which follow an answer speaks of when it gives only the Follow's id.
///
/// # Errors
/// Storage only.
pub fn by_activity(conn: &mut Conn, uri: &Url) -> Result<Option<Follow>, storage::Error> {
    follows::find_by_activity(conn, uri)
}
