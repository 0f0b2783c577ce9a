//! Issuing, renewing and revoking, by this node's anchor. For administrators
//! and the command line, whose doors check who asks.

use chrono::{SubsecRound, TimeDelta};
use serde_json::Value;
use url::Url;

use super::{
    AccreditationError, AnchorKey, anchor, arriving,
    lists::{self, free_place},
    worth::keys_of,
};
use crate::{
    domain::{
        accreditation::{
            About, Claim, Credential, CredentialId, Held, MAX_DAYS, Request, StatusPosition,
        },
        audience::Tier,
        audit::Decision,
        id::UserId,
        organisation::{Organisation, OrganisationState},
        taxonomy::{self, Scheme},
    },
    operations::{Forum, audit, forum::random_bytes, node},
    storage::{
        self, Conn,
        accreditations::{self, Issued, Known},
        organisations,
    },
};

/// Issues an accreditation; answers what was recorded, and the signed
/// document. One for an organisation of this node, or for the node itself, is
/// shown by it at once.
///
/// # Errors
/// [`AccreditationError`] states the rules.
pub async fn issue(
    forum: &Forum,
    by: Option<UserId>,
    request: Request,
) -> Result<(Issued, Value), AccreditationError> {
    prepare(forum, &request).await?;
    forum
        .write(move |conn, forum| issue_in(conn, forum, by, request))
        .await
}

/// [`issue`] in the caller's transaction.
pub fn issue_in(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    request: Request,
) -> Result<(Issued, Value), AccreditationError> {
    let (key, new) = checked(conn, forum, &request)?;
    let (issued, document) = write(conn, forum, &key, new)?;
    log(conn, forum, by, Decision::AccreditationIssued, &issued)?;
    Ok((issued, document))
}

/// A node may be accredited before it was ever served.
pub(super) async fn prepare(forum: &Forum, request: &Request) -> Result<(), AccreditationError> {
    if request.subject == forum.urls.node_actor() {
        node::ensure_keys(forum).await?;
    }
    Ok(())
}

/// What is to be signed, and with which key, if everything about it is right.
pub(super) fn checked(
    conn: &mut Conn,
    forum: &Forum,
    request: &Request,
) -> Result<(AnchorKey, New), AccreditationError> {
    let (_, key) = anchor::own(conn)?;
    if !(1..=MAX_DAYS).contains(&request.days) {
        return Err(AccreditationError::InvalidDays);
    }
    let claim = claim(conn, forum, &request.subject, request.about.clone())?;
    let assertion_key = keys_of(conn, &request.subject)?
        .and_then(|keys| keys.into_iter().next())
        .ok_or(AccreditationError::NoKey)?;
    let new = New {
        subject: request.subject.clone(),
        claim,
        assertion_key,
        days: request.days,
        renews: None,
    };
    Ok((key, new))
}

/// What was decided, as the log of decisions tells it.
fn log(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    decision: Decision,
    issued: &Issued,
) -> Result<(), storage::Error> {
    let credential = &issued.held.credential;
    let subject = format!("accreditation {}", credential.id);
    let what = match &credential.claim {
        Claim::Organisation { category, .. } => category.as_str(),
        Claim::Node { audience } => audience.as_str(),
    };
    let mut detail = format!("{} as {what}", credential.subject);
    if !issued.reason.is_empty() {
        detail.push_str(": ");
        detail.push_str(&issued.reason);
    }
    audit::record(conn, forum, by, decision, &subject, &detail)
}

/// Is this actor one that can be accredited so?
fn claim(
    conn: &mut Conn,
    forum: &Forum,
    subject: &Url,
    about: About,
) -> Result<Claim, AccreditationError> {
    let is_our_node = *subject == forum.urls.node_actor();
    match about {
        About::Node { audience } => {
            if audience == Tier::Public {
                return Err(AccreditationError::InvalidAudience);
            }
            let is_a_node = is_our_node || known(conn, forum, subject)?.actor_type == "Application";
            match is_a_node {
                true => Ok(Claim::Node { audience }),
                false => Err(AccreditationError::NotANode),
            }
        }
        About::Organisation { .. } if is_our_node => Err(AccreditationError::NotAnOrganisation),
        About::Organisation { category, country } => {
            let organisation = known(conn, forum, subject)?;
            if organisation.actor_type == "Application" {
                return Err(AccreditationError::NotAnOrganisation);
            }
            let its_own = organisation.country.filter(|_| organisation.host.is_none());
            let country = country.or(its_own);
            if let Some(country) = &country {
                taxonomy::check(Scheme::Country, country)?;
            }
            Ok(Claim::Organisation {
                name: organisation.name,
                category,
                country,
            })
        }
    }
}

/// An active actor, one of ours or one that is known.
fn known(
    conn: &mut Conn,
    forum: &Forum,
    subject: &Url,
) -> Result<Organisation, AccreditationError> {
    let found = organisations::find_by_uri(conn, subject)?
        .filter(|one| one.state == OrganisationState::Active)
        // Whatever claims to be ours must be ours.
        .filter(|one| one.is_local() == forum.urls.is_ours(subject));
    found.ok_or(AccreditationError::NoSuchOrganisation)
}

