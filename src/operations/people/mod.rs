//! People: their accounts and what they may do. How they prove who they are
//! stands in `passwords`, `links`, `sessions`, `second_factor`, `passkeys` and
//! `tokens`.

mod acceptance;
mod handover;
mod links;
pub mod mails;
pub mod passkeys;
mod passwords;
pub mod second_factor;
mod sessions;
mod tokens;

pub use acceptance::accept_rules;
pub use handover::{
    HandedOver, Handing, HandoverError, accept_handover, cancel_handover, hand_over, open_handover,
};
pub(super) use links::link;
pub use links::{FirstPassword, new_link, open_link, set_password, set_up};
pub use sessions::{
    Device, FirstStep, Need, Place, Present, SignedIn, by_session, end_everything,
    end_other_sessions, end_session, enter_code, places, sign_in, sign_out, start_session,
};
pub use tokens::{Bearer, by_token, create_token, revoke_token};

use super::{Forum, accreditations::standing_of, audit};
use crate::{
    domain::{
        account::{
            Function, InvalidEmail, InvalidPassword, LinkPurpose, Role, User, check_password,
            normalise_email,
        },
        accreditation::Standing,
        audience::{Member, Viewer},
        audit::Decision,
        entry::FieldError,
        id::UserId,
        organisation::{Organisation, OrganisationState},
        passkey::MOST_PASSKEYS,
    },
    storage::{self, Conn, access_tokens, credentials, functions, organisations, users},
};

/// Somebody signed in, with the organisation that they speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: User,
    pub organisation: Organisation,
    /// What the organisation is worth at this request: its rights go by this,
    /// never by `organisation.category`.
    pub standing: Standing,
}

impl Person {
    /// What this person may read.
    pub fn viewer(&self) -> Viewer {
        Viewer::Member(Member {
            user: self.user.id,
            organisation: self.organisation.id,
            tier: self.standing.tier,
        })
    }
}

/// Why an account was not made, changed or entered.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
    #[error("there is no such organisation on this node")]
    NoOrganisation,
    #[error("there is no such account")]
    NotFound,
    #[error("e-mail address or password is wrong")]
    WrongPassword,
    #[error("the code is wrong, was used before, or comes too late")]
    WrongCode,
    #[error("the passkey was not accepted: begin again")]
    PasskeyRefused,
    #[error("this passkey is known already")]
    PasskeyKnown,
    #[error("there are {MOST_PASSKEYS} passkeys already: remove one first")]
    TooManyPasskeys,
    #[error("this node has no passkeys, because its address is not a name")]
    NoPasskeys,
    #[error("there is a second factor already")]
    HasSecondFactor,
    #[error("this account must have a second factor")]
    SecondFactorRequired,
    #[error("this is for another administrator to do")]
    Myself,
    #[error("the rules have changed: read them again")]
    OtherRules,
    #[error("this link was used already, or has expired: ask for a new one")]
    LinkUsed,
    #[error("this is the last administrator: make another one first")]
    LastAdministrator,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// A secret that is shown once; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

// By hand: a secret must not reach a log.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Makes an account in a local organisation. Without a password the person
/// sets one through the link that is returned. `by` is who decided it; `None`
/// for the command line.
///
/// # Errors
/// [`PeopleError`] states the rules.
pub async fn create(
    forum: &Forum,
    by: Option<UserId>,
    email: &str,
    handle: &str,
    role: Role,
    password: Option<String>,
) -> Result<(User, Option<Secret>), PeopleError> {
    let email = normalise_email(email)?;
    let password_hash = match password {
        Some(password) => {
            check_password(&password)?;
            Some(passwords::hash(forum, password).await)
        }
        None => None,
    };
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let organisation = organisations::find_local(conn, &handle)?
                .filter(|one| one.state != OrganisationState::Deleted)
                .ok_or(PeopleError::NoOrganisation)?;
            let needs_link = password_hash.is_none();
            let user = insert(conn, forum, email, &organisation, role, password_hash)?;
            let link = if needs_link {
                Some(link(conn, forum, LinkPurpose::SetPassword, Some(user.id))?)
            } else {
                None
            };
            record_created(conn, forum, by, &user, &organisation)?;
            Ok((user, link))
        })
        .await
}

