//! Delete: of an entry, or of the organisation itself.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity, renew::renew};
use crate::{
    federation::{Federation, WireError, origin::same_origin},
    operations::{entries, organisations},
    storage,
};

activity!(Delete, check, take);

fn check(inbound: &Inbound) -> Result<(), WireError> {
    if same_origin(&inbound.object_id()?, &inbound.sender.uri) {
        Ok(())
    } else {
        Err(WireError::NotTheirs(
            "the deleted object is of another origin",
        ))
    }
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let object = inbound.object_id()?;
    // By a member for its group (Mobilizon), or by nobody who may.
    if is_of_another(&inbound, &object, data).await? {
        return renew(inbound, object, data).await;
    }
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, forum| {
            if object == sender.uri {
                organisations::delete_remote(conn, forum, &sender)
            } else {
                entries::delete_remote(conn, forum, &object, &sender).map(drop)
            }
        })
        .await
}

/// Is the object an entry that is known here, and of another than the sender?
async fn is_of_another(
    inbound: &Inbound,
    object: &Url,
    data: &Data<Federation>,
) -> Result<bool, storage::Error> {
    let (object, sender) = (object.clone(), inbound.sender.id);
    data.forum
        .db
        .read(move |conn| {
            let known = storage::entries::known(conn, &object)?;
            Ok(known.is_some_and(|known| known.author != sender))
        })
        .await
}
