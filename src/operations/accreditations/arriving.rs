//! Taking in what others signed: by an operator's hand, from the actors of
//! other servers, and from the anchors that renew ours.

use serde_json::Value;
use url::Url;

use super::{
    AccreditationError,
    keeping::{refresh, watch_list},
    lists,
    worth::keys_of,
};
use crate::{
    domain::{
        accreditation::{Anchor, Credential, Did, Held, Trust, Weakness, weigh},
        organisation::OrganisationState,
    },
    operations::{Forum, announce::announce_profile},
    storage::{
        self, Conn,
        accreditations::{self, Known, SourceKind},
        organisations,
    },
    urls,
};

/// Credentials that are read of one collection; more say nothing.
const MOST_SHOWN: usize = 20;

/// Credentials that are kept of one actor; expired ones go after a year.
const MOST_KEPT: i64 = 50;

/// What became of a credential that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub credential: Credential,
    /// Why it counts for nothing on this node, though others may trust its
    /// anchor.
    pub weakness: Option<Weakness>,
}

/// Stores a credential for an organisation of this node, or for the node
/// itself, which show it from now on.
///
/// # Errors
/// [`AccreditationError::Unreadable`], [`AccreditationError::NotOurs`], and
/// [`AccreditationError::Worthless`] for what no node can believe.
pub async fn import(forum: &Forum, document: Value) -> Result<Imported, AccreditationError> {
    forum
        .write(move |conn, forum| import_in(conn, forum, &document))
        .await
}

fn import_in(
    conn: &mut Conn,
    forum: &Forum,
    document: &Value,
) -> Result<Imported, AccreditationError> {
    let credential = forum.notary.read_credential(document, forum.now())?;
    let subject = credential.subject.clone();
    if !is_ours(conn, forum, &subject)? {
        return Err(AccreditationError::NotOurs(subject));
    }
    let held = hold(conn, forum, credential)?;
    let keys = keys_of(conn, &subject)?;
    let weigh_by = |trust: &Trust| weigh(&held, &subject, forum.now(), trust, keys.as_deref());
    let weakness = weigh_by(&forum.trust).err();
    match weakness {
        // Others may believe its anchor.
        None | Some(Weakness::UnknownIssuer | Weakness::OutOfScope | Weakness::NotYet) => {}
        Some(
            weakness @ (Weakness::TooLong
            | Weakness::Expired
            | Weakness::WrongSubject
            | Weakness::WrongKey
            | Weakness::Revoked),
        ) => return Err(AccreditationError::Worthless(weakness)),
    }
    // The same faults, whoever is trusted.
    if let Err(weakness @ (Weakness::TooLong | Weakness::Expired | Weakness::WrongKey)) =
        weigh_by(&believing(&held.credential))
    {
        return Err(AccreditationError::Worthless(weakness));
    }
    let credential = held.credential.clone();
    store(conn, forum, held, document)?;
    watch_renewals(conn, forum, &credential)?;
    changed(conn, forum, &subject)?;
    Ok(Imported {
        credential,
        weakness,
    })
}

/// Somebody who believes the issuer of this credential, and nobody else.
fn believing(credential: &Credential) -> Trust {
    Trust::new(vec![Anchor {
        name: String::new(),
        did: credential.issuer.clone(),
        categories: None,
        countries: None,
    }])
}

/// An active organisation of this node, or the node's own actor?
fn is_ours(conn: &mut Conn, forum: &Forum, subject: &Url) -> Result<bool, storage::Error> {
    if *subject == forum.urls.node_actor() {
        return Ok(true);
    }
    let found = organisations::find_by_uri(conn, subject)?;
    Ok(found.is_some_and(|one| one.is_local() && one.state == OrganisationState::Active))
}

/// The credential with what the newest known list says.
fn hold(
    conn: &mut Conn,
    forum: &Forum,
    credential: Credential,
) -> Result<Held, AccreditationError> {
    let list = lists::known(conn, forum, &credential.issuer, &credential.status.list)?;
    Ok(Held::new(credential, list.as_ref()))
}

fn store(
    conn: &mut Conn,
    forum: &Forum,
    held: Held,
    document: &Value,
) -> Result<(), AccreditationError> {
    let known = Known {
        document: document.to_string(),
        held,
    };
    accreditations::put(conn, &known, forum.now())?;
    watch_list(conn, forum, &known.held.credential)?;
    Ok(())
}

/// Something about an actor's accreditations has changed: those who follow an
/// organisation of ours are told, others' are shown as they stand now.
pub(super) fn changed(
    conn: &mut Conn,
    forum: &Forum,
    subject: &Url,
) -> Result<(), AccreditationError> {
    let found = organisations::find_by_uri(conn, subject)?;
    if let Some(organisation) =
        found.filter(|one| one.is_local() && one.state == OrganisationState::Active)
    {
        announce_profile(conn, forum, &organisation)?;
    }
    refresh(conn, forum, subject)?;
    Ok(())
}

