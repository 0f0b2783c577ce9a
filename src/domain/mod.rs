//! Nouns and rules of the Forum: no I/O, no SQL, no wire names.
//!
//! Everything here is a plain value or a pure function, so that each rule can
//! be read, and tested, without a database or a network.

pub mod account;
pub mod accreditation;
pub mod activity;
pub mod agent;
pub mod application;
pub mod audience;
pub mod audit;
pub mod block;
pub mod delivery;
pub mod entry;
pub mod follow;
pub mod id;
pub mod mail;
pub mod organisation;
pub mod page;
pub mod passkey;
pub mod reaction;
pub mod report;
pub mod second_factor;
pub mod task;
pub mod taxonomy;
pub mod text;
