//! Organisations of other servers, as these describe and delete them.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    domain::{
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
    },
    operations::{Forum, accreditations::watch_actor},
    storage::{
        self, Conn, follows, hosts,
        keys::{self, StoredKey},
        organisations, reactions,
    },
};

/// What another server says of one of its organisations, checked by
/// `federation`: `id` and the dates are set here.
#[derive(Debug, Clone)]
pub struct Described {
    pub organisation: Organisation,
    pub keys: Vec<StoredKey>,
    /// Where it shows its accreditations.
    pub accreditations: Option<Url>,
    /// When it was last changed, as its server says.
    pub updated: Option<DateTime<Utc>>,
}

/// Does this say of itself that it is newer than what is stored?
///
/// # Errors
/// Storage only.
pub fn is_newer(conn: &mut Conn, described: &Described) -> Result<bool, storage::Error> {
    let Some(updated) = described.updated else {
        return Ok(false);
    };
    let known = organisations::find_by_uri(conn, &described.organisation.uri)?;
    Ok(known.is_none_or(|known| updated > known.updated_at))
}

/// [`save_remote`], unless something as new was stored meanwhile.
///
/// # Errors
/// Storage only.
pub fn update_remote(
    conn: &mut Conn,
    forum: &Forum,
    described: Described,
) -> Result<(), storage::Error> {
    if is_newer(conn, &described)? {
        save_remote(conn, forum, described)?;
    }
    Ok(())
}

/// Stores what another server says of its organisation, new or known.
///
/// # Errors
/// Storage only.
pub fn save_remote(
    conn: &mut Conn,
    forum: &Forum,
    described: Described,
) -> Result<Organisation, storage::Error> {
    let now = forum.now();
    let mut organisation = described.organisation;
    // What it says of itself counts for nothing.
    organisation.category = None;
    organisation.country = None;
    organisation.fetched_at = Some(now);
    organisation.updated_at = described.updated.unwrap_or(now);
    free_handle(conn, &organisation)?;
    match organisations::find_by_uri(conn, &organisation.uri)? {
        Some(known) => {
            organisation.id = known.id;
            organisation.created_at = known.created_at;
            organisation.category = known.category;
            organisation.country = known.country;
            // Its host was blocked while its document was on the way.
            if known.state == OrganisationState::Suspended {
                organisation.state = OrganisationState::Suspended;
            }
            organisations::update(conn, &organisation)?;
        }
        None => {
            organisation.id = OrganisationId(forum.ids.next(now));
            organisation.created_at = organisation.created_at.min(now);
            if !hosts::federates_with(conn, &organisation.uri, false)? {
                organisation.state = OrganisationState::Suspended;
            }
            organisations::insert(conn, &organisation)?;
        }
    }
    keys::replace(conn, &organisation.uri, &described.keys)?;
    let shown_at = described.accreditations.as_ref();
    watch_actor(conn, forum, &organisation.uri, shown_at)?;
    Ok(organisation)
}

/// A server may give a handle to a new actor after the old one was deleted:
/// the older row then steps aside.
fn free_handle(conn: &mut Conn, organisation: &Organisation) -> Result<(), storage::Error> {
    let host = organisation.host.as_deref();
    if let Some(mut other) = organisations::find_by_acct(conn, &organisation.handle, host)?
        && other.uri != organisation.uri
    {
        other.handle = format!("{}~{}", other.handle, other.id);
        organisations::update(conn, &other)?;
    }
    Ok(())
}

/// A remote organisation was deleted by its server: nobody follows it any
/// more, and its entries are no longer shown.
///
/// # Errors
/// Storage only.
pub fn delete_remote(
    conn: &mut Conn,
    forum: &Forum,
    organisation: &Organisation,
) -> Result<(), storage::Error> {
    follows::delete_all_of(conn, organisation.id)?;
    reactions::delete_all_of(conn, organisation.id)?;
    let gone = Organisation {
        state: OrganisationState::Deleted,
        updated_at: forum.now(),
        ..organisation.clone()
    };
    organisations::update(conn, &gone)
}
