//! One test binary: rules, doors through `TestApp`, fixtures of foreign servers.
