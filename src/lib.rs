//! The Virtual Forum node: the list of rooms, and who may import whom.
//!
//! Imports go downwards only; `tests::rooms` reads every `use crate::` and
//! holds the tree to this table.
//!
//! | room | may import |
//! |---|---|
//! | `cli`, `app` | every room |
//! | `web`, `mastodon`, `forum_api` | `operations`, `storage` (reads), `domain`, `federation::lookup`; never one another |
//! | `jobs` | `operations`, `storage`, `domain`, `federation::{outbox, delivery}` |
//! | `federation` | `operations`, `storage`, `domain` |
//! | `operations` | `storage`, `domain` |
//! | `storage` | `domain` |
//! | `domain` | nothing of ours |
//! | `config` | `domain` (the words that settings may hold), `urls` |
//! | any but `domain` | `config`, `urls` |
//! | the doors (`web`, `mastodon`, `forum_api`, `federation::routes`) | `app::{App, Routes, Auth, …}` |

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod federation;
pub mod forum_api;
pub mod jobs;
pub mod mastodon;
pub mod operations;
pub mod storage;
pub mod urls;
pub mod web;

#[cfg(test)]
mod tests;
