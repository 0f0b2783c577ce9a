//! Delete: of an entry, or of the organisation itself.

use activitypub_federation::{config::Data, traits::Activity};
use async_trait::async_trait;
use url::Url;

use super::activity;
use crate::{
    federation::{Federation, WireError, origin::same_origin},
    operations::{entries, organisations},
};

activity!(Delete);

#[async_trait]
impl Activity for Delete {
    type DataType = Federation;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.inbound().id
    }

    fn actor(&self) -> &Url {
        &self.inbound().sender.uri
    }

    async fn verify(&self, _data: &Data<Federation>) -> Result<(), WireError> {
        if same_origin(&self.inbound().object_id()?, self.actor()) {
            Ok(())
        } else {
            Err(WireError::NotTheirs(
                "the deleted object is of another origin",
            ))
        }
    }

    async fn receive(self, data: &Data<Federation>) -> Result<(), WireError> {
        let object = self.inbound().object_id()?;
        let sender = self.0.sender.clone();
        self.0
            .once(data, move |conn, forum| {
                if object == sender.uri {
                    organisations::delete_remote(conn, forum, &sender)
                } else {
                    entries::delete_remote(conn, forum, &object, &sender).map(drop)
                }
            })
            .await
    }
}
