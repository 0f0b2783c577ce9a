//! Passkeys (WebAuthn): adding and removing them, and signing in with one. A
//! passkey is used only after its authenticator has verified the person, by a
//! PIN, a finger or a face: so it stands for password and second factor at once.

mod adding;
mod ceremony;
mod signing_in;

pub use adding::{begin, finish};
pub use signing_in::{begin_signing_in, sign_in};

use chrono::TimeDelta;

use super::{
    PeopleError, Person, Secret,
    passwords::verify,
    second_factor::{fresh_codes, store_codes},
};
use crate::{
    domain::{
        audit::Decision,
        id::{PasskeyId, UserId},
        passkey::{self as rules, CHALLENGE_MINUTES, MOST_PASSKEYS, Passkey},
    },
    operations::{Forum, audit, token_hash},
    storage::{
        self, Conn, credentials,
        passkeys::{self, Challenge},
        second_factors, users,
    },
};
use ceremony::{Refusal, RelyingParty};

/// The longest answer of a browser that is read, in bytes: an RSA key with
/// everything around it has less than half of it.
const LONGEST_ANSWER: usize = 16 * 1024;

/// What a person sees of their passkeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    pub passkeys: Vec<Passkey>,
    /// Must they type their password before they change anything?
    pub must_prove: bool,
    pub may_add: bool,
}

/// A passkey that counts from now on.
pub enum Added {
    /// It is the person's first second factor: recovery codes, shown once, and
    /// the session's new token, because it may do more now.
    First { codes: Vec<String>, token: Secret },
    /// One more.
    Another,
}

impl Forum {
    /// Can there be passkeys here? Not where the node is named by an IP address.
    pub fn has_passkeys(&self) -> bool {
        RelyingParty::of(&self.urls).is_some()
    }

    fn relying_party(&self) -> Result<RelyingParty, PeopleError> {
        RelyingParty::of(&self.urls).ok_or(PeopleError::NoPasskeys)
    }
}

/// A person's passkeys, as the session with the token `session` sees them.
///
/// # Errors
/// Storage only.
pub async fn mine(forum: &Forum, person: &Person, session: &str) -> Result<Mine, storage::Error> {
    let user = person.user.id;
    let must_prove = !is_fresh(forum, session).await?;
    let read = forum.db.read(move |conn| passkeys::of_user(conn, user));
    let passkeys: Vec<Passkey> = read.await?.into_iter().map(|(one, _)| one).collect();
    Ok(Mine {
        may_add: forum.has_passkeys() && passkeys.len() < MOST_PASSKEYS,
        passkeys,
        must_prove,
    })
}

/// Removes one. The last second factor of somebody who must have one stays.
///
/// # Errors
/// [`PeopleError::WrongPassword`], [`PeopleError::NotFound`],
/// [`PeopleError::SecondFactorRequired`].
pub async fn remove(
    forum: &Forum,
    person: &Person,
    session: &str,
    id: PasskeyId,
    password: String,
) -> Result<(), PeopleError> {
    prove(forum, person, session, password).await?;
    let user = person.user.id;
    let is_required = forum.must_have_second_factor(person);
    forum
        .write(move |conn, forum| {
            // An app or a passkey that goes at the same time must be seen to be
            // gone.
            users::lock(conn, user)?;
            let mut all = passkeys::of_user(conn, user)?.into_iter();
            let (passkey, _) = all
                .find(|(one, _)| one.id == id)
                .ok_or(PeopleError::NotFound)?;
            passkeys::remove(conn, user, id)?;
            if !second_factors::is_set(conn, user)? {
                if is_required {
                    return Err(PeopleError::SecondFactorRequired);
                }
                second_factors::remove_recovery_codes(conn, user)?;
            }
            Ok(record(conn, forum, Decision::PasskeyRemoved, &passkey, "")?)
        })
        .await
}

/// New recovery codes in place of the old ones, for somebody who has passkeys
/// and no app whose code could ask for them.
///
/// # Errors
/// [`PeopleError::WrongPassword`], [`PeopleError::NotFound`] for somebody who
/// has an app, or no passkey.
pub async fn renew_codes(
    forum: &Forum,
    person: &Person,
    session: &str,
    password: String,
) -> Result<Vec<String>, PeopleError> {
    prove(forum, person, session, password).await?;
    let user = person.user.id;
    forum
        .write(move |conn, _| {
            if second_factors::has_app(conn, user)? || passkeys::count(conn, user)? == 0 {
                return Err(PeopleError::NotFound);
            }
            let codes = fresh_codes();
            store_codes(conn, user, &codes)?;
            Ok(codes)
        })
        .await
}

/// Has the person proved just now who they are: by signing in a moment ago, or
/// by their password?
async fn prove(
    forum: &Forum,
    person: &Person,
    session: &str,
    password: String,
) -> Result<(), PeopleError> {
    if is_fresh(forum, session).await? {
        return Ok(());
    }
    let email = person.user.email.clone();
    let read = forum
        .db
        .read(move |conn| users::find_by_email(conn, &email));
    let hash = read.await?.and_then(|(_, hash)| hash);
    match verify(forum, password, hash).await {
        true => Ok(()),
        false => Err(PeopleError::WrongPassword),
    }
}

async fn is_fresh(forum: &Forum, session: &str) -> Result<bool, storage::Error> {
    let (hash, now) = (token_hash(session), forum.now());
    let read = forum
        .db
        .read(move |conn| credentials::find_session(conn, &hash, now));
    let session = read.await?;
    Ok(session.is_some_and(|session| rules::is_fresh(session.created_at, now)))
}

fn ask(
    conn: &mut Conn,
    forum: &Forum,
    browser: &str,
    user: Option<UserId>,
    state: String,
) -> Result<(), storage::Error> {
    let until = forum.now() + TimeDelta::minutes(CHALLENGE_MINUTES);
    passkeys::put_challenge(conn, browser, &Challenge { user, state }, until)
}

fn short(answer: &str) -> Result<&str, Refusal> {
    match answer.len() <= LONGEST_ANSWER {
        true => Ok(answer),
        false => Err(Refusal::Other),
    }
}

/// The log holds no names: a passkey's own may be that of a person. What was
/// refused may have been tried by anybody.
fn record(
    conn: &mut Conn,
    forum: &Forum,
    decision: Decision,
    passkey: &Passkey,
    why: &str,
) -> Result<(), storage::Error> {
    let subject = audit::account(passkey.user);
    let glue = if why.is_empty() { "" } else { ": " };
    let detail = format!("passkey {}{glue}{why}", passkey.id);
    let by = (decision != Decision::PasskeyRefused).then_some(passkey.user);
    audit::record(conn, forum, by, decision, &subject, &detail)
}

#[cfg(test)]
mod tests;
