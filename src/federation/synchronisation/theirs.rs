//! Comparing what another server says of its followers here with what is
//! known here.

use activitypub_federation::config::Data;
use http::HeaderMap;
use url::Url;

use super::header::{Header, NAME, digest};
use crate::{
    domain::{id::OrganisationId, organisation::Organisation, task::Task},
    federation::{
        Federation, WireError, Wiring,
        backfill::{Reading, Walk, in_turn},
        fetch::Budget,
        objects::address,
        origin::same_origin,
    },
    operations::follows::synchronise,
    storage::{self, follows, organisations},
};

/// Pages of a list, for one comparison (SECURITY.md 3.2).
const PAGES: u32 = 10;

/// Looks at the header of a request that `sender` signed, and plans to
/// compare the lists when they differ. The header itself changes nothing, so
/// that it need not be signed. At most once a minute for each sender.
pub async fn notice(
    federation: &Federation,
    sender: &Organisation,
    headers: &HeaderMap,
) -> Result<(), storage::Error> {
    let text = headers.get(&NAME).and_then(|value| value.to_str().ok());
    let Some(header) = text.and_then(Header::read) else {
        return Ok(());
    };
    let is_theirs = sender.endpoints.followers.as_ref() == Some(&header.collection)
        && same_origin(&header.url, &sender.uri);
    if !is_theirs || federation.compared.contains_key(&sender.id) {
        return Ok(());
    }
    federation.compared.insert(sender.id, ());
    let (id, url) = (sender.id, header.url);
    let known = federation
        .forum
        .db
        .read(move |conn| follows::local_accepted(conn, id));
    let known = known.await?;
    if digest(known.iter().map(|one| one.uri.as_str())) == header.digest {
        return Ok(());
    }
    let organisation = sender.id;
    federation
        .forum
        .write(move |conn, forum| {
            forum.enqueue_asking(conn, &Task::CompareFollowers { organisation, url })
        })
        .await
}

/// Reads which of our organisations another one counts among its followers,
/// and puts right what differs.
///
/// A server that fails is not asked again before it next sends its header.
///
/// # Errors
/// Storage only; nothing is changed then.
pub async fn compare(wiring: &Wiring, id: OrganisationId, url: &Url) -> Result<Reading, WireError> {
    let data = wiring.to_request_data();
    let found = data
        .forum
        .db
        .read(move |conn| organisations::find(conn, id));
    let Some(followed) = found.await?.filter(|one| !one.is_local()) else {
        return Ok(Reading::Done);
    };
    match in_turn(&data, &followed.uri, read(&data, &followed, url)).await {
        Err(WireError::Fetch(error)) => {
            tracing::debug!(%error, at = %followed.uri, "followers cannot be compared");
            Ok(Reading::Done)
        }
        other => other,
    }
}

async fn read(
    data: &Data<Federation>,
    followed: &Organisation,
    url: &Url,
) -> Result<(), WireError> {
    let (budget, pages) = (Budget::default(), Budget::new(PAGES));
    let collection = url.as_str().into();
    let mut walk = Walk::new(data, &budget, &followed.uri, collection, &pages);
    let mut listed: Vec<Url> = Vec::new();
    while let Some(members) = walk.page().await? {
        listed.extend(members.iter().filter_map(address));
    }
    // Of a list that was not read to its end nobody can say who is missing.
    if !walk.is_complete() {
        return Ok(());
    }
    let followed = followed.clone();
    data.forum
        .write(move |conn, forum| synchronise(conn, forum, &followed, &listed))
        .await?;
    Ok(())
}
