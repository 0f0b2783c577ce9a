//! The Mastodon client API: organisations as accounts, entries as statuses.
//!
//! Ordinary Mastodon apps read this node through it. What each of them
//! depends on is written at the rule it shaped; `entities` are the documented
//! shapes, `convert` fills them, and each file of routes holds one group.

pub mod entities;
pub mod error;
pub mod extract;
pub mod paging;
