//! Sending what local organisations did: `recipients` are the inboxes that
//! receive it, `wording` the activity as they receive it.

mod recipients;
mod wording;

pub use wording::create_of;
pub(super) use wording::word;

use super::Federation;
use crate::{
    domain::id::{ActivityId, DeliveryId},
    storage::{
        self, Conn, activities,
        deliveries::{self, NewDelivery},
        organisations,
    },
};

/// Words an activity and queues one delivery for each inbox that receives it.
/// Doing it again adds nothing.
///
/// # Errors
/// Storage only.
pub async fn distribute(federation: &Federation, id: ActivityId) -> Result<(), storage::Error> {
    let federation_in = federation.clone();
    federation
        .forum
        .write(move |conn, _| distribute_in(conn, &federation_in, id))
        .await
}

fn distribute_in(
    conn: &mut Conn,
    federation: &Federation,
    id: ActivityId,
) -> Result<(), storage::Error> {
    let Some((outgoing, worded)) = activities::find_outgoing(conn, id)? else {
        return Ok(());
    };
    let Some(actor) = organisations::find(conn, outgoing.actor)? else {
        return Ok(());
    };
    if worded.is_none() {
        // Nothing to say any more: the entry was deleted meanwhile.
        let Some(document) = word(conn, federation, &actor, &outgoing)? else {
            return Ok(());
        };
        activities::set_document(conn, id, &document.to_string())?;
    }
    let order_key = outgoing.order_key(&actor.uri);
    let now = federation.forum.now();
    let new: Vec<NewDelivery> = recipients::inboxes(conn, federation, &actor, &outgoing)?
        .into_iter()
        .filter(|(inbox, _)| !federation.origin.is_claimed_by(inbox))
        .map(|(inbox, recipient)| NewDelivery {
            id: DeliveryId(federation.forum.ids.next(now)),
            activity: id,
            sender: actor.id,
            inbox,
            order_key: order_key.clone(),
            recipient,
        })
        .collect();
    deliveries::add_many(conn, &new, now)?;
    Ok(())
}
