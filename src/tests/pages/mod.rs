//! The pages, through the router, on both databases.

mod account;
mod administration;
mod doors;
mod membership;
mod reading;
mod writing;
