//! The ActivityPub wire: what other servers send and read.

pub mod fetch;
pub mod json;
pub mod origin;
pub mod signatures;
