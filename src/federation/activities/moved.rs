//! Move: an organisation went to another address and takes its followers with
//! it.

use activitypub_federation::config::Data;

use super::{Inbound, activity, later::usable};
use crate::{
    federation::{Federation, WireError, moving::destination},
    operations::moves,
};

activity!(Move, check, take);

/// Only the organisation itself, at its old address, says where it went.
fn check(inbound: &Inbound) -> Result<(), WireError> {
    if inbound.object_id()? != inbound.sender.uri {
        return Err(WireError::NotTheirs(
            "an organisation moves itself and no other",
        ));
    }
    match inbound.read().url("target") {
        Some(target) if target != inbound.sender.uri => Ok(()),
        Some(_) | None => Err(WireError::Malformed(
            "the move names no other address".into(),
        )),
    }
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let Some(target) = inbound.read().url("target") else {
        return Ok(());
    };
    let old = inbound.sender.clone();
    let found = destination(data, &target, &old.uri, &inbound.budget).await;
    let new = match data.origin.is_claimed_by(&target) {
        true => found?,
        false => match usable(found)? {
            Some(new) => new,
            None => return Ok(()),
        },
    };
    inbound
        .once(data, move |conn, forum| {
            moves::arrive(conn, forum, &old, &new)
        })
        .await
}
