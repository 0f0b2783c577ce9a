//! Sessions of browsers: signing in, in one step or two, and where somebody is
//! signed in.

use chrono::{DateTime, TimeDelta, Utc};

use super::{PeopleError, Person, Secret, active, passwords::verify, second_factor};
use crate::{
    domain::{account::normalise_email, audit::Decision, id::UserId},
    operations::{Forum, audit, random_token, token_hash},
    storage::{
        self, Conn, acceptances,
        credentials::{self, Session},
        second_factors, sign_ins, users,
    },
};

/// How long a session lasts without and with use, in days.
const SESSION_DAYS: i64 = 14;

/// How long the second step may come after the first, in minutes.
const SECOND_STEP_MINUTES: i64 = 10;

/// Wrong codes after which the first step must be taken again.
const MOST_FAILURES: i64 = 5;

/// When a session or token was used is noted at most so often, in minutes:
/// reading a page should not cost a write.
pub(super) const SEEN_EVERY_MINUTES: i64 = 10;

/// A fresh session: the token for the cookie, and the CSRF token for forms.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: Person,
    pub token: Secret,
    pub session: Session,
}

/// A browser at the sign-in page.
#[derive(Clone)]
pub struct Device {
    /// The secret of its forms, which ties the two steps together.
    pub form: String,
    /// What it is, in a few words.
    pub agent: String,
}

impl Device {
    /// What is stored of the secret: another hash than that of a session.
    pub(super) fn hash(&self) -> String {
        token_hash(&format!("second step of {}", self.form))
    }
}

/// Where the first step leads.
#[derive(Debug)]
pub enum FirstStep {
    /// In: the password was right, and there is no second factor.
    SignedIn(Box<SignedIn>),
    /// To the second step, whether or not the password was right.
    Asked,
}

/// The first step of signing in. Unknown addresses, wrong passwords, disabled
/// accounts, suspended organisations, and right passwords that need a second
/// factor are told apart neither by the answer nor by its time.
///
/// # Errors
/// Storage only.
pub async fn sign_in(
    forum: &Forum,
    device: &Device,
    email: &str,
    password: String,
) -> Result<FirstStep, PeopleError> {
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
    let user = user.filter(|_| right).map(|user| user.id);
    let device = device.clone();
    forum
        .write(move |conn, forum| {
            let person = match user {
                Some(user) => active(conn, forum, user)?,
                None => None,
            };
            let user = person.as_ref().map(|person| person.user.id);
            if let (Some(person), Some(id)) = (person, user)
                && !second_factors::is_set(conn, id)?
            {
                let signed_in = start(conn, forum, person, &device.agent)?;
                return Ok(FirstStep::SignedIn(Box::new(signed_in)));
            }
            let until = forum.now() + TimeDelta::minutes(SECOND_STEP_MINUTES);
            sign_ins::put(conn, &device.hash(), user, until)?;
            Ok(FirstStep::Asked)
        })
        .await
}

/// The second step: a code of the person's app, or a recovery code.
///
/// # Errors
/// [`PeopleError::WrongCode`], also when the first step was wrong, or too long
/// ago, or when too many wrong codes came since.
pub async fn enter_code(
    forum: &Forum,
    device: &Device,
    code: String,
) -> Result<SignedIn, PeopleError> {
    let device = device.clone();
    let entered = forum.write(move |conn, forum| {
        let hash = device.hash();
        let Some(first) = sign_ins::find(conn, &hash, forum.now())? else {
            return Ok(None);
        };
        let user = first.user.filter(|_| first.failures < MOST_FAILURES);
        let right = match user {
            Some(user) => second_factor::check(conn, forum, user, &code)?,
            None => false,
        };
        let person = match user.filter(|_| right) {
            Some(user) => active(conn, forum, user)?,
            None => None,
        };
        match person {
            Some(person) => {
                sign_ins::remove(conn, &hash)?;
                start(conn, forum, person, &device.agent).map(Some)
            }
            // Kept: an error would undo the count.
            None => sign_ins::count_failure(conn, &hash).map(|()| None),
        }
    });
    entered.await?.ok_or(PeopleError::WrongCode)
}

/// Signs a person in who has just proved themselves otherwise, for example
/// through a one-time link.
///
/// # Errors
/// [`PeopleError::WrongPassword`] when the account or its organisation may
/// not sign in.
pub async fn start_session(
    forum: &Forum,
    user: UserId,
    agent: &str,
) -> Result<SignedIn, PeopleError> {
    let agent = agent.to_owned();
    forum
        .write(move |conn, forum| {
            let person = active(conn, forum, user)?.ok_or(PeopleError::WrongPassword)?;
            Ok(start(conn, forum, person, &agent)?)
        })
        .await
}

pub(super) fn start(
    conn: &mut Conn,
    forum: &Forum,
    person: Person,
    agent: &str,
) -> Result<SignedIn, storage::Error> {
    let now = forum.now();
    let token = random_token();
    let session = Session {
        user: person.user.id,
        csrf: random_token(),
        created_at: now,
        seen_at: now,
        expires_at: now + TimeDelta::days(SESSION_DAYS),
        agent: agent.to_owned(),
    };
    credentials::insert_session(conn, &token_hash(&token), &session)?;
    users::set_signed_in(conn, person.user.id, now)?;
    Ok(SignedIn {
        person,
        token: Secret(token),
        session,
    })
}

