//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod audience;
mod health;
mod mastodon;
mod rooms;
pub mod test_app;
