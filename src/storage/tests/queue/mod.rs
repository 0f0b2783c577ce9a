//! The durable queues: tasks, deliveries and lanes.

mod deliveries;
mod ends;
mod lanes;
mod plans;
mod tasks;

use diesel::prelude::*;
use url::Url;

use crate::{
    domain::id::{ActivityId, DeliveryId, EntryId, OrganisationId},
    storage::{
        Conn, Db, Error,
        deliveries::{NewDelivery, add_many},
        samples::{
            SENDER, at, delivery, insert_activity, insert_entry, insert_organisation, prepare, url,
            write,
        },
        schema::{activities, entries, organisations},
        types::At,
    },
};

/// Queues deliveries at `at(0)` and answers how many were added.
async fn queue(db: &Db, new: Vec<NewDelivery>) -> usize {
    write(db, move |conn| add_many(conn, &new, at(0))).await
}
