//! Somebody else than its author says that something was changed or deleted: a
//! group that passed it on (FEP-1b12), or a member who acts for its author
//! (Mobilizon). It is not believed: the object is read again from its own server.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, later::usable};
use crate::{
    domain::{audience::Audience, organisation::Organisation},
    federation::{
        Federation, WireError,
        dereference::document,
        fetch::FetchError,
        objects::{Document, entry},
    },
    operations::entries::{Occasion, delete_remote, update_remote},
    storage::{self, entries, follows, organisations},
};

/// Asks the object's own server, if the object is known here and the group that
/// says so is followed here; when a neighbour of its author does, the author.
pub(super) async fn renew(
    inbound: Inbound,
    object: Url,
    data: &Data<Federation>,
) -> Result<(), WireError> {
    let by_group = inbound.read().kind() == "Announce";
    let Some(author) = author_of_known(&inbound, &object, by_group, data).await? else {
        return Ok(());
    };
    let found = match document(data.app_data(), &object, &inbound.budget).await {
        Ok(found) if Document(&found).kind() == "Tombstone" => None,
        Err(WireError::Fetch(FetchError::Gone)) => None,
        Err(WireError::Fetch(FetchError::Status { status: 404, .. })) => match by_group {
            true => None,
            // Some servers hide so what they do not give us: no neighbour may
            // have it deleted by that.
            false => return Ok(()),
        },
        read => match usable(read)? {
            Some(found) => Some(found),
            // Nothing is known of it: it stays as it is.
            None => return Ok(()),
        },
    };
    // What is no longer public must not stand here either.
    let found = found.filter(|found| {
        let read = Document(found);
        entry::is_entry(read) && entry::is_public(read)
    });
    match found {
        Some(found) => {
            let read = entry::read(&found, author, Audience::Public, data.forum.now());
            let Some(arrived) = usable(read)? else {
                return Ok(());
            };
            inbound
                .once(data, move |conn, forum| {
                    update_remote(conn, forum, arrived, Occasion::Sent).map(drop)
                })
                .await
        }
        None => {
            inbound
                .once(data, move |conn, forum| {
                    delete_remote(conn, forum, &object, &author).map(drop)
                })
                .await
        }
    }
}

async fn author_of_known(
    inbound: &Inbound,
    object: &Url,
    by_group: bool,
    data: &Data<Federation>,
) -> Result<Option<Organisation>, storage::Error> {
    let (object, sender) = (object.clone(), inbound.sender.id);
    data.forum
        .db
        .read(move |conn| {
            let known = entries::known(conn, &object)?;
            // Of what is not public no group knows anything.
            let known =
                known.filter(|known| known.public && !known.local && known.deleted_at.is_none());
            match known {
                Some(known) => {
                    let followed = if by_group { sender } else { known.author };
                    match follows::is_followed_here(conn, followed)? {
                        true => organisations::find(conn, known.author),
                        false => Ok(None),
                    }
                }
                None => Ok(None),
            }
        })
        .await
}
