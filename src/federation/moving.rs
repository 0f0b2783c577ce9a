//! May an organisation move there? Only to one that names it as an alias in
//! the document that its own server gives now.

use activitypub_federation::config::Data;
use url::Url;

use super::{
    Federation, WireError, Wiring,
    dereference::{document, organisation},
    fetch::Budget,
    lookup::LookupError,
    objects::{Document, address, organisation::ApOrganisation},
};
use crate::{
    domain::organisation::{Organisation, OrganisationState},
    storage::{self, moves, organisations},
};

/// Requests that one move may cause.
const REQUESTS: u32 = 5;

/// The organisation at `target`, if it names `old` as its alias.
pub(super) async fn destination(
    data: &Data<Federation>,
    target: &Url,
    old: &Url,
    budget: &Budget,
) -> Result<Organisation, WireError> {
    let refused = || WireError::NotTheirs("the new address does not name the old one as its alias");
    if data.origin.is_claimed_by(target) {
        let (uri, old) = (target.clone(), old.clone());
        let found = data
            .forum
            .db
            .read(move |conn| -> Result<_, storage::Error> {
                let Some(found) = organisations::find_by_uri(conn, &uri)? else {
                    return Ok(None);
                };
                let names_it = moves::of(conn, found.id)?.aliases.contains(&old);
                let takes_part = found.is_local() && found.state == OrganisationState::Active;
                Ok((names_it && takes_part).then_some(found))
            });
        return found.await?.ok_or_else(refused);
    }
    let described = document(data.app_data(), target, budget).await?;
    let read = Document(&described);
    let names_it = read
        .list("alsoKnownAs")
        .iter()
        .any(|alias| address(alias).as_ref() == Some(old));
    if !names_it {
        return Err(refused());
    }
    let id = read.url("id").ok_or_else(refused)?;
    let ApOrganisation(found) = organisation(data, &id, budget).await?;
    if found.state == OrganisationState::Active {
        Ok(found)
    } else {
        Err(refused())
    }
}

/// [`destination`] for a person who wants to move an organisation of ours.
///
/// # Errors
/// [`LookupError`].
pub async fn find_destination(
    wiring: &Wiring,
    target: &Url,
    old: &Url,
) -> Result<Organisation, LookupError> {
    let data = wiring.to_request_data();
    let found = destination(&data, target, old, &Budget::new(REQUESTS)).await;
    found.map_err(LookupError::from)
}
