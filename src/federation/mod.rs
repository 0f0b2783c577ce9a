//! The ActivityPub wire: what other servers send and read.

pub mod json;
pub mod origin;
pub mod signatures;
