//! Accept and Reject: the answer to a Follow of ours; a later Reject ends it.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity};
use crate::{
    domain::id::OrganisationId,
    federation::{Federation, WireError},
    operations::{Forum, follows},
    storage::{self, Conn, organisations},
};

activity!(Accept, check, accept);
activity!(Reject, check, reject);

/// The Follow that is answered: its id, and the follower when it is embedded.
struct Answered {
    uri: Option<Url>,
    follower: Option<Url>,
}

fn check(inbound: &Inbound) -> Result<(), WireError> {
    answered(inbound).map(drop)
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

async fn accept(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    take(inbound, data, follows::accepted).await
}

async fn reject(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    take(inbound, data, |conn, _, uri, me, other| {
        follows::ended(conn, uri, me, other)
    })
    .await
}

/// What an answer does to the Follow of this id or between these two.
type Effect = fn(
    &mut Conn,
    &Forum,
    Option<&Url>,
    OrganisationId,
    OrganisationId,
) -> Result<(), storage::Error>;

async fn take(inbound: Inbound, data: &Data<Federation>, effect: Effect) -> Result<(), WireError> {
    let answered = answered(&inbound)?;
    let sender = inbound.sender.id;
    inbound
        .once(data, move |conn, forum| {
            match answered.follower(conn, sender)? {
                Some(me) => effect(conn, forum, answered.uri.as_ref(), me, sender),
                None => Ok(()),
            }
        })
        .await
}
