//! Announce: an organisation, or a group, passes an entry on to its followers.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity, renew::renew};
use crate::{
    domain::reaction::ReactionKind,
    federation::{
        Federation, WireError,
        dereference::{document, entry_of},
        objects::{Document, entry},
    },
    operations::reactions,
    storage::{self, entries, follows},
};

activity!(Announce, Inbound::has_object, take);

/// What is passed on. Groups pass on the activity instead of its object
/// (FEP-1b12); nothing in it is believed but where the object is.
enum PassedOn {
    Entry(Url),
    /// Something known may have been changed or deleted.
    Changed(Url),
    /// Votes and the like.
    Other,
}

fn passed_on(inbound: &Inbound) -> Result<PassedOn, WireError> {
    let inner = inbound
        .object()
        .filter(|inner| inner.get("actor").is_some() && inner.get("object").is_some());
    let Some(activity) = inner else {
        return inbound.object_id().map(PassedOn::Entry);
    };
    let object = activity
        .url("object")
        .ok_or_else(|| WireError::Malformed("nothing usable is passed on".into()))?;
    Ok(match activity.kind() {
        "Create" | "Announce" => PassedOn::Entry(object),
        "Update" | "Delete" => PassedOn::Changed(object),
        _ => PassedOn::Other,
    })
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    // What is not public is never passed on, and not even fetched.
    if !entry::is_public(inbound.read()) {
        return Ok(());
    }
    let object = match passed_on(&inbound)? {
        PassedOn::Entry(object) => object,
        PassedOn::Changed(object) => return renew(inbound, object, data).await,
        PassedOn::Other => return Ok(()),
    };
    if is_new_and_wanted(&inbound, data, &object).await? {
        let found = document(data.app_data(), &object, &inbound.budget).await?;
        let read = Document(&found);
        if !entry::is_entry(read) || !entry::is_public(read) {
            return Ok(());
        }
        entry_of(data, &object, found.clone(), &inbound.budget).await?;
    }
    let (sender, id) = (inbound.sender.clone(), inbound.id.clone());
    inbound
        .once(data, move |conn, forum| {
            reactions::receive(conn, forum, ReactionKind::Boost, &sender, &object, &id)
        })
        .await
}

/// Is the object to be fetched: unknown here, of another server, and passed on
/// by somebody who is followed here?
async fn is_new_and_wanted(
    inbound: &Inbound,
    data: &Data<Federation>,
    object: &Url,
) -> Result<bool, storage::Error> {
    if data.origin.is_claimed_by(object) {
        return Ok(false);
    }
    let (object, sender) = (object.clone(), inbound.sender.id);
    let (id, actor) = (inbound.id.clone(), inbound.sender.uri.clone());
    data.forum
        .db
        .read(move |conn| -> Result<bool, storage::Error> {
            Ok(entries::known(conn, &object)?.is_none()
                && follows::is_followed_here(conn, sender)?
                && !reactions::was_undone(conn, &id, &actor)?)
        })
        .await
}
