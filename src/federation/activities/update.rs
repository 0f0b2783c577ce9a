//! Update: a newer version of an entry, or of an organisation, by its owner.

use activitypub_federation::config::Data;
use serde_json::Value;

use super::{
    Inbound, activity, audience,
    create::{occasion, of_a_neighbour, own_object},
    renew::renew,
};
use crate::{
    domain::audience::Audience,
    federation::{
        Federation, WireError,
        addressed::{self, Addressed},
        dereference::refetch_organisation,
        json::ADDRESSING,
        objects::{Document, entry, organisation},
    },
    operations::{
        entries::{self, Arrived},
        organisations::{is_newer, save_remote, update_remote},
    },
    storage,
};

activity!(Update, Inbound::has_object, take);

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    if inbound.object_id()? == inbound.sender.uri {
        return take_actor(inbound, data).await;
    }
    if let Some(object) = of_a_neighbour(&inbound) {
        return renew(inbound, object, data).await;
    }
    let Some(object) = own_object(&inbound, data).await? else {
        return Ok(());
    };
    let addressed = addressed::read(Document(&object));
    let Some(audience) = audience::of(&inbound, data, addressed.clone()).await? else {
        return close(inbound, &object, addressed, data).await;
    };
    let occasion = occasion(&inbound, data);
    let arrived = newer(&inbound, &object, audience, data)?;
    let is_poll = is_poll(&object);
    inbound
        .once(data, move |conn, forum| {
            if is_poll {
                entries::renew_poll(conn, &arrived)?;
            }
            entries::update_remote(conn, forum, arrived, occasion).map(drop)
        })
        .await
}

fn is_poll(object: &Value) -> bool {
    Document(object).kind() == "Question"
}

/// The newer version, and since when it is so.
fn newer(
    inbound: &Inbound,
    object: &Value,
    audience: Audience,
    data: &Data<Federation>,
) -> Result<Arrived, WireError> {
    let mut arrived = entry::read(object, inbound.sender.clone(), audience, data.forum.now())?;
    // Not of a poll: new counts are told without a new version.
    if !is_poll(object) && arrived.updated.is_none() {
        let activity = inbound.read();
        arrived.updated = activity
            .instant("updated")
            .or(activity.instant("published"));
    }
    Ok(arrived)
}

/// The newer version is none that this node may keep. If that is because its
/// author made it for fewer, what stands here is for too many.
async fn close(
    inbound: Inbound,
    object: &Value,
    addressed: Addressed,
    data: &Data<Federation>,
) -> Result<(), WireError> {
    let says_for_whom = ADDRESSING.iter().any(|key| object.get(key).is_some());
    if !says_for_whom {
        return Ok(());
    }
    let audience = audience::as_said(data, addressed).await?;
    let arrived = newer(&inbound, object, audience, data)?;
    inbound
        .once(data, move |conn, forum| {
            entries::close_remote(conn, forum, &arrived).map(drop)
        })
        .await
}

/// An organisation describes itself anew. What others hand on, and what is not
/// newer than what is known, may have been overtaken: its own server says how it
/// is now.
async fn take_actor(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let described = match inbound.object() {
        Some(actor) if actor.get("inbox").is_some() => {
            organisation::describe(data.app_data(), actor.0, data.forum.now())?
        }
        // Only its id: it is read again when it is needed next.
        _ => return Ok(()),
    };
    // A document without the key that signed it would lock its owner out.
    if described.keys.is_empty() {
        return Err(WireError::Malformed("the actor lists no usable key".into()));
    }
    let asked = described.clone();
    let is_newer = data.forum.db.read(move |conn| is_newer(conn, &asked));
    if inbound.direct && is_newer.await? {
        return inbound
            .once(data, move |conn, forum| {
                update_remote(conn, forum, described)
            })
            .await;
    }
    // Servers that date nothing are believed when they cannot be asked.
    let undated = inbound.direct && described.updated.is_none();
    let is_read = read_anew(&inbound, data).await?;
    inbound
        .once(data, move |conn, forum| {
            if undated && !is_read {
                save_remote(conn, forum, described)?;
            }
            Ok::<(), storage::Error>(())
        })
        .await
}

/// Stores the sender as its own server describes it now; `false` when that does
/// not answer, or was asked too often.
async fn read_anew(inbound: &Inbound, data: &Data<Federation>) -> Result<bool, storage::Error> {
    let uri = &inbound.sender.uri;
    if !inbound.direct && !data.may_ask(uri) {
        return Ok(false);
    }
    match refetch_organisation(data, uri, &inbound.budget).await {
        Ok(_) => Ok(true),
        Err(WireError::Storage(error)) => Err(error),
        Err(error) => {
            tracing::info!(%error, by = %uri, "an organisation that changed cannot be read now");
            Ok(false)
        }
    }
}
