//! Whom the organisation follows, who follows it, and requests to follow.

use askama::Template;

use crate::web::{
    layout::Layout,
    views::{Pages, organisation::OrganisationFace},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Following,
    Followers,
}

/// One organisation in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the row's forms are posted for: the organisation's id.
    pub id: String,
    pub face: OrganisationFace,
    /// Asked, not answered yet.
    pub waiting: bool,
}

#[derive(Template)]
#[template(path = "follows.html")]
pub struct FollowsPage {
    pub layout: Layout,
    pub speaks_for: String,
    pub side: Side,
    pub locked: bool,
    pub may_represent: bool,
    pub requests: Vec<Row>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}
