//! The pages: server-rendered, usable without JavaScript.
//!
//! One file in `pages` per page or group of pages holds its handlers, its
//! template and its tests; `views` turns the domain's nouns into what the
//! templates show; `templates` and `assets` are all that a browser gets.

pub mod assets;
pub mod error;
pub mod filters;
pub mod form;
pub mod layout;
pub mod pages;
pub mod render;
pub mod routes;
pub mod session;
mod source;
pub mod views;
pub mod visit;
