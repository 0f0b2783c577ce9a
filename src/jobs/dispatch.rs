//! The table of tasks: which function does which.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::{
    domain::{
        id::{ActivityId, OrganisationId},
        task::Task,
    },
    storage::Db,
};

use super::{Next, Work, sweep::sweep};

/// How often we tidy up.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// A function that does one kind of task.
pub type Function<T> = Box<dyn Fn(T) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// All functions, as `app` puts them together.
pub struct Dispatch {
    pub db: Db,
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// How long a delivery is tried.
    pub keep_for: Duration,
    pub distribute: Function<ActivityId>,
    pub refresh: Function<OrganisationId>,
}

impl Work for Dispatch {
    fn run(&self, task: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        Box::pin(async move {
            match task {
                Task::Distribute { activity } => {
                    (self.distribute)(activity).await?;
                    Ok(Next::Done)
                }
                Task::Refresh { organisation } => {
                    (self.refresh)(organisation).await?;
                    Ok(Next::Done)
                }
                Task::Sweep => {
                    sweep(&self.db, (self.now)(), self.keep_for).await?;
                    Ok(Next::Again(SWEEP_EVERY))
                }
            }
        })
    }
}
