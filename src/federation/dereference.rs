//! From an address to an object: the one that is stored, or the one that its
//! own server gives.

use activitypub_federation::{config::Data, traits::Object};
use chrono::TimeDelta;
use serde_json::Value;
use url::Url;

use super::{
    Federation, WireError,
    backfill::plan_pins,
    fetch::{Accept, Budget, FetchError},
    json::normalise,
    objects::{Document, entry, entry::ApEntry, organisation::ApOrganisation},
};
use crate::storage::{self, entries};

/// After this time an organisation's document is read again when it is needed.
const FRESH_FOR: TimeDelta = TimeDelta::hours(24);

/// Fetches a normalised document in the name of the node's own actor. Its id
/// is its address: if not, it is read again from its id.
pub(super) async fn document(
    federation: &Federation,
    url: &Url,
    budget: &Budget,
) -> Result<Value, WireError> {
    let mut url = url.clone();
    url.set_fragment(None);
    let signer = federation.node_signer().await?;
    for _ in 0..2 {
        if federation.origin.is_claimed_by(&url) {
            return Err(WireError::NotTheirs("this is an address of our own"));
        }
        if !federation.may_reach(&url).await? {
            // The same as for a host that does not answer.
            return Err(FetchError::Unreachable.into());
        }
        let fetched = federation
            .client
            .get_json(&url, Accept::ActivityPub, Some(&signer), budget)
            .await?;
        let document = normalise(fetched.json);
        let id = Document(&document).url("id").ok_or(FetchError::NoId)?;
        if id == fetched.url {
            return Ok(document);
        }
        url = id;
        url.set_fragment(None);
    }
    Err(WireError::NotTheirs("the object's id leads elsewhere"))
}

/// Is there, or was there, an entry with this id here?
pub(super) async fn is_known(federation: &Federation, id: &Url) -> Result<bool, storage::Error> {
    let id = id.clone();
    let known = federation
        .forum
        .db
        .read(move |conn| entries::known(conn, &id));
    Ok(known.await?.is_some())
}

/// Reads an object anew from its server and stores it.
async fn fetch<T>(data: &Data<Federation>, id: &Url, document: Value) -> Result<T, WireError>
where
    T: Object<DataType = Federation, Kind = Value, Error = WireError>,
{
    T::verify(&document, id, data).await?;
    T::from_json(document, data).await
}

/// The organisation at an address, stored or fetched; a stale one is fetched
/// again, and kept as it is when that fails.
pub(super) async fn organisation(
    data: &Data<Federation>,
    id: &Url,
    budget: &Budget,
) -> Result<ApOrganisation, WireError> {
    let known = ApOrganisation::read_from_id(id.clone(), data).await?;
    let now = data.forum.now();
    let stale = |one: &ApOrganisation| {
        one.last_refreshed_at()
            .is_some_and(|read| now - read > FRESH_FOR)
    };
    match known {
        Some(known) if !stale(&known) => Ok(known),
        Some(known) => {
            let read = refetch_organisation(data, id, budget).await;
            if read.is_ok() {
                plan_pins(data, known.0.id).await?;
            }
            Ok(read.unwrap_or(known))
        }
        None => refetch_organisation(data, id, budget).await,
    }
}

/// The organisation as its server describes it now.
pub(super) async fn refetch_organisation(
    data: &Data<Federation>,
    id: &Url,
    budget: &Budget,
) -> Result<ApOrganisation, WireError> {
    let document = document(data.app_data(), id, budget).await?;
    fetch(data, id, document).await
}

/// Stores a fetched document as an entry, its author first.
pub(super) async fn entry_of(
    data: &Data<Federation>,
    id: &Url,
    document: Value,
    budget: &Budget,
) -> Result<ApEntry, WireError> {
    let owner = entry::owner(Document(&document))?;
    organisation(data, &owner, budget).await?;
    fetch(data, id, document).await
}
