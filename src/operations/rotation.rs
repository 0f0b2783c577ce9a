//! New keys for our own actors, under the names of the old ones: others read
//! the actor again when a signature does not fit the key that they know.

use url::Url;

use super::{
    ActorKeys, Forum,
    announce::announce_profile,
    audit,
    organisations::{OrganisationError, store_keys},
};
use crate::{
    domain::{
        audit::Decision,
        id::UserId,
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, organisations},
};

/// Gives a local organisation new keys and tells its followers.
///
/// # Errors
/// [`OrganisationError::NotFound`], [`OrganisationError::Deleted`].
pub async fn rotate(
    forum: &Forum,
    by: Option<UserId>,
    handle: &str,
) -> Result<Organisation, OrganisationError> {
    let keys = forum.make_keys().await;
    let handle = handle.to_owned();
    forum
        .write(move |conn, forum| {
            let before =
                organisations::find_local(conn, &handle)?.ok_or(OrganisationError::NotFound)?;
            if before.state == OrganisationState::Deleted {
                return Err(OrganisationError::Deleted);
            }
            let after = Organisation {
                updated_at: forum.now(),
                ..before
            };
            organisations::update(conn, &after)?;
            store_keys(conn, forum, &after.uri, &keys)?;
            // Of a suspended one nothing is told; it comes back with them.
            if after.state == OrganisationState::Active {
                announce_profile(conn, forum, &after)?;
            }
            let subject = audit::organisation(&after.handle);
            audit::record(conn, forum, by, Decision::KeysRotated, &subject, "")?;
            Ok(after)
        })
        .await
}

/// Gives the node's own actor new keys. Nobody follows it, so nobody is told;
/// returns its address.
///
/// # Errors
/// Storage only.
pub async fn rotate_node(forum: &Forum, by: Option<UserId>) -> Result<Url, storage::Error> {
    let keys: ActorKeys = forum.make_keys().await;
    let actor = forum.urls.node_actor();
    forum
        .write(move |conn, forum| {
            store_keys(conn, forum, &actor, &keys)?;
            audit::record(conn, forum, by, Decision::KeysRotated, "node", "")?;
            Ok(actor)
        })
        .await
}