/// The anchor's node is asked for what renews a credential of ours, unless
/// the anchor is our own.
fn watch_renewals(
    conn: &mut Conn,
    forum: &Forum,
    credential: &Credential,
) -> Result<(), AccreditationError> {
    let list = &credential.status.list;
    if !forum.urls.is_ours(list) {
        let mut uri = urls::below_origin(list, RENEWALS);
        uri.query_pairs_mut()
            .append_pair("of", credential.subject.as_str());
        let about = credential.subject.as_str();
        accreditations::watch(conn, SourceKind::Renewal, about, &uri, false, forum.now())?;
    }
    Ok(())
}

/// Where a node hands out what its anchor issued for an actor elsewhere.
pub const RENEWALS: &str = "/.well-known/virtual-forum/accreditations";

/// The items of a collection that are new to us and say something about this
/// actor, read and verified. Needs no transaction of its own: what is known
/// already is left out by its text.
fn news<'a>(
    conn: &mut Conn,
    forum: &Forum,
    subject: &Url,
    items: &'a [Value],
    wanted: &dyn Fn(&Credential) -> bool,
) -> Result<Vec<(Credential, &'a Value)>, AccreditationError> {
    let mut fresh = Vec::new();
    for item in items.iter().take(MOST_SHOWN) {
        let Ok(credential) = forum.notary.read_credential(item, forum.now()) else {
            continue;
        };
        let counts = credential.subject == *subject
            && credential.valid_until > forum.now()
            && wanted(&credential);
        let known = accreditations::document(conn, &credential.issuer, &credential.id)?;
        if counts && known.as_deref() != Some(&item.to_string()) {
            fresh.push((credential, item));
        }
    }
    Ok(fresh)
}

/// Takes in what an actor of another server shows. Only anchors that count
/// here are listened to; a claim without a credential counts for nothing.
/// Answers how many were new.
///
/// # Errors
/// Storage only, as far as others can cause it.
pub async fn take_shown(
    forum: &Forum,
    subject: &Url,
    items: Vec<Value>,
) -> Result<usize, AccreditationError> {
    let (about, shown, trust) = (subject.clone(), forum.clone(), forum.trust.clone());
    let found = forum.db.read(move |conn| {
        let wanted = |one: &Credential| trust.knows(&one.issuer);
        let fresh = news(conn, &shown, &about, &items, &wanted)?;
        let fresh = fresh.into_iter().map(|(one, item)| (one, item.clone()));
        Ok::<_, AccreditationError>(fresh.collect::<Vec<_>>())
    });
    take(forum, subject, found.await?).await
}

/// Takes in what renews an accreditation of ours: of an anchor that has
/// accredited this actor before, for the key that it has.
///
/// # Errors
/// As [`take_shown`].
pub async fn take_renewals(
    forum: &Forum,
    subject: &Url,
    items: Vec<Value>,
) -> Result<usize, AccreditationError> {
    let (about, shown) = (subject.clone(), forum.clone());
    let found = forum.db.read(move |conn| {
        if !is_ours(conn, &shown, &about)? {
            return Ok(Vec::new());
        }
        let issuers: Vec<_> = accreditations::held_of(conn, &about)?
            .into_iter()
            .map(|held| held.credential.issuer)
            .collect();
        let keys = keys_of(conn, &about)?.unwrap_or_default();
        let wanted =
            |one: &Credential| issuers.contains(&one.issuer) && keys.contains(&one.assertion_key);
        let fresh = news(conn, &shown, &about, &items, &wanted)?;
        let fresh = fresh.into_iter().map(|(one, item)| (one, item.clone()));
        Ok::<_, AccreditationError>(fresh.collect::<Vec<_>>())
    });
    take(forum, subject, found.await?).await
}

async fn take(
    forum: &Forum,
    subject: &Url,
    fresh: Vec<(Credential, Value)>,
) -> Result<usize, AccreditationError> {
    if fresh.is_empty() {
        return Ok(0);
    }
    let subject = subject.clone();
    forum
        .write(move |conn, forum| {
            let mut taken = 0;
            for (credential, document) in fresh {
                if accreditations::count_of(conn, &subject)? >= MOST_KEPT {
                    tracing::warn!(%subject, "it shows more accreditations than are kept");
                    break;
                }
                let held = hold(conn, forum, credential)?;
                store(conn, forum, held, &document)?;
                taken += 1;
            }
            changed(conn, forum, &subject)?;
            Ok(taken)
        })
        .await
}

/// Takes in a status list that was asked for, by this issuer and from this
/// address. An older one than known, and what is no such list, changes nothing.
/// True when it was a good one, new or not.
///
/// # Errors
/// Storage only, as far as others can cause it.
pub async fn take_list(
    forum: &Forum,
    issuer: &Did,
    uri: &Url,
    document: Value,
) -> Result<bool, AccreditationError> {
    let now = forum.now();
    let Ok(list) = forum.notary.read_status_list(&document, now) else {
        return Ok(false);
    };
    if list.issuer != *issuer || list.uri != *uri || list.is_ahead(now) {
        return Ok(false);
    }
    let (of, at) = (issuer.clone(), uri.clone());
    let known = forum
        .db
        .read(move |conn| accreditations::list(conn, &of, &at))
        .await?;
    if known.is_some_and(|known| known.valid_from >= list.valid_from) {
        return Ok(true);
    }
    forum
        .write(move |conn, forum| lists::put(conn, forum, &list, &document.to_string()))
        .await?;
    Ok(true)
}
