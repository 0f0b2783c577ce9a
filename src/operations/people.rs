//! People: accounts, passwords, sessions, one-time links and tokens.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use chrono::TimeDelta;

use super::{
    Forum,
    organisations::{NewOrganisation, OrganisationError, create_in},
    random_token, token_hash,
};
use crate::{
    domain::{
        account::{
            InvalidEmail, InvalidPassword, LINK_HOURS, LinkPurpose, Role, Scopes, User,
            check_password, normalise_email,
        },
        audience::{Member, Viewer},
        entry::FieldError,
        id::UserId,
        organisation::{Organisation, OrganisationState},
    },
    storage::{
        self, Conn,
        credentials::{self, Session},
        organisations, users,
    },
};

/// Somebody signed in, with the organisation that they speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: User,
    pub organisation: Organisation,
}

impl Person {
    /// What this person may read.
    pub fn viewer(&self) -> Viewer {
        Viewer::Member(Member {
            user: self.user.id,
            organisation: self.organisation.id,
            category: self.organisation.category,
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
    #[error("this link was used already, or has expired: ask for a new one")]
    LinkUsed,
    #[error("this is the last administrator: make another one first")]
    LastAdministrator,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// How long a session lasts without and with use, in days.
const SESSION_DAYS: i64 = 14;

/// A secret that is shown once; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

// By hand: a secret must not reach a log.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// 64 MiB, 3 passes, 1 lane (SECURITY.md 4).
fn argon2() -> Argon2<'static> {
    let params = Params::new(64 * 1024, 3, 1, None).expect("these parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    let salt = SaltString::encode_b64(&bytes).expect("16 bytes are a valid salt");
    argon2()
        .hash_password(password.as_bytes(), &salt)
        .expect("parameters and salt are valid")
        .to_string()
}

/// A hash that no password matches by chance, to spend the same time on an
/// unknown address as on a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&random_token()));

fn verify_now(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let hash = hash.unwrap_or(&NOBODY);
    let matches = PasswordHash::new(hash)
        .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
    matches && known
}

/// Hashes off the async threads, a few at a time.
async fn hash(forum: &Forum, password: String) -> String {
    let _permit = forum.hashing.acquire().await;
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .expect("hashing does not panic")
}

async fn verify(forum: &Forum, password: String, hash: Option<String>) -> bool {
    let _permit = forum.hashing.acquire().await;
    tokio::task::spawn_blocking(move || verify_now(&password, hash.as_deref()))
        .await
        .expect("verifying does not panic")
}

/// Makes an account in a local organisation. Without a password the person
/// sets one through the link that is returned.
///
/// # Errors
/// [`PeopleError`] states the rules.
pub async fn create(
    forum: &Forum,
    email: &str,
    handle: &str,
    role: Role,
    password: Option<String>,
) -> Result<(User, Option<Secret>), PeopleError> {
    let email = normalise_email(email)?;
    let password_hash = match password {
        Some(password) => {
            check_password(&password)?;
            Some(hash(forum, password).await)
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
            Ok((user, link))
        })
        .await
}

fn insert(
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

/// Makes a one-time link; earlier unused ones for the same end stop working.
pub(super) fn link(
    conn: &mut Conn,
    forum: &Forum,
    purpose: LinkPurpose,
    user: Option<UserId>,
) -> Result<Secret, storage::Error> {
    let token = random_token();
    let now = forum.now();
    credentials::delete_links(conn, purpose, user)?;
    credentials::insert_link(
        conn,
        &token_hash(&token),
        purpose,
        user,
        now,
        now + TimeDelta::hours(LINK_HOURS),
    )?;
    Ok(Secret(token))
}

/// A new link with which a person sets their password.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn new_link(forum: &Forum, user: UserId) -> Result<Secret, PeopleError> {
    forum
        .write(move |conn, forum| {
            users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            Ok(link(conn, forum, LinkPurpose::SetPassword, Some(user))?)
        })
        .await
}

/// What a one-time link is for, without using it up.
///
/// # Errors
/// [`PeopleError::LinkUsed`] for used, expired and unknown links alike.
pub async fn open_link(
    forum: &Forum,
    token: &str,
) -> Result<(LinkPurpose, Option<User>), PeopleError> {
    let (hash, now) = (token_hash(token), forum.now());
    forum
        .db
        .read(move |conn| {
            let (purpose, user) =
                credentials::find_link(conn, &hash, now)?.ok_or(PeopleError::LinkUsed)?;
            let user = match user {
                Some(id) => Some(users::find(conn, id)?.ok_or(PeopleError::LinkUsed)?),
                None => None,
            };
            Ok((purpose, user))
        })
        .await
}

/// Sets a password through a one-time link and signs the person out
/// everywhere else.
///
/// # Errors
/// [`PeopleError::Password`], [`PeopleError::LinkUsed`].
pub async fn set_password(
    forum: &Forum,
    token: &str,
    password: String,
) -> Result<User, PeopleError> {
    check_password(&password)?;
    // Before the slow hash, so that a wrong link costs nothing.
    open_link(forum, token).await?;
    let password_hash = hash(forum, password).await;
    let hash = token_hash(token);
    forum
        .write(move |conn, forum| {
            let now = forum.now();
            let found = credentials::find_link(conn, &hash, now)?;
            let Some((LinkPurpose::SetPassword, Some(user))) = found else {
                return Err(PeopleError::LinkUsed);
            };
            if !credentials::use_link(conn, &hash, now)? {
                return Err(PeopleError::LinkUsed);
            }
            users::set_password(conn, user, &password_hash)?;
            credentials::delete_sessions_of(conn, user)?;
            users::find(conn, user)?.ok_or(PeopleError::NotFound)
        })
        .await
}

/// Sets a node up through its one-time link: the first organisation and its
/// administrator.
///
/// # Errors
/// [`PeopleError::LinkUsed`], [`PeopleError::Invalid`] with fields to mend.
pub async fn set_up(
    forum: &Forum,
    token: &str,
    organisation: NewOrganisation,
    email: &str,
    password: String,
) -> Result<Person, PeopleError> {
    open_link(forum, token).await?;
    let mut errors = Vec::new();
    let email = normalise_email(email);
    if let Err(error) = &email {
        errors.push(FieldError::new("email", format!("This is {error}.")));
    }
    if check_password(&password).is_err() {
        errors.push(FieldError::new(
            "password",
            "Choose a password of 12 to 1,024 characters.",
        ));
    }
    let Some(email) = email.ok().filter(|_| errors.is_empty()) else {
        return Err(PeopleError::Invalid(errors));
    };
    let keys = forum.make_keys().await;
    let password_hash = hash(forum, password).await;
    let hash = token_hash(token);
    forum
        .write(move |conn, forum| {
            let now = forum.now();
            let found = credentials::find_link(conn, &hash, now)?;
            if !matches!(found, Some((LinkPurpose::Setup, _)))
                || users::count(conn)? > 0
                || !credentials::use_link(conn, &hash, now)?
            {
                return Err(PeopleError::LinkUsed);
            }
            let organisation =
                create_in(conn, forum, organisation, &keys).map_err(|error| match error {
                    OrganisationError::Invalid(errors) => PeopleError::Invalid(errors),
                    OrganisationError::Storage(error) => PeopleError::Storage(error),
                    OrganisationError::NotAllowed
                    | OrganisationError::NotFound
                    | OrganisationError::Deleted => PeopleError::NoOrganisation,
                })?;
            let role = Role::Administrator;
            let user = insert(conn, forum, email, &organisation, role, Some(password_hash))?;
            Ok(Person { user, organisation })
        })
        .await
}

/// A fresh session: the token for the cookie, and the CSRF token for forms.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: Person,
    pub token: Secret,
    pub session: Session,
}

/// Signs somebody in. Unknown addresses, wrong passwords, disabled accounts
/// and suspended organisations are told apart neither by text nor by time.
///
/// # Errors
/// [`PeopleError::WrongPassword`].
pub async fn sign_in(
    forum: &Forum,
    email: &str,
    password: String,
) -> Result<SignedIn, PeopleError> {
    let email = normalise_email(email).unwrap_or_default();
    let found = forum
        .db
        .read(move |conn| users::find_by_email(conn, &email))
        .await?;
    let (user, hash) = match found {
        Some((user, hash)) => (Some(user), hash),
        None => (None, None),
    };
    let right = verify(forum, password, hash).await;
    let Some(user) = user.filter(|user| right && !user.disabled) else {
        return Err(PeopleError::WrongPassword);
    };
    start_session(forum, user.id).await
}

/// Signs a person in who has just proved themselves otherwise, for example
/// through a one-time link.
///
/// # Errors
/// [`PeopleError::WrongPassword`] when the account or its organisation may
/// not sign in.
pub async fn start_session(forum: &Forum, user: UserId) -> Result<SignedIn, PeopleError> {
    forum
        .write(move |conn, forum| {
            let now = forum.now();
            let person = active(conn, user)?.ok_or(PeopleError::WrongPassword)?;
            let token = random_token();
            let session = Session {
                user,
                csrf: random_token(),
                created_at: now,
                seen_at: now,
                expires_at: now + TimeDelta::days(SESSION_DAYS),
            };
            credentials::insert_session(conn, &token_hash(&token), &session)?;
            users::set_signed_in(conn, user, now)?;
            Ok(SignedIn {
                person,
                token: Secret(token),
                session,
            })
        })
        .await
}

/// A person who may act now: enabled, of an active organisation.
fn active(conn: &mut Conn, user: UserId) -> Result<Option<Person>, storage::Error> {
    let Some(user) = users::find(conn, user)?.filter(|user| !user.disabled) else {
        return Ok(None);
    };
    let organisation = organisations::find(conn, user.organisation)?
        .filter(|one| one.state == OrganisationState::Active);
    Ok(organisation.map(|organisation| Person { user, organisation }))
}

/// Who a session's cookie belongs to; `None` when it is over. Roles, accounts
/// and organisations are looked at afresh each time, so that a change takes
/// effect at once.
///
/// # Errors
/// Storage only.
pub async fn by_session(
    forum: &Forum,
    token: &str,
) -> Result<Option<(Person, Session)>, storage::Error> {
    let (hash, now) = (token_hash(token), forum.now());
    forum
        .db
        .read(move |conn| {
            let Some(session) = credentials::find_session(conn, &hash, now)? else {
                return Ok(None);
            };
            Ok(active(conn, session.user)?.map(|person| (person, session)))
        })
        .await
}

/// Ends a session.
///
/// # Errors
/// Storage only.
pub async fn sign_out(forum: &Forum, token: &str) -> Result<(), storage::Error> {
    let hash = token_hash(token);
    forum
        .db
        .write(move |conn| credentials::delete_session(conn, &hash))
        .await
}

/// Makes an access token for programs.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn create_token(
    forum: &Forum,
    email: &str,
    scopes: &Scopes,
) -> Result<Secret, PeopleError> {
    let email = normalise_email(email)?;
    let scopes = scopes.to_string();
    forum
        .write(move |conn, forum| {
            let (user, _) = users::find_by_email(conn, &email)?.ok_or(PeopleError::NotFound)?;
            let token = random_token();
            credentials::insert_token(conn, &token_hash(&token), user.id, &scopes, forum.now())?;
            Ok(Secret(token))
        })
        .await
}

/// Who an access token belongs to, and what it is good for; `None` when it is
/// unknown or revoked, or its person may not act.
///
/// # Errors
/// Storage only.
pub async fn by_token(
    forum: &Forum,
    token: &str,
) -> Result<Option<(Person, Scopes)>, storage::Error> {
    let hash = token_hash(token);
    forum
        .db
        .read(move |conn| {
            let Some((user, scopes)) = credentials::find_token(conn, &hash)? else {
                return Ok(None);
            };
            let scopes = scopes
                .parse::<Scopes>()
                .map_err(|error| storage::Error::Corrupt(error.to_string()))?;
            Ok(active(conn, user)?.map(|person| (person, scopes)))
        })
        .await
}

/// Changes what a person may do. Their sessions end.
///
/// # Errors
/// [`PeopleError::NotFound`], [`PeopleError::LastAdministrator`].
pub async fn set_role(forum: &Forum, user: UserId, role: Role) -> Result<(), PeopleError> {
    forum
        .write(move |conn, _| {
            keep_an_administrator(conn, user, role == Role::Administrator)?;
            users::set_role(conn, user, role)?;
            Ok(credentials::delete_sessions_of(conn, user)?)
        })
        .await
}

/// Lets a person in or keeps them out; keeping out ends sessions and tokens.
///
/// # Errors
/// [`PeopleError::NotFound`], [`PeopleError::LastAdministrator`].
pub async fn set_disabled(forum: &Forum, user: UserId, disabled: bool) -> Result<(), PeopleError> {
    forum
        .write(move |conn, forum| {
            keep_an_administrator(conn, user, !disabled)?;
            users::set_disabled(conn, user, disabled)?;
            if disabled {
                credentials::delete_sessions_of(conn, user)?;
                credentials::revoke_tokens_of(conn, user, forum.now())?;
            }
            Ok(())
        })
        .await
}

fn keep_an_administrator(conn: &mut Conn, user: UserId, stays: bool) -> Result<(), PeopleError> {
    let user = users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
    let is_one = user.role == Role::Administrator && !user.disabled;
    if is_one && !stays && users::count_administrators(conn)? <= 1 {
        return Err(PeopleError::LastAdministrator);
    }
    Ok(())
}
