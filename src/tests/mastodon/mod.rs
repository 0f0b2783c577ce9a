//! The Mastodon door, through the router, on both databases.

mod members;
mod reading;
mod scene;
mod streaming;
mod transport;
