//! Block: an organisation elsewhere wants nothing more of one of ours. Nothing
//! of it is shown to anybody.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError, objects::Document},
    operations::blocks,
};

/// Does a moderator shut somebody out of a community or a whole server, which
/// the target names (Lemmy)? The moderator's own organisation blocks nobody.
pub(super) fn is_ban(block: Document<'_>) -> bool {
    block.get("target").is_some()
}

activity!(Block, Inbound::has_object, take);

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    if is_ban(inbound.read()) {
        return Ok(());
    }
    let blocked = inbound.object_id()?;
    let (sender, id) = (inbound.sender.clone(), inbound.id.clone());
    inbound
        .once(data, move |conn, forum| {
            blocks::receive(conn, forum, &sender, &blocked, &id)
        })
        .await
}
