//! What organisations and nodes are worth here now: one look into storage, and
//! the rule of `domain::accreditation`.

use std::collections::HashMap;

use url::Url;

use crate::{
    domain::{
        accreditation::{Held, Standing, Weakness, standing, storable, weigh},
        audience::{Reader, Tier, Viewer},
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
    },
    operations::Forum,
    storage::{self, Conn, accreditations, keys, organisations},
    urls,
};

/// The Multikeys that an actor lists for assertions; `None` when nothing is
/// known of its keys.
///
/// # Errors
/// Storage only.
pub fn keys_of(conn: &mut Conn, actor: &Url) -> Result<Option<Vec<String>>, storage::Error> {
    let known = keys::of_owner(conn, actor)?;
    if known.is_empty() {
        return Ok(None);
    }
    let for_assertions = known.into_iter().filter(|key| key.is_for_assertions());
    Ok(Some(for_assertions.map(|key| key.public_key).collect()))
}

/// What an organisation is and may read. Without anchors the operator's word
/// on a local one decides; with them only credentials do, local or not
/// (INTERFACE.md 6).
///
/// # Errors
/// Storage only.
pub fn standing_of(
    conn: &mut Conn,
    forum: &Forum,
    organisation: &Organisation,
) -> Result<Standing, storage::Error> {
    if organisation.state != OrganisationState::Active {
        return Ok(Standing::NONE);
    }
    if forum.trust.stands_alone() {
        return Ok(by_operator(organisation));
    }
    let uri = &organisation.uri;
    let held = accreditations::held_of(conn, uri)?;
    let keys = keys_of(conn, uri)?;
    Ok(standing(
        &held,
        uri,
        forum.now(),
        &forum.trust,
        keys.as_deref(),
    ))
}

/// What the operator's word alone makes of an active organisation.
fn by_operator(organisation: &Organisation) -> Standing {
    match organisation.is_local() {
        true => Standing::by_operator(organisation.category, organisation.country.clone()),
        false => Standing::NONE,
    }
}

/// [`standing_of`] several organisations, with two queries for all of them.
///
/// # Errors
/// Storage only.
pub fn standings_of(
    conn: &mut Conn,
    forum: &Forum,
    organisations: &[&Organisation],
) -> Result<HashMap<OrganisationId, Standing>, storage::Error> {
    let active = |one: &&&Organisation| one.state == OrganisationState::Active;
    let active: Vec<&Organisation> = organisations.iter().filter(active).copied().collect();
    if forum.trust.stands_alone() {
        let standings = active.into_iter().map(|one| (one.id, by_operator(one)));
        return Ok(standings.collect());
    }
    let uris: Vec<&Url> = active.iter().map(|one| &one.uri).collect();
    let held = accreditations::held_of_all(conn, &uris)?;
    let keys = keys::for_assertions(conn, &uris)?;
    let now = forum.now();
    let weighed = active.into_iter().map(|one| {
        let held = held.get(&one.uri).into_iter().flatten();
        let keys = keys.get(&one.uri).map(Vec::as_slice);
        (one.id, standing(held, &one.uri, now, &forum.trust, keys))
    });
    Ok(weighed.collect())
}

/// A credential, and why it counts for nothing if it does.
pub type Weighed = (Held, Result<(), Weakness>);

/// Every credential that is held for an actor, with what it is worth.
///
/// # Errors
/// Storage only.
pub fn weighed_of(
    conn: &mut Conn,
    forum: &Forum,
    actor: &Url,
) -> Result<Vec<Weighed>, storage::Error> {
    let keys = keys_of(conn, actor)?;
    let now = forum.now();
    let held = accreditations::held_of(conn, actor)?.into_iter();
    Ok(held
        .map(|held| {
            let weight = weigh(&held, actor, now, &forum.trust, keys.as_deref());
            (held, weight.map(drop))
        })
        .collect())
}

/// Up to which audience the node with this own actor may store entries.
///
/// # Errors
/// Storage only.
pub fn may_store(conn: &mut Conn, forum: &Forum, node: &Url) -> Result<Tier, storage::Error> {
    if forum.trust.stands_alone() {
        return Ok(Tier::Public);
    }
    let held = accreditations::held_of(conn, node)?;
    let keys = keys_of(conn, node)?;
    Ok(storable(
        &held,
        node,
        forum.now(),
        &forum.trust,
        keys.as_deref(),
    ))
}

/// [`may_store`] for the node that an inbox, an actor or any other address
/// belongs to.
///
/// # Errors
/// Storage only.
pub fn storable_at(conn: &mut Conn, forum: &Forum, address: &Url) -> Result<Tier, storage::Error> {
    may_store(conn, forum, &urls::node_actor_of(address))
}

/// Somebody of another server as a reader: the server's own actor by its
/// membership, an organisation by its standing, and by no more than its server
/// may store.
///
/// # Errors
/// Storage only.
pub fn viewer_of(
    conn: &mut Conn,
    forum: &Forum,
    reader: &Organisation,
) -> Result<Viewer, storage::Error> {
    if reader.is_local() || reader.state != OrganisationState::Active {
        return Ok(Viewer::Anonymous);
    }
    let storable = storable_at(conn, forum, &reader.uri)?;
    if storable == Tier::Public {
        return Ok(Viewer::Anonymous);
    }
    if reader.uri == urls::node_actor_of(&reader.uri) {
        return Ok(Viewer::Node(storable));
    }
    let tier = standing_of(conn, forum, reader)?.tier.min(storable);
    Ok(match tier {
        Tier::Public => Viewer::Anonymous,
        Tier::Members | Tier::Preferential => Viewer::Organisation(Reader {
            organisation: reader.id,
            tier,
        }),
    })
}

/// An organisation of another server that is accredited, with its standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub organisation: Organisation,
    pub standing: Standing,
}

/// The active organisations of other servers that read at least so far, by
/// address. For an audience, send only to those whose node may store it:
/// [`storable_at`].
///
/// # Errors
/// Storage only.
pub fn elsewhere(
    conn: &mut Conn,
    forum: &Forum,
    tier: Tier,
) -> Result<Vec<Member>, storage::Error> {
    let now = forum.now();
    let mut members = Vec::new();
    for (uri, held) in accreditations::held_elsewhere(conn, now)? {
        let keys = keys_of(conn, &uri)?;
        let standing = standing(&held, &uri, now, &forum.trust, keys.as_deref());
        if standing.tier < tier || standing.tier == Tier::Public {
            continue;
        }
        let found = organisations::find_by_uri(conn, &uri)?
            .filter(|one| one.state == OrganisationState::Active);
        members.extend(found.map(|organisation| Member {
            organisation,
            standing,
        }));
    }
    Ok(members)
}
