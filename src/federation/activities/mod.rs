//! The activities that are received, one file each. A new one is a file and
//! a line in [`receive`].

mod answer;
mod audience;
mod block;
mod boost;
mod create;
mod delete;
mod featured;
mod flag;
mod follow;
mod gathering;
mod later;
mod moved;
mod quote;
mod react;
mod renew;
mod undo;
mod update;
mod wanted;

use activitypub_federation::{config::Data, traits::Activity};
use chrono::{DateTime, Utc};
pub use gathering::Gathering;
pub use later::take_again;
use serde_json::Value;
use url::Url;

use super::{Federation, WireError, fetch::Budget, objects::Document};
use crate::{
    domain::{id::ActivityId, organisation::Organisation},
    operations::{
        Forum,
        reactions::{forget_undone, was_undone},
    },
    storage::{
        self, Conn,
        activities::{self, Received},
    },
};

/// An activity whose signature, sender and id were checked.
#[derive(Debug, Clone)]
pub struct Inbound {
    pub id: Url,
    /// Its actor, who signed the request or is known to have said it.
    pub sender: Organisation,
    /// Normalised.
    pub document: Value,
    /// Did the sender bring it itself? What others hand on is for everybody, or
    /// is not taken.
    pub direct: bool,
    /// When the request was signed that brought it.
    pub said_at: DateTime<Utc>,
    /// Is the id the sender's word, too? Else it is not kept, and nothing is
    /// known by it.
    pub is_named: bool,
    /// What it may still make us fetch.
    pub budget: Budget,
}

impl Inbound {
    fn read(&self) -> Document<'_> {
        Document(&self.document)
    }

    /// The object as embedded, if it is.
    fn object(&self) -> Option<Document<'_>> {
        self.read().inner("object")
    }

    /// The object's address, embedded or not.
    fn object_id(&self) -> Result<Url, WireError> {
        self.read()
            .url("object")
            .ok_or_else(|| WireError::Malformed("the activity has no usable object".into()))
    }

    /// Is there an object, embedded or not?
    fn has_object(&self) -> Result<(), WireError> {
        self.object_id().map(drop)
    }

    /// Runs `effect` in one transaction with the record of this activity, so
    /// that a replay has no second effect ([`is_new`]). Without a record it may
    /// run again: it changes nothing then, as all that others hand on.
    async fn once<E>(
        &self,
        data: &Data<Federation>,
        effect: impl FnOnce(&mut Conn, &Forum) -> Result<(), E> + Send + 'static,
    ) -> Result<(), WireError>
    where
        E: From<storage::Error> + Send + 'static,
        WireError: From<E>,
    {
        let (record, is_named, direct) = (self.received(data), self.is_named, self.direct);
        data.forum
            .take_in(
                move |conn, forum| match is_new(conn, &record, is_named, direct)? {
                    true => effect(conn, forum),
                    false => Ok::<(), E>(()),
                },
            )
            .await?;
        Ok(())
    }

    /// What is kept of this activity, so that a replay is known.
    fn record(&self, data: &Data<Federation>) -> Option<Received> {
        self.is_named.then(|| self.received(data))
    }

    fn received(&self, data: &Data<Federation>) -> Received {
        let now = data.forum.now();
        Received {
            id: ActivityId(data.forum.ids.next(now)),
            uri: self.id.clone(),
            kind: self.read().kind().to_owned(),
            actor: self.sender.uri.clone(),
            at: if self.direct { self.said_at } else { now },
        }
    }
}

