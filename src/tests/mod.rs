//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod audience;
pub mod browser;
mod health;
mod mastodon;
mod pages;
mod rooms;
pub mod test_app;
