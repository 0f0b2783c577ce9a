//! What points to another server than its sender's, and that server does not
//! answer now. The sender has no part in that: what it sent is acknowledged, and
//! tried once more later by this node, on its own time.

use activitypub_federation::config::Data;
use serde_json::{Value, json};
use url::Url;

use super::{Inbound, dispatch};
use crate::{
    domain::{
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
        task::Task,
    },
    federation::{
        Federation, WireError, Wiring,
        backfill::{Reading, in_turn},
        fetch::{Budget, FetchError},
        json::ADDRESSING,
        objects::Document,
    },
    storage::{follows, organisations},
};

/// What is needed to take an activity in once more.
pub(super) struct Again {
    /// With no more of the document than that takes.
    inbound: Inbound,
    /// Where it points.
    at: Url,
}

impl Again {
    /// `None` for what needs nobody but its sender's own server: that may send
    /// it again when it answers.
    pub(super) fn of(inbound: &Inbound) -> Option<Self> {
        let activity = inbound.read();
        let points_elsewhere = match activity.kind() {
            "Announce" | "Add" | "Move" => true,
            "Create" | "Update" => !inbound.direct && inbound.object().is_none(),
            _ => false,
        };
        if !points_elsewhere {
            return None;
        }
        let at = pointed(activity)?;
        let inbound = Inbound {
            id: inbound.id.clone(),
            sender: inbound.sender.clone(),
            document: essence(activity),
            direct: inbound.direct,
            said_at: inbound.said_at,
            is_named: inbound.is_named,
            budget: inbound.budget.clone(),
        };
        Some(Self { inbound, at })
    }

    /// Writes down that it is to be taken in later, if anybody here follows its
    /// sender. Of a server that is blocked here nothing is asked later either.
    pub(super) async fn plan(
        self,
        data: &Data<Federation>,
        error: &FetchError,
    ) -> Result<(), WireError> {
        let Self { inbound, at } = self;
        let (sender, by) = (inbound.sender.id, &inbound.sender.uri);
        tracing::info!(%error, %at, %by, "what an activity points to cannot be read now");
        let may_reach = data.may_reach(&at).await?;
        let task = match inbound.read().kind() {
            // All of them are read: one may have been taken off by then.
            "Add" => Task::ReadPins {
                organisation: sender,
            },
            _ => Task::TakeAgain {
                sender,
                activity: inbound.document.clone(),
            },
        };
        inbound
            .once(data, move |conn, forum| {
                if may_reach && !follows::local_followers(conn, sender)?.is_empty() {
                    forum.enqueue_asking(conn, &task)?;
                }
                Ok::<(), crate::storage::Error>(())
            })
            .await
    }
}

/// What stands elsewhere, and the activity is about.
fn pointed(activity: Document<'_>) -> Option<Url> {
    if activity.kind() == "Move" {
        return activity.url("target");
    }
    let inner = activity.inner("object").and_then(|it| it.url("object"));
    inner.or_else(|| activity.url("object"))
}

fn essence(activity: Document<'_>) -> Value {
    let object = activity.url("object");
    let inner = activity
        .inner("object")
        .filter(|inner| inner.get("object").is_some());
    let object = match inner {
        Some(inner) => json!({
            "id": object, "type": inner.kind(), "actor": inner.get("actor"),
            "object": inner.url("object"),
        }),
        None => json!(object),
    };
    let mut essence = json!({
        "id": activity.url("id"), "type": activity.kind(), "actor": activity.url("actor"),
        "object": object,
    });
    for key in ADDRESSING.iter().chain(&["target", "updated", "published"]) {
        if let Some(value) = activity.get(key) {
            essence[key] = value.clone();
        }
    }
    essence
}

/// What stands behind a pointer, if there is anything that can be used. What is
/// wrong with it is not the fault of whoever points there, who is not told
/// either: it would show which servers are asked, and which are blocked.
pub(super) fn usable<T>(found: Result<T, WireError>) -> Result<Option<T>, WireError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ WireError::Storage(_)) => Err(error),
        Err(WireError::Fetch(error)) if error.is_temporary() => Err(error.into()),
        Err(error) => {
            tracing::info!(%error, "what an activity points to cannot be used");
            Ok(None)
        }
    }
}

/// Takes in what pointed to a server that did not answer then, if its sender
/// still takes part. Its id was recorded when it came.
///
/// # Errors
/// Those that may pass; nothing is changed then.
pub async fn take_again(
    wiring: &Wiring,
    sender: OrganisationId,
    activity: Value,
) -> Result<Reading, WireError> {
    let data = wiring.to_request_data();
    let read = Document(&activity);
    let (Some(id), Some(at)) = (read.url("id"), pointed(read)) else {
        return Ok(Reading::Done);
    };
    let found = data
        .forum
        .db
        .read(move |conn| organisations::find(conn, sender));
    let is_there = |one: &Organisation| !one.is_local() && one.state == OrganisationState::Active;
    let Some(sender) = found.await?.filter(is_there) else {
        return Ok(Reading::Done);
    };
    if !data.may_reach(&sender.uri).await? || !data.may_reach(&at).await? {
        return Ok(Reading::Done);
    }
    let inbound = Inbound {
        id,
        sender,
        document: activity,
        direct: false,
        said_at: data.forum.now(),
        is_named: false,
        budget: Budget::new(Budget::PER_ACTIVITY),
    };
    in_turn(&data, &at, dispatch(inbound, &data)).await
}
