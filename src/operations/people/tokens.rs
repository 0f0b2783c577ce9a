//! Access tokens of programs.

use super::{PeopleError, Person, Secret, active, sessions::is_stale};
use crate::{
    domain::{
        account::{Scopes, normalise_email},
        audit::Decision,
        id::UserId,
    },
    operations::{Forum, audit, random_token, token_hash},
    storage::{
        self, Conn, acceptances,
        access_tokens::{self, AccessToken},
        users,
    },
};

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
            access_tokens::insert(conn, &token_hash(&token), user.id, &scopes, forum.now())?;
            let subject = audit::account(user.id);
            audit::record(conn, forum, by, Decision::TokenMade, &subject, &scopes)?;
            Ok(Secret(token))
        })
        .await
}

/// Who a program acts for, and how far it may go.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub person: Person,
    pub scopes: Scopes,
    /// The person has signed in but not accepted the rules of participation as
    /// they are now: until then programs read for them, and do not write. Of
    /// an account that nobody ever signed in with, which serves programs only,
    /// the operator who made it answers for the rules.
    pub owes_rules: bool,
}

/// Who an access token belongs to, and what it is good for; `None` when it is
/// unknown or revoked, or its person may not act.
///
/// # Errors
/// Storage only.
pub async fn by_token(forum: &Forum, token: &str) -> Result<Option<Bearer>, storage::Error> {
    let (hash, now) = (token_hash(token), forum.now());
    let (reader, key) = (forum.clone(), hash.clone());
    let found = forum
        .db
        .read(move |conn| match access_tokens::find(conn, &key)? {
            Some(token) => Ok(bearer(conn, &reader, &token)?.map(|bearer| (bearer, token))),
            None => Ok::<_, storage::Error>(None),
        })
        .await?;
    let Some((bearer, token)) = found else {
        return Ok(None);
    };
    if token.seen_at.is_none_or(|seen| is_stale(seen, now)) {
        let noted = forum
            .db
            .write(move |conn| access_tokens::touch(conn, &hash, now));
        // Reading goes on where nothing can be written.
        let _: Result<(), storage::Error> = noted.await;
    }
    Ok(Some(bearer))
}

fn bearer(
    conn: &mut Conn,
    forum: &Forum,
    token: &AccessToken,
) -> Result<Option<Bearer>, storage::Error> {
    let scopes = token
        .scopes
        .parse::<Scopes>()
        .map_err(|error| storage::Error::Corrupt(error.to_string()))?;
    let Some(person) = active(conn, forum, token.user)? else {
        return Ok(None);
    };
    let owes_rules = match &forum.admission.rules {
        Some(version) if person.user.signed_in_at.is_some() => {
            !acceptances::has(conn, person.user.id, version)?
        }
        Some(_) | None => false,
    };
    Ok(Some(Bearer {
        person,
        scopes,
        owes_rules,
    }))
}

/// Ends one access token of a person, by its reference in the list.
///
/// # Errors
/// [`PeopleError::NotFound`].
pub async fn revoke_token(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
    reference: &str,
) -> Result<(), PeopleError> {
    let hash = reference.to_owned();
    forum
        .write(move |conn, forum| {
            let token = access_tokens::find(conn, &hash)?.ok_or(PeopleError::NotFound)?;
            if !access_tokens::revoke(conn, user, &hash, forum.now())? {
                return Err(PeopleError::NotFound);
            }
            let subject = audit::account(user);
            let revoked = Decision::TokenRevoked;
            audit::record(conn, forum, by, revoked, &subject, &token.scopes)?;
            Ok(())
        })
        .await
}
