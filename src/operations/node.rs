//! The node itself: its own keys, and the first step on an empty database.

use super::{
    Forum,
    organisations::store_keys,
    people::{Secret, link},
};
use crate::{
    domain::account::LinkPurpose,
    storage::{self, keys, users},
};

/// Gives the node's own actor its keys, once.
///
/// # Errors
/// Storage only.
pub async fn ensure_keys(forum: &Forum) -> Result<(), storage::Error> {
    let actor = forum.urls.node_actor();
    let owner = actor.clone();
    let found = forum
        .db
        .read(move |conn| keys::of_owner(conn, &owner))
        .await?;
    if found.is_empty() {
        let new = forum.make_keys().await;
        forum
            .write(move |conn, forum| {
                // Another process may have been faster.
                if keys::of_owner(conn, &actor)?.is_empty() {
                    store_keys(conn, forum, &actor, &new)?;
                }
                Ok::<_, storage::Error>(())
            })
            .await?;
    }
    Ok(())
}

/// On a node without any account: a fresh link to set it up.
///
/// # Errors
/// Storage only.
pub async fn setup_link(forum: &Forum) -> Result<Option<Secret>, storage::Error> {
    forum
        .write(|conn, forum| {
            if users::count(conn)? > 0 {
                return Ok(None);
            }
            link(conn, forum, LinkPurpose::Setup, None).map(Some)
        })
        .await
}
