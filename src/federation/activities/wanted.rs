//! What the organisations that are followed here point to, and this node has
//! not seen yet.

use activitypub_federation::config::Data;
use url::Url;

use super::Inbound;
use crate::{
    federation::{
        Federation, WireError,
        backfill::plan_conversation,
        dereference::{document, entry_of},
        objects::{
            Document,
            entry::{self, ApEntry},
        },
    },
    operations::reactions::was_undone,
    storage::{self, entries, follows},
};

/// Fetches and stores a public entry that is not known here, if somebody here
/// follows who points to it and the word was not taken back already. What a
/// reply answers is read afterwards, if it is not known.
pub(super) async fn fetch_if_wanted(
    inbound: &Inbound,
    data: &Data<Federation>,
    object: &Url,
) -> Result<(), WireError> {
    if data.origin.is_claimed_by(object) || !is_wanted(inbound, data, object).await? {
        return Ok(());
    }
    let found = document(data.app_data(), object, &inbound.budget).await?;
    let read = Document(&found);
    if entry::is_entry(read) && entry::is_public(read) {
        let ApEntry(entry) = entry_of(data, object, found.clone(), &inbound.budget).await?;
        let thread = &entry.thread;
        // As of a reply that its author sent: what it answers is read next.
        if thread.in_reply_to.is_none() && thread.in_reply_to_uri.is_some() {
            plan_conversation(data.app_data(), entry.id).await?;
        }
    }
    Ok(())
}

async fn is_wanted(
    inbound: &Inbound,
    data: &Data<Federation>,
    object: &Url,
) -> Result<bool, storage::Error> {
    let (object, sender) = (object.clone(), inbound.sender.id);
    let (id, actor) = (inbound.id.clone(), inbound.sender.uri.clone());
    data.forum
        .db
        .read(move |conn| {
            Ok(entries::known(conn, &object)?.is_none()
                && follows::is_followed_here(conn, sender)?
                && !was_undone(conn, &id, &actor)?)
        })
        .await
}
