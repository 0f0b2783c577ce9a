//! Delete: of an entry, or of the organisation itself.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError, origin::same_origin},
    operations::{entries, organisations},
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
