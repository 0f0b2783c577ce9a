//! Follow: another server's organisation asks to receive what one of ours
//! publishes.

use activitypub_federation::config::Data;

use super::{Inbound, activity};
use crate::{
    domain::organisation::OrganisationState,
    federation::{Federation, WireError},
    operations::follows,
    storage::organisations,
};

activity!(Follow, Inbound::has_object, take);

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let object = inbound.object_id()?;
    let sender = inbound.sender.clone();
    let id = inbound.id.clone();
    inbound
        .once(data, move |conn, forum| {
            // A Follow of what is not there is acknowledged and ignored.
            let followed = organisations::find_by_uri(conn, &object)?
                .filter(|one| one.is_local() && one.state == OrganisationState::Active);
            match followed {
                Some(followed) => follows::receive(conn, forum, &sender, &followed, &id),
                None => Ok(()),
            }
        })
        .await
}
