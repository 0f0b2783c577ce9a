//! Who follows whom between two servers, compared now and then (FEP-8fcf):
//! what is addressed to the followers of an organisation carries a digest of
//! those that it has at the receiving server, which asks for the list when
//! it knows others.

mod header;
mod ours;
mod theirs;

pub(super) use header::NAME;
pub use header::{Header, digest};
pub use ours::{Ours, followers_of_reader};
pub use theirs::{compare, notice};
