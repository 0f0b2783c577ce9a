//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod audience;
mod health;
mod mastodon;
mod rooms;
mod sending;
pub mod test_app;
