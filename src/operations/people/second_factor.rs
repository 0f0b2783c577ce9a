//! Second factors: an app that makes a new code every thirty seconds (RFC
//! 6238), and recovery codes for when it, or every passkey, is lost.

use totp_rs::{Builder, Secret as Key, Totp};

use super::{PeopleError, Person, Secret, sessions::renew};
use crate::{
    domain::{
        audit::Decision,
        id::UserId,
        second_factor::{self as rules, RECOVERY_CODES},
    },
    operations::{Forum, audit, forum::fill_random, token_hash},
    storage::{self, Conn, credentials, passkeys, second_factors, users},
};

/// What a person's app must know, shown until it has proved that it does.
#[derive(Clone, PartialEq, Eq)]
pub struct Setup {
    /// Base32.
    pub secret: String,
    /// `otpauth://…`, for the square that the app reads.
    pub address: String,
}

/// A second factor that counts from now on.
pub struct Confirmed {
    /// Shown once; only their hashes are stored.
    pub codes: Vec<String>,
    /// The session's new token: it may do more now.
    pub token: Secret,
}

/// How things stand with a person's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Is there an app that makes codes?
    pub has_app: bool,
    pub passkeys: i64,
    pub is_required: bool,
    pub codes_left: i64,
}

impl State {
    /// Is somebody who knows the password asked for more?
    pub fn is_set(&self) -> bool {
        self.has_app || self.passkeys > 0
    }

    /// May the app be removed?
    pub fn may_remove_app(&self) -> bool {
        !self.is_required || self.passkeys > 0
    }
}

impl Forum {
    /// Is this person let in only with a second factor?
    pub fn must_have_second_factor(&self, person: &Person) -> bool {
        self.admission.second_factor
            && rules::is_required(person.user.role, person.organisation.category)
    }
}

fn totp(secret: &str, issuer: &str, account: &str) -> Result<Totp, storage::Error> {
    let corrupt = |error: String| storage::Error::Corrupt(format!("second factor: {error}"));
    let key = Key::try_from_base32(secret).map_err(|error| corrupt(error.to_string()))?;
    Builder::new()
        .with_secret(key)
        // The name of a node may hold any character, a label may not.
        .with_issuer(Some(issuer.replace(':', " ")))
        .with_account_name(account.replace(':', " "))
        .build()
        .map_err(|error| corrupt(error.to_string()))
}

/// Which second factors a person has.
///
/// # Errors
/// Storage only.
pub async fn state(forum: &Forum, person: &Person) -> Result<State, storage::Error> {
    let user = person.user.id;
    let is_required = forum.must_have_second_factor(person);
    let read = move |conn: &mut Conn| state_in(conn, user, is_required);
    forum.db.read(read).await
}

fn state_in(conn: &mut Conn, user: UserId, is_required: bool) -> Result<State, storage::Error> {
    Ok(State {
        has_app: second_factors::has_app(conn, user)?,
        passkeys: passkeys::count(conn, user)?,
        is_required,
        codes_left: second_factors::count_recovery_codes(conn, user)?,
    })
}

/// Begins to set one up, or goes on: the same secret until it is confirmed.
///
/// # Errors
/// [`PeopleError::HasSecondFactor`].
pub async fn begin(forum: &Forum, person: &Person) -> Result<Setup, PeopleError> {
    match begin_once(forum, person).await {
        // The page was opened twice at once: the other one made the key.
        Err(PeopleError::Storage(storage::Error::Conflict { .. })) => {
            begin_once(forum, person).await
        }
        begun => begun,
    }
}

async fn begin_once(forum: &Forum, person: &Person) -> Result<Setup, PeopleError> {
    let (user, email) = (person.user.id, person.user.email.clone());
    forum
        .write(move |conn, forum| {
            let secret = match second_factors::find(conn, user)? {
                Some(known) if known.confirmed_at.is_some() => {
                    return Err(PeopleError::HasSecondFactor);
                }
                Some(known) => known.secret,
                None => {
                    let mut bytes = [0; 20];
                    fill_random(&mut bytes);
                    let secret = Key::new_stack(bytes).to_base32();
                    second_factors::put(conn, user, &secret, forum.now())?;
                    secret
                }
            };
            let address = totp(&secret, &forum.admission.issuer, &email)?
                .to_url()
                .map_err(|error| storage::Error::Corrupt(error.to_string()))?;
            Ok(Setup { secret, address })
        })
        .await
}

/// Ends the set-up with a first code of the app. The person's other sessions
/// end, and this one, whose token is `session`, gets a new token.
///
/// # Errors
/// [`PeopleError::WrongCode`], [`PeopleError::HasSecondFactor`].
pub async fn confirm(
    forum: &Forum,
    person: &Person,
    session: &str,
    code: &str,
) -> Result<Confirmed, PeopleError> {
    let user = person.user.id;
    let (session, code) = (session.to_owned(), rules::plain(code));
    let codes = fresh_codes();
    forum
        .write(move |conn, forum| {
            let known = second_factors::find(conn, user)?.ok_or(PeopleError::WrongCode)?;
            if known.confirmed_at.is_some() {
                return Err(PeopleError::HasSecondFactor);
            }
            if !matches(conn, forum, user, &known.secret, &code)? {
                return Err(PeopleError::WrongCode);
            }
            second_factors::confirm(conn, user, forum.now())?;
            store_codes(conn, user, &codes)?;
            let token = renew(conn, user, &session)?;
            let subject = audit::account(user);
            let set = Decision::SecondFactorSet;
            audit::record(conn, forum, Some(user), set, &subject, "")?;
            Ok(Confirmed { codes, token })
        })
        .await
}

