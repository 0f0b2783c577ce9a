//! What is done now and then, without anybody asking: lists are signed before
//! they lapse, accreditations renewed, and those of others shown as they stand.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::{
    AccreditationError, anchor,
    issuing::renew_in,
    lists,
    worth::{keys_of, standing_of},
};
use crate::{
    domain::{
        accreditation::{Credential, Did, Standing, standing},
        organisation::{Organisation, OrganisationState},
    },
    operations::Forum,
    storage::{
        self, Conn,
        accreditations::{self, Issued, SourceKind},
        organisations,
    },
    urls,
};

/// What there is to do.
#[derive(Debug, Default, PartialEq)]
struct Chores {
    /// Our lists to be signed anew.
    lists: Vec<i32>,
    renewals: Vec<Issued>,
    /// Other servers' organisations that are shown as what they are no longer.
    outdated: Vec<Url>,
    /// Lists that credentials name and nobody asks for.
    unasked: Vec<(Url, Did)>,
    /// Lists that are asked for although no credential names them.
    unnamed: Vec<(Url, Did)>,
}

/// Does what is due: looks first, so that nothing is written when there is
/// nothing to do. To be called every few seconds.
///
/// # Errors
/// Storage only.
pub async fn keep(forum: &Forum) -> Result<(), AccreditationError> {
    let looking = forum.clone();
    let chores = forum.db.read(move |conn| look(conn, &looking)).await?;
    if chores == Chores::default() {
        return Ok(());
    }
    forum
        .write(move |conn, forum| work(conn, forum, &chores))
        .await
}

fn look(conn: &mut Conn, forum: &Forum) -> Result<Chores, AccreditationError> {
    let mut chores = Chores {
        outdated: outdated(conn, forum)?,
        ..Chores::default()
    };
    if let Some(anchor) = accreditations::anchor(conn)? {
        for number in accreditations::lists_in_use(conn, &anchor.did, forum.now())? {
            if lists::needs_signature(conn, forum, &anchor.did, number)? {
                chores.lists.push(number);
            }
        }
        chores.renewals = due(conn, forum)?;
    }
    let named: BTreeSet<(Url, Did)> = accreditations::lists_named(conn, forum.now())?
        .into_iter()
        .filter(|(uri, issuer)| is_asked_for(forum, uri, issuer))
        .collect();
    let asked: BTreeSet<(Url, Did)> = accreditations::lists_asked(conn)?.into_iter().collect();
    chores.unasked = named.difference(&asked).cloned().collect();
    chores.unnamed = asked.difference(&named).cloned().collect();
    Ok(chores)
}

fn work(conn: &mut Conn, forum: &Forum, chores: &Chores) -> Result<(), AccreditationError> {
    if !chores.lists.is_empty() {
        let (_, key) = anchor::own(conn)?;
        for number in &chores.lists {
            lists::sign(conn, forum, &key, *number)?;
        }
    }
    for before in &chores.renewals {
        let id = &before.held.credential.id;
        match renew_in(conn, forum, before) {
            Ok((new, _)) => {
                tracing::info!(%id, new = %new.held.credential.id, "renewed an accreditation");
            }
            Err(AccreditationError::Storage(error)) => return Err(error.into()),
            // Its administrators see how long it still lasts.
            Err(error) => tracing::debug!(%id, %error, "an accreditation is not renewed"),
        }
    }
    for uri in &chores.outdated {
        refresh(conn, forum, uri)?;
    }
    for (uri, issuer) in &chores.unasked {
        let kind = SourceKind::List;
        accreditations::watch(conn, kind, issuer.as_str(), uri, false, forum.now())?;
    }
    for (uri, issuer) in &chores.unnamed {
        accreditations::unwatch_list(conn, issuer, uri)?;
    }
    Ok(())
}

