//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod health;
mod mastodon;
pub mod test_app;
