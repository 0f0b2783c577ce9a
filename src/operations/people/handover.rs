//! Focal points change jobs: a new one comes in, the old one's access ends,
//! and everything stays with the organisation (DOMAIN.md 1.1, A3).
//!
//! The old one keeps their access until the new one is in, so that nobody is
//! locked out by a mistyped address or a lost link.

use chrono::TimeDelta;

use super::{Person, Secret, insert, passwords};
use crate::{
    domain::{
        account::{
            Handover, InvalidPassword, LINK_HOURS, LinkPurpose, Role, User, check_password,
            normalise_email,
        },
        application::is_same_mailbox,
        audit::Decision,
        entry::FieldError,
        id::{HandoverId, UserId},
        organisation::{Organisation, OrganisationState},
    },
    operations::{Forum, audit, random_token, token_hash},
    storage::{self, Conn, credentials, handovers, organisations, users},
};

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    #[error("there is no such organisation on this node")]
    NotFound,
    #[error("only the focal point itself, or an administrator of the node, hands over")]
    NotAllowed,
    #[error("no hand-over of this organisation waits")]
    NothingWaits,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    #[error("this link was used already, was withdrawn, or has expired: ask for a new one")]
    LinkUsed,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl HandoverError {
    fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}

/// Who hands over.
#[derive(Debug, Clone)]
pub enum Handing {
    /// At the command line.
    Operator,
    Administrator(Person),
    /// For themselves only.
    FocalPoint(Person),
}

impl Handing {
    fn user(&self) -> Option<UserId> {
        match self {
            Self::Operator => None,
            Self::Administrator(person) | Self::FocalPoint(person) => Some(person.user.id),
        }
    }
}

/// What a hand-over came to.
#[derive(Debug, Clone)]
pub enum HandedOver {
    /// Waits for the new focal point to use the link.
    Invited { handover: Handover, link: Secret },
    /// The new one had an account of the organisation already, and could sign
    /// in: the old one's access has ended.
    AtOnce(User),
}

/// Hands over to a new focal point. `from` is the address of the old one; it
/// may be left out where there is only one. An earlier hand-over that waits
/// is void.
///
/// # Errors
/// [`HandoverError`]; `Invalid` names `from` or `to`.
pub async fn hand_over(
    forum: &Forum,
    by: Handing,
    handle: &str,
    from: Option<&str>,
    to: &str,
) -> Result<HandedOver, HandoverError> {
    let email = normalise_email(to)
        .map_err(|error| HandoverError::invalid("to", format!("This is {error}.")))?;
    let from = from
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_lowercase);
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let organisation = organisations::find_local(conn, &handle)?
                .filter(|one| one.state != OrganisationState::Deleted)
                .ok_or(HandoverError::NotFound)?;
            let old = old_one(conn, &by, &organisation, from.as_deref())?;
            if is_same_mailbox(&old.email, &email) {
                return Err(HandoverError::invalid(
                    "to",
                    "This is the address of the focal point who hands over.",
                ));
            }
            match users::find_by_email(conn, &email)? {
                Some((new, _)) if new.organisation == organisation.id && !new.disabled => {
                    if new.has_password {
                        at_once(conn, forum, &by, &old, new)
                    } else {
                        invite(conn, forum, &by, &old, email)
                    }
                }
                Some(_) => Err(not_usable()),
                None => invite(conn, forum, &by, &old, email),
            }
        })
        .await
}

/// Does not tell whether there is an account elsewhere on the node: only
/// administrators know the addresses of others.
fn not_usable() -> HandoverError {
    HandoverError::invalid(
        "to",
        "This address cannot be used here. Take another, or ask the people who run this node.",
    )
}

/// Whose access ends.
fn old_one(
    conn: &mut Conn,
    by: &Handing,
    organisation: &Organisation,
    from: Option<&str>,
) -> Result<User, HandoverError> {
    let mut focal_points = users::list(conn, Some(organisation.id))?;
    focal_points.retain(|user| user.role == Role::FocalPoint && !user.disabled);
    match by {
        Handing::FocalPoint(person) => {
            let is_named = from.is_none_or(|from| from == person.user.email);
            focal_points
                .into_iter()
                .find(|user| user.id == person.user.id && is_named)
                .ok_or(HandoverError::NotAllowed)
        }
        Handing::Operator | Handing::Administrator(_) => match from {
            Some(from) => focal_points
                .into_iter()
                .find(|user| user.email == from)
                .ok_or_else(|| {
                    HandoverError::invalid("from", "This is no focal point of the organisation.")
                }),
            None if focal_points.len() > 1 => Err(HandoverError::invalid(
                "from",
                "The organisation has several focal points: say whose access ends.",
            )),
            None => focal_points.pop().ok_or_else(|| {
                HandoverError::invalid(
                    "from",
                    "The organisation has no focal point: add one instead.",
                )
            }),
        },
    }
}

fn invite(
    conn: &mut Conn,
    forum: &Forum,
    by: &Handing,
    old: &User,
    email: String,
) -> Result<HandedOver, HandoverError> {
    let now = forum.now();
    handovers::end_all_of(conn, old.id, now)?;
    let secret = random_token();
    let handover = Handover {
        id: HandoverId(forum.next_id()),
        organisation: old.organisation,
        from: old.id,
        email,
        by: by.user(),
        created_at: now,
        expires_at: now + TimeDelta::hours(LINK_HOURS),
    };
    handovers::insert(conn, &handover, &token_hash(&secret))?;
    let arranged = Decision::HandoverArranged;
    log(conn, forum, by.user(), arranged, old.id, "")?;
    Ok(HandedOver::Invited {
        handover,
        link: Secret(secret),
    })
}