/// New recovery codes in place of the old ones, against a code.
///
/// # Errors
/// [`PeopleError::WrongCode`].
pub async fn renew_codes(
    forum: &Forum,
    person: &Person,
    code: &str,
) -> Result<Vec<String>, PeopleError> {
    let (user, code) = (person.user.id, code.to_owned());
    let codes = fresh_codes();
    let renewed = forum.write(move |conn, forum| {
        if !check(conn, forum, user, &code)? {
            return Ok(None);
        }
        store_codes(conn, user, &codes)?;
        Ok::<_, storage::Error>(Some(codes))
    });
    renewed.await?.ok_or(PeopleError::WrongCode)
}

/// Removes the app, against a code, unless it is the last second factor of
/// somebody who must have one.
///
/// # Errors
/// [`PeopleError::WrongCode`], [`PeopleError::SecondFactorRequired`],
/// [`PeopleError::NotFound`] where there is no app.
pub async fn remove(forum: &Forum, person: &Person, code: &str) -> Result<(), PeopleError> {
    let (user, code) = (person.user.id, code.to_owned());
    let is_required = forum.must_have_second_factor(person);
    let removed = forum.write(move |conn, forum| {
        // A passkey that goes at the same time must be seen to be gone.
        users::lock(conn, user)?;
        let state = state_in(conn, user, is_required)?;
        if !state.has_app {
            return Err(PeopleError::NotFound);
        }
        if !state.may_remove_app() {
            return Err(PeopleError::SecondFactorRequired);
        }
        if !check(conn, forum, user, &code)? {
            return Ok(false);
        }
        second_factors::remove_app(conn, user)?;
        if !second_factors::is_set(conn, user)? {
            second_factors::remove_recovery_codes(conn, user)?;
        }
        let subject = audit::account(user);
        let removed = Decision::SecondFactorRemoved;
        audit::record(conn, forum, Some(user), removed, &subject, "")?;
        Ok::<_, PeopleError>(true)
    });
    match removed.await? {
        true => Ok(()),
        false => Err(PeopleError::WrongCode),
    }
}

/// Takes every second factor of somebody away who lost it, app, passkeys and
/// recovery codes, and ends their sessions. For administrators (not about
/// themselves) and the command line.
///
/// # Errors
/// [`PeopleError::NotFound`], [`PeopleError::Myself`].
pub async fn reset(forum: &Forum, by: Option<UserId>, user: UserId) -> Result<(), PeopleError> {
    if by == Some(user) {
        return Err(PeopleError::Myself);
    }
    forum
        .write(move |conn, forum| {
            users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            second_factors::remove_app(conn, user)?;
            second_factors::remove_recovery_codes(conn, user)?;
            let lost = passkeys::remove_all(conn, user)?;
            credentials::delete_sessions_of(conn, user)?;
            let subject = audit::account(user);
            let detail = match lost {
                0 => String::new(),
                1 => "with 1 passkey".to_owned(),
                count => format!("with {count} passkeys"),
            };
            let reset = Decision::SecondFactorReset;
            Ok(audit::record(conn, forum, by, reset, &subject, &detail)?)
        })
        .await
}

/// Is this a code of the person's app that was not used yet, or an unused
/// recovery code? It is used up by that; a wrong one is counted. The caller
/// must commit in both cases.
pub(super) fn check(
    conn: &mut Conn,
    forum: &Forum,
    user: UserId,
    typed: &str,
) -> Result<bool, storage::Error> {
    let now = forum.now();
    let code = rules::plain(typed);
    // They go with the last second factor, whichever that is.
    if second_factors::use_recovery_code(conn, user, &code_hash(user, &code), now)? {
        return Ok(true);
    }
    let Some(factor) = second_factors::find(conn, user)?.filter(|one| one.confirmed_at.is_some())
    else {
        return Ok(false);
    };
    if factor.blocked_until.is_some_and(|until| until > now) {
        return Ok(false);
    }
    if matches(conn, forum, user, &factor.secret, &code)? {
        return Ok(true);
    }
    let until = rules::blocked_until(factor.failures + 1, now);
    second_factors::count_failure(conn, user, until)?;
    Ok(false)
}

/// Is this a code of now, or of one step before or after, that was not used?
fn matches(
    conn: &mut Conn,
    forum: &Forum,
    user: UserId,
    secret: &str,
    code: &str,
) -> Result<bool, storage::Error> {
    let now = u64::try_from(forum.now().timestamp()).unwrap_or_default();
    let step = totp(secret, "", "")?.check(code, now);
    match step.and_then(|step| i64::try_from(step).ok()) {
        Some(step) => second_factors::use_step(conn, user, step),
        None => Ok(false),
    }
}

/// 80 random bits each.
pub(super) fn fresh_codes() -> Vec<String> {
    let code = || {
        let mut bytes = [0; 20];
        fill_random(&mut bytes);
        let text = Key::new_stack(bytes).to_base32().to_lowercase();
        text.chars().take(16).collect::<String>()
    };
    std::iter::repeat_with(code)
        .take(RECOVERY_CODES)
        .map(|code| rules::in_groups(&code))
        .collect()
}

pub(super) fn store_codes(
    conn: &mut Conn,
    user: UserId,
    codes: &[String],
) -> Result<(), storage::Error> {
    let hashes: Vec<String> = codes
        .iter()
        .map(|code| code_hash(user, &rules::plain(code)))
        .collect();
    second_factors::put_recovery_codes(conn, user, &hashes)
}

/// Of 80 random bits a plain hash is enough: nobody guesses them.
fn code_hash(user: UserId, code: &str) -> String {
    token_hash(&format!("recovery code of {user}: {code}"))
}

#[cfg(test)]
mod tests;
