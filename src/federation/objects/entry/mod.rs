//! Entries as Notes with the keys of FEP-0837, and other servers' objects as
//! entries.

mod reading;
mod rendering;
mod wording;

use activitypub_federation::{config::Data, traits::Object};
use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use super::Document;
use crate::{
    domain::{
        audience::{Audience, Viewer},
        entry::Entry,
    },
    federation::{Federation, WireError, addressed, answered::answered, origin::same_origin},
    operations::entries::{Occasion, accept_remote},
    storage::{entries, organisations},
};

pub use reading::{is_entry, is_public, is_vote, owner, read};
pub use wording::{body, note, proposal};

/// An entry in the object model of the federation library. Read from an
/// address because somebody here asked for it.
#[derive(Debug, Clone)]
pub struct ApEntry(pub Entry);

#[async_trait]
impl Object for ApEntry {
    type DataType = Federation;
    type Kind = Value;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.0.uri
    }

    async fn read_from_id(id: Url, data: &Data<Federation>) -> Result<Option<Self>, WireError> {
        let found = data
            .forum
            .db
            .read(move |conn| entries::find_by_uri(conn, &Viewer::Anonymous, &id))
            .await?;
        Ok(found.map(Self))
    }

    async fn into_json(self, data: &Data<Federation>) -> Result<Value, WireError> {
        let entry = self.0.clone();
        let read = data.forum.db.read(move |conn| -> Result<_, WireError> {
            Ok((
                answered(conn, &entry)?,
                addressed::to(conn, &entry.audience)?,
            ))
        });
        let (answers, to) = read.await?;
        Ok(note(data.app_data(), &self.0, &answers, &to))
    }

    async fn verify(
        json: &Value,
        expected_domain: &Url,
        data: &Data<Federation>,
    ) -> Result<(), WireError> {
        let object = Document(json);
        let owner = owner(object)?;
        if !same_origin(&owner, expected_domain) {
            return Err(WireError::NotTheirs(
                "the object's owner is of another origin",
            ));
        }
        if data.origin.is_claimed_by(&owner) {
            return Err(WireError::NotTheirs("the object claims our origin"));
        }
        if is_entry(object) && is_public(object) {
            Ok(())
        } else {
            Err(WireError::Malformed("this is no public entry".into()))
        }
    }

    /// The author must be known by now: `lookup` sees to it.
    async fn from_json(json: Value, data: &Data<Federation>) -> Result<Self, WireError> {
        let owner = owner(Document(&json))?;
        let now = data.forum.now();
        let stored = data
            .forum
            .write(move |conn, forum| {
                let author = organisations::find_by_uri(conn, &owner)?
                    .ok_or_else(|| WireError::Malformed("the author is not known".into()))?;
                let arrived = read(&json, author, Audience::Public, now)?;
                let uri = arrived.uri.clone();
                accept_remote(conn, forum, arrived, Occasion::Asked)?;
                Ok::<_, WireError>(entries::find_by_uri(conn, &Viewer::Anonymous, &uri)?)
            })
            .await?;
        stored
            .map(Self)
            .ok_or_else(|| WireError::Malformed("the entry was not stored".into()))
    }
}
