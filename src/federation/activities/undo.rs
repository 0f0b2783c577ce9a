//! Undo: the follower takes its Follow back.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError},
    operations::follows,
    storage::organisations,
};

activity!(Undo, check, take);

/// Only the actor of an activity undoes it.
fn check(inbound: &Inbound) -> Result<(), WireError> {
    let object = inbound.object();
    let actor = object.and_then(|object| object.url("actor"));
    match actor {
        Some(actor) if actor != inbound.sender.uri => Err(WireError::NotTheirs(
            "the undone activity belongs to somebody else",
        )),
        Some(_) => Ok(()),
        None => inbound.object_id().map(drop),
    }
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let object = inbound.object();
    if object.is_some_and(|object| object.get("type").is_some() && object.kind() != "Follow") {
        return Ok(());
    }
    let followed = object.and_then(|object| object.url("object"));
    let uri = inbound.read().url("object");
    let sender = inbound.sender.id;
    inbound
        .once(data, move |conn, _| {
            let by_uri = match &uri {
                Some(uri) => follows::by_activity(conn, uri)?,
                None => None,
            };
            let followed = match (by_uri, followed) {
                (Some(follow), _) => Some(follow.followed),
                (None, Some(followed)) => {
                    organisations::find_by_uri(conn, &followed)?.map(|one| one.id)
                }
                (None, None) => None,
            };
            match followed {
                Some(followed) => follows::ended(conn, uri.as_ref(), sender, followed),
                None => Ok(()),
            }
        })
        .await
}
