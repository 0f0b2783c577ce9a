//! Undo: the follower takes its Follow back.

use activitypub_federation::{config::Data, traits::Activity};
use async_trait::async_trait;
use url::Url;

use super::activity;
use crate::{
    federation::{Federation, WireError},
    operations::follows,
    storage::organisations,
};

activity!(Undo);

#[async_trait]
impl Activity for Undo {
    type DataType = Federation;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.inbound().id
    }

    fn actor(&self) -> &Url {
        &self.inbound().sender.uri
    }

    /// Only the actor of an activity undoes it.
    async fn verify(&self, _data: &Data<Federation>) -> Result<(), WireError> {
        let object = self.inbound().object();
        let actor = object.and_then(|object| object.url("actor"));
        match actor {
            Some(actor) if actor != *self.actor() => Err(WireError::NotTheirs(
                "the undone activity belongs to somebody else",
            )),
            Some(_) => Ok(()),
            None => self.inbound().object_id().map(drop),
        }
    }

    async fn receive(self, data: &Data<Federation>) -> Result<(), WireError> {
        let object = self.inbound().object();
        if object.is_some_and(|object| object.get("type").is_some() && object.kind() != "Follow") {
            return Ok(());
        }
        let followed = object.and_then(|object| object.url("object"));
        let uri = self.inbound().read().url("object");
        let sender = self.0.sender.id;
        self.0
            .once(data, move |conn, _| {
                let by_uri = match &uri {
                    Some(uri) => follows::by_activity(conn, uri)?,
                    None => None,
                };
                let followed = match (by_uri, followed) {
                    (Some(follow), _) => Some(follow.followed),
                    (None, Some(followed)) => {
                        organisations::find_by_uri(conn, &followed)?.map(|one| one.id)
                    }
                    (None, None) => None,
                };
                match followed {
                    Some(followed) => follows::ended(conn, uri.as_ref(), sender, followed),
                    None => Ok(()),
                }
            })
            .await
    }
}
