//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.

mod health;
pub mod test_app;
