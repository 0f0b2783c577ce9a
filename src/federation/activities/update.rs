//! Update: a newer version of an entry, or of an organisation, by its owner.

use activitypub_federation::{config::Data, traits::Activity};
use async_trait::async_trait;
use url::Url;

use super::{
    activity,
    create::{addresses_us, own_object},
};
use crate::{
    federation::{
        Federation, WireError,
        objects::{entry, organisation},
    },
    operations::{entries, organisations::save_remote},
};

activity!(Update);

#[async_trait]
impl Activity for Update {
    type DataType = Federation;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.inbound().id
    }

    fn actor(&self) -> &Url {
        &self.inbound().sender.uri
    }

    async fn verify(&self, _data: &Data<Federation>) -> Result<(), WireError> {
        self.inbound().object_id().map(drop)
    }

    async fn receive(self, data: &Data<Federation>) -> Result<(), WireError> {
        if self.inbound().object_id()? == *self.actor() {
            return self.receive_actor(data).await;
        }
        let Some(object) = own_object(&self.0, data).await? else {
            return Ok(());
        };
        let asked = addresses_us(&self.0, data);
        let arrived = entry::read(&object, self.0.sender.clone(), data.forum.now())?;
        self.0
            .once(data, move |conn, forum| {
                entries::update_remote(conn, forum, arrived, asked).map(drop)
            })
            .await
    }
}

impl Update {
    async fn receive_actor(self, data: &Data<Federation>) -> Result<(), WireError> {
        let described = match self.inbound().object() {
            Some(actor) if actor.get("inbox").is_some() => {
                organisation::describe(data.app_data(), actor.0, data.forum.now())?
            }
            // Only its id: it is read again when it is needed next.
            _ => return Ok(()),
        };
        // A document without the key that signed it would lock its owner out.
        if described.keys.is_empty() {
            return Err(WireError::Malformed("the actor lists no usable key".into()));
        }
        self.0
            .once(data, move |conn, forum| {
                save_remote(conn, forum, described).map(drop)
            })
            .await
    }
}
