//! Signing in with a passkey, with or without a password before.

use super::{
    ask,
    ceremony::{Answer, Refusal},
    record, short,
};
use crate::{
    domain::audit::Decision,
    operations::{
        Forum,
        people::{Device, PeopleError, SignedIn, active, sessions::start},
        token_hash,
    },
    storage::{self, passkeys, sign_ins},
};

/// Begins to sign somebody in: what the browser is asked for, as JSON. It is the
/// same question for everybody.
///
/// # Errors
/// [`PeopleError::NoPasskeys`].
pub async fn begin_signing_in(forum: &Forum, device: &Device) -> Result<String, PeopleError> {
    let party = forum.relying_party()?;
    let browser = signing_in_at(device);
    forum
        .write(move |conn, forum| {
            let begun = party.begin_signing_in();
            ask(conn, forum, &browser, None, begun.state)?;
            Ok(begun.options)
        })
        .await
}

/// Signs somebody in with the browser's answer, which needs neither password nor
/// code; a first step that was taken with a password before is over, too.
///
/// # Errors
/// [`PeopleError::PasskeyRefused`], whatever was wrong, and also for somebody
/// who may not sign in: the browser learns nothing about any account.
pub async fn sign_in(
    forum: &Forum,
    device: &Device,
    answer: String,
) -> Result<SignedIn, PeopleError> {
    let party = forum.relying_party()?;
    let device = device.clone();
    let signed_in = forum.write(move |conn, forum| {
        let asked = passkeys::take_challenge(conn, &signing_in_at(&device), forum.now())?;
        let (Some(asked), Ok(answer)) = (asked, short(&answer).and_then(Answer::read)) else {
            return Ok(None);
        };
        let Some((passkey, known)) = passkeys::by_credential(conn, &answer.credential())? else {
            return Ok(None);
        };
        let user = passkey.user;
        match party.finish_signing_in(&asked.state, &answer, user, &known) {
            Ok(state) => {
                let Some(person) = active(conn, forum, user)? else {
                    return Ok(None);
                };
                let (id, now) = (passkey.id, forum.now());
                if !passkeys::used(conn, id, &known.state, &state, now)? {
                    return Ok(None);
                }
                sign_ins::remove(conn, &device.hash())?;
                start(conn, forum, person, &device.agent).map(Some)
            }
            Err(Refusal::Counter) => {
                let why = "its counter went back, there may be a copy of it";
                record(conn, forum, Decision::PasskeyRefused, &passkey, why)?;
                Ok(None)
            }
            Err(Refusal::Other) => Ok::<_, storage::Error>(None),
        }
    });
    signed_in.await?.ok_or(PeopleError::PasskeyRefused)
}

/// A question belongs to the browser that signs in.
pub(super) fn signing_in_at(device: &Device) -> String {
    token_hash(&format!("passkey at {}", device.form))
}
