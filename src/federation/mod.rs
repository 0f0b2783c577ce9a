//! The ActivityPub wire: what other servers send and read.
