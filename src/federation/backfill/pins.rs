//! What an organisation pinned, as its `featured` collection says now.

use activitypub_federation::config::Data;
use serde_json::json;
use url::Url;

use super::{
    Reading,
    collection::{Walk, document_of, published},
    followed, in_turn, is_known, keep,
};
use crate::{
    domain::{id::OrganisationId, organisation::Organisation},
    federation::{Federation, WireError, Wiring, fetch::Budget, objects::address},
    operations::{entries::Occasion, pins},
};

const REQUESTS: u32 = 30;
const PAGES: u32 = 2;
/// Most pins of one organisation that are shown here.
const PINS: usize = 20;

/// Reads what an organisation pinned, if it is still followed here.
///
/// # Errors
/// Those that may pass; nothing is changed then.
pub async fn read(wiring: &Wiring, id: OrganisationId) -> Result<Reading, WireError> {
    let data = wiring.to_request_data();
    let Some(organisation) = followed(&data, id).await? else {
        return Ok(Reading::Done);
    };
    let budget = Budget::new(REQUESTS);
    let work = of(&data, &organisation, &budget);
    in_turn(&data, &organisation.uri, work).await
}

/// Makes the pins here those of the organisation's own server.
pub(super) async fn of(
    data: &Data<Federation>,
    organisation: &Organisation,
    budget: &Budget,
) -> Result<(), WireError> {
    let Some(featured) = &organisation.endpoints.featured else {
        return Ok(());
    };
    let at = &organisation.uri;
    let pages = Budget::new(PAGES);
    let mut walk = Walk::new(data, budget, at, json!(featured), &pages);
    let mut pinned: Vec<Url> = Vec::new();
    while let Some(members) = walk.page().await? {
        for found in members.iter().filter_map(published) {
            let Some(id) = address(found).filter(|_| pinned.len() < PINS) else {
                continue;
            };
            if !is_known(data, &id).await? {
                let document = document_of(data, found, at, budget).await;
                let kept = match document {
                    Ok(document) => keep(data, document, Occasion::Asked, budget).await,
                    Err(error) => Err(error),
                };
                match kept {
                    Err(error) if super::may_pass(&error) => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
            pinned.push(id);
        }
    }
    let id = organisation.id;
    data.forum
        .write(move |conn, forum| pins::replace(conn, forum, id, &pinned))
        .await?;
    Ok(())
}
