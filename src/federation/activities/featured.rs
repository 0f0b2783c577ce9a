//! Add and Remove: what an organisation pins. Other collections than its
//! pinned entries are of no concern here.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity, later::usable, wanted::fetch_if_wanted};
use crate::{
    federation::{Federation, WireError, origin::same_origin},
    operations::pins::pinnable,
    storage::{self, pins},
};

activity!(Add, check, add);
activity!(Remove, check, remove);

/// A featured hashtag (Mastodon) has no id, and is of no concern.
fn is_hashtag(inbound: &Inbound) -> bool {
    inbound
        .object()
        .is_some_and(|object| object.kind() == "Hashtag")
}

fn check(inbound: &Inbound) -> Result<(), WireError> {
    if is_hashtag(inbound) {
        return Ok(());
    }
    inbound.has_object()
}

/// The pinned or unpinned object, when it is about the sender's own pins, which
/// are entries of its own.
fn object(inbound: &Inbound) -> Result<Option<Url>, WireError> {
    if is_hashtag(inbound) {
        return Ok(None);
    }
    let target = inbound.read().url("target");
    let is_theirs = target.is_some() && target == inbound.sender.endpoints.featured;
    inbound
        .object_id()
        .map(|object| Some(object).filter(|it| is_theirs && same_origin(it, &inbound.sender.uri)))
}

async fn add(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let Some(object) = object(&inbound)? else {
        return Ok(());
    };
    usable(fetch_if_wanted(&inbound, data, &object).await)?;
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, forum| {
            match pinnable(conn, sender.id, &object)? {
                Some(entry) => pins::put(conn, entry, sender.id, forum.now()),
                None => Ok::<(), storage::Error>(()),
            }
        })
        .await
}

async fn remove(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let Some(object) = object(&inbound)? else {
        return Ok(());
    };
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, _| {
            match pinnable(conn, sender.id, &object)? {
                Some(entry) => pins::remove(conn, entry).map(drop),
                None => Ok::<(), storage::Error>(()),
            }
        })
        .await
}
