//! Flag: another server reports an organisation of ours, or its entries, to
//! our administrators. Nothing is shown to whoever is reported.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError, objects::address},
    operations::reports,
};

activity!(Flag, check, take);

/// One address, or a list of those of an account and its entries.
fn objects(inbound: &Inbound) -> Vec<Url> {
    let list = inbound.read().list("object");
    list.iter().filter_map(address).collect()
}

fn check(inbound: &Inbound) -> Result<(), WireError> {
    if objects(inbound).is_empty() {
        return Err(WireError::Malformed("the report names nothing".into()));
    }
    Ok(())
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let objects = objects(&inbound);
    let comment = inbound
        .read()
        .text("content")
        .unwrap_or_default()
        .to_owned();
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, forum| {
            reports::receive(conn, forum, &sender, &objects, &comment)
        })
        .await
}
