//! Verbs: each is one transaction, and its error type states its rules.
//!
//! An operation never talks to another server. What others must be told it
//! records as an activity and a task in its own transaction; `jobs` takes it
//! from there, also after a crash.

pub mod accreditations;
mod announce;
pub mod applications;
pub mod audit;
pub mod blocks;
pub mod deliveries;
pub mod entries;
pub mod follows;
mod forum;
pub mod hosts;
pub mod moves;
pub mod node;
pub mod organisations;
pub mod people;
pub mod pins;
pub mod quotes;
pub mod reactions;
pub mod reports;
pub mod rotation;

pub use forum::{
    ActorKeys, Admission, Clock, Forum, Ids, KeyMaker, KeyPair, random_token, token_hash,
};
