//! Block: an organisation elsewhere wants nothing more of one of ours. Nothing
//! of it is shown to anybody.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError},
    operations::blocks,
};

activity!(Block, Inbound::has_object, take);

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let blocked = inbound.object_id()?;
    let (sender, id) = (inbound.sender.clone(), inbound.id.clone());
    inbound
        .once(data, move |conn, forum| {
            blocks::receive(conn, forum, &sender, &blocked, &id)
        })
        .await
}
