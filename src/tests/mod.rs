//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod audience;
mod backfill;
mod blocks;
pub mod browser;
mod foreign;
mod forwarding;
mod health;
mod hosts;
mod inbox;
mod key_documents;
mod mastodon;
mod moves;
mod pages;
mod pins;
mod reactions;
mod readers;
mod reports;
mod rooms;
mod rotation;
mod schemes;
mod sending;
mod server;
mod servers;
mod signing;
mod synchronisation;
pub mod test_app;
mod wire;
