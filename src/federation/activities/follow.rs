//! Follow: another server's organisation asks to receive what one of ours
//! publishes.

use activitypub_federation::{config::Data, traits::Activity};
use async_trait::async_trait;
use url::Url;

use super::activity;
use crate::{
    domain::organisation::OrganisationState,
    federation::{Federation, WireError},
    operations::follows,
    storage::organisations,
};

activity!(Follow);

#[async_trait]
impl Activity for Follow {
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
        let object = self.inbound().object_id()?;
        let sender = self.0.sender.clone();
        let id = self.0.id.clone();
        self.0
            .once(data, move |conn, forum| {
                // A Follow of what is not there is acknowledged and ignored.
                let followed = organisations::find_by_uri(conn, &object)?
                    .filter(|one| one.is_local() && one.state == OrganisationState::Active);
                match followed {
                    Some(followed) => follows::receive(conn, forum, &sender, &followed, &id),
                    None => Ok(()),
                }
            })
            .await
    }
}
