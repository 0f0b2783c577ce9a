//! Announce: an organisation, or a group, passes an entry on to its followers.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity, later::usable, renew::renew, wanted::fetch_if_wanted};
use crate::{
    domain::reaction::ReactionKind,
    federation::{Federation, WireError, objects::entry},
    operations::reactions,
    storage::{self, entries},
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
        PassedOn::Entry(object) if says_again(&inbound, &object, data).await? => {
            return renew(inbound, object, data).await;
        }
        PassedOn::Entry(object) => object,
        PassedOn::Changed(object) => return renew(inbound, object, data).await,
        PassedOn::Other => return Ok(()),
    };
    usable(fetch_if_wanted(&inbound, data, &object).await)?;
    let (sender, id) = (inbound.sender.clone(), inbound.id.clone());
    inbound
        .once(data, move |conn, forum| {
            reactions::receive(conn, forum, ReactionKind::Boost, &sender, &object, &id)
        })
        .await
}

/// Does the sender pass on an entry of its own that it passed on before? So the
/// groups of Mobilizon say that it was changed or deleted.
async fn says_again(
    inbound: &Inbound,
    object: &Url,
    data: &Data<Federation>,
) -> Result<bool, storage::Error> {
    let (object, sender) = (object.clone(), inbound.sender.id);
    data.forum
        .db
        .read(move |conn| match entries::known(conn, &object)? {
            Some(known) if known.author == sender => {
                let before = storage::reactions::find(conn, ReactionKind::Boost, known.id, sender)?;
                Ok(before.is_some())
            }
            Some(_) | None => Ok(false),
        })
        .await
}
