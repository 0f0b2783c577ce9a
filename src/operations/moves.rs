//! Organisations that move from one address to another. Nobody moves to an
//! organisation that does not name the old address as its own.

use url::Url;

use super::{Forum, announce::announce, audit, follows};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audit::Decision,
        id::UserId,
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, Conn, follows as stored, moves, organisations},
};

/// Why an organisation did not move.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no organisation {0:?} on this node")]
    NotFound(String),
    #[error("an organisation cannot be its own alias, nor move to where it is")]
    Myself,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// A local organisation that takes part.
///
/// # Errors
/// [`MoveError::NotFound`].
pub fn local(conn: &mut Conn, handle: &str) -> Result<Organisation, MoveError> {
    organisations::find_local(conn, handle)?
        .filter(|one| one.state == OrganisationState::Active)
        .ok_or_else(|| MoveError::NotFound(handle.to_owned()))
}

/// Adds or removes another id under which a local organisation is known, and
/// tells every server. Answers all of them. `by` is `None` for the command
/// line.
///
/// # Errors
/// [`MoveError`].
pub async fn set_alias(
    forum: &Forum,
    by: Option<UserId>,
    handle: &str,
    uri: Url,
    add: bool,
) -> Result<Vec<Url>, MoveError> {
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let me = local(conn, &handle)?;
            if uri == me.uri {
                return Err(MoveError::Myself);
            }
            let before = moves::of(conn, me.id)?.aliases;
            let decision = if add {
                moves::add_alias(conn, me.id, &uri)?;
                Decision::AliasAdded
            } else {
                moves::remove_alias(conn, me.id, &uri)?;
                Decision::AliasRemoved
            };
            update(conn, forum, &me)?;
            let aliases = moves::of(conn, me.id)?.aliases;
            if aliases != before {
                let subject = audit::organisation(&me.handle);
                audit::record(conn, forum, by, decision, &subject, uri.as_str())?;
            }
            Ok(aliases)
        })
        .await
}

fn update(conn: &mut Conn, forum: &Forum, me: &Organisation) -> Result<(), storage::Error> {
    let kind = ActivityKind::Update;
    announce(
        conn,
        forum,
        me,
        kind,
        Subject::Myself,
        Recipients::Everybody,
    )
    .map(drop)
}

/// A local organisation moves to an address that names it as an alias, which
/// the caller has checked: its followers are asked to follow there. `by` is
/// `None` for the command line.
///
/// # Errors
/// [`MoveError`].
pub async fn depart(
    forum: &Forum,
    by: Option<UserId>,
    handle: &str,
    target: Organisation,
) -> Result<(), MoveError> {
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let me = local(conn, &handle)?;
            if target.id == me.id {
                return Err(MoveError::Myself);
            }
            arrive(conn, forum, &me, &target)?;
            update(conn, forum, &me)?;
            let subject = Subject::Moved {
                target: target.uri.clone(),
            };
            announce(
                conn,
                forum,
                &me,
                ActivityKind::Move,
                subject,
                Recipients::Followers,
            )?;
            let decision = Decision::OrganisationMoved;
            let (subject, to) = (audit::organisation(&me.handle), target.uri.as_str());
            audit::record(conn, forum, by, decision, &subject, &format!("to {to}"))?;
            Ok(())
        })
        .await
}

/// An organisation went to another address: whoever here follows it follows
/// it there, unless one of the two blocks the other.
///
/// # Errors
/// Storage only.
pub fn arrive(
    conn: &mut Conn,
    forum: &Forum,
    old: &Organisation,
    new: &Organisation,
) -> Result<(), storage::Error> {
    moves::set(conn, old.id, &new.uri, forum.now())?;
    for follower in stored::local_followers(conn, old.id)? {
        if follower.id == new.id {
            continue;
        }
        if stored::find(conn, follower.id, new.id)?.is_none()
            && !follows::is_refused(conn, &follower, new)?
        {
            follows::begin(conn, forum, &follower, new)?;
        }
        follows::take_back(conn, forum, &follower, old)?;
    }
    Ok(())
}
