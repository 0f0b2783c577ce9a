//! Like, and EmojiReact, which is taken for one: an organisation thinks well of
//! an entry.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    domain::reaction::ReactionKind,
    federation::{Federation, WireError},
    operations::reactions,
};

activity!(Like, Inbound::has_object, take);

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let object = inbound.object_id()?;
    let (sender, id) = (inbound.sender.clone(), inbound.id.clone());
    inbound
        .once(data, move |conn, forum| {
            reactions::receive(conn, forum, ReactionKind::Like, &sender, &object, &id)
        })
        .await
}
