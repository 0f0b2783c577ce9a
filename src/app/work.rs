//! The background work of a node, put together from the rooms that do it.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use url::Url;

use super::App;
use crate::{
    domain::id::{ActivityId, EntryId, OrganisationId},
    federation::{
        Federation, WireError,
        activities::take_again,
        backfill::{Reading, read_conversation, read_history, read_pins},
        credentials::{LOOK_EVERY, ask_for_accreditations, ask_for_lists},
        fetch::FetchError,
        outbox,
        synchronisation::compare,
    },
    jobs::{self, Functions, Next, Runner},
};

/// After this time a server that is being read from is asked for more.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// The longest time that we wait because a server asks us to.
const MOST_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts to word, send, read and tidy what is written down as to be done,
/// until the runner is stopped.
pub fn start_work(app: &App) -> Runner {
    let federation: Federation = (*app.federation).clone();
    let courier = federation.courier();
    let wiring = || app.federation.clone();
    let (history, pins, conversation, followers) = (wiring(), wiring(), wiring(), wiring());
    let (again, lists, accreditations) = (wiring(), wiring(), wiring());
    let functions = Functions {
        distribute: Box::new(move |activity: ActivityId| {
            let federation = federation.clone();
            async move {
                outbox::distribute(&federation, activity).await?;
                Ok(Next::Done)
            }
            .boxed()
        }),
        read_history: Box::new(move |id: OrganisationId| {
            let wiring = history.clone();
            async move { after(read_history(&wiring, id).await) }.boxed()
        }),
        read_pins: Box::new(move |id: OrganisationId| {
            let wiring = pins.clone();
            async move { after(read_pins(&wiring, id).await) }.boxed()
        }),
        read_conversation: Box::new(move |id: EntryId| {
            let wiring = conversation.clone();
            async move { after(read_conversation(&wiring, id).await) }.boxed()
        }),
        compare_followers: Box::new(move |(id, url): (OrganisationId, Url)| {
            let wiring = followers.clone();
            async move { after(compare(&wiring, id, &url).await) }.boxed()
        }),
        take_again: Box::new(move |(sender, activity): (OrganisationId, Value)| {
            let wiring = again.clone();
            async move { after(take_again(&wiring, sender, activity).await) }.boxed()
        }),
        ask_for_lists: Box::new(move |()| {
            let wiring = lists.clone();
            async move {
                ask_for_lists(&wiring).await?;
                Ok(Next::Again(LOOK_EVERY))
            }
            .boxed()
        }),
        ask_for_accreditations: Box::new(move |()| {
            let wiring = accreditations.clone();
            async move {
                ask_for_accreditations(&wiring).await?;
                Ok(Next::Again(LOOK_EVERY))
            }
            .boxed()
        }),
        mailer: app.mailer.clone(),
    };
    jobs::start(&app.forum, &app.config, courier, functions)
}

/// What follows when something was read from another server.
fn after(read: Result<Reading, WireError>) -> anyhow::Result<Next> {
    match read {
        Ok(Reading::Done) => Ok(Next::Done),
        Ok(Reading::Busy) => Ok(Next::Again(BUSY_FOR)),
        Err(WireError::Fetch(FetchError::Status {
            retry_after: Some(after),
            ..
        })) => Ok(Next::Later(after.min(MOST_PATIENCE))),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(retry_after: Option<Duration>) -> Result<Reading, WireError> {
        Err(WireError::Fetch(FetchError::Status {
            status: 429,
            retry_after,
        }))
    }

    #[test]
    fn a_server_that_asks_us_to_wait_is_left_alone_for_that_time_and_not_longer() {
        let hour = Duration::from_secs(60 * 60);
        let wait = |time| after(refused(Some(time))).ok();
        assert_eq!(wait(hour), Some(Next::Later(hour)));
        assert_eq!(wait(100 * hour), Some(Next::Later(24 * hour)));
        assert!(after(refused(None)).is_err());
    }
}