pub(super) fn insert(
    conn: &mut Conn,
    forum: &Forum,
    email: String,
    organisation: &Organisation,
    role: Role,
    password_hash: Option<String>,
) -> Result<User, PeopleError> {
    let now = forum.now();
    let user = User {
        id: UserId(forum.ids.next(now)),
        email,
        organisation: organisation.id,
        role,
        has_password: password_hash.is_some(),
        disabled: false,
        created_at: now,
        signed_in_at: None,
    };
    if users::find_by_email(conn, &user.email)?.is_some() {
        return Err(PeopleError::EmailTaken);
    }
    users::insert(conn, &user, password_hash)?;
    Ok(user)
}

pub(super) fn record_created(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    user: &User,
    organisation: &Organisation,
) -> Result<(), storage::Error> {
    let subject = audit::account(user.id);
    let detail = format!("{} of {}", user.role, organisation.handle);
    audit::record(conn, forum, by, Decision::AccountCreated, &subject, &detail)
}

/// A person who may act now: enabled, of an active organisation.
fn active(conn: &mut Conn, forum: &Forum, user: UserId) -> Result<Option<Person>, storage::Error> {
    let Some(user) = users::find(conn, user)?.filter(|user| !user.disabled) else {
        return Ok(None);
    };
    let organisation = organisations::find(conn, user.organisation)?
        .filter(|one| one.state == OrganisationState::Active);
    let Some(organisation) = organisation else {
        return Ok(None);
    };
    Ok(Some(Person {
        standing: standing_of(conn, forum, &organisation)?,
        user,
        organisation,
    }))
}

/// Changes what a person may do. Their sessions end.
///
/// # Errors
/// [`PeopleError::NotFound`], [`PeopleError::LastAdministrator`].
pub async fn set_role(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
    role: Role,
) -> Result<(), PeopleError> {
    forum
        .write(move |conn, forum| {
            let before = keep_an_administrator(conn, user, role == Role::Administrator)?.role;
            users::set_role(conn, user, role)?;
            credentials::delete_sessions_of(conn, user)?;
            if before == role {
                return Ok(());
            }
            let subject = audit::account(user);
            let detail = format!("from {before} to {role}");
            let changed = Decision::RoleChanged;
            Ok(audit::record(conn, forum, by, changed, &subject, &detail)?)
        })
        .await
}

/// Notes which office a person holds inside a government.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn set_function(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
    function: Option<Function>,
) -> Result<(), PeopleError> {
    forum
        .write(move |conn, forum| {
            users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            let before = functions::of(conn, user)?;
            if before == function {
                return Ok(());
            }
            functions::set(conn, user, function)?;
            let word = |one: Option<Function>| one.map_or("none", Function::as_str);
            let subject = audit::account(user);
            let detail = format!("from {} to {}", word(before), word(function));
            let changed = Decision::FunctionChanged;
            Ok(audit::record(conn, forum, by, changed, &subject, &detail)?)
        })
        .await
}

/// Lets a person in or keeps them out; keeping out ends sessions and tokens.
///
/// # Errors
/// [`PeopleError::NotFound`], [`PeopleError::LastAdministrator`].
pub async fn set_disabled(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
    disabled: bool,
) -> Result<(), PeopleError> {
    forum
        .write(move |conn, forum| {
            let before = keep_an_administrator(conn, user, !disabled)?.disabled;
            users::set_disabled(conn, user, disabled)?;
            if disabled {
                credentials::delete_sessions_of(conn, user)?;
                access_tokens::revoke_all_of(conn, user, forum.now())?;
            }
            if before == disabled {
                return Ok(());
            }
            let decision = match disabled {
                true => Decision::AccountDisabled,
                false => Decision::AccountEnabled,
            };
            let subject = audit::account(user);
            Ok(audit::record(conn, forum, by, decision, &subject, "")?)
        })
        .await
}

/// The account, unless it is that of the last administrator and is not to
/// stay one.
fn keep_an_administrator(conn: &mut Conn, user: UserId, stays: bool) -> Result<User, PeopleError> {
    let user = users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
    let is_one = user.role == Role::Administrator && !user.disabled;
    if is_one && !stays && users::count_administrators(conn)? <= 1 {
        return Err(PeopleError::LastAdministrator);
    }
    Ok(user)
}
