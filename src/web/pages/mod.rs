//! The pages, a file for each or for a few that belong together.

pub mod about;
pub mod account;
pub mod admin;
pub mod apply;
pub mod blocks;
pub mod compose;
pub mod directory;
pub mod entry;
pub mod find;
pub mod follows;
pub mod forgotten;
pub mod handover;
pub mod home;
pub mod link;
pub mod organisation;
pub mod participation;
pub mod passkeys;
pub mod profile;
pub mod react;
pub mod report;
pub mod second_factor;
pub mod sign_in;
pub mod sign_in_passkey;
pub mod timeline;

#[cfg(test)]
mod tests;