/// Of what our anchor issued, the newest of those that renewed one another,
/// if less than a third of its time is left, or if an actor of ours has
/// another key by now.
fn due(conn: &mut Conn, forum: &Forum) -> Result<Vec<Issued>, AccreditationError> {
    let mut newest: BTreeMap<String, Issued> = BTreeMap::new();
    // They come newest first.
    for one in accreditations::unexpired(conn, forum.now())? {
        newest.entry(one.root.to_string()).or_insert(one);
    }
    let mut due = Vec::new();
    for one in newest.into_values() {
        let credential = &one.held.credential;
        let subject = &credential.subject;
        let keys = keys_of(conn, subject)?.unwrap_or_default();
        let has_key = keys.contains(&credential.assertion_key);
        let is_ours = forum.urls.is_ours(subject);
        let takes_part = *subject == forum.urls.node_actor()
            || organisations::find_by_uri(conn, subject)?
                .is_some_and(|one| one.state == OrganisationState::Active);
        let wants_it = match is_ours {
            true => !keys.is_empty() && (credential.is_due(forum.now()) || !has_key),
            false => credential.is_due(forum.now()) && has_key,
        };
        if takes_part && wants_it {
            due.push(one);
        }
    }
    Ok(due)
}

/// Only lists of anchors that count here, and never our own.
fn is_asked_for(forum: &Forum, uri: &Url, issuer: &Did) -> bool {
    forum.trust.knows(issuer) && !forum.urls.is_ours(uri)
}

/// Asks for the list that a credential names from now on.
pub(super) fn watch_list(
    conn: &mut Conn,
    forum: &Forum,
    credential: &Credential,
) -> Result<(), storage::Error> {
    let (uri, issuer) = (&credential.status.list, &credential.issuer);
    if !is_asked_for(forum, uri, issuer) {
        return Ok(());
    }
    let kind = SourceKind::List;
    accreditations::watch(conn, kind, issuer.as_str(), uri, false, forum.now())
}

/// Asks, from now on, for what an actor of another server shows at this
/// address, and for what its node does; at once, as it has just described
/// itself.
///
/// # Errors
/// Storage only.
pub(in crate::operations) fn watch_actor(
    conn: &mut Conn,
    forum: &Forum,
    actor: &Url,
    shown_at: Option<&Url>,
) -> Result<(), storage::Error> {
    let kind = SourceKind::Holder;
    let Some(shown_at) = shown_at else {
        return accreditations::forget_source(conn, kind, actor.as_str());
    };
    let now = forum.now();
    accreditations::watch(conn, kind, actor.as_str(), shown_at, true, now)?;
    let node = urls::node_actor_of(actor);
    if node == *actor {
        return Ok(());
    }
    let its_own = urls::below_origin(actor, "/actor/accreditations");
    accreditations::watch(conn, kind, node.as_str(), &its_own, false, now)
}

/// Shows an organisation of another server as what it is now.
pub(super) fn refresh(conn: &mut Conn, forum: &Forum, uri: &Url) -> Result<(), storage::Error> {
    let found = organisations::find_by_uri(conn, uri)?;
    let Some(organisation) = found.filter(|one| !one.is_local()) else {
        return Ok(());
    };
    let standing = standing_of(conn, forum, &organisation)?;
    if is_shown_as(&organisation, &standing) {
        return Ok(());
    }
    let country = standing.country.as_deref();
    organisations::set_accredited(conn, organisation.id, standing.category, country)
}

fn is_shown_as(organisation: &Organisation, standing: &Standing) -> bool {
    organisation.category == standing.category && organisation.country == standing.country
}

/// Other servers' organisations that are shown as something else than they
/// are: time alone makes it so.
fn outdated(conn: &mut Conn, forum: &Forum) -> Result<Vec<Url>, storage::Error> {
    let mut held = match forum.trust.stands_alone() {
        true => BTreeMap::new(),
        false => accreditations::held_elsewhere(conn, forum.now())?,
    };
    let mut outdated = Vec::new();
    for shown in organisations::shown_as_accredited(conn)? {
        let held = held.remove(&shown.uri).unwrap_or_default();
        let keys = keys_of(conn, &shown.uri)?;
        let now = forum.now();
        let standing = standing(&held, &shown.uri, now, &forum.trust, keys.as_deref());
        if !is_shown_as(&shown, &standing) {
            outdated.push(shown.uri);
        }
    }
    // What is held for those that are shown as nothing.
    for (uri, held) in held {
        let keys = keys_of(conn, &uri)?;
        let standing = standing(&held, &uri, forum.now(), &forum.trust, keys.as_deref());
        if standing.category.is_some() {
            outdated.push(uri);
        }
    }
    Ok(outdated)
}
