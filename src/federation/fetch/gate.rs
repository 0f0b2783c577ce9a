//! The decisions about hosts, for every hop of a fetch: a redirect must not
//! lead to a server that we do not speak with.

use std::sync::{Arc, PoisonError, RwLock};

use url::Url;

use crate::{operations::hosts::may_federate, storage::hosts::HostPolicy, urls};

/// What was decided when somebody last looked. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    allowlist: bool,
    /// `None` before the first look: then nothing is known to be refused.
    decisions: Arc<RwLock<Option<Arc<Vec<HostPolicy>>>>>,
}

impl Gate {
    /// With `allowlist` (`federation.mode`), a host must be allowed.
    pub fn new(allowlist: bool) -> Self {
        Self {
            allowlist,
            decisions: Arc::default(),
        }
    }

    pub fn set(&self, decisions: Arc<Vec<HostPolicy>>) {
        let mut known = self
            .decisions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some(decisions);
    }

    /// May this address be fetched?
    pub fn admits(&self, url: &Url) -> bool {
        let known = self
            .decisions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        known.is_none_or(|known| may_federate(&known, &urls::authority(url), self.allowlist))
    }
}
