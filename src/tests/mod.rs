//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod audience;
mod foreign;
mod health;
mod inbox;
mod mastodon;
mod rooms;
pub mod test_app;
