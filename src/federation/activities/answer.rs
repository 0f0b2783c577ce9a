//! Accept and Reject: the answer to a Follow of ours; a later Reject ends it.

use activitypub_federation::{config::Data, traits::Activity};
use async_trait::async_trait;
use url::Url;

use super::{Inbound, activity};
use crate::{
    domain::id::OrganisationId,
    federation::{Federation, WireError},
    operations::follows,
    storage::{self, Conn, organisations},
};

activity!(Accept);
activity!(Reject);

/// The Follow that is answered: its id, and the follower when it is embedded.
struct Answered {
    uri: Option<Url>,
    follower: Option<Url>,
}

fn answered(inbound: &Inbound) -> Result<Answered, WireError> {
    let embedded = inbound.object();
    let uri = inbound.read().url("object");
    if let Some(follow) = embedded
        && follow.get("type").is_some()
        && follow.kind() != "Follow"
    {
        // An answer to something else, for example to an invitation.
        return Ok(Answered {
            uri: None,
            follower: None,
        });
    }
    let follower = embedded.and_then(|follow| follow.url("actor"));
    if uri.is_none() && follower.is_none() {
        return Err(WireError::Malformed("the answer names no Follow".into()));
    }
    Ok(Answered { uri, follower })
}

impl Answered {
    /// The local follower that the sender answers.
    fn follower(
        &self,
        conn: &mut Conn,
        sender: OrganisationId,
    ) -> Result<Option<OrganisationId>, storage::Error> {
        if let Some(uri) = &self.uri
            && let Some(follow) = follows::by_activity(conn, uri)?
        {
            return Ok((follow.followed == sender).then_some(follow.follower));
        }
        let Some(follower) = &self.follower else {
            return Ok(None);
        };
        let follower = organisations::find_by_uri(conn, follower)?;
        Ok(follower.filter(|one| one.is_local()).map(|one| one.id))
    }
}

#[async_trait]
impl Activity for Accept {
    type DataType = Federation;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.inbound().id
    }

    fn actor(&self) -> &Url {
        &self.inbound().sender.uri
    }

    async fn verify(&self, _data: &Data<Federation>) -> Result<(), WireError> {
        answered(self.inbound()).map(drop)
    }

    async fn receive(self, data: &Data<Federation>) -> Result<(), WireError> {
        let answered = answered(&self.0)?;
        let sender = self.0.sender.id;
        self.0
            .once(data, move |conn, _| {
                match answered.follower(conn, sender)? {
                    Some(me) => follows::accepted(conn, answered.uri.as_ref(), me, sender),
                    None => Ok(()),
                }
            })
            .await
    }
}

#[async_trait]
impl Activity for Reject {
    type DataType = Federation;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.inbound().id
    }

    fn actor(&self) -> &Url {
        &self.inbound().sender.uri
    }

    async fn verify(&self, _data: &Data<Federation>) -> Result<(), WireError> {
        answered(self.inbound()).map(drop)
    }

    async fn receive(self, data: &Data<Federation>) -> Result<(), WireError> {
        let answered = answered(&self.0)?;
        let sender = self.0.sender.id;
        self.0
            .once(data, move |conn, _| {
                match answered.follower(conn, sender)? {
                    Some(me) => follows::ended(conn, answered.uri.as_ref(), me, sender),
                    None => Ok(()),
                }
            })
            .await
    }
}
