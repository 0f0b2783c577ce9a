//! Mails to people: always plain text, and never anything of an entry.

use serde::{Deserialize, Serialize};

/// Why somebody is sent a one-time link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// They, or somebody who knows their address, asked for it.
    Forgotten,
    /// An administrator made their account, or wants them to choose a new
    /// password.
    Invited,
    /// Their organisation's application for membership was approved.
    Admitted,
}

/// A mail that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
}

// By hand: it may hold a link that is a secret.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Letter(…)")
    }
}