/// Gives a session another token, because it may do more from now on, and ends
/// the person's other sessions. The new token.
pub(super) fn renew(conn: &mut Conn, user: UserId, old: &str) -> Result<Secret, storage::Error> {
    let token = random_token();
    let hash = token_hash(&token);
    credentials::renew_session(conn, &token_hash(old), &hash, &random_token())?;
    credentials::delete_other_sessions(conn, user, &hash)?;
    Ok(Secret(token))
}

/// What somebody who has signed in must do before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Set up a second factor.
    SecondFactor,
    /// Accept the rules of participation.
    Rules,
}

/// Somebody behind a session.
#[derive(Debug, Clone)]
pub struct Present {
    pub person: Person,
    pub session: Session,
    /// Nothing else is for them while this is not done.
    pub need: Option<Need>,
}

fn need(conn: &mut Conn, forum: &Forum, person: &Person) -> Result<Option<Need>, storage::Error> {
    if forum.must_have_second_factor(person) && !second_factors::is_set(conn, person.user.id)? {
        return Ok(Some(Need::SecondFactor));
    }
    Ok(match &forum.admission.rules {
        Some(version) if !acceptances::has(conn, person.user.id, version)? => Some(Need::Rules),
        Some(_) | None => None,
    })
}

/// Who a session's cookie belongs to; `None` when it is over. Roles, accounts
/// and organisations are looked at afresh each time, so that a change takes
/// effect at once.
///
/// # Errors
/// Storage only.
pub async fn by_session(forum: &Forum, token: &str) -> Result<Option<Present>, storage::Error> {
    let (hash, now) = (token_hash(token), forum.now());
    let (reader, key) = (forum.clone(), hash.clone());
    let found = forum
        .db
        .read(move |conn| {
            let Some(session) = credentials::find_session(conn, &key, now)? else {
                return Ok(None);
            };
            let Some(person) = active(conn, &reader, session.user)? else {
                return Ok(None);
            };
            let need = need(conn, &reader, &person)?;
            Ok::<_, storage::Error>(Some(Present {
                person,
                session,
                need,
            }))
        })
        .await?;
    if let Some(present) = &found
        && is_stale(present.session.seen_at, now)
    {
        let noted = forum
            .db
            .write(move |conn| credentials::touch_session(conn, &hash, now));
        // Reading goes on where nothing can be written.
        let _: Result<(), storage::Error> = noted.await;
    }
    Ok(found)
}

/// Is it time to note that something is used?
pub(super) fn is_stale(seen_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - seen_at >= TimeDelta::minutes(SEEN_EVERY_MINUTES)
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

/// One place where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// By this it is ended; of no use for signing in.
    pub reference: String,
    pub session: Session,
    /// The session that asks.
    pub is_this: bool,
}

/// Where a person is signed in; `token` is that of the session that asks.
///
/// # Errors
/// Storage only.
pub async fn places(
    forum: &Forum,
    user: UserId,
    token: &str,
) -> Result<Vec<Place>, storage::Error> {
    let (mine, now) = (token_hash(token), forum.now());
    let read = forum
        .db
        .read(move |conn| credentials::sessions_of(conn, user, now));
    let places = read.await?.into_iter().map(|(reference, session)| Place {
        is_this: reference == mine,
        reference,
        session,
    });
    Ok(places.collect())
}

/// Ends one session of a person.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn end_session(forum: &Forum, user: UserId, reference: &str) -> Result<(), PeopleError> {
    let hash = reference.to_owned();
    let ended = forum
        .db
        .write(move |conn| credentials::delete_session_of(conn, user, &hash));
    match ended.await? {
        true => Ok(()),
        false => Err(PeopleError::NotFound),
    }
}

/// Ends every session of a person but the one that asks.
///
/// # Errors
/// Storage only.
pub async fn end_other_sessions(
    forum: &Forum,
    user: UserId,
    token: &str,
) -> Result<usize, storage::Error> {
    let mine = token_hash(token);
    forum
        .db
        .write(move |conn| credentials::delete_other_sessions(conn, user, &mine))
        .await
}

/// Ends every session and access token of somebody. For administrators and the
/// command line, whose doors check who asks.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn end_everything(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
) -> Result<(usize, usize), PeopleError> {
    forum
        .write(move |conn, forum| {
            users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            let sessions = credentials::delete_sessions_of(conn, user)?;
            let tokens = storage::access_tokens::revoke_all_of(conn, user, forum.now())?;
            let subject = audit::account(user);
            let detail = format!("{sessions} sign-ins, {tokens} tokens");
            let ended = Decision::SessionsEnded;
            audit::record(conn, forum, by, ended, &subject, &detail)?;
            Ok((sessions, tokens))
        })
        .await
}
