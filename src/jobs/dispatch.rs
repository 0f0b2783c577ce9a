//! The table of tasks: which function does which.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        id::{ActivityId, EntryId, OrganisationId},
        task::Task,
    },
    operations::{Forum, accreditations},
};

use super::{
    Next, Work,
    mail::{Mailer, mail_applicant, mail_link},
    sweep::{Keep, sweep},
};

/// How often we look after accreditations.
const KEEP_EVERY: Duration = Duration::from_secs(15);

/// A function that does one kind of task.
pub type Function<T> = Box<dyn Fn(T) -> BoxFuture<'static, anyhow::Result<Next>> + Send + Sync>;

/// The functions of other rooms.
pub struct Functions {
    /// Words an activity and queues its deliveries.
    pub distribute: Function<ActivityId>,
    /// Reads what an organisation published before it was followed here.
    pub read_history: Function<OrganisationId>,
    /// Reads what an organisation pinned.
    pub read_pins: Function<OrganisationId>,
    /// Reads the conversation that an entry belongs to.
    pub read_conversation: Function<EntryId>,
    /// Compares the followers of an organisation with those that its server
    /// lists at this address.
    pub compare_followers: Function<(OrganisationId, Url)>,
    /// Takes in what an organisation said of a server that did not answer then.
    pub take_again: Function<(OrganisationId, Value)>,
    /// Asks for the status lists that are due.
    pub ask_for_lists: Function<()>,
    /// Asks for the accreditations of actors that are due.
    pub ask_for_accreditations: Function<()>,
    /// The way to the mail server, if there is one.
    pub mailer: Option<Mailer>,
}

pub(super) struct Dispatch {
    pub forum: Forum,
    pub keep: Keep,
    pub functions: Functions,
}

impl Work for Dispatch {
    fn run(&self, task: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        Box::pin(async move {
            match task {
                Task::Distribute { activity } => (self.functions.distribute)(activity).await,
                Task::ReadHistory { organisation } => {
                    (self.functions.read_history)(organisation).await
                }
                Task::ReadPins { organisation } => (self.functions.read_pins)(organisation).await,
                Task::ReadConversation { entry } => (self.functions.read_conversation)(entry).await,
                Task::CompareFollowers { organisation, url } => {
                    (self.functions.compare_followers)((organisation, url)).await
                }
                Task::TakeAgain { sender, activity } => {
                    (self.functions.take_again)((sender, activity)).await
                }
                Task::MailLink { email, occasion } => {
                    let mailer = self.functions.mailer.as_ref();
                    mail_link(&self.forum, mailer, &email, occasion).await
                }
                Task::MailApplicant { application, event } => {
                    let mailer = self.functions.mailer.as_ref();
                    mail_applicant(&self.forum, mailer, application, event).await
                }
                Task::Sweep => {
                    sweep(&self.forum, self.keep).await?;
                    Ok(Next::Again(self.keep.sweep_after()))
                }
                Task::KeepAccreditations => {
                    accreditations::keep(&self.forum).await?;
                    Ok(Next::Again(KEEP_EVERY))
                }
                Task::AskForLists => (self.functions.ask_for_lists)(()).await,
                Task::AskForAccreditations => (self.functions.ask_for_accreditations)(()).await,
            }
        })
    }
}
