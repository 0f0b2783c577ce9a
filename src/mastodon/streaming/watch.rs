//! One open stream: what it waits for, and when it ends.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::{
    channel::Channel,
    event::{Event, events},
};
use crate::{
    app::{App, Seat},
    mastodon::{auth::Caller, convert::Renderer, error::ApiError},
    storage::changes::{Change, Changes},
};

/// How long changes are gathered, so that many at once cost one look.
const GATHER: Duration = Duration::from_millis(200);

/// How often the token of a stream is looked at when nothing happens. A
/// revocation counts within 5 seconds (SECURITY.md 1).
const LOOK_AFTER: Duration = Duration::from_secs(2);

/// A stream of one client.
pub struct Watch {
    app: App,
    token: Option<String>,
    changes: Changes,
    /// Heard of and not told yet.
    gathered: Vec<Change>,
    look: Interval,
    _seat: Seat,
}

impl Watch {
    /// Watches from now on, for whoever the token belongs to.
    pub fn new(app: App, token: Option<String>, seat: Seat) -> Self {
        let mut look = interval(LOOK_AFTER);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            changes: app.forum.db.changes(),
            app,
            token,
            gathered: Vec::new(),
            look,
            _seat: seat,
        }
    }

    /// Waits until something is to be looked at; `false` when the node stops.
    /// May be broken off and asked again.
    pub async fn wait(&mut self) -> bool {
        if self.gathered.is_empty() {
            let stopping = self.app.stopping.clone();
            tokio::select! {
                () = stopping.cancelled() => return false,
                _ = self.look.tick() => return true,
                change = self.changes.next() => match change {
                    Some(change) => self.gathered.push(change),
                    None => return false,
                },
            }
        }
        sleep(GATHER).await;
        while let Some(change) = self.changes.ready() {
            self.gathered.push(change);
        }
        true
    }

    /// Who listens, as things are now.
    ///
    /// # Errors
    /// [`ApiError::InvalidToken`] when the token counts no more.
    pub async fn caller(&self) -> Result<Caller, ApiError> {
        Caller::by_token(&self.app, self.token.as_deref()).await
    }

    /// What is to be told now on these channels.
    ///
    /// # Errors
    /// [`ApiError::InvalidToken`] when the token counts no more, other
    /// refusals when it is not good for a channel, and storage.
    pub async fn news(&mut self, channels: &[Channel]) -> Result<Vec<Event>, ApiError> {
        let caller = self.caller().await?;
        for channel in channels {
            channel.check(&caller)?;
        }
        let changes = std::mem::take(&mut self.gathered);
        if changes.is_empty() || channels.is_empty() {
            return Ok(Vec::new());
        }
        let (renderer, viewer) = (Renderer::of(&self.app), caller.viewer().clone());
        let (channels, now) = (channels.to_vec(), self.app.forum.now());
        let read = move |conn: &mut _| events(conn, &renderer, &viewer, &channels, changes, now);
        Ok(self.app.forum.db.read(read).await?)
    }
}