fn at_once(
    conn: &mut Conn,
    forum: &Forum,
    by: &Handing,
    old: &User,
    mut new: User,
) -> Result<HandedOver, HandoverError> {
    if new.role < Role::FocalPoint {
        users::set_role(conn, new.id, Role::FocalPoint)?;
        credentials::delete_sessions_of(conn, new.id)?;
        new.role = Role::FocalPoint;
    }
    end_access(conn, forum, old.id)?;
    log_handed_over(conn, forum, by.user(), old.id, new.id)?;
    Ok(HandedOver::AtOnce(new))
}

fn log_handed_over(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    old: UserId,
    new: UserId,
) -> Result<(), storage::Error> {
    let detail = format!("to {}", audit::account(new));
    log(conn, forum, by, Decision::HandedOver, old, &detail)
}

fn log(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    decision: Decision,
    old: UserId,
    detail: &str,
) -> Result<(), storage::Error> {
    let subject = audit::account(old);
    audit::record(conn, forum, by, decision, &subject, detail)
}

/// Ends everything by which a person can act: sessions, tokens, links.
fn end_access(conn: &mut Conn, forum: &Forum, user: UserId) -> Result<(), storage::Error> {
    let now = forum.now();
    handovers::end_all_of(conn, user, now)?;
    users::set_disabled(conn, user, true)?;
    credentials::delete_sessions_of(conn, user)?;
    credentials::delete_links(conn, LinkPurpose::SetPassword, Some(user))?;
    storage::access_tokens::revoke_all_of(conn, user, now)?;
    Ok(())
}

/// What a link hands over, without using it up.
///
/// # Errors
/// [`HandoverError::LinkUsed`] for used, withdrawn, expired and unknown links
/// alike.
pub async fn open_handover(
    forum: &Forum,
    secret: &str,
) -> Result<(Handover, Organisation), HandoverError> {
    let (hash, now) = (token_hash(secret), forum.now());
    forum
        .db
        .read(move |conn| {
            let handover = handovers::find(conn, &hash, now)?.ok_or(HandoverError::LinkUsed)?;
            let organisation = organisations::find(conn, handover.organisation)?
                .filter(|one| one.state == OrganisationState::Active)
                .ok_or(HandoverError::LinkUsed)?;
            Ok((handover, organisation))
        })
        .await
}

/// The new focal point chooses a password and is in; the old one's access
/// ends in the same transaction.
///
/// # Errors
/// [`HandoverError`].
pub async fn accept_handover(
    forum: &Forum,
    secret: &str,
    password: String,
) -> Result<User, HandoverError> {
    check_password(&password)?;
    // Before the slow hash, so that a wrong link costs nothing.
    open_handover(forum, secret).await?;
    let password_hash = passwords::hash(forum, password).await;
    let hash = token_hash(secret);
    forum
        .write(move |conn, forum| {
            let now = forum.now();
            let handover = handovers::find(conn, &hash, now)?.ok_or(HandoverError::LinkUsed)?;
            if !handovers::end(conn, handover.id, now)? {
                return Err(HandoverError::LinkUsed);
            }
            let organisation = organisations::find(conn, handover.organisation)?
                .filter(|one| one.state == OrganisationState::Active)
                .ok_or(HandoverError::LinkUsed)?;
            let user = come_in(conn, forum, &organisation, handover.email, password_hash)?;
            end_access(conn, forum, handover.from)?;
            log_handed_over(conn, forum, Some(user.id), handover.from, user.id)?;
            Ok(user)
        })
        .await
}

fn come_in(
    conn: &mut Conn,
    forum: &Forum,
    organisation: &Organisation,
    email: String,
    password_hash: String,
) -> Result<User, HandoverError> {
    let role = Role::FocalPoint;
    match users::find_by_email(conn, &email)? {
        None => {
            insert(conn, forum, email, organisation, role, Some(password_hash)).map_err(|error| {
                match error {
                    super::PeopleError::Storage(error) => error.into(),
                    _taken => not_usable(),
                }
            })
        }
        // An account that nobody ever entered. One with a password is its
        // owner's, and no link of ours may change that.
        Some((user, None)) if user.organisation == organisation.id && !user.disabled => {
            users::set_password(conn, user.id, &password_hash)?;
            if user.role < role {
                users::set_role(conn, user.id, role)?;
            }
            credentials::delete_links(conn, LinkPurpose::SetPassword, Some(user.id))?;
            users::find(conn, user.id)?.ok_or(HandoverError::NotFound)
        }
        Some(_) => Err(not_usable()),
    }
}

/// Withdraws what waits: all of an organisation, or one's own. How many there
/// were.
///
/// # Errors
/// [`HandoverError::NotFound`], [`HandoverError::NothingWaits`].
pub async fn cancel_handover(
    forum: &Forum,
    by: Handing,
    handle: &str,
) -> Result<usize, HandoverError> {
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let organisation =
                organisations::find_local(conn, &handle)?.ok_or(HandoverError::NotFound)?;
            let now = forum.now();
            let mut waiting = handovers::waiting(conn, organisation.id, now)?;
            if let Handing::FocalPoint(person) = &by {
                if person.organisation.id != organisation.id {
                    return Err(HandoverError::NotAllowed);
                }
                waiting.retain(|one| one.from == person.user.id);
            }
            for one in &waiting {
                handovers::end(conn, one.id, now)?;
                let withdrawn = Decision::HandoverWithdrawn;
                log(conn, forum, by.user(), withdrawn, one.from, "")?;
            }
            match waiting.len() {
                0 => Err(HandoverError::NothingWaits),
                count => Ok(count),
            }
        })
        .await
}
