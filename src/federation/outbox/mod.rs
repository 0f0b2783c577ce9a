//! Sending what local organisations did: `recipients` are the inboxes that
//! receive it, `wording` the activity as they receive it.

mod recipients;
mod wording;

pub use wording::create_of;
pub(super) use wording::word;

use super::Federation;
use crate::{
    domain::{
        activity::{Outgoing, Subject},
        id::{ActivityId, DeliveryId},
        organisation::Organisation,
    },
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
    let order_key = order_key(&actor, &outgoing);
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

/// What belongs together arrives in the order in which it happened.
fn order_key(actor: &Organisation, outgoing: &Outgoing) -> String {
    match &outgoing.subject {
        Subject::Entry(id) | Subject::Tombstone { entry: id, .. } => format!("entry {id}"),
        Subject::Myself | Subject::Moved { .. } => format!("actor {}", actor.id),
        Subject::Organisation { uri } => format!("follow {} {uri}", actor.uri),
        Subject::Follow {
            follower, followed, ..
        } => format!("follow {follower} {followed}"),
        Subject::Quote { request, .. } => format!("quote {request}"),
        Subject::Object { uri, .. } | Subject::Reaction { object: uri, .. } => {
            format!("reaction {} {uri}", actor.uri)
        }
        Subject::Report(id) => format!("report {id}"),
    }
}
