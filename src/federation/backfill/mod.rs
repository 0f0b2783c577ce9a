//! What was said before this node listened (PROTOCOL.md 6.3): the entries that
//! an organisation published before it was followed here, what it pinned, and
//! the rest of a conversation of which one entry arrived. Nobody is notified
//! of what is found, and the moments at which it was published are kept.

mod collection;
mod conversation;
mod history;
mod pins;
mod turns;

use activitypub_federation::{config::Data, traits::Object};
use serde_json::Value;
use url::Url;

use super::{
    Federation, WireError,
    dereference::{is_known, organisation},
    fetch::{Budget, FetchError},
    objects::{Document, entry},
};
use crate::{
    domain::{
        audience::Audience,
        id::{EntryId, OrganisationId},
        organisation::{Organisation, OrganisationState},
        task::Task,
    },
    operations::entries::{Occasion, accept_remote},
    storage::{self, follows},
    urls,
};

pub(super) use collection::Walk;
pub use conversation::read as read_conversation;
pub use history::read as read_history;
pub use pins::read as read_pins;
pub use turns::Turns;

/// How a reading ended. An error is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As far as it can be read.
    Done,
    /// As much as is polite is being read from this server already.
    Busy,
}

/// Runs `work` while no more than is polite is read from the server of `at`.
pub(super) async fn in_turn(
    federation: &Federation,
    at: &Url,
    work: impl Future<Output = Result<(), WireError>>,
) -> Result<Reading, WireError> {
    let Some(_turn) = federation.turns.take(&urls::authority(at)) else {
        return Ok(Reading::Busy);
    };
    match work.await {
        Ok(()) => Ok(Reading::Done),
        Err(error) if may_pass(&error) => Err(error),
        Err(error) => {
            tracing::debug!(%error, %at, "what came before cannot be read");
            Ok(Reading::Done)
        }
    }
}

/// Is it worth asking again later? Who refuses us will refuse us then.
fn may_pass(error: &WireError) -> bool {
    match error {
        WireError::Storage(_) => true,
        WireError::Fetch(FetchError::Status {
            status: 401 | 403, ..
        }) => false,
        WireError::Fetch(error) => error.is_temporary(),
        WireError::Signature(_)
        | WireError::Json(_)
        | WireError::Proof(_)
        | WireError::Malformed(_)
        | WireError::NotTheirs(_)
        | WireError::UnknownKey
        | WireError::KeyUnavailable
        | WireError::NoInbox
        | WireError::TooSlow
        | WireError::Full => false,
    }
}

/// Stores a document that its own server gave out. One that is no public
/// entry, or not the author's to give, is an error; one that concerns nobody
/// here is left out.
async fn keep(
    data: &Data<Federation>,
    document: Value,
    occasion: Occasion,
    budget: &Budget,
) -> Result<(), WireError> {
    let read = Document(&document);
    let author = entry::owner(read)?;
    entry::ApEntry::verify(&document, &author, data).await?;
    let author = organisation(data, &author, budget).await?.0;
    if author.state != OrganisationState::Active {
        return Ok(());
    }
    let arrived = entry::read(&document, author, Audience::Public, data.forum.now())?;
    data.forum
        .write(move |conn, forum| accept_remote(conn, forum, arrived, occasion))
        .await?;
    Ok(())
}

/// An organisation of another server that takes part and is followed here.
async fn followed(
    federation: &Federation,
    id: OrganisationId,
) -> Result<Option<Organisation>, storage::Error> {
    let found = federation.forum.db.read(move |conn| {
        if follows::is_followed_here(conn, id)? {
            storage::organisations::find(conn, id)
        } else {
            Ok(None)
        }
    });
    let is_there = |one: &Organisation| !one.is_local() && one.state == OrganisationState::Active;
    Ok(found.await?.filter(is_there))
}

/// The conversation of an entry that somebody looked up is read next.
pub(super) async fn plan_conversation(
    federation: &Federation,
    entry: EntryId,
) -> Result<(), storage::Error> {
    federation
        .forum
        .write(move |conn, forum| forum.enqueue_asking(conn, &Task::ReadConversation { entry }))
        .await
}

/// What an organisation pinned is read again, if it is followed here: some
/// servers tell nobody.
pub(super) async fn plan_pins(
    federation: &Federation,
    organisation: OrganisationId,
) -> Result<(), storage::Error> {
    federation
        .forum
        .write(move |conn, forum| {
            if follows::is_followed_here(conn, organisation)? {
                forum.enqueue_asking(conn, &Task::ReadPins { organisation })?;
            }
            Ok(())
        })
        .await
}
