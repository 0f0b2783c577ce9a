//! One-time links: to set a password, and to set up a node.

use chrono::TimeDelta;

use super::{PeopleError, Person, Secret, insert, passwords, record_created};
use crate::{
    domain::{
        account::{LINK_HOURS, LinkPurpose, Role, User, check_password, normalise_email},
        audit::Decision,
        entry::FieldError,
        id::UserId,
    },
    operations::{
        Forum,
        accreditations::standing_of,
        audit,
        organisations::{NewOrganisation, OrganisationError, create_in},
        random_token, token_hash,
    },
    storage::{self, Conn, credentials, second_factors, users},
};

/// Makes a one-time link; earlier unused ones for the same end stop working.
pub(in crate::operations) fn link(
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
pub async fn new_link(
    forum: &Forum,
    by: Option<UserId>,
    user: UserId,
) -> Result<Secret, PeopleError> {
    forum
        .write(move |conn, forum| {
            users::find(conn, user)?.ok_or(PeopleError::NotFound)?;
            let link = link(conn, forum, LinkPurpose::SetPassword, Some(user))?;
            let subject = audit::account(user);
            audit::record(conn, forum, by, Decision::LinkMade, &subject, "")?;
            Ok(link)
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

/// What follows when somebody chose a password through a one-time link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPassword {
    /// They may be let in.
    LetIn(UserId),
    /// They have a second factor: a link alone does not stand in for it.
    SecondStep,
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
) -> Result<FirstPassword, PeopleError> {
    check_password(&password)?;
    // Before the slow hash, so that a wrong link costs nothing.
    open_link(forum, token).await?;
    let password_hash = passwords::hash(forum, password).await;
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
            let subject = audit::account(user);
            let detail = "by a one-time link";
            let chosen = Decision::PasswordSet;
            audit::record(conn, forum, Some(user), chosen, &subject, detail)?;
            Ok(match second_factors::is_set(conn, user)? {
                true => FirstPassword::SecondStep,
                false => FirstPassword::LetIn(user),
            })
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
    let password_hash = passwords::hash(forum, password).await;
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
                create_in(conn, forum, None, organisation, &keys).map_err(|error| match error {
                    OrganisationError::Invalid(errors) => PeopleError::Invalid(errors),
                    OrganisationError::Storage(error) => PeopleError::Storage(error),
                    OrganisationError::NotAllowed
                    | OrganisationError::NotFound
                    | OrganisationError::Deleted => PeopleError::NoOrganisation,
                })?;
            let role = Role::Administrator;
            let user = insert(conn, forum, email, &organisation, role, Some(password_hash))?;
            record_created(conn, forum, None, &user, &organisation)?;
            Ok(Person {
                standing: standing_of(conn, forum, &organisation)?,
                user,
                organisation,
            })
        })
        .await
}