/// A credential that is about to be signed.
pub(super) struct New {
    pub subject: Url,
    pub claim: Claim,
    pub assertion_key: String,
    pub days: i64,
    /// The first of those that this one renews.
    pub renews: Option<CredentialId>,
}

/// Signs and stores.
pub(super) fn write(
    conn: &mut Conn,
    forum: &Forum,
    key: &AnchorKey,
    new: New,
) -> Result<(Issued, Value), AccreditationError> {
    let id = CredentialId::of_random(random_bytes());
    let (list, index) = free_place(conn, &key.did, &id)?;
    // Credentials tell whole seconds.
    let now = forum.now().trunc_subsecs(0);
    let credential = Credential {
        issuer: key.did.clone(),
        subject: new.subject,
        claim: new.claim,
        assertion_key: new.assertion_key,
        valid_from: now,
        valid_until: now + TimeDelta::days(new.days),
        status: StatusPosition {
            list: forum.urls.status_list(list),
            index,
        },
        id,
    };
    let document = forum.notary.credential(key, &credential)?;
    if lists::needs_signature(conn, forum, &key.did, list)? {
        lists::sign(conn, forum, key, list)?;
    }
    let known = lists::known(conn, forum, &key.did, &credential.status.list)?;
    let issued = Issued {
        root: new.renews.unwrap_or_else(|| credential.id.clone()),
        list,
        issued_at: forum.now(),
        revoked_at: None,
        reason: String::new(),
        held: Held::new(credential, known.as_ref()),
    };
    let stored = Known {
        held: issued.held.clone(),
        document: document.to_string(),
    };
    accreditations::put(conn, &stored, forum.now())?;
    accreditations::insert_issued(conn, &issued)?;
    arriving::changed(conn, forum, &issued.held.credential.subject)?;
    Ok((issued, document))
}

/// Issues the same again, for as long as before; the one that it renews stays
/// good until its end. A local organisation gets it for its present key, a
/// remote one only while its key is the one that was accredited.
///
/// # Errors
/// [`AccreditationError::NotIssued`], [`AccreditationError::Revoked`],
/// [`AccreditationError::Over`], [`AccreditationError::KeyChanged`].
pub async fn renew(
    forum: &Forum,
    by: Option<UserId>,
    id: &CredentialId,
) -> Result<(Issued, Value), AccreditationError> {
    let id = id.clone();
    forum
        .write(move |conn, forum| {
            let found = accreditations::issued_by_id(conn, &id)?;
            let before = found.ok_or(AccreditationError::NotIssued)?;
            let is_over = before.held.credential.valid_until <= forum.now();
            if is_over && before.revoked_at.is_none() {
                return Err(AccreditationError::Over);
            }
            let (issued, document) = renew_in(conn, forum, &before)?;
            log(conn, forum, by, Decision::AccreditationRenewed, &issued)?;
            Ok((issued, document))
        })
        .await
}

pub(super) fn renew_in(
    conn: &mut Conn,
    forum: &Forum,
    before: &Issued,
) -> Result<(Issued, Value), AccreditationError> {
    if before.revoked_at.is_some() {
        return Err(AccreditationError::Revoked);
    }
    let (_, key) = anchor::own(conn)?;
    let credential = &before.held.credential;
    let subject = &credential.subject;
    if *subject != forum.urls.node_actor() {
        known(conn, forum, subject)?;
    }
    let keys = keys_of(conn, subject)?.unwrap_or_default();
    let assertion_key = match keys.contains(&credential.assertion_key) {
        true => credential.assertion_key.clone(),
        false if forum.urls.is_ours(subject) => {
            keys.into_iter().next().ok_or(AccreditationError::NoKey)?
        }
        false => return Err(AccreditationError::KeyChanged),
    };
    let days = (credential.valid_until - credential.valid_from).num_days();
    let new = New {
        subject: subject.clone(),
        claim: credential.claim.clone(),
        assertion_key,
        days: days.clamp(1, MAX_DAYS),
        renews: Some(before.root.clone()),
    };
    write(conn, forum, &key, new)
}

/// Revokes an accreditation, those that it renews and those that renew it, and
/// signs the status list anew. Takes effect here at the next request.
///
/// # Errors
/// [`AccreditationError::NotIssued`].
pub async fn revoke(
    forum: &Forum,
    by: Option<UserId>,
    id: &CredentialId,
    reason: &str,
) -> Result<Issued, AccreditationError> {
    let (id, reason) = (id.clone(), reason.trim().to_owned());
    forum
        .write(move |conn, forum| {
            let (_, key) = anchor::own(conn)?;
            let find = |conn: &mut Conn| accreditations::issued_by_id(conn, &id);
            let found = find(conn)?.ok_or(AccreditationError::NotIssued)?;
            accreditations::revoke_root(conn, &found.root, &reason, forum.now())?;
            let family = accreditations::issued_of_root(conn, &found.root)?;
            let mut numbers: Vec<i32> = family.iter().map(|one| one.list).collect();
            numbers.sort_unstable();
            numbers.dedup();
            for number in numbers {
                lists::sign(conn, forum, &key, number)?;
            }
            arriving::changed(conn, forum, &found.held.credential.subject)?;
            let revoked = find(conn)?.ok_or(AccreditationError::NotIssued)?;
            log(conn, forum, by, Decision::AccreditationRevoked, &revoked)?;
            Ok(revoked)
        })
        .await
}
