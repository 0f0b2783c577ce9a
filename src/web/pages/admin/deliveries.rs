//! Deliveries by server: what waits, what failed, and trying again.

use askama::Template;

use crate::web::{layout::Layout, views::Moment};

use super::Tab;

/// One server's lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub host: String,
    pub state: &'static str,
    pub pending: i64,
    pub dead: i64,
    pub oldest: Option<Moment>,
    pub retry: Option<Moment>,
    pub success: Option<Moment>,
    pub error: String,
}

#[derive(Template)]
#[template(path = "admin_deliveries.html")]
pub struct DeliveriesPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub rows: Vec<Row>,
}
