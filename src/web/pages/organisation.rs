//! An organisation with its entries.

use askama::Template;

use crate::web::{
    layout::Layout,
    views::{FactValue, Pages, entry::EntryCard, organisation::OrganisationView},
};

/// How the viewer's organisation stands to the one shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Nobody is signed in.
    Nobody,
    /// It is the viewer's own organisation.
    Ours,
    /// The viewer's role does not decide about follows.
    NotAllowed,
    No,
    Requested,
    Yes,
}

#[derive(Template)]
#[template(path = "organisation.html")]
pub struct OrganisationPage {
    pub layout: Layout,
    pub organisation: OrganisationView,
    pub alternate: Option<String>,
    pub following: Following,
    pub follows_you: bool,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}
