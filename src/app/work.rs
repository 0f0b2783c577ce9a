//! The background work of a node, put together from the rooms that do it.

use futures_util::FutureExt;

use super::App;
use crate::{
    domain::id::{ActivityId, OrganisationId},
    federation::{Federation, lookup, outbox},
    jobs::{self, Functions, Runner},
    storage::organisations,
};

/// Starts to word, send, refresh and tidy what is written down as to be done,
/// until the runner is stopped.
pub fn start_work(app: &App) -> Runner {
    let federation: Federation = (*app.federation).clone();
    let courier = federation.courier();
    let node = app.clone();
    let functions = Functions {
        distribute: Box::new(move |activity: ActivityId| {
            let federation = federation.clone();
            async move { Ok(outbox::distribute(&federation, activity).await?) }.boxed()
        }),
        refresh: Box::new(move |id: OrganisationId| {
            let node = node.clone();
            async move { refresh(&node, id).await }.boxed()
        }),
    };
    jobs::start(&app.forum, &app.config.delivery, courier, functions)
}

/// Reads a remote organisation's actor document again, when it is old.
async fn refresh(app: &App, id: OrganisationId) -> anyhow::Result<()> {
    let known = app
        .forum
        .db
        .read(move |conn| organisations::find(conn, id))
        .await?;
    let Some(known) = known.filter(|known| !known.is_local()) else {
        return Ok(());
    };
    match lookup::organisation(&app.federation, known.uri.as_str()).await {
        // One that is gone stays as it was; its server tells when it deletes.
        Ok(_) | Err(lookup::LookupError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