/// Records an activity, unless its id is not its sender's word; does it count?
///
/// Several families use an id again: the Follow of Pixelfed, and the Like of
/// PeerTube, of the same object, and what undoes them; the Undo of Misskey; the
/// Update of Mobilizon, which has the id of its Create. What may be said again
/// counts again when its actor says so itself with a signature that is younger
/// than the one before. Nobody else can make such a signature: a copy of a
/// request is as old as the request, and an older one does not undo a younger
/// one; what others hand on by its proof counts once.
///
/// A Follow that is signed anew after its Undo is therefore a new one. A server
/// that repeats an old one then, because it missed our answer, is taken at its
/// word; nothing tells the two apart.
fn is_new(
    conn: &mut Conn,
    record: &Received,
    is_named: bool,
    direct: bool,
) -> Result<bool, storage::Error> {
    let Received {
        uri, kind, actor, ..
    } = record;
    let counts = if !is_named {
        true
    } else if direct && can_be_repeated(kind) {
        activities::record_again(conn, record)?
    } else {
        !activities::record_received(conn, std::slice::from_ref(record))?.is_empty()
    };
    if !counts || !can_be_undone(kind) {
        return Ok(counts);
    }
    // An Undo that came first wins over what it undoes, and over no other.
    Ok(match direct {
        true => !forget_undone(conn, uri, actor)?,
        false => !was_undone(conn, uri, actor)?,
    })
}

/// What leaves the same behind however often it is said.
fn can_be_repeated(kind: &str) -> bool {
    can_be_undone(kind) || matches!(kind, "Undo" | "Update" | "Accept" | "Reject")
}

/// Undo may overtake what it undoes.
fn can_be_undone(kind: &str) -> bool {
    matches!(
        kind,
        "Follow" | "Like" | "EmojiReact" | "Announce" | "Block"
    )
}

/// An activity by its two rules: `check` looks at what it says before anything
/// is done, and `take` brings about what it says.
macro_rules! activity {
    ($name:ident, $check:path, $take:path) => {
        #[derive(Debug)]
        pub(super) struct $name(pub(super) $crate::federation::activities::Inbound);

        #[async_trait::async_trait]
        impl activitypub_federation::traits::Activity for $name {
            type DataType = $crate::federation::Federation;
            type Error = $crate::federation::WireError;

            fn id(&self) -> &url::Url {
                &self.0.id
            }

            fn actor(&self) -> &url::Url {
                &self.0.sender.uri
            }

            async fn verify(&self, _: &Data<Self::DataType>) -> Result<(), Self::Error> {
                $check(&self.0)
            }

            async fn receive(self, data: &Data<Self::DataType>) -> Result<(), Self::Error> {
                $take(self.0, data).await
            }
        }
    };
}
use activity;

/// Takes an activity in, at once or later: its sender does not answer for the
/// servers that it points to.
///
/// # Errors
/// [`WireError`] says why nothing was taken in.
pub async fn receive(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let again = later::Again::of(&inbound);
    match (dispatch(inbound, data).await, again) {
        (Err(WireError::Fetch(error)), Some(again)) if error.is_temporary() => {
            again.plan(data, &error).await
        }
        (taken, _) => taken,
    }
}

/// Hands an activity to its file. Unknown ones are acknowledged and ignored.
async fn dispatch(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    match inbound.read().kind().to_owned().as_str() {
        "Create" => run(create::Create(inbound), data).await,
        "Update" => run(update::Update(inbound), data).await,
        "Delete" => run(delete::Delete(inbound), data).await,
        "Follow" => run(follow::Follow(inbound), data).await,
        "Accept" => run(answer::Accept(inbound), data).await,
        "Reject" => run(answer::Reject(inbound), data).await,
        "Like" | "EmojiReact" => run(react::Like(inbound), data).await,
        "Announce" => run(boost::Announce(inbound), data).await,
        "Block" => run(block::Block(inbound), data).await,
        "Flag" => run(flag::Flag(inbound), data).await,
        "Add" => run(featured::Add(inbound), data).await,
        "Remove" => run(featured::Remove(inbound), data).await,
        "Move" => run(moved::Move(inbound), data).await,
        "QuoteRequest" => run(quote::QuoteRequest(inbound), data).await,
        "Undo" => run(undo::Undo(inbound), data).await,
        other => {
            tracing::debug!(kind = other, "an activity of a kind that is not known");
            Ok(())
        }
    }
}

async fn run<A>(activity: A, data: &Data<Federation>) -> Result<(), WireError>
where
    A: Activity<DataType = Federation, Error = WireError>,
{
    activity.verify(data).await?;
    activity.receive(data).await
}
