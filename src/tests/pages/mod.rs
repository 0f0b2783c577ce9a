//! The pages, through the router, on both databases.

mod account;
mod administration;
mod doors;
mod membership;
mod passkeys;
mod reading;
mod writing;
