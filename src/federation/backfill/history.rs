//! What an organisation published before anybody here followed it: the newest
//! part of its outbox, and what it pinned.

use activitypub_federation::config::Data;
use serde_json::json;
use url::Url;

use super::{
    Reading,
    collection::{Walk, document_of, published},
    followed, in_turn, is_known, keep, pins,
};
use crate::{
    domain::{id::OrganisationId, organisation::Organisation},
    federation::{
        Federation, WireError, Wiring,
        fetch::Budget,
        objects::{Document, address, entry},
    },
    operations::entries::Occasion,
    storage,
};

/// Requests for one organisation, pages of its outbox among them, and entries
/// that are kept.
const REQUESTS: u32 = 60;
const PAGES: u32 = 6;
const ENTRIES: usize = 100;

/// Reads what an organisation published, if it is still followed here.
///
/// # Errors
/// Those that may pass; what was read by then is kept.
pub async fn read(wiring: &Wiring, id: OrganisationId) -> Result<Reading, WireError> {
    let data = wiring.to_request_data();
    let Some(organisation) = followed(&data, id).await? else {
        return Ok(Reading::Done);
    };
    let budget = Budget::new(REQUESTS);
    let work = async {
        outbox(&data, &organisation, &budget).await?;
        pins::of(&data, &organisation, &budget).await
    };
    in_turn(&data, &organisation.uri, work).await
}

async fn outbox(
    data: &Data<Federation>,
    organisation: &Organisation,
    budget: &Budget,
) -> Result<(), WireError> {
    let Some(outbox) = &organisation.endpoints.outbox else {
        return Ok(());
    };
    let at = &organisation.uri;
    let pages = Budget::new(PAGES);
    let mut walk = Walk::new(data, budget, at, json!(outbox), &pages);
    let mut left = ENTRIES;
    while let Some(members) = walk.page().await? {
        for found in members.iter().filter_map(published) {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            if let Some(id) = address(found)
                && !is_known(data, &id).await?
            {
                let document = match document_of(data, found, at, budget).await {
                    Ok(document) => document,
                    Err(error) if super::may_pass(&error) => return Err(error),
                    // One that is gone does not end the list.
                    Err(_) => continue,
                };
                own(data, document, at, budget).await?;
            }
        }
    }
    Ok(())
}

/// Keeps what is its own; what it passed on is read when it is passed on anew.
async fn own(
    data: &Data<Federation>,
    document: serde_json::Value,
    author: &Url,
    budget: &Budget,
) -> Result<(), storage::Error> {
    let is_own = entry::owner(Document(&document)).is_ok_and(|owner| owner == *author);
    if !is_own {
        return Ok(());
    }
    match keep(data, document, Occasion::Backfilled, budget).await {
        Err(WireError::Storage(error)) => Err(error),
        // Followers-only posts, kinds that are not read here.
        Ok(()) | Err(_) => Ok(()),
    }
}
