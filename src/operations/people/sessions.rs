//! Sessions of browsers and access tokens of programs.

use chrono::TimeDelta;

use super::{PeopleError, Person, Secret, active, passwords::verify};
use crate::{
    domain::{
        account::{Scopes, normalise_email},
        audit::Decision,
        id::UserId,
    },
    operations::{Forum, audit, random_token, token_hash},
    storage::{
        self,
        credentials::{self, Session},
        users,
    },
};

/// How long a session lasts without and with use, in days.
const SESSION_DAYS: i64 = 14;

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
            let person = active(conn, forum, user)?.ok_or(PeopleError::WrongPassword)?;
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
    let looking = forum.clone();
    forum
        .db
        .read(move |conn| {
            let Some(session) = credentials::find_session(conn, &hash, now)? else {
                return Ok(None);
            };
            Ok(active(conn, &looking, session.user)?.map(|person| (person, session)))
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
    by: Option<UserId>,
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
            let subject = audit::account(user.id);
            audit::record(conn, forum, by, Decision::TokenMade, &subject, &scopes)?;
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
    let looking = forum.clone();
    forum
        .db
        .read(move |conn| {
            let Some((user, scopes)) = credentials::find_token(conn, &hash)? else {
                return Ok(None);
            };
            let scopes = scopes
                .parse::<Scopes>()
                .map_err(|error| storage::Error::Corrupt(error.to_string()))?;
            Ok(active(conn, &looking, user)?.map(|person| (person, scopes)))
        })
        .await
}
