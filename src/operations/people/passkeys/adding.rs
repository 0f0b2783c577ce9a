//! Adding a passkey: the browser is asked for one, and answers.

use super::{Added, ask, prove, record, short};
use crate::{
    domain::{
        audit::Decision,
        id::PasskeyId,
        passkey::{MOST_PASSKEYS, Passkey, check_name},
    },
    operations::{
        Forum,
        people::{
            PeopleError, Person,
            second_factor::{fresh_codes, store_codes},
            sessions::renew,
        },
        token_hash,
    },
    storage::{self, passkeys, second_factors},
};

/// Begins to add one: what the person's browser is asked for, as JSON. `name` is
/// checked here and, with the answer, by [`finish`].
///
/// # Errors
/// [`PeopleError::Invalid`] about `name`, [`PeopleError::WrongPassword`],
/// [`PeopleError::TooManyPasskeys`], [`PeopleError::NoPasskeys`].
pub async fn begin(
    forum: &Forum,
    person: &Person,
    session: &str,
    name: &str,
    password: String,
) -> Result<String, PeopleError> {
    let party = forum.relying_party()?;
    check_name(name).map_err(|error| PeopleError::Invalid(vec![error]))?;
    prove(forum, person, session, password).await?;
    let (user, email) = (person.user.id, person.user.email.clone());
    let browser = adding_in(session);
    forum
        .write(move |conn, forum| {
            let known = passkeys::of_user(conn, user)?;
            if known.len() >= MOST_PASSKEYS {
                return Err(PeopleError::TooManyPasskeys);
            }
            let known: Vec<_> = known.into_iter().map(|(_, one)| one).collect();
            let begun = party.begin_adding(user, &email, &known);
            ask(conn, forum, &browser, Some(user), begun.state)?;
            Ok(begun.options)
        })
        .await
}

/// Ends to add one, with the browser's answer.
///
/// # Errors
/// [`PeopleError::PasskeyRefused`], also when the question was too long ago or
/// another session's; [`PeopleError::PasskeyKnown`],
/// [`PeopleError::TooManyPasskeys`], [`PeopleError::Invalid`] about `name`.
pub async fn finish(
    forum: &Forum,
    person: &Person,
    session: &str,
    name: &str,
    answer: String,
) -> Result<Added, PeopleError> {
    let party = forum.relying_party()?;
    let name = check_name(name).map_err(|error| PeopleError::Invalid(vec![error]))?;
    let (user, session) = (person.user.id, session.to_owned());
    let finished = forum.write(move |conn, forum| {
        let asked = passkeys::take_challenge(conn, &adding_in(&session), forum.now())?;
        let Some(asked) = asked.filter(|asked| asked.user == Some(user)) else {
            return Ok(Err(PeopleError::PasskeyRefused));
        };
        // Whatever follows, the question is used up: no error may undo that.
        let Ok(credential) = short(&answer).and_then(|it| party.finish_adding(&asked.state, it))
        else {
            return Ok(Err(PeopleError::PasskeyRefused));
        };
        if passkeys::by_credential(conn, &credential.credential)?.is_some() {
            return Ok(Err(PeopleError::PasskeyKnown));
        }
        let is_first = !second_factors::is_set(conn, user)?;
        if passkeys::of_user(conn, user)?.len() >= MOST_PASSKEYS {
            return Ok(Err(PeopleError::TooManyPasskeys));
        }
        let passkey = Passkey {
            id: PasskeyId(forum.next_id()),
            user,
            name,
            created_at: forum.now(),
            used_at: None,
        };
        passkeys::insert(conn, &passkey, &credential)?;
        let added = match is_first {
            false => Added::Another,
            true => {
                let codes = fresh_codes();
                store_codes(conn, user, &codes)?;
                let token = renew(conn, user, &session)?;
                Added::First { codes, token }
            }
        };
        record(conn, forum, Decision::PasskeyAdded, &passkey, "")?;
        Ok::<_, storage::Error>(Ok(added))
    });
    finished.await?
}

/// A question belongs to the session in which a passkey is added.
fn adding_in(session: &str) -> String {
    token_hash(&format!("new passkey of {session}"))
}
