//! Create: an entry of an organisation that is followed here, an answer to an
//! entry that is known here, or what is for accredited organisations.

use activitypub_federation::config::Data;
use serde_json::Value;
use url::Url;

use super::{
    Inbound, activity, audience, gathering::Creation, later::usable, wanted::fetch_if_wanted,
};
use crate::{
    federation::{
        Federation, WireError, addressed,
        dereference::document,
        json::ADDRESSING,
        objects::{Document, entry},
        origin::same_origin,
    },
    operations::entries::{self, Occasion},
};

activity!(Create, check, take);

/// The object, embedded or fetched, as the sender's own; `None` when it is
/// nothing that this node keeps.
pub(super) async fn own_object(
    inbound: &Inbound,
    data: &Data<Federation>,
) -> Result<Option<Value>, WireError> {
    let object = match inbound.object() {
        Some(embedded) => addressed(embedded, inbound.read()),
        None => {
            let id = inbound.object_id()?;
            // Nobody makes us ask another server whose reply would show in ours.
            if !same_origin(&id, &inbound.sender.uri) {
                return Err(WireError::NotTheirs("the object is of another origin"));
            }
            document(data.app_data(), &id, &inbound.budget).await?
        }
    };
    let read = Document(&object);
    if !entry::is_entry(read) {
        return Ok(None);
    }
    if entry::owner(read)? != inbound.sender.uri {
        return Err(WireError::NotTheirs("the object belongs to somebody else"));
    }
    Ok(Some(object))
}

/// The embedded object of another organisation of the sender's own server. In
/// Mobilizon the members of a group act for it: they are the actors, and what
/// they make belongs to the group. Nothing in it is believed but where it is.
pub(super) fn of_a_neighbour(inbound: &Inbound) -> Option<Url> {
    let object = inbound.object()?;
    let owner = entry::owner(object).ok()?;
    let sender = &inbound.sender.uri;
    if owner == *sender || !same_origin(&owner, sender) {
        return None;
    }
    object.url("id")
}

/// The embedded object; one that does not say for whom it is, is for whom the
/// activity is.
fn addressed(object: Document<'_>, activity: Document<'_>) -> Value {
    let mut addressed = object.0.clone();
    if !ADDRESSING.iter().any(|key| addressed.get(key).is_some()) {
        for key in ADDRESSING {
            if let Some(recipients) = activity.get(key) {
                addressed[key] = recipients.clone();
            }
        }
    }
    addressed
}

/// Votes in a poll, of which GoToSocial sends several at once. Polls are not
/// made here, so nobody counts them.
fn is_ballot(inbound: &Inbound) -> bool {
    let votes = inbound.read().list("object");
    votes.len() > 1 && votes.iter().all(|vote| entry::is_vote(Document(vote)))
}

/// Why the object of this activity comes in: is a local organisation addressed
/// by name?
pub(super) fn occasion(inbound: &Inbound, data: &Data<Federation>) -> Occasion {
    let activity = inbound.read();
    let is_addressed = ["to", "cc"]
        .iter()
        .flat_map(|key| activity.texts(key))
        .filter_map(|text| Url::parse(text).ok())
        .any(|url| data.forum.urls.read_organisation(&url).is_some());
    if is_addressed {
        Occasion::Addressed
    } else {
        Occasion::Sent
    }
}

fn check(inbound: &Inbound) -> Result<(), WireError> {
    match inbound.object() {
        Some(object) if entry::is_entry(object) => entry::owner(object).map(drop),
        _ if is_ballot(inbound) => Ok(()),
        _ => inbound.object_id().map(drop),
    }
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    if is_ballot(&inbound) {
        return Ok(());
    }
    if let Some(object) = of_a_neighbour(&inbound) {
        return usable(fetch_if_wanted(&inbound, data, &object).await).map(drop);
    }
    let Some(object) = own_object(&inbound, data).await? else {
        return Ok(());
    };
    let for_whom = addressed::read(Document(&object));
    let Some(audience) = audience::of(&inbound, data, for_whom).await? else {
        return Ok(());
    };
    let occasion = occasion(&inbound, data);
    let arrived = entry::read(&object, inbound.sender.clone(), audience, data.forum.now())?;
    let creation = Creation {
        record: inbound.record(data),
        arrived: arrived.clone(),
        occasion,
    };
    if data.gathering.take(&data.forum, creation).await.is_ok() {
        return Ok(());
    }
    // One of those that came with it may have been the reason.
    inbound
        .once(data, move |conn, forum| {
            entries::accept_remote(conn, forum, arrived, occasion).map(drop)
        })
        .await
}
